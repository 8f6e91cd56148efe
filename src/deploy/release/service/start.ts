import { type ServiceDeploymentBrief, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { earlierClaim, isBeingProved } from './claims';
import { nameOf, readService, refuseRingingAlarms } from './ecs-service';
import {
  broughtBy, isGoingForward, isUnderWay, JOB_MEMORY, listDeployments, readDeployment, readRevisions, readTarget, recentDeployments, runsImage, settledOn,
} from './service-deployment';
import { changeOfStack, waitForStack } from './stack';
import { jobOf, readTaskDefinition, registerRevision } from './task-definition';
import { ReleaseFailure } from '../failure';
import { type Run, waitFor } from '../run';

/** A deployment to follow, and the revision that must run when it is over. */
interface Found {
  readonly deployment: string;
  readonly revision: string;
  readonly alreadyRunning?: boolean;
}

/** ECS takes seconds to show a new deployment. */
const APPEARANCE = 5 * 60_000;

/**
 * Finds the deployment of this release, or starts it.
 *
 * The same job never starts two: before anything is started, the deployments of the last hours are searched for a revision
 * that carries the job's tag (see `registerRevision` for two invocations at the same moment). And a service that runs the
 * image, or is getting it, needs no other deployment: that one is followed. A retry is a job of its own, so after a release
 * that ECS rolled back it starts anew.
 */
export async function startDeployment(run: Run): Promise<void> {
  const { progress } = run;
  while (progress.registered === undefined) {
    const found = await theWayIsClear(run);
    if (found) return follow(run, found);
    await refuseRingingAlarms(run, () => hasRunHere(run));
    progress.registered = await updateService(run);
  }
  follow(run, await appearing(run, progress.registered));
}

/** For the task `prepare`: waits until nothing is in the way of CodePipeline's own action. */
export async function waitForQuiet(run: Run): Promise<void> {
  await waitUntilFree(run, async () => undefined);
  await refuseRingingAlarms(run, () => hasRunHere(run));
}

/** For the task `verify`: the deployment that CodePipeline's own action started must be the newest one. */
export async function findDeployed(run: Run): Promise<void> {
  const [newest] = await recentDeployments(run);
  if (!newest) throw new ReleaseFailure('the service has never been deployed, so there is nothing to verify');
  const found = await current(run, newest);
  if (found) return follow(run, { ...found, alreadyRunning: false });
  const { image, isOurs } = await readTarget(run, newest.targetServiceRevisionArn!);
  // A deployment of our image that failed is followed too: that tells why it failed.
  if (isOurs) return follow(run, { deployment: newest.serviceDeploymentArn!, revision: newest.targetServiceRevisionArn! });
  throw new ReleaseFailure(`the service deploys another image than ${run.request.digest}: ${image ?? 'its task definition is deleted'}`, [
    `Newest service deployment: ${newest.serviceDeploymentArn} (${newest.status}).`,
  ]);
}

/** For CodePipeline's own action that failed: the deployment of this image that it has started. */
export async function findBegunDeployment(run: Run): Promise<boolean> {
  for (const { serviceDeploymentArn, targetServiceRevisionArn } of await listDeployments(run, { since: new Date(run.progress.startedAt) })) {
    if (!(await readTarget(run, targetServiceRevisionArn!)).isOurs) continue;
    follow(run, { deployment: serviceDeploymentArn!, revision: targetServiceRevisionArn! });
    return true;
  }
  return false;
}

function follow(run: Run, { deployment, revision, alreadyRunning }: Found): void {
  const { progress, log } = run;
  delete progress.registered;
  Object.assign(progress, { deployment, revision, alreadyRunning });
  log('Following the service deployment', { deployment, revision, alreadyRunning });
}

/** Answers the deployment that makes another one needless, if there is one. */
async function theWayIsClear(run: Run): Promise<Found | undefined> {
  return waitUntilFree(run, async recent => await ofThisJob(run, recent) ?? (recent[0] && current(run, recent[0])));
}

/**
 * Waits while the stack is being changed, while another release is about to deploy, and while a deployment or a rollback of
 * something else is under way: one that is started meanwhile can stall both.
 */
async function waitUntilFree(run: Run, find: (recent: ServiceDeploymentBrief[]) => Promise<Found | undefined>): Promise<Found | undefined> {
  await waitForStack(run);
  let inTheWay: string | undefined = 'AWS does not tell which';
  const way = await waitFor(run, {
    name: 'free',
    probe: async () => {
      const recent = await recentDeployments(run);
      const found = await find(recent);
      inTheWay = found ? undefined : await obstacle(run, recent);
      return inTheWay === undefined ? { found } : undefined;
    },
    progress: () => ({ summary: `Waiting for another deployment of the service: ${inTheWay}`, percent: 45 }),
    expired: () => new ReleaseFailure(`another deployment of the service did not end in time: ${inTheWay}`),
  });
  return way.found;
}

/** What is in the way: a deployment, a release that is about to start one, or a change of the stack; only releases before this revision, when one is given. */
async function obstacle(run: Run, recent: ServiceDeploymentBrief[], registered?: string): Promise<string | undefined> {
  const underWay = recent.find(isUnderWay);
  if (underWay) return `${nameOf(underWay.serviceDeploymentArn!)} (${underWay.status})`;
  if (recent[0] && await isBeingProved(run, recent[0])) return `${nameOf(recent[0].serviceDeploymentArn!)} (another release proves it)`;
  const claim = await earlierClaim(run, registered);
  return claim ? `another release is about to deploy ${nameOf(claim)}` : changeOfStack(run);
}

/** The deployment that this job has started. */
async function ofThisJob(run: Run, recent: ServiceDeploymentBrief[]): Promise<Found | undefined> {
  const earliest = run.progress.startedAt - JOB_MEMORY;
  for (const deployment of recent.filter(({ createdAt }) => createdAt!.getTime() > earliest)) {
    const { job } = await readTarget(run, deployment.targetServiceRevisionArn!);
    if (job === run.progress.job) return { deployment: deployment.serviceDeploymentArn!, revision: deployment.targetServiceRevisionArn! };
  }
  return undefined;
}

/** The newest deployment, when it brings our image, or when the service runs our image since it is over. */
async function current(run: Run, newest: ServiceDeploymentBrief): Promise<Found | undefined> {
  const deployment = newest.serviceDeploymentArn!;
  const settled = settledOn(await readDeployment(run, deployment));
  const revision = settled ?? (isGoingForward(newest.status) ? newest.targetServiceRevisionArn : undefined);
  if (!revision || !(await readTarget(run, revision)).isOurs) return undefined;
  return { deployment, revision, alreadyRunning: settled !== undefined };
}

/** It is the way back when alarms ring because of the present image. */
async function hasRunHere(run: Run): Promise<boolean> {
  const deployments = await listDeployments(run, { status: ['SUCCESSFUL'] });
  const revisions = await readRevisions(run, deployments.map(({ targetServiceRevisionArn }) => targetServiceRevisionArn!));
  return revisions.some(revision => runsImage(run, revision));
}

/**
 * Tells the service to run a new revision. Nothing, when in the moment of registering something else came first: then the
 * revision may be based on one that is not current any more, and the release begins anew with waiting.
 */
async function updateService(run: Run): Promise<string | undefined> {
  const { clients, log, place } = run;
  const { taskDefinition: base, desiredCount } = await readService(run);
  if (await isOfThisJob(run, base!)) return base;
  const taskDefinition = await registerRevision(run, base!);
  const first = await obstacle(run, await recentDeployments(run), taskDefinition);
  if (first || (await readService(run)).taskDefinition !== base) {
    log('Something else came first', { first });
    return undefined;
  }
  await clients.ecs.send(new UpdateServiceCommand({ cluster: place.clusterArn, service: place.serviceArn, taskDefinition }));
  log('The service is updated', { taskDefinition, desiredCount });
  return taskDefinition;
}

/** Another invocation for the same event has told the service already, and ECS does not list the deployment yet. */
async function isOfThisJob(run: Run, taskDefinition: string): Promise<boolean> {
  const revision = await readTaskDefinition(run, taskDefinition);
  return revision !== undefined && jobOf(revision) === run.progress.job;
}

/** The service deployment that brings this task definition. */
async function appearing(run: Run, taskDefinition: string): Promise<Found> {
  return waitFor(run, {
    name: 'appearance',
    limit: APPEARANCE,
    probe: () => broughtBy(run, taskDefinition),
    progress: () => ({ summary: 'Waiting for ECS to begin the deployment', percent: 45 }),
    expired: () => new ReleaseFailure(`ECS began no deployment of ${taskDefinition}, though the service was told to run it`),
  });
}
