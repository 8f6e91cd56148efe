import {
  DescribeServiceDeploymentsCommand, DescribeServiceRevisionsCommand, ListServiceDeploymentsCommand, type ServiceDeployment,
  type ServiceDeploymentBrief, type ServiceDeploymentStatus, type ServiceRevision,
} from '@aws-sdk/client-ecs';
import { imageIn, jobOf, readTaskDefinition } from './task-definition';
import { ReleaseFailure } from '../failure';
import type { Run } from '../run';

/** What a service deployment brings, or brought. */
export interface Target {
  /** Image of the container, as the task definition says it. */
  readonly image?: string;
  /** The image is the one to release. */
  readonly isOurs: boolean;
  /** The job that registered the task definition. */
  readonly job?: string;
}

/** Service deployments, newest first; ECS keeps 90 days of them. */
export async function listDeployments(run: Run, filter: { since?: Date; status?: ServiceDeploymentStatus[] }): Promise<ServiceDeploymentBrief[]> {
  const { clients, place } = run;
  const deployments: ServiceDeploymentBrief[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await clients.ecs.send(new ListServiceDeploymentsCommand({
      cluster: place.clusterArn,
      service: place.serviceArn,
      status: filter.status,
      createdAt: filter.since && { after: filter.since },
      nextToken,
    }));
    deployments.push(...answer.serviceDeployments ?? []);
    nextToken = answer.nextToken;
  } while (nextToken);
  return deployments.sort((a, b) => b.createdAt!.getTime() - a.createdAt!.getTime());
}

export async function readDeployment({ clients }: Run, arn: string): Promise<ServiceDeployment> {
  const { serviceDeployments } = await clients.ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }));
  const deployment = serviceDeployments?.[0];
  if (!deployment) throw new ReleaseFailure(`the service deployment ${arn} does not exist any more`);
  return deployment;
}

export async function readRevision(run: Run, arn: string): Promise<ServiceRevision> {
  const [revision] = await readRevisions(run, [arn]);
  if (!revision) throw new ReleaseFailure(`the service revision ${arn} does not exist any more`);
  return revision;
}

/** Those that ECS still knows; it takes 20 at once. */
export async function readRevisions({ clients }: Run, arns: string[]): Promise<ServiceRevision[]> {
  const revisions: ServiceRevision[] = [];
  for (let first = 0; first < arns.length; first += 20) {
    const answer = await clients.ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: arns.slice(first, first + 20) }));
    revisions.push(...answer.serviceRevisions ?? []);
  }
  return revisions;
}

/**
 * What a service revision runs. Ours is a revision that names our digest, and also one that names a tag (as the template
 * does) which ECS has resolved to our digest. Revisions and task definitions that are deleted are not ours.
 */
export async function readTarget(run: Run, revisionArn: string): Promise<Target> {
  const [revision] = await readRevisions(run, [revisionArn]);
  const definition = revision && await readTaskDefinition(run, revision.taskDefinition!);
  const image = definition && imageIn(run, definition);
  const isOurs = image === run.image || (revision !== undefined && runsImage(run, revision));
  return { image, isOurs, job: definition && jobOf(definition) };
}

/** The digest that ECS has established for the container; none before the first task was started. */
export function digestIn({ place }: Run, revision: ServiceRevision): string | undefined {
  return revision.containerImages?.find(image => image.containerName === place.containerName)?.imageDigest;
}

/** As far as ECS tells which image the revision has. */
export function runsImage(run: Run, revision: ServiceRevision): boolean {
  return digestIn(run, revision) === run.request.digest;
}

/** The deployment is not over. */
export function isUnderWay({ status }: ServiceDeploymentBrief): boolean {
  return isGoingForward(status) || status === 'STOP_REQUESTED' || status === 'ROLLBACK_REQUESTED' || status === 'ROLLBACK_IN_PROGRESS';
}

/** The deployment brings its revision, so far. */
export function isGoingForward(status?: ServiceDeploymentStatus): boolean {
  return status === 'PENDING' || status === 'IN_PROGRESS';
}

/** The revision that the service runs since this deployment ended well, by itself or by its rollback. */
export function settledOn({ status, rollback, targetServiceRevision }: ServiceDeployment): string | undefined {
  if (status === 'SUCCESSFUL' && !rollback) return targetServiceRevision?.arn;
  if (status === 'ROLLBACK_SUCCESSFUL') return rollback?.serviceRevisionArn;
  return undefined;
}

/** Lambda delivers an asynchronous event for six hours at most: no later duplicate of a job can come. */
export const JOB_MEMORY = 6 * 3_600_000;

/** Deployments of the last hours, or, when there are none, all that ECS still knows. */
export async function recentDeployments(run: Run): Promise<ServiceDeploymentBrief[]> {
  const recent = await listDeployments(run, { since: new Date(run.progress.startedAt - JOB_MEMORY) });
  return recent.length > 0 ? recent : listDeployments(run, {});
}

/** The recent service deployment that brings this task definition, and its revision. */
export async function broughtBy(run: Run, taskDefinition: string): Promise<{ deployment: string; revision: string } | undefined> {
  const recent = await recentDeployments(run);
  const revisions = await readRevisions(run, recent.map(({ targetServiceRevisionArn }) => targetServiceRevisionArn!));
  const revision = revisions.find(candidate => candidate.taskDefinition === taskDefinition)?.serviceRevisionArn;
  const deployment = revision && recent.find(({ targetServiceRevisionArn }) => targetServiceRevisionArn === revision)?.serviceDeploymentArn;
  return deployment ? { deployment, revision } : undefined;
}

/** The newest deployment that began after this one, if any. */
export async function newerDeployment(run: Run, { createdAt, serviceDeploymentArn }: ServiceDeployment): Promise<ServiceDeploymentBrief | undefined> {
  const [newest] = await listDeployments(run, { since: createdAt });
  return newest && newest.serviceDeploymentArn !== serviceDeploymentArn && newest.createdAt! > createdAt! ? newest : undefined;
}

/** Another deployment took the place of ours: a `cdk deploy`, another pipeline, or a hand. */
export async function superseded(run: Run, newer: ServiceDeploymentBrief): Promise<ReleaseFailure> {
  const { image = 'an image of a deleted task definition' } = await readTarget(run, newer.targetServiceRevisionArn!);
  return new ReleaseFailure('another deployment of the service took the place of this release', [
    `Service deployment ${newer.serviceDeploymentArn} (${newer.status}) deploys ${image}.`,
    'A stack update does this, for example: it deploys the image that was released last. Retry the release when it is over.',
  ]);
}
