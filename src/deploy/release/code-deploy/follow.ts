import { type DeploymentInfo, type ECSTarget, GetDeploymentCommand, StopDeploymentCommand } from '@aws-sdk/client-codedeploy';
import { primaryTaskSet, readTarget, taskDefinitionOf } from './deployments';
import { progressOf, verdict } from './lifecycle';
import { consoleUrl } from '../../../private/console';
import { ReleaseFailure } from '../failure';
import { minutes, type Run, waitFor } from '../run';
import { readService } from '../service/ecs-service';
import { imageIn, readTaskDefinition } from '../service/task-definition';
import { explain, type Verdict } from '../tasks/explain';
import { failedTasks, failureLimit } from '../tasks/stopped-tasks';
import type { Expected } from '../tasks/verify';

/** Follows the deployment until CodeDeploy calls it succeeded, which is when the old tasks are gone. */
export async function followCodeDeploy(run: Run): Promise<void> {
  const { log, progress } = run;
  let seen: { deployment: DeploymentInfo; target?: ECSTarget } | undefined;
  await waitFor(run, {
    name: 'deployment',
    probe: async () => {
      seen = { deployment: await readDeployment(run), target: await readTarget(run, progress.deployment!) };
      const { deployment, target } = seen;
      if (deployment.status === 'Succeeded') return true;
      if (deployment.status === 'Failed' || deployment.status === 'Stopped') throw await fail(run, deployment, verdict(run, deployment, target), target);
      return goesOn(run);
    },
    progress: () => progressOf(seen?.deployment, seen?.target),
    expired: () => stop(run, `the deployment was not over after ${minutes(run)} minutes and`),
  });
  log('The deployment by CodeDeploy is over', { deployment: progress.deployment });
}

/** The tasks that get the traffic must be those of this image: another deployment may have come since. */
export async function expectedTaskSet(run: Run): Promise<Expected> {
  const primary = await primaryTaskSet(run);
  const definition = primary && await readTaskDefinition(run, primary.taskDefinition!);
  const image = definition && imageIn(run, definition);
  if (image === run.image) return { taskDefinition: primary!.taskDefinition! };
  throw new ReleaseFailure('another deployment of the service took the place of this release', [
    `The traffic goes to ${image ?? 'no tasks that ECS knows of'}. Retry the release when it is over.`,
  ]);
}

/** The page of the deployment in the console. */
export function codeDeployLink(run: Run): string {
  return `${consoleUrl(run.request.region)}/codesuite/codedeploy/deployments/${run.progress.deployment}?region=${run.request.region}`;
}

async function readDeployment({ clients, progress }: Run): Promise<DeploymentInfo> {
  const { deploymentInfo } = await clients.codeDeploy.send(new GetDeploymentCommand({ deploymentId: progress.deployment }));
  return deploymentInfo!;
}

/** CodeDeploy waits up to an hour for new tasks, however often they crash; this counts them as the circuit breaker of ECS does. */
async function goesOn(run: Run): Promise<undefined> {
  const { progress } = run;
  progress.revision ??= await taskDefinitionOf(run, progress.deployment!);
  const failures = progress.revision ? (await failedTasks(run, progress.revision)).length : 0;
  if (failures === 0) return;
  const { desiredCount } = await readService(run);
  if (failures >= failureLimit(desiredCount!)) throw await stop(run, `${failures} new tasks failed, and the deployment`);
}

/** A deployment without end, or with failing tasks, is not left alone: nobody would look at its outcome any more. */
async function stop(run: Run, what: string): Promise<ReleaseFailure> {
  const { clients, progress } = run;
  const end = await clients.codeDeploy.send(new StopDeploymentCommand({ deploymentId: progress.deployment, autoRollbackEnabled: true }))
    .then(() => 'is being rolled back', (error: Error) => `could not be stopped (${error.message})`);
  return fail(run, await readDeployment(run), { cause: `${what} ${end}`, blame: 'tasks' });
}

async function fail(run: Run, deployment: DeploymentInfo, why: Verdict, target?: ECSTarget): Promise<ReleaseFailure> {
  const { errorInformation: error, rollbackInfo } = deployment;
  return explain(run, {
    since: deployment.createTime!,
    taskDefinition: async () => run.progress.revision,
    details: [
      ...error ? [`CodeDeploy says: ${error.code}, ${error.message}`] : [],
      ...(target?.lifecycleEvents ?? []).filter(({ status }) => status === 'Failed')
        .map(({ lifecycleEventName, diagnostics }) => `Lifecycle event ${lifecycleEventName}: ${[diagnostics?.errorCode, diagnostics?.message].filter(Boolean).join(', ')}`),
      ...rollbackInfo?.rollbackMessage ? [`Rollback: ${rollbackInfo.rollbackMessage} (${rollbackInfo.rollbackDeploymentId ?? 'no deployment'})`] : [],
    ],
    link: codeDeployLink(run),
  }, why);
}
