import type { DeploymentLifecycleHookDetail, ServiceDeployment, ServiceDeploymentLifecycleStage } from '@aws-sdk/client-ecs';
import { nameOf } from './ecs-service';

/** Stages of a deployment in two colours, in their order, in words. */
const STAGES: Record<ServiceDeploymentLifecycleStage, string> = {
  RECONCILE_SERVICE: 'reconciling the service',
  PRE_SCALE_UP: 'before new tasks start',
  SCALE_UP: 'new tasks start',
  POST_SCALE_UP: 'new tasks run',
  TEST_TRAFFIC_SHIFT: 'test traffic moves',
  POST_TEST_TRAFFIC_SHIFT: 'test traffic has moved',
  PRODUCTION_TRAFFIC_SHIFT: 'traffic moves',
  POST_PRODUCTION_TRAFFIC_SHIFT: 'traffic has moved',
  BAKE_TIME: 'bake time, old tasks are kept',
  CLEAN_UP: 'old tasks stop',
};

/** Where the deployment stands, for the pipeline's console; a rolling one has no stages. */
export function progressOf(deployment?: ServiceDeployment): { summary: string; percent: number } {
  const {
    requestedTaskCount: requested = 0, runningTaskCount: running = 0, requestedProductionTrafficWeight: weight,
  } = deployment?.targetServiceRevision ?? {};
  const stage = deployment?.lifecycleStage;
  const failures = deployment?.deploymentCircuitBreaker?.failureCount ?? 0;
  const hooks = hooksOf(deployment, 'IN_PROGRESS', 'AWAITING_ACTION').map(hook => `, waiting for the hook ${nameOfHook(hook)}`);
  const part = stage ? Object.keys(STAGES).indexOf(stage) / Object.keys(STAGES).length : running / Math.max(requested, 1);
  return {
    summary: `Deploying${stage ? ` (${STAGES[stage]})` : ''}: ${running} of ${requested} tasks run`
      + `${weight === undefined ? '' : `, ${weight} % of the traffic on the new ones`}${failures > 0 ? `, ${failures} failed` : ''}${hooks.join('')}`,
    percent: Math.round(50 + 35 * part),
  };
}

/** The hook that ended the deployment, as far as ECS tells, and in which stage. */
export function failedHook(deployment: ServiceDeployment, lastStage?: string): { cause: string; functions: string[] } | undefined {
  const failed = hooksOf(deployment, 'FAILED', 'TIMED_OUT');
  const { deploymentConfiguration, rollback, statusReason } = deployment;
  const says = [statusReason, rollback?.reason].filter(Boolean).join(' ');
  if (failed.length === 0 && !/hook/i.test(says)) return undefined;
  const where = lastStage ? ` in the stage ${lastStage}` : '';
  const [first] = failed;
  if (first) {
    const how = first.status === 'TIMED_OUT' ? 'did not answer in time' : 'failed';
    return { cause: `the hook ${nameOfHook(first)} ${how}${where}`, functions: failed.map(nameOfHook) };
  }
  const candidates = (deploymentConfiguration?.lifecycleHooks ?? []).filter(hook => hook.lifecycleStages?.some(stage => stage === lastStage));
  const functions = candidates.map(({ hookTargetArn }) => nameOfFunction(hookTargetArn!));
  return { cause: functions.length > 0 ? `the hook ${functions.join(' or ')} failed${where}` : `a hook failed${where}`, functions };
}

function hooksOf(deployment: ServiceDeployment | undefined, ...statuses: Array<DeploymentLifecycleHookDetail['status']>): DeploymentLifecycleHookDetail[] {
  return (deployment?.lifecycleHookDetails ?? []).filter(({ status }) => statuses.includes(status));
}

function nameOfHook({ targetArn, hookId }: DeploymentLifecycleHookDetail): string {
  return targetArn ? nameOfFunction(targetArn) : nameOf(hookId ?? 'without name');
}

/** The name in the ARN of a function, version or alias included. */
export function nameOfFunction(arn: string): string {
  return arn.replace(/^.*:function:/, '');
}
