import type { DeploymentInfo, ECSTarget } from '@aws-sdk/client-codedeploy';
import type { Run } from '../run';
import { nameOfFunction } from '../service/stages';
import type { Verdict } from '../tasks/explain';

/** Where the deployment stands, for the pipeline's console. */
export function progressOf(deployment?: DeploymentInfo, target?: ECSTarget): { summary: string; percent: number } {
  const events = target?.lifecycleEvents ?? [];
  const event = events.find(({ status }) => status === 'InProgress')?.lifecycleEventName;
  const green = target?.taskSetsInfo?.find(({ taskSetLabel }) => taskSetLabel === 'Green');
  const over = events.filter(({ status }) => status === 'Succeeded').length;
  return {
    summary: ['Deploying by CodeDeploy', ...situation(deployment, event), ...green ? [
      `${green.runningCount ?? 0} of ${green.desiredCount ?? 0} new tasks run`, `${green.trafficWeight ?? 0} % of the traffic on them`,
    ] : []].join(', '),
    percent: Math.round(50 + 35 * over / Math.max(events.length, 1)),
  };
}

function situation(deployment?: DeploymentInfo, event?: string): string[] {
  if (deployment?.status === 'Ready') return ['waiting for somebody to reroute the traffic'];
  if (deployment?.instanceTerminationWaitTimeStarted) {
    const wait = deployment.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess?.terminationWaitTimeInMinutes ?? 0;
    return [`the old tasks are kept for ${wait} minutes`];
  }
  return event ? [event] : [];
}

/** Why CodeDeploy gave the deployment up, in words. */
export function verdict({ place }: Run, { errorInformation: error, status }: DeploymentInfo, target?: ECSTarget): Verdict {
  const event = target?.lifecycleEvents?.find(lifecycleEvent => lifecycleEvent.status === 'Failed')?.lifecycleEventName;
  const message = error?.message ?? 'it does not say why';
  const hook = event && place.codeDeploy!.hooks[event];
  if (hook) return { cause: `the hook ${nameOfFunction(hook)} failed in the lifecycle event ${event}, and CodeDeploy rolls the deployment back`, blame: 'others' };
  if (error?.code === 'ALARM_ACTIVE') return { cause: `an alarm stopped the deployment: ${message}`, blame: 'others' };
  if (error?.code === 'MANUAL_STOP' || status === 'Stopped') return { cause: `the deployment was stopped: ${message}`, blame: 'others' };
  return { cause: `CodeDeploy gave the deployment up${event ? ` in the lifecycle event ${event}` : ''}: ${message}`, blame: 'tasks' };
}
