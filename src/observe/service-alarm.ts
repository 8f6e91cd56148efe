import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { NameMaker } from '../common/resource-names';
import { acknowledge, inPacks } from '../private/acknowledge';
import { explicitName } from '../private/naming';
import { Choice, Inspection } from '../private/problems';

/** What every alarm can be told. */
export interface AlarmOptions {
  /** Limit that the metric must cross. A finite number of at least 0. @default - depends on the alarm */
  readonly threshold?: number;
  /** How many periods are looked at, 1 or more; periods times period is at most one day. @default - depends on the alarm */
  readonly evaluationPeriods?: number;
  /** How many of these periods must cross the threshold, 1 to `evaluationPeriods`. @default - all of them */
  readonly datapointsToAlarm?: number;
  /** Length of a period: 10 or 30 seconds or a multiple of 60. @default - depends on the alarm */
  readonly period?: Duration;
  /** Statistic of the metric, for example `Average`, `Maximum`, `p99`. @default - depends on the alarm */
  readonly statistic?: string;
  /** Base name of the alarm, 1 to 255 characters. @default - by `resourceNames`, else made from the construct's path */
  readonly alarmName?: string;
}

/** Options of a service alarm. */
export interface ServiceAlarmOptions extends AlarmOptions {
  /** Whether the alarm rolls a running release back; it notifies in any case. @default true */
  readonly rollsBack?: boolean;
}

/** Whose answers `ServiceAlarm.http5xx` counts. */
export enum Http5xxOrigin {
  /** Answers of the containers (`HTTPCode_Target_5XX_Count`). */
  CONTAINERS = 'CONTAINERS',
  /** Answers that the load balancer gives itself, because no container answered (`HTTPCode_ELB_5XX_Count`). */
  LOAD_BALANCER = 'LOAD_BALANCER',
}

/** Options of `ServiceAlarm.http5xx`. */
export interface Http5xxAlarmOptions extends ServiceAlarmOptions {
  /** Whose 5xx answers are counted. @default Http5xxOrigin.CONTAINERS */
  readonly origin?: Http5xxOrigin;
}

/** What metrics of a place are found by. @internal */
export interface ServiceDimensions {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly loadBalancer: string;
  /** Whether the load balancer has requests of other services, too. */
  readonly sharedLoadBalancer: boolean;
  /** Releases move traffic from one to the other. */
  readonly targetGroups: string[];
}

/** @internal */
export interface AlarmParts {
  readonly names: NameMaker;
  readonly topics: sns.ITopic[];
}

/** @internal */
export interface BoundServiceAlarm {
  readonly alarm: cloudwatch.Alarm;
  /** A literal: the service may name the alarm without waiting for it. */
  readonly alarmName: string;
  readonly rollsBack: boolean;
}

/** What an alarm is about. @internal */
export interface AlarmSubject {
  readonly id: string;
  readonly purpose: string;
  readonly description: string;
  readonly defaults: { readonly threshold: number; readonly evaluationPeriods: number; readonly period: Duration; readonly statistic: string };
  readonly comparison: cloudwatch.ComparisonOperator;
}

/** The highest of one metric's values when there are several dimensions. @internal */
export interface AlarmMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, string>[];
}

/** @internal */
export function createAlarm(scope: Construct, subject: AlarmSubject, metric: AlarmMetric,
  options: AlarmOptions, { names, topics }: AlarmParts): { alarm: cloudwatch.Alarm; alarmName: string } {
  const { defaults, id } = subject;
  const alarmName = names.name({ type: 'alarm', detail: subject.purpose, base: options.alarmName, prop: 'alarmName', maxLength: 255 })
    ?? explicitName(scope, subject.purpose, 255);
  const alarm = new cloudwatch.Alarm(scope, id, {
    alarmName,
    alarmDescription: subject.description,
    metric: highest(metric, options.statistic ?? defaults.statistic, options.period ?? defaults.period),
    threshold: options.threshold ?? defaults.threshold,
    evaluationPeriods: options.evaluationPeriods ?? defaults.evaluationPeriods,
    datapointsToAlarm: options.datapointsToAlarm,
    comparisonOperator: subject.comparison,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  topics.forEach((topic) => alarm.addAlarmAction(new actions.SnsAction(topic)));
  if (topics.length === 0) {
    const reason = 'chosen by the user: notifications = []';
    acknowledge(alarm, { 'cfn-guard::CT.CLOUDWATCH.PR.1': reason, ...inPacks('CloudWatchAlarmAction', reason) });
  }
  return { alarm, alarmName };
}

function highest({ namespace, metricName, dimensions }: AlarmMetric, statistic: string, period: Duration): cloudwatch.IMetric {
  const metrics = dimensions.map((dimensionsMap) => new cloudwatch.Metric({ namespace, metricName, dimensionsMap, statistic, period }));
  if (metrics.length === 1) return metrics[0];
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`group${index}`, metric]));
  return new cloudwatch.MathExpression({ expression: `MAX([${Object.keys(usingMetrics).join(', ')}])`, usingMetrics, period, label: metricName });
}

