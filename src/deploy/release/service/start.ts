import { type ServiceDeploymentBrief, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { nameOf, readService, ringingAlarms } from './ecs-service';
import {
  isGoingForward, isUnderWay, listDeployments, readDeployment, readRevisions, readTarget, recentDeployments, runsImage, settledOn,
} from './service-deployment';
import { registerRevision } from './task-definition';
import { ReleaseFailure } from '../failure';
import { type Run, waitFor } from '../run';

/** A deployment to follow, and the revision that must run when it is over. */
interface Found {
  readonly deployment: string;
  readonly revision: string;
  readonly alreadyRunning?: boolean;
}

/** Lambda delivers an asynchronous event for six hours at most: no later duplicate of a job can come. */
const JOB_MEMORY_HOURS = 6;
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
  if (progress.registered === undefined) {
    const found = await theWayIsClear(run);
    if (found) return follow(run, found);
    await refuseRingingAlarms(run);
    progress.registered = await updateService(run);
  }
  follow(run, await appearing(run, progress.registered));
}

/** For the task `prepare`: waits until no deployment is in the way of CodePipeline's own action. */
export async function waitForQuiet(run: Run): Promise<void> {
  await waitUntilFree(run, async recent => ({ inTheWay: recent.find(isUnderWay) }));
  await refuseRingingAlarms(run);
}

/** For the task `verify`: the deployment that CodePipeline's own action started must be the newest one. */
export async function findDeployed(run: Run): Promise<void> {
  const [newest] = await recentDeployments(run, JOB_MEMORY_HOURS);
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

function follow(run: Run, { deployment, revision, alreadyRunning }: Found): void {
  const { progress, log } = run;
  delete progress.registered;
  Object.assign(progress, { deployment, revision, alreadyRunning });
  log('Following the service deployment', { deployment, revision, alreadyRunning });
}

/**
 * Waits while a deployment or a rollback of something else is under way: one that is started meanwhile can stall both.
 * Answers the deployment that makes another one needless, if there is one.
 */
async function theWayIsClear(run: Run): Promise<Found | undefined> {
  return waitUntilFree(run, async recent => {
    const found = await ofThisJob(run, recent) ?? (recent[0] && await current(run, recent[0]));
    return { found, inTheWay: found ? undefined : recent.find(isUnderWay) };
  });
}

interface Situation {
  readonly found?: Found;
  readonly inTheWay?: ServiceDeploymentBrief;
}

async function waitUntilFree(run: Run, judge: (recent: ServiceDeploymentBrief[]) => Promise<Situation>): Promise<Found | undefined> {
  let inTheWay: ServiceDeploymentBrief | undefined;
  const { found } = await waitFor(run, {
    name: 'free',
    probe: async () => {
      const situation = await judge(await recentDeployments(run, JOB_MEMORY_HOURS));
      inTheWay = situation.inTheWay;
      return inTheWay ? undefined : situation;
    },
    progress: () => ({ summary: `Waiting for another deployment of the service: ${describe(inTheWay)}`, percent: 45 }),
    expired: () => new ReleaseFailure(`another deployment of the service did not end in time: ${describe(inTheWay)}`),
  });
  return found;
}

function describe(deployment?: ServiceDeploymentBrief): string {
  return deployment ? `${nameOf(deployment.serviceDeploymentArn!)} (${deployment.status})` : 'AWS does not tell which';
}

/** The deployment that this job has started. */
async function ofThisJob(run: Run, recent: ServiceDeploymentBrief[]): Promise<Found | undefined> {
  const earliest = run.progress.startedAt - JOB_MEMORY_HOURS * 3_600_000;
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

/**
 * ECS ignores, for the whole of a deployment, the alarms that ring when it starts: a release would be without them. Only an
 * image that has run well here may pass, as it is the way back when the alarms ring because of the present one.
 */
async function refuseRingingAlarms(run: Run): Promise<void> {
  const alarms = await ringingAlarms(run);
  if (alarms.length === 0) return;
  if (await hasRunHere(run)) {
    run.log('Alarms ring, but the image has run here before', { alarms });
    return;
  }
  throw new ReleaseFailure(`${alarms.length === 1 ? 'an alarm rings' : 'alarms ring'} already: ${alarms.join(', ')}`, [
    'ECS ignores alarms that ring when a deployment starts, so this one could not be rolled back by them.',
    'Release again when they are quiet, or release an image that has run here before.',
  ]);
}

async function hasRunHere(run: Run): Promise<boolean> {
  const deployments = await listDeployments(run, { status: ['SUCCESSFUL'] });
  const revisions = await readRevisions(run, deployments.map(({ targetServiceRevisionArn }) => targetServiceRevisionArn!));
  return revisions.some(revision => runsImage(run, revision));
}

/** Tells the service to run the new revision. */
async function updateService(run: Run): Promise<string> {
  const { clients, log, place } = run;
  const { taskDefinition: now, desiredCount } = await readService(run);
  const taskDefinition = await registerRevision(run, now!);
  await clients.ecs.send(new UpdateServiceCommand({ cluster: place.clusterArn, service: place.serviceArn, taskDefinition }));
  log('The service is updated', { taskDefinition, desiredCount });
  return taskDefinition;
}

/** The service deployment that brings this task definition. */
async function appearing(run: Run, taskDefinition: string): Promise<Found> {
  return waitFor(run, {
    name: 'appearance',
    limit: APPEARANCE,
    probe: async () => {
      const recent = await recentDeployments(run, JOB_MEMORY_HOURS);
      const revisions = await readRevisions(run, recent.map(({ targetServiceRevisionArn }) => targetServiceRevisionArn!));
      const revision = revisions.find(candidate => candidate.taskDefinition === taskDefinition)?.serviceRevisionArn;
      const deployment = revision && recent.find(({ targetServiceRevisionArn }) => targetServiceRevisionArn === revision)?.serviceDeploymentArn;
      return deployment ? { deployment, revision } : undefined;
    },
    progress: () => ({ summary: 'Waiting for ECS to begin the deployment', percent: 45 }),
    expired: () => new ReleaseFailure(`ECS began no deployment of ${taskDefinition}, though the service was told to run it`),
  });
}
