import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { PipelineDimensions } from './pipeline-alarm';
import { RELEASE_METRICS } from './release-metrics';
import { ofContainers, ServiceDimensions } from './service-alarm';
import { NameMaker } from '../common/resource-names';
import { Choice } from '../private/problems';

/** Titles of the widgets. */
export interface DashboardTitles {
  /** CPU use of the tasks, average and maximum. @default 'ECS CPU Utilization' */
  readonly cpu?: string;
  /** Memory use of the tasks, average and maximum. @default 'ECS Memory Utilization' */
  readonly memory?: string;
  /** Response time and requests of the load balancer. @default 'ALB Metrics' */
  readonly loadBalancer?: string;
  /** Errors of containers and load balancer. @default 'HTTP Errors' */
  readonly errors?: string;
  /** Running and wanted tasks. @default 'Running Tasks' */
  readonly tasks?: string;
  /** Finished and failed executions of the pipeline. @default 'Pipeline Executions' */
  readonly pipeline?: string;
  /** Releases that are over, good or bad, a day, each place by itself. @default 'Deployment Frequency' */
  readonly deployments?: string;
  /** Releases that failed, in percent of all. @default 'Change Failure Rate' */
  readonly failureRate?: string;
  /** From commit to release, median. @default 'Lead Time for Changes' */
  readonly leadTime?: string;
  /** From the first failed release to the next good one, median. @default 'Time to Restore' */
  readonly timeToRestore?: string;
}

/** Options of `Dashboard.standard`. */
export interface StandardDashboardOptions {
  /** Base name of the dashboard, 1 to 255 letters, digits, `-` and `_`. @default - by `resourceNames` */
  readonly dashboardName?: string;
  /** Titles of the widgets. @default - see each title */
  readonly titles?: DashboardTitles;
}

/** What a dashboard can show. @internal */
export interface DashboardParts {
  readonly names: NameMaker;
  readonly services: ServiceDimensions[];
  readonly pipeline?: PipelineDimensions;
}

/** A CloudWatch dashboard. The first three of an account cost nothing, then 3 USD a month. */
export abstract class Dashboard extends Choice {
  /** CPU, memory, requests, errors, latency, running tasks, results of the pipeline, the four DORA metrics of its releases. */
  static standard(options: StandardDashboardOptions = {}): Dashboard {
    return new Standard(options);
  }

  /** No dashboard. */
  static none(): Dashboard {
    return new None();
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: DashboardParts): cloudwatch.Dashboard | undefined;
}

class None extends Dashboard {
  _bind(): undefined {
    return undefined;
  }
}

class Standard extends Dashboard {
  constructor(private readonly options: StandardDashboardOptions) {
    super();
    this._inspect((look) => {
      look.matches('dashboardName', options.dashboardName, /^[A-Za-z0-9_-]{1,255}$/, '1 to 255 of A-Z a-z 0-9 _ -', 'leave out spaces and other characters');
      if (options.titles === undefined || !look.struct('titles', options.titles)) return;
      for (const [widget, title] of Object.entries(options.titles)) look.text(`titles.${widget}`, title);
    }, options);
  }

  _bind(scope: Construct, { names, services, pipeline }: DashboardParts): cloudwatch.Dashboard {
    const { dashboardName, titles = {} } = this.options;
    return new cloudwatch.Dashboard(scope, 'Dashboard', {
      dashboardName: names.name({ type: 'dashboard', base: dashboardName, prop: 'dashboardName', maxLength: 255 }),
      widgets: [
        ...services.flatMap((service) => serviceRows(service, titles)),
        ...(pipeline ? [[pipelineWidget(pipeline, titles)], ...doraRows(pipeline, titles)] : []),
      ],
    });
  }
}

