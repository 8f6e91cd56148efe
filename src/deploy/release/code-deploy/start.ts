import { CreateDeploymentCommand, type DeploymentInfo } from '@aws-sdk/client-codedeploy';
import { appSpec } from './app-spec';
import { bringsImage, descriptionOf, groupOf, imageOf, isOfJob, isRollback, isUnderWay, listDeployments, primaryTaskSet, taskDefinitionOf } from './deployments';
import { isError, ReleaseFailure } from '../failure';
import { releasedDigest } from '../image/released-tag';
import { readPlace } from '../place';
import { type Run, waitFor } from '../run';
import { PROOF } from '../service/claims';
import { readService, refuseRingingAlarms } from '../service/ecs-service';
import { JOB_MEMORY } from '../service/service-deployment';
import { changeOfStack, waitForStack } from '../service/stack';
import { type DefinitionWithTags, imageIn, isCopyOf, newRevision, readTaskDefinition, registerRevision } from '../service/task-definition';

/** As long as ECS keeps its service deployments, too. */
const MEMORY = 90 * 24 * 3_600_000;

/** A deployment to follow, and the task definition that it brings, when that is known. */
interface Found {
  readonly deployment: string;
  readonly revision?: string;
  readonly alreadyRunning?: boolean;
}

/**
 * Finds the deployment of this release, or starts it. Two at once cannot be: CodeDeploy refuses a second deployment of a group, the
 * release then waits for the first one, and finds its own by its description when the same job was delivered twice.
 */
export async function startCodeDeploy(run: Run): Promise<void> {
  await waitForStack(run);
  const found = await wait(run, async recent => {
    const known = await findOwn(run, recent);
    if (known) return { known };
    const other = recent.find(isUnderWay);
    if (other) return { inTheWay: describe(other) };
    if (recent[0] && await isBeingProved(run, recent[0])) return { inTheWay: `${recent[0].deploymentId} (another release proves it)` };
    const change = await changeOfStack(run);
    if (change) return { inTheWay: change };
    const deployment = await create(run);
    return deployment ? { known: deployment } : { inTheWay: 'CodeDeploy takes no further deployment now' };
  });
  follow(run, found);
}

/** For the task `prepare`: waits until no deployment is in the way of CodePipeline's own action. */
export async function waitForQuietGroup(run: Run): Promise<void> {
  await waitForStack(run);
  await wait(run, async recent => {
    const other = recent.find(isUnderWay);
    return other ? { inTheWay: describe(other) } : { known: { deployment: '' } };
  });
  await refuseRingingAlarms(run, async () => false);
}

/** The files that CodePipeline's CodeDeployToECS action reads; it registers the task definition and puts its ARN into the AppSpec. */
export async function appSpecForAction(run: Run): Promise<Record<string, string>> {
  return {
    'taskdef.json': JSON.stringify(await newRevision(run, run.place.taskDefinitionArn)),
    'appspec.yaml': appSpec(run, await readService(run), '<TASK_DEFINITION>'),
  };
}

/** For the task `verify`: the deployment that CodePipeline's own action started must be the newest one. */
export async function findCodeDeployed(run: Run): Promise<void> {
  const [newest] = await listDeployments(run, new Date(run.progress.startedAt - JOB_MEMORY));
  if (!newest) throw new ReleaseFailure('CodeDeploy has not deployed the service in the last hours, so there is nothing to verify');
  follow(run, { deployment: newest.deploymentId!, revision: await taskDefinitionOf(run, newest.deploymentId!) });
}

/**
 * For CodePipeline's own action that failed: the deployment that it has started. Nothing in a deployment tells whose it is. One that is under way is only taken for the action's
 * when it has the id that the action told, since following it may end it.
 */
export async function findBegunByCodeDeploy(run: Run, id?: string): Promise<boolean> {
  const begun = (await listDeployments(run, new Date(run.progress.startedAt))).filter(deployment => !isRollback(deployment));
  const own = begun.find(({ deploymentId }) => deploymentId === id) ?? begun.find(deployment => !isUnderWay(deployment));
  if (own) follow(run, { deployment: own.deploymentId!, revision: await taskDefinitionOf(run, own.deploymentId!) });
  return own !== undefined;
}

function follow(run: Run, { deployment, revision, alreadyRunning }: Found): void {
  delete run.progress.registered;
  Object.assign(run.progress, { deployment, revision, alreadyRunning });
  run.log('Following the deployment by CodeDeploy', { deployment, revision, alreadyRunning });
}

