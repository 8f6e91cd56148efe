import { type ServiceDeployment, type ServiceDeploymentBrief, StopServiceDeploymentCommand } from '@aws-sdk/client-ecs';
import { nameOf } from './ecs-service';
import { digestIn, isGoingForward, newerDeployment, readDeployment, readRevision, readTarget, settledOn, superseded } from './service-deployment';
import { failedHook, progressOf } from './stages';
import { consoleUrl } from '../../../private/console';
import type { ReleaseFailure } from '../failure';
import { minutes, type Run, waitFor } from '../run';
import { explain, type Verdict } from '../tasks/explain';
import { failedTasks, failureLimit } from '../tasks/stopped-tasks';
import type { Expected } from '../tasks/verify';

/**
 * Follows the deployment until ECS has made up its mind. A rollback fails the release as soon as it begins: the reason is
 * known then, and the tasks and events that tell it are still there.
 */
export async function followDeployment(run: Run): Promise<void> {
  const { log, progress } = run;
  let seen: ServiceDeployment | undefined;
  await waitFor(run, {
    name: 'deployment',
    probe: async () => {
      seen = await readDeployment(run, progress.deployment!);
      if (settledOn(seen) === progress.revision) return seen;
      if (isGoingForward(seen.status)) return goesOn(run, seen);
      if (seen.status === 'STOP_REQUESTED') return undefined;
      const newer = seen.status === 'STOPPED' ? await newerDeployment(run, seen) : undefined;
      if (newer) return goOnWith(run, newer);
      throw await fail(run, seen, verdict(seen, progress.stage));
    },
    progress: () => progressOf(seen),
    expired: async () => stop(run, `the deployment was not over after ${minutes(run)} minutes and`),
  });
  log('The service deployment is over', { status: seen!.status });
}

/** What must run once the deployment is over. */
export async function expectedRevision(run: Run): Promise<Expected> {
  const { progress } = run;
  const newer = await newerDeployment(run, await readDeployment(run, progress.deployment!));
  if (newer && !(await readTarget(run, newer.targetServiceRevisionArn!)).isOurs) throw await superseded(run, newer);
  const revision = await readRevision(run, progress.revision!);
  return { taskDefinition: revision.taskDefinition!, digest: { of: `the service revision ${nameOf(progress.revision!)}`, is: digestIn(run, revision) } };
}

/** The page of the service deployment in the console. */
export function deploymentLink(run: Run): string {
  const { place, progress, request: { region } } = run;
  return `${consoleUrl(run.request.region)}/ecs/v2/clusters/${nameOf(place.clusterArn)}/services/${nameOf(place.serviceArn)}`
    + `/deployments/${nameOf(progress.deployment!)}?region=${region}`;
}

/**
 * Only rolling deployments have a circuit breaker: new tasks of the other strategies may crash for as long as a stage lasts, which is up
 * to a day. So this counts them as the circuit breaker does.
 */
async function goesOn(run: Run, { lifecycleStage, targetServiceRevision }: ServiceDeployment): Promise<undefined> {
  if (run.place.strategy === 'ROLLING') return;
  run.progress.stage = lifecycleStage;
  const { taskDefinition } = await readRevision(run, targetServiceRevision!.arn!);
  const failures = (await failedTasks(run, taskDefinition!)).length;
  if (failures >= failureLimit(targetServiceRevision!.requestedTaskCount ?? 0)) throw await stop(run, `${failures} tasks of the new revision failed, and the deployment`);
}

/**
 * A newer deployment moves the one that runs to STOPPED. When it brings the same image (a stack update that was overtaken
 * by this release, a second pipeline), that one is followed.
 */
async function goOnWith(run: Run, newer: ServiceDeploymentBrief): Promise<undefined> {
  if (!(await readTarget(run, newer.targetServiceRevisionArn!)).isOurs) throw await superseded(run, newer);
  run.log('A newer deployment brings the same image', { deployment: newer.serviceDeploymentArn });
  run.progress.deployment = newer.serviceDeploymentArn;
  run.progress.revision = newer.targetServiceRevisionArn;
}

/** Why ECS gave the deployment up, in words. */
function verdict(deployment: ServiceDeployment, stage?: string): Verdict {
  const { alarms, deploymentCircuitBreaker: breaker, rollback, status, statusReason } = deployment;
  if (status === 'ROLLBACK_FAILED') {
    return { cause: 'the deployment failed and ECS could not roll it back: look at the service now', blame: 'tasks' };
  }
  const end = status === 'STOPPED' ? 'stopped the deployment' : 'rolled the deployment back';
  const triggered = alarms?.triggeredAlarmNames ?? [];
  if (triggered.length > 0) return { cause: `alarm ${triggered.join(', ')} ${end}`, blame: 'others' };
  const hook = failedHook(deployment, stage);
  if (hook) return { cause: `${hook.cause}, and ECS ${end}`, blame: 'others' };
  if (breaker?.status === 'TRIGGERED') return { cause: `the ECS circuit breaker ${end} after ${breaker.failureCount} failed tasks`, blame: 'tasks' };
  return { cause: `ECS ${end}: ${rollback?.reason ?? statusReason ?? 'it does not say why'}`, blame: 'tasks' };
}

/** A deployment without end, or with failing tasks, is not left alone: nobody would look at its outcome any more. */
async function stop(run: Run, what: string): Promise<ReleaseFailure> {
  const { clients, progress } = run;
  const end = await clients.ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: progress.deployment, stopType: 'ROLLBACK' }))
    .then(() => 'is being rolled back', (error: Error) => `could not be stopped (${error.message})`);
  return fail(run, await readDeployment(run, progress.deployment!), { cause: `${what} ${end}`, blame: 'tasks' });
}

async function fail(run: Run, deployment: ServiceDeployment, why: Verdict): Promise<ReleaseFailure> {
  const functions = failedHook(deployment, run.progress.stage)?.functions ?? [];
  return explain(run, {
    since: deployment.createdAt!,
    taskDefinition: async () => (await readRevision(run, deployment.targetServiceRevision!.arn!)).taskDefinition,
    details: [
      ...deployment.statusReason ? [`ECS says: ${deployment.statusReason}`] : [],
      ...functions.map(name => `The hook writes to the log group /aws/lambda/${name.split(':')[0]}, unless it has another.`),
    ],
    link: deploymentLink(run),
  }, why);
}
