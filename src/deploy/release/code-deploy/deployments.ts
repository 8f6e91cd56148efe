import {
  BatchGetDeploymentsCommand, BatchGetDeploymentTargetsCommand, type DeploymentInfo, type DeploymentStatus, type ECSTarget, ListDeploymentsCommand,
} from '@aws-sdk/client-codedeploy';
import type { TaskSet } from '@aws-sdk/client-ecs';
import type { PublishedCodeDeploy } from '../../published-place';
import { isError, ReleaseFailure } from '../failure';
import type { Run } from '../run';
import { nameOf, readService } from '../service/ecs-service';

/** What the place publishes for CodeDeploy. */
export function groupOf({ place }: Run): PublishedCodeDeploy {
  if (place.codeDeploy) return place.codeDeploy;
  throw new ReleaseFailure('the place is deployed by CodeDeploy, but does not publish its deployment group: deploy its stack again', [], 'ConfigurationError');
}

/** Deployments of the group since then, newest first; CodeDeploy takes 25 at once. */
export async function listDeployments(run: Run, since: Date, status?: DeploymentStatus[]): Promise<DeploymentInfo[]> {
  const { applicationName, deploymentGroupName } = groupOf(run);
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await known(run, run.clients.codeDeploy.send(new ListDeploymentsCommand({
      applicationName, deploymentGroupName, includeOnlyStatuses: status, createTimeRange: { start: since }, nextToken,
    })));
    ids.push(...answer.deployments ?? []);
    nextToken = answer.nextToken;
  } while (nextToken);
  const infos: DeploymentInfo[] = [];
  for (let first = 0; first < ids.length; first += 25) {
    const answer = await run.clients.codeDeploy.send(new BatchGetDeploymentsCommand({ deploymentIds: ids.slice(first, first + 25) }));
    infos.push(...answer.deploymentsInfo!);
  }
  return infos.sort((a, b) => b.createTime!.getTime() - a.createTime!.getTime());
}

/** The service of an ECS deployment, with its lifecycle events and task sets; undefined while CodeDeploy has none yet. */
export async function readTarget({ clients, place }: Run, deploymentId: string): Promise<ECSTarget | undefined> {
  const targetIds = [`${nameOf(place.clusterArn)}:${nameOf(place.serviceArn)}`];
  try {
    const { deploymentTargets } = await clients.codeDeploy.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }));
    return deploymentTargets?.[0]?.ecsTarget;
  } catch (error) {
    if (!isError(error, 'DeploymentNotStartedException', 'DeploymentTargetDoesNotExistException')) throw error;
    return undefined;
  }
}

/** The deployment is not over. */
export function isUnderWay(deployment: DeploymentInfo): boolean {
  return !['Succeeded', 'Failed', 'Stopped'].includes(deployment.status!);
}

/** The deployment by which CodeDeploy itself goes back. */
export function isRollback({ creator, rollbackInfo }: DeploymentInfo): boolean {
  return creator === 'codeDeployRollback' || rollbackInfo?.rollbackTriggeringDeploymentId !== undefined;
}

/** CodeDeploy has no token against doubles and no tags on deployments: the description names what it brings, and for whom. */
export function descriptionOf({ progress, request }: Run): string {
  return `Release of ${request.digest}, job ${progress.job}, execution ${request.executionId}`.slice(0, 250);
}

/** Digest of the image that a release has started the deployment for. */
export function imageOf(deployment: DeploymentInfo): string | undefined {
  return isRollback(deployment) ? undefined : /^Release of (sha256:\w+), /.exec(deployment.description ?? '')?.[1];
}

/** The deployment was started by a release of this image. */
export function bringsImage({ request }: Run, deployment: DeploymentInfo): boolean {
  return imageOf(deployment) === request.digest;
}

/** The deployment was started by this job. */
export function isOfJob(run: Run, deployment: DeploymentInfo): boolean {
  return bringsImage(run, deployment) && deployment.description!.includes(`, job ${run.progress.job},`);
}

/** The tasks that get the traffic. */
export async function primaryTaskSet(run: Run): Promise<TaskSet | undefined> {
  return (await readService(run)).taskSets?.find(({ status }) => status === 'PRIMARY');
}

/** The task definition that a deployment brings; its task set carries its id. */
export async function taskDefinitionOf(run: Run, deploymentId: string): Promise<string | undefined> {
  return (await readService(run)).taskSets?.find(({ externalId }) => externalId === deploymentId)?.taskDefinition;
}

async function known<T>(run: Run, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isError(error, 'ApplicationDoesNotExistException', 'DeploymentGroupDoesNotExistException')) throw error;
    const { applicationName, deploymentGroupName } = groupOf(run);
    throw new ReleaseFailure(`the deployment group ${deploymentGroupName} of the CodeDeploy application ${applicationName} does not exist`, [], 'ConfigurationError');
  }
}
