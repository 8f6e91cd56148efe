import { type ServiceDeployment, type ServiceDeploymentBrief, StopServiceDeploymentCommand } from '@aws-sdk/client-ecs';
import { isGoingForward, newerDeployment, readDeployment, readTarget, settledOn, superseded } from './service-deployment';
import type { ReleaseFailure } from '../failure';
import { minutes, type Run, waitFor } from '../run';
import { explain, type Verdict } from '../tasks/explain';

/**
 * Follows the deployment until ECS has made up its mind. A rollback fails the release as soon as it begins: the reason is
 * known then, and the tasks and events that tell it are still there.
 */
export async function followDeployment(run: Run): Promise<ServiceDeployment> {
  const { log, progress } = run;
  let seen: ServiceDeployment | undefined;
  const deployment = await waitFor(run, {
    name: 'deployment',
    probe: async () => {
      seen = await readDeployment(run, progress.deployment!);
      if (settledOn(seen) === progress.revision) return seen;
      if (isGoingForward(seen.status) || seen.status === 'STOP_REQUESTED') return undefined;
      const newer = seen.status === 'STOPPED' ? await newerDeployment(run, seen) : undefined;
      if (newer) return goOnWith(run, newer);
      throw await explain(run, seen, verdict(seen));
    },
    progress: () => progressOf(seen),
    expired: () => giveUp(run),
  });
  log('The service deployment is over', { status: deployment.status });
  return deployment;
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
function verdict({ alarms, deploymentCircuitBreaker: breaker, rollback, status, statusReason }: ServiceDeployment): Verdict {
  if (status === 'ROLLBACK_FAILED') {
    return { cause: 'the deployment failed and ECS could not roll it back: look at the service now', blame: 'tasks' };
  }
  const end = status === 'STOPPED' ? 'stopped the deployment' : 'rolled the deployment back';
  const triggered = alarms?.triggeredAlarmNames ?? [];
  if (triggered.length > 0) return { cause: `alarm ${triggered.join(', ')} ${end}`, blame: 'alarms' };
  if (breaker?.status === 'TRIGGERED') return { cause: `the ECS circuit breaker ${end} after ${breaker.failureCount} failed tasks`, blame: 'tasks' };
  return { cause: `ECS ${end}: ${rollback?.reason ?? statusReason ?? 'it does not say why'}`, blame: 'tasks' };
}

/** A deployment without end is not left alone: nobody would look at its outcome any more. */
async function giveUp(run: Run): Promise<ReleaseFailure> {
  const { clients, progress } = run;
  const end = await clients.ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: progress.deployment, stopType: 'ROLLBACK' }))
    .then(() => 'is being rolled back', (error: Error) => `could not be stopped (${error.message})`);
  return explain(run, await readDeployment(run, progress.deployment!), {
    cause: `the deployment was not over after ${minutes(run)} minutes and ${end}`, blame: 'tasks',
  });
}

function progressOf(deployment?: ServiceDeployment): { summary: string; percent: number } {
  const { requestedTaskCount: requested = 0, runningTaskCount: running = 0 } = deployment?.targetServiceRevision ?? {};
  const failures = deployment?.deploymentCircuitBreaker?.failureCount ?? 0;
  return {
    summary: `Deploying: ${running} of ${requested} tasks run${failures > 0 ? `, ${failures} failed` : ''}`,
    percent: Math.round(50 + 35 * running / Math.max(requested, 1)),
  };
}
