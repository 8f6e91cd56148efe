import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { SidecarOptions } from './sidecar-options';
import { Inspection } from '../../private/problems';
import { Right } from '../../private/scoped-role';
import { BoundTask } from '../task/task-parts';

/** Options of `Sidecar.adotCollector`. */
export interface AdotCollectorOptions extends SidecarOptions {
  /** Namespace of the metrics in CloudWatch, 1 to 255 of `A-Z a-z 0-9 _ . / # -`, not beginning with `AWS/`. @default 'OpenTelemetry' */
  readonly metricNamespace?: string;
  /**
   * A configuration of your own, as YAML or JSON, instead of the one for X-Ray and CloudWatch. Grant the task role what its exporters need.
   * @default - OTLP in, X-Ray and CloudWatch out
   */
  readonly config?: string;
  /** The image. @default - AWS Distro for OpenTelemetry Collector, of an exact version */
  readonly image?: ecs.ContainerImage;
}

/** @internal */
export function inspectAdotCollector(look: Inspection, { metricNamespace, config, image }: AdotCollectorOptions): void {
  look.matches('metricNamespace', metricNamespace, /^(?!AWS\/)[A-Za-z0-9_./#-]{1,255}$/, "1 to 255 of A-Z a-z 0-9 _ . / # -, not beginning with 'AWS/'", "write for example 'Shop'");
  look.matches('config', config, /\S/, 'the text of a configuration', 'leave it out for X-Ray and CloudWatch');
  look.kind('image', image, 'bind', 'an image', 'use for example ecs.ContainerImage.fromEcrRepository(...)');
}

/** Metrics go to CloudWatch as lines of a log in its embedded format. @internal */
export function collectorConfig({ definition, logGroup }: BoundTask, { metricNamespace = 'OpenTelemetry' }: AdotCollectorOptions): string {
  const stack = Stack.of(definition);
  return stack.toJsonString({
    receivers: { otlp: { protocols: { grpc: { endpoint: 'localhost:4317' }, http: { endpoint: 'localhost:4318' } } } },
    processors: { batch: {} },
    exporters: {
      awsxray: { region: stack.region },
      awsemf: { region: stack.region, namespace: metricNamespace, log_group_name: logGroup.logGroupName, log_stream_name: 'metrics/{TaskId}', resource_to_telemetry_conversion: { enabled: true } },
    },
    service: {
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['awsxray'] },
        metrics: { receivers: ['otlp'], processors: ['batch'], exporters: ['awsemf'] },
      },
    },
  });
}

/** @internal */
export const COLLECTOR_ACTIONS = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:GetSamplingStatisticSummaries'];

/** @internal */
export const collectorRights = (logGroupArn: string): Right[] => [
  { actions: COLLECTOR_ACTIONS, resources: ['*'], wildcard: 'X-Ray has no resource level for what a collector sends' },
  { actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'], resources: [logGroupArn] },
];