function serviceRows(of: ServiceDimensions, titles: DashboardTitles): cloudwatch.IWidget[][] {
  const ecs = (namespace: string, metricName: string, statistic: string) => metric(namespace, metricName, statistic,
    { ClusterName: of.clusterName, ServiceName: of.serviceName });
  const alb = (metricName: string, statistic: string) => ofContainers(of).map((dimensions) => metric('AWS/ApplicationELB', metricName, statistic, dimensions));
  // Nobody knows for which of several services a load balancer answered by itself.
  const unanswered = of.sharedLoadBalancer ? [] : alb('HTTPCode_ELB_5XX_Count', 'Sum');
  return [
    [
      graph(titles.cpu ?? 'ECS CPU Utilization', ecs('AWS/ECS', 'CPUUtilization', 'Average'), ecs('AWS/ECS', 'CPUUtilization', 'Maximum')),
      graph(titles.memory ?? 'ECS Memory Utilization', ecs('AWS/ECS', 'MemoryUtilization', 'Average'), ecs('AWS/ECS', 'MemoryUtilization', 'Maximum')),
    ],
    [
      graph(titles.loadBalancer ?? 'ALB Metrics', ...alb('TargetResponseTime', 'Average'), ...alb('RequestCount', 'Sum')),
      graph(titles.errors ?? 'HTTP Errors', ...alb('HTTPCode_Target_5XX_Count', 'Sum'), ...unanswered, ...alb('HTTPCode_Target_4XX_Count', 'Sum')),
      graph(titles.tasks ?? 'Running Tasks', ecs('ECS/ContainerInsights', 'RunningTaskCount', 'Average'), ecs('ECS/ContainerInsights', 'DesiredTaskCount', 'Average')),
    ],
  ];
}

const pipelineWidget = ({ pipelineName }: PipelineDimensions, titles: DashboardTitles): cloudwatch.IWidget => graph(
  titles.pipeline ?? 'Pipeline Executions',
  // Every finished execution has one duration; there is no metric of succeeded executions.
  metric('AWS/CodePipeline', 'PipelineDuration', 'SampleCount', { PipelineName: pipelineName }),
  metric('AWS/CodePipeline', 'FailedPipelineExecutions', 'Sum', { PipelineName: pipelineName }),
);

/** A widget shows 500 metrics at most, and a rate of failures is made of three. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const MOST_PLACES = 150;

function doraRows({ places, ...pipeline }: PipelineDimensions, titles: DashboardTitles): cloudwatch.IWidget[][] {
  const rows = Array.from({ length: Math.ceil(places.length / MOST_PLACES) }, (_, row) => places.slice(row * MOST_PLACES, (row + 1) * MOST_PLACES));
  return rows.map((some) => doraWidgets({ ...pipeline, places: some }, titles));
}

/** The four metrics of DORA, from what the release function writes into its log. */
function doraWidgets({ releaseFunctionName, places }: PipelineDimensions, titles: DashboardTitles): cloudwatch.IWidget[] {
  const { namespace, ...names } = RELEASE_METRICS;
  const of = (place: string, metricName: string, statistic: string) => new cloudwatch.Metric({
    namespace, metricName, statistic, label: place, period: Duration.days(1), dimensionsMap: { ReleaseFunction: releaseFunctionName, Place: place },
  });
  const each = (metricName: string, statistic: string) => places.map((place) => of(place, metricName, statistic));
  const rates = places.map((place, index) => new cloudwatch.MathExpression({
    expression: `100 * failed${index} / all${index}`, label: `${place} (%)`, period: Duration.days(1),
    usingMetrics: { [`failed${index}`]: of(place, names.failures, 'Sum'), [`all${index}`]: of(place, names.deployments, 'Sum') },
  }));
  const widget = (title: string, left: cloudwatch.IMetric[]) => new cloudwatch.GraphWidget({ title, left, width: 6 });
  return [
    widget(titles.deployments ?? 'Deployment Frequency', each(names.deployments, 'Sum')),
    widget(titles.failureRate ?? 'Change Failure Rate', rates),
    widget(titles.leadTime ?? 'Lead Time for Changes', each(names.leadTime, 'p50')),
    widget(titles.timeToRestore ?? 'Time to Restore', each(names.timeToRestore, 'p50')),
  ];
}

const metric = (namespace: string, metricName: string, statistic: string, dimensionsMap: Record<string, string>): cloudwatch.Metric =>
  new cloudwatch.Metric({ namespace, metricName, statistic, dimensionsMap, period: Duration.minutes(1) });

/** Counts stand on the right where seconds stand on the left. */
function graph(title: string, ...metrics: cloudwatch.Metric[]): cloudwatch.GraphWidget {
  const seconds = metrics.filter(({ metricName }) => metricName === 'TargetResponseTime');
  const counts = metrics.filter((each) => !seconds.includes(each));
  return new cloudwatch.GraphWidget({ title, width: 8, left: seconds.length > 0 ? seconds : counts, right: seconds.length > 0 ? counts : [] });
}