/** @internal */
export const inspectAlarm = (options: AlarmOptions, defaults: AlarmSubject['defaults']) => (look: Inspection): void => {
  const periods = options.evaluationPeriods ?? defaults.evaluationPeriods;
  const period = options.period ?? defaults.period;
  look.number('threshold', options.threshold, 0, Number.MAX_SAFE_INTEGER, 'take a finite limit');
  look.integer('evaluationPeriods', options.evaluationPeriods, 1, 8640, 'take for example 2');
  look.integer('datapointsToAlarm', options.datapointsToAlarm, 1, periods, 'take at most evaluationPeriods');
  look.literal('period', options.period, 'CloudWatch takes few periods');
  look.seconds('period', options.period, 10, 86400, 'take for example Duration.minutes(1)');
  if (typeof period?.toSeconds === 'function' && !period.isUnresolved()) {
    const seconds = period.toMilliseconds() / 1000;
    look.that([10, 30].includes(seconds) || seconds % 60 === 0, 'period', period.toHumanString(), '10, 30 seconds or whole minutes', 'take for example Duration.minutes(1)');
    look.that(!(seconds * periods > 86400), 'evaluationPeriods', periods, `at most one day in all, ${Math.floor(86400 / seconds)} periods`, 'shorten the period or look at fewer');
  }
  look.matches('statistic', options.statistic, /^(Average|Maximum|Minimum|Sum|SampleCount|p\d{1,2}(\.\d+)?|p100|tm\d{1,2}(\.\d+)?)$/,
    'Average, Maximum, Minimum, Sum, SampleCount, pNN or tmNN', "write for example 'Average'");
  look.matches('alarmName', options.alarmName, /^.{1,255}$/, '1 to 255 characters', 'shorten it');
};

/** An alarm about the running service. It notifies and, unless `rollsBack: false`, rolls a running release back. */
export abstract class ServiceAlarm extends Choice {
  /** Average CPU use of the tasks in percent. Defaults: above 90 in 3 periods of 60 s. */
  static cpu(options: ServiceAlarmOptions = {}): ServiceAlarm {
    return new MetricAlarm(CPU, options);
  }

  /** Average memory use of the tasks in percent. Defaults: above 90 in 3 periods of 60 s. */
  static memory(options: ServiceAlarmOptions = {}): ServiceAlarm {
    return new MetricAlarm(MEMORY, options);
  }

  /** Answers with a status of 500 or above. Defaults: more than 10 in 2 periods of 60 s. */
  static http5xx(options: Http5xxAlarmOptions = {}): ServiceAlarm {
    return new MetricAlarm(options?.origin === Http5xxOrigin.LOAD_BALANCER ? LOAD_BALANCER_5XX : CONTAINERS_5XX, options);
  }

  /** Time until containers answer, in seconds. Defaults: average above 2 in 3 periods of 60 s. */
  static latency(options: ServiceAlarmOptions = {}): ServiceAlarm {
    return new MetricAlarm(LATENCY, options);
  }

  /** Containers that fail the load balancer's health check. Defaults: more than 0 in 5 periods of 60 s. */
  static unhealthyHosts(options: ServiceAlarmOptions = {}): ServiceAlarm {
    return new MetricAlarm(UNHEALTHY_HOSTS, options);
  }

  /** All of them with their defaults. @internal */
  static _all(): ServiceAlarm[] {
    return [ServiceAlarm.cpu(), ServiceAlarm.memory(), ServiceAlarm.http5xx(), ServiceAlarm.latency(), ServiceAlarm.unhealthyHosts()];
  }

  /** @internal */
  abstract readonly _id: string;
  /** Whether it rolls back for what a load balancer does, whoever's requests these are. @internal */
  abstract readonly _blamesLoadBalancer: boolean;
  /** @internal */
  abstract _bind(scope: Construct, dimensions: ServiceDimensions, parts: AlarmParts): BoundServiceAlarm;
}

