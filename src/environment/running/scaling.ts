import { Duration, TimeZone } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Choice, Inspection } from '../../private/problems';

/** When the bounds of the number of tasks change. At least one of them is given. */
export interface ScalingSchedule {
  /** When, for example `autoscaling.Schedule.cron({ weekDay: 'MON-FRI', hour: '7', minute: '0' })`. */
  readonly schedule: autoscaling.Schedule;
  /** Fewest tasks from then on, 0 to 5000. @default - as before */
  readonly minTasks?: number;
  /** Most tasks from then on, 0 to 5000. @default - as before */
  readonly maxTasks?: number;
  /** Time zone of the schedule. @default TimeZone.ETC_UTC */
  readonly timeZone?: TimeZone;
}

/** Options of `Scaling.onSchedule`. */
export interface ScheduledScalingOptions {
  /** Fewest tasks until the first schedule, 0 to 5000. @default 2 */
  readonly minTasks?: number;
  /** Most tasks until the first schedule, `minTasks` to 5000. @default 10 */
  readonly maxTasks?: number;
  /** When these bounds change; at least one. */
  readonly schedules: ScalingSchedule[];
}

/** What all scaling by a metric has in common. */
export interface ScalingOptions {
  /** Fewest tasks, 1 to 5000. @default 2 */
  readonly minTasks?: number;
  /** Most tasks, `minTasks` to 5000. @default 10 */
  readonly maxTasks?: number;
  /** Pause after tasks were added, 0 to 1 day. @default Duration.minutes(1) */
  readonly scaleOutCooldown?: Duration;
  /** Pause after tasks were removed, 0 to 1 day. @default Duration.minutes(5) */
  readonly scaleInCooldown?: Duration;
  /**
   * When `minTasks` and `maxTasks` change; the metric counts between them.
   * @default - never
   * @see https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html
   */
  readonly schedules?: ScalingSchedule[];
}

/** Options of `Scaling.onCpu` and `Scaling.onMemory`. */
export interface UtilizationScalingOptions extends ScalingOptions {
  /** Use that scaling aims at, in percent, 1 to 100. @default 60 */
  readonly targetPercent?: number;
}

/** Options of `Scaling.onRequests`. */
export interface RequestScalingOptions extends ScalingOptions {
  /** Requests a minute and task that scaling aims at, 1 or more. */
  readonly requestsPerTask: number;
}

/** How many tasks run. */
export abstract class Scaling extends Choice {
  /** Always the same number, 0 to 5000. */
  static fixed(tasks: number): Scaling {
    return new Fixed(tasks);
  }

  /** By the average CPU use of the tasks. */
  static onCpu(options: UtilizationScalingOptions = {}): Scaling {
    const { targetPercent = 60 } = options ?? {};
    return new ByMetric(options, 'targetPercent', targetPercent, 100, (scalable, policy, target) =>
      scalable.scaleOnCpuUtilization('Cpu', { ...policy, targetUtilizationPercent: target }));
  }

  /** By the average memory use of the tasks. */
  static onMemory(options: UtilizationScalingOptions = {}): Scaling {
    const { targetPercent = 60 } = options ?? {};
    return new ByMetric(options, 'targetPercent', targetPercent, 100, (scalable, policy, target) =>
      scalable.scaleOnMemoryUtilization('Memory', { ...policy, targetUtilizationPercent: target }));
  }

  /** By the requests that each task gets. */
  static onRequests(options: RequestScalingOptions): Scaling {
    return new ByMetric(options, 'requestsPerTask', options?.requestsPerTask, 1_000_000, scaleOnRequests);
  }

  /** By the clock alone: the number moves into the bounds that a schedule sets, and stays. */
  static onSchedule(options: ScheduledScalingOptions): Scaling {
    return new BySchedule(options);
  }

  /** Tasks that run at birth; undefined where scaling owns the number, since every deploy would reset it. @internal */
  abstract readonly _desiredCount: number | undefined;

  /** Fewest tasks that a release may meet. @internal */
  abstract readonly _fewest: number;

  /** @internal */
  abstract _bind(service: ecs.FargateService, targetGroups: elbv2.ApplicationTargetGroup[]): void;
}

class Fixed extends Scaling {
  readonly _desiredCount: number;
  readonly _fewest: number;

  constructor(tasks: number) {
    super();
    this._desiredCount = this._fewest = tasks;
    this._inspect((look) => look.integer('tasks', tasks ?? NaN, 0, 5000, 'take for example 2'));
  }

  _bind(): void {}
}

class BySchedule extends Scaling {
  readonly _desiredCount = undefined;
  readonly _fewest: number;

  constructor(private readonly options: ScheduledScalingOptions) {
    super();
    const { minTasks = 2, maxTasks = 10, schedules } = options ?? {};
    this._fewest = fewest(minTasks, schedules);
    this._inspect((look) => {
      look.integer('minTasks', minTasks, 0, 5000, 'take for example 2');
      look.integer('maxTasks', maxTasks, minTasks > 0 ? minTasks : 0, 5000, 'take at least minTasks');
      look.notEmpty('schedules', schedules ?? [], 'say when the number changes, or take Scaling.fixed');
      inspectSchedules(look, Array.isArray(schedules) ? schedules : []);
    }, options ?? null);
  }

