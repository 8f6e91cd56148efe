import type { ServiceDeployment, Task } from '@aws-sdk/client-ecs';

/** What happens to a deployment, so many seconds after it began. */
export interface Step {
  readonly after: number;
  readonly change: Partial<ServiceDeployment>;
  /** Percent of the traffic on the new tasks. */
  readonly weight?: number;
  /** A task of the new revision that stops. */
  readonly stops?: Partial<Task>;
}

export type Script = Step[];

/** Scripts of deployments, by what they end with. */
export const deployment = {
  succeeds: (after = 60): Script => [{ after: Math.min(5, after), change: { status: 'IN_PROGRESS' } }, { after, change: { status: 'SUCCESSFUL' } }],
  /** Blue/green, linear and canary: stage by stage. */
  goesThroughStages: (each = 30): Script => [
    ...([['PRE_SCALE_UP'], ['SCALE_UP'], ['POST_SCALE_UP'], ['TEST_TRAFFIC_SHIFT'], ['POST_TEST_TRAFFIC_SHIFT'], ['PRODUCTION_TRAFFIC_SHIFT', 50],
      ['POST_PRODUCTION_TRAFFIC_SHIFT', 100], ['BAKE_TIME', 100], ['CLEAN_UP', 100]] as const)
      .map(([lifecycleStage, weight = 0], index) => ({ after: each * (index + 1), change: { status: 'IN_PROGRESS' as const, lifecycleStage }, weight })),
    { after: each * 10, change: { status: 'SUCCESSFUL' } },
  ],
  hangs: (): Script => [{ after: 5, change: { status: 'IN_PROGRESS' } }],
  isGivenUpByTheCircuitBreaker: (task: Partial<Task>, after = 60): Script => [
    { after: 5, change: { status: 'IN_PROGRESS', deploymentCircuitBreaker: { status: 'MONITORING', failureCount: 0, threshold: 3 } } },
    { after: after / 2, change: { deploymentCircuitBreaker: { status: 'MONITORING', failureCount: 1, threshold: 3 } }, stops: task },
    ...rollback(after, { deploymentCircuitBreaker: { status: 'TRIGGERED', failureCount: 3, threshold: 3 }, statusReason: 'tasks failed to start.' }),
  ],
  isRolledBackByAlarms: (names: string[], after = 60): Script => [
    { after: 5, change: { status: 'IN_PROGRESS' } },
    ...rollback(after, { alarms: { status: 'TRIGGERED', alarmNames: names, triggeredAlarmNames: names } }),
  ],
  isRolledBack: (change: Partial<ServiceDeployment> = {}, after = 60): Script => rollback(after, change),
  isStopped: (change: Partial<ServiceDeployment> = {}, after = 60): Script => [{ after, change: { status: 'STOPPED', ...change } }],
  failsToRollBack: (after = 60): Script => [
    { after, change: { status: 'ROLLBACK_FAILED', statusReason: 'the old tasks did not start either.' } },
  ],
};

function rollback(after: number, change: Partial<ServiceDeployment>): Script {
  return [
    { after, change: { ...change, status: 'ROLLBACK_IN_PROGRESS' } },
    { after: after + 60, change: { status: 'ROLLBACK_SUCCESSFUL' } },
  ];
}