/** Looks until there is something to follow; says what is in the way meanwhile. */
async function wait(run: Run, look: (recent: DeploymentInfo[]) => Promise<{ known?: Found; inTheWay?: string }>): Promise<Found> {
  let inTheWay: string | undefined = 'AWS does not tell which';
  return waitFor(run, {
    name: 'free',
    probe: async () => {
      const { known, inTheWay: other } = await look(await listDeployments(run, new Date(run.progress.startedAt - JOB_MEMORY)));
      inTheWay = other;
      return known;
    },
    progress: () => ({ summary: `Waiting for another deployment of the service: ${inTheWay}`, percent: 45 }),
    expired: () => new ReleaseFailure(`another deployment of the service did not end in time: ${inTheWay}`),
  });
}

function describe({ deploymentId, status }: DeploymentInfo): string {
  return `${deploymentId} (${status})`;
}

/**
 * The deployment of this job; else one of this image that is under way; else the newest, when the service runs this image as the
 * template wants it now. A template that has changed is reason enough to deploy: nothing else brings the change under CodeDeploy.
 */
async function findOwn(run: Run, recent: DeploymentInfo[]): Promise<Found | undefined> {
  const own = recent.find(deployment => isOfJob(run, deployment)) ?? recent.find(deployment => isUnderWay(deployment) && bringsImage(run, deployment));
  if (own) return { deployment: own.deploymentId!, revision: run.progress.registered ?? await taskDefinitionOf(run, own.deploymentId!) };
  if (recent.some(isUnderWay)) return undefined;
  const [newest] = await listDeployments(run, new Date(run.progress.startedAt - MEMORY), ['Succeeded']);
  if (!newest) return undefined;
  const taskDefinition = (await primaryTaskSet(run))?.taskDefinition;
  const revision = taskDefinition && await readTaskDefinition(run, taskDefinition);
  if (!revision || imageIn(run, revision) !== run.image || !isAsWanted(run, taskDefinition, revision)) return undefined;
  return { deployment: newest.deploymentId!, revision: taskDefinition, alreadyRunning: true };
}

/** As the template wants it, or, where no template of ours makes it, as it is. */
function isAsWanted({ place }: Run, taskDefinition: string, revision: DefinitionWithTags): boolean {
  return taskDefinition === place.taskDefinitionArn || isCopyOf(revision, place.taskDefinitionArn);
}

/** Another release has deployed its image and has not moved the tag yet; a rollback of what begins now could leave that image behind. */
async function isBeingProved(run: Run, newest: DeploymentInfo): Promise<boolean> {
  const digest = imageOf(newest);
  if (!digest || newest.status !== 'Succeeded' || newest.completeTime!.getTime() < run.time.now() - PROOF) return false;
  return digest !== await releasedDigest(run);
}

/**
 * Starts a deployment of the template's task definition with the image. CloudFormation cannot change the task definition of such a service, so
 * what it has changed there comes with the release. Undefined when CodeDeploy takes none.
 */
async function create(run: Run): Promise<Found | undefined> {
  const { clients, log, progress } = run;
  const alarmsRing = await refuseRingingAlarms(run, () => hasRunHere(run));
  const { applicationName, deploymentGroupName } = groupOf(run);
  // What the place has published while this release waited counts.
  const { taskDefinitionArn } = await readPlace(clients, run.request);
  progress.registered = await revisionBasedOn(run, taskDefinitionArn);
  try {
    const { deploymentId } = await clients.codeDeploy.send(new CreateDeploymentCommand({
      applicationName,
      deploymentGroupName,
      description: descriptionOf(run),
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec(run, await readService(run), progress.registered) } },
      // The way back must not be stopped by the alarms that ring because of the present image.
      ...alarmsRing && { overrideAlarmConfiguration: { enabled: false } },
    }));
    log('The deployment is created', { deploymentId, taskDefinition: progress.registered });
    return { deployment: deploymentId!, revision: progress.registered };
  } catch (error) {
    if (!isError(error, 'DeploymentLimitExceededException')) throw error;
    log('CodeDeploy takes no further deployment now', { reason: error.message });
    return undefined;
  }
}

/** The revision that this job has registered, unless it is a copy of what the place published before. */
async function revisionBasedOn(run: Run, taskDefinitionArn: string): Promise<string> {
  const { registered } = run.progress;
  const revision = registered && await readTaskDefinition(run, registered);
  return revision && isCopyOf(revision, taskDefinitionArn) ? registered : registerRevision(run, taskDefinitionArn);
}

async function hasRunHere(run: Run): Promise<boolean> {
  return (await listDeployments(run, new Date(run.progress.startedAt - MEMORY), ['Succeeded'])).some(deployment => bringsImage(run, deployment));
}