  _bind(service: ecs.FargateService): void {
    const { minTasks = 2, maxTasks = 10, schedules } = this.options;
    addSchedules(service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks }), schedules);
  }
}

type Scale = (scalable: ecs.ScalableTaskCount, policy: autoscaling.BaseTargetTrackingProps, target: number, groups: elbv2.ApplicationTargetGroup[]) => void;

class ByMetric extends Scaling {
  readonly _desiredCount = undefined;
  readonly _fewest: number;

  constructor(private readonly options: ScalingOptions, prop: string, private readonly target: number, highest: number, private readonly scale: Scale) {
    super();
    const { minTasks = 2, maxTasks = 10, scaleOutCooldown, scaleInCooldown } = options ?? {};
    this._fewest = fewest(minTasks, options?.schedules);
    this._inspect((look: Inspection) => {
      look.integer('minTasks', minTasks, 1, 5000, 'take for example 2');
      look.integer('maxTasks', maxTasks, minTasks > 0 ? minTasks : 1, 5000, 'take at least minTasks');
      look.number(prop, target ?? NaN, 1, highest, 'say what to aim at, for example 60');
      look.seconds('scaleOutCooldown', scaleOutCooldown, 0, 86400, 'take for example Duration.minutes(1)');
      look.seconds('scaleInCooldown', scaleInCooldown, 0, 86400, 'take for example Duration.minutes(5)');
      inspectSchedules(look, options?.schedules);
    }, options);
  }

  _bind(service: ecs.FargateService, targetGroups: elbv2.ApplicationTargetGroup[]): void {
    const { minTasks = 2, maxTasks = 10, scaleOutCooldown = Duration.minutes(1), scaleInCooldown = Duration.minutes(5) } = this.options;
    const scalable = service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks });
    this.scale(scalable, { scaleOutCooldown, scaleInCooldown }, this.target, targetGroups);
    addSchedules(scalable, this.options.schedules);
  }
}

function addSchedules(scalable: ecs.ScalableTaskCount, schedules: ScalingSchedule[] = []): void {
  schedules.forEach(({ schedule, minTasks, maxTasks, timeZone }, index) =>
    scalable.scaleOnSchedule(`Schedule${index}`, { schedule, minCapacity: minTasks, maxCapacity: maxTasks, timeZone }));
}

/** A release may meet the fewest of any time of day. */
const fewest = (minTasks: number, schedules?: ScalingSchedule[]): number =>
  Math.min(minTasks, ...(Array.isArray(schedules) ? schedules : []).flatMap((one) => one?.minTasks ?? one?.maxTasks ?? []));

function inspectSchedules(look: Inspection, schedules: ScalingSchedule[] | undefined): void {
  look.each('schedules', schedules, (path, one) => {
    if (!look.struct(path, one)) return;
    const { schedule, minTasks, maxTasks, timeZone } = one;
    look.kind(`${path}.schedule`, schedule ?? null, 'expressionString', 'a schedule', "write for example autoscaling.Schedule.cron({ hour: '7', minute: '0' })");
    look.integer(`${path}.minTasks`, minTasks, 0, 5000, 'take for example 2');
    look.integer(`${path}.maxTasks`, maxTasks, minTasks! > 0 ? minTasks! : 0, 5000, 'take at least minTasks');
    look.that(minTasks !== undefined || maxTasks !== undefined, `${path}.minTasks`, 'nothing', 'minTasks, maxTasks or both', 'say what changes');
    look.kind(`${path}.timeZone`, timeZone, 'timezoneName', 'a time zone', 'take for example TimeZone.EUROPE_BERLIN');
  });
}

/**
 * Requests for each task, whichever of the target groups has the traffic: the predefined metric counts those of one group, and its tasks would be taken away
 * as soon as a release has moved the traffic to the other.
 */
function scaleOnRequests(scalable: ecs.ScalableTaskCount, policy: autoscaling.BaseTargetTrackingProps, target: number, groups: elbv2.ApplicationTargetGroup[]): void {
  scalable.scaleOnRequestCount('Requests', { ...policy, requestsPerTarget: target, targetGroup: groups[0] });
  const made = scalable.node.findAll().find((construct): construct is autoscaling.CfnScalingPolicy => construct instanceof autoscaling.CfnScalingPolicy)!;
  made.addPropertyDeletionOverride('TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification');
  made.addPropertyOverride('TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification', {
    Metrics: [
      ...groups.map(({ targetGroupFullName }, index) => ({
        Id: `group${index}`,
        MetricStat: {
          Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCountPerTarget', Dimensions: [{ Name: 'TargetGroup', Value: targetGroupFullName }] },
          Stat: 'Sum',
        },
        ReturnData: false,
      })),
      { Id: 'requests', Expression: 'SUM(METRICS())', Label: 'Requests for each task', ReturnData: true },
    ],
  });
}