interface ServiceAlarmSubject extends AlarmSubject {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: (of: ServiceDimensions) => Record<string, string>[];
}

class MetricAlarm extends ServiceAlarm {
  readonly _id: string;
  readonly _blamesLoadBalancer: boolean;

  constructor(private readonly subject: ServiceAlarmSubject, private readonly options: ServiceAlarmOptions) {
    super();
    this._id = subject.id;
    this._blamesLoadBalancer = subject === LOAD_BALANCER_5XX && options?.rollsBack !== false;
    this._inspect((look) => {
      inspectAlarm(options, subject.defaults)(look);
      look.oneOf('rollsBack', options.rollsBack, [true, false], 'say whether the alarm rolls a release back');
      look.oneOf('origin', (options as Http5xxAlarmOptions).origin, Object.values(Http5xxOrigin), 'take for example Http5xxOrigin.CONTAINERS');
    }, options);
  }

  _bind(scope: Construct, dimensions: ServiceDimensions, parts: AlarmParts): BoundServiceAlarm {
    const { namespace, metricName } = this.subject;
    const metric = { namespace, metricName, dimensions: this.subject.dimensions(dimensions) };
    return { ...createAlarm(scope, this.subject, metric, this.options, parts), rollsBack: this.options.rollsBack ?? true };
  }
}

const ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD;
const minute = Duration.minutes(1);
const ofService = (of: ServiceDimensions) => [{ ClusterName: of.clusterName, ServiceName: of.serviceName }];
const ofLoadBalancer = (of: ServiceDimensions) => [{ LoadBalancer: of.loadBalancer }];
/** Whichever has the traffic. */
const ofTargetGroups = (of: ServiceDimensions) => of.targetGroups.map((targetGroup) => ({ LoadBalancer: of.loadBalancer, TargetGroup: targetGroup }));
/** What containers answer: those of this service only. @internal */
export const ofContainers = (of: ServiceDimensions): Record<string, string>[] => of.sharedLoadBalancer ? ofTargetGroups(of) : ofLoadBalancer(of);

const CPU: ServiceAlarmSubject = {
  id: 'CpuAlarm', purpose: 'cpu', description: 'The tasks use too much CPU', comparison: ABOVE,
  namespace: 'AWS/ECS', metricName: 'CPUUtilization', dimensions: ofService,
  defaults: { threshold: 90, evaluationPeriods: 3, period: minute, statistic: 'Average' },
};
const MEMORY: ServiceAlarmSubject = {
  ...CPU, id: 'MemoryAlarm', purpose: 'memory', description: 'The tasks use too much memory', metricName: 'MemoryUtilization',
};
const CONTAINERS_5XX: ServiceAlarmSubject = {
  id: 'Http5xxAlarm', purpose: 'http-5xx', description: 'The containers answer with errors', comparison: ABOVE,
  namespace: 'AWS/ApplicationELB', metricName: 'HTTPCode_Target_5XX_Count', dimensions: ofContainers,
  defaults: { threshold: 10, evaluationPeriods: 2, period: minute, statistic: 'Sum' },
};
const LOAD_BALANCER_5XX: ServiceAlarmSubject = {
  ...CONTAINERS_5XX, id: 'LoadBalancer5xxAlarm', purpose: 'load-balancer-5xx', description: 'The load balancer finds no container that answers',
  metricName: 'HTTPCode_ELB_5XX_Count', dimensions: ofLoadBalancer,
};
const LATENCY: ServiceAlarmSubject = {
  id: 'LatencyAlarm', purpose: 'latency', description: 'The containers answer slowly', comparison: ABOVE,
  namespace: 'AWS/ApplicationELB', metricName: 'TargetResponseTime', dimensions: ofContainers,
  defaults: { threshold: 2, evaluationPeriods: 3, period: minute, statistic: 'Average' },
};
const UNHEALTHY_HOSTS: ServiceAlarmSubject = {
  id: 'UnhealthyHostsAlarm', purpose: 'unhealthy-hosts', description: 'Containers fail the health check', comparison: ABOVE,
  namespace: 'AWS/ApplicationELB', metricName: 'UnHealthyHostCount', dimensions: ofTargetGroups,
  defaults: { threshold: 0, evaluationPeriods: 5, period: minute, statistic: 'Maximum' },
};
