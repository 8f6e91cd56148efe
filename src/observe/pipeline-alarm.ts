import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlarmOptions, AlarmParts, AlarmSubject, createAlarm, inspectAlarm } from './service-alarm';
import { Choice } from '../private/problems';

/** What metrics of a pipeline are found by. @internal */
export interface PipelineDimensions {
  readonly pipelineName: string;
  readonly releaseFunctionName: string;
  /** Names of the places that are released to. */
  readonly places: string[];
}

/** An alarm about the pipeline. It only notifies; it never rolls a release back. */
export abstract class PipelineAlarm extends Choice {
  /** Failed executions of the pipeline. Defaults: at least 1 in 1 period of 5 minutes. */
  static failedExecutions(options: AlarmOptions = {}): PipelineAlarm {
    return new MetricAlarm(FAILED_EXECUTIONS, options, ({ pipelineName }) => ({
      namespace: 'AWS/CodePipeline', metricName: 'FailedPipelineExecutions', dimensions: [{ PipelineName: pipelineName }],
    }));
  }

  /** Errors of the release function itself, as opposed to releases that fail. Defaults: more than 0 in 1 period of 5 minutes. */
  static releaseFunctionErrors(options: AlarmOptions = {}): PipelineAlarm {
    return new MetricAlarm(FUNCTION_ERRORS, options, ({ releaseFunctionName }) => ({
      namespace: 'AWS/Lambda', metricName: 'Errors', dimensions: [{ FunctionName: releaseFunctionName }],
    }));
  }

  /** All of them with their defaults. @internal */
  static _all(): PipelineAlarm[] {
    return [PipelineAlarm.failedExecutions(), PipelineAlarm.releaseFunctionErrors()];
  }

  /** @internal */
  abstract readonly _id: string;
  /** @internal */
  abstract _bind(scope: Construct, dimensions: PipelineDimensions, parts: AlarmParts): cloudwatch.Alarm;
}

type MetricOf = (dimensions: PipelineDimensions) => { namespace: string; metricName: string; dimensions: Record<string, string>[] };

class MetricAlarm extends PipelineAlarm {
  readonly _id: string;

  constructor(private readonly subject: AlarmSubject, private readonly options: AlarmOptions, private readonly metricOf: MetricOf) {
    super();
    this._id = subject.id;
    this._inspect(inspectAlarm(options, subject.defaults), options);
  }

  _bind(scope: Construct, dimensions: PipelineDimensions, parts: AlarmParts): cloudwatch.Alarm {
    return createAlarm(scope, this.subject, this.metricOf(dimensions), this.options, parts).alarm;
  }
}

const AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
const defaults = { threshold: 1, evaluationPeriods: 1, period: Duration.minutes(5), statistic: 'Sum' };

const FAILED_EXECUTIONS: AlarmSubject = {
  id: 'FailedExecutionsAlarm', purpose: 'failed-executions', description: 'An execution of the pipeline failed', comparison: AT_LEAST, defaults,
};
const FUNCTION_ERRORS: AlarmSubject = {
  id: 'ReleaseFunctionErrorsAlarm', purpose: 'release-function-errors', description: 'The release function itself failed',
  comparison: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD, defaults: { ...defaults, threshold: 0 },
};
