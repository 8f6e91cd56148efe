import { Stack } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as events from 'aws-cdk-lib/aws-events';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { pipelineUrl } from '../private/console';
import { admitRule, DeadLetterQueue } from '../private/dead-letter-queue';

/** The page of the pipeline that an event is about. */
const pipelineInEvent = (scope: Construct): string =>
  pipelineUrl(events.EventField.fromPath('$.detail.pipeline'), events.EventField.fromPath('$.region'), Stack.of(scope).region);

/**
 * A pattern has 2,048 characters, and the name of a project up to 150.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 * @see https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
 */
const MOST_NAMES = 12;

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html */
const startedBy = ({ pipelineName }: codepipeline.Pipeline) => ({ 'additional-information': { initiator: [`codepipeline/${pipelineName}`] } });

/** Tells the topics about failed executions of the pipeline and failed builds of its projects. */
export function notifyFailures(scope: Construct, pipeline: codepipeline.Pipeline, projects: codebuild.IProject[], topics: sns.ITopic[]): void {
  if (topics.length === 0) return;
  const field = events.EventField.fromPath;
  notify(scope, 'FailedExecutions', topics, 'An execution of the pipeline failed', {
    source: ['aws.codepipeline'],
    detailType: ['CodePipeline Pipeline Execution State Change'],
    detail: { pipeline: [pipeline.pipelineName], state: ['FAILED'] },
  }, `Pipeline ${field('$.detail.pipeline')} failed, execution ${field('$.detail.execution-id')}: ${pipelineInEvent(scope)}`);
  notify(scope, 'FailedBuilds', topics, 'A build or check of the pipeline failed', {
    source: ['aws.codebuild'],
    detailType: ['CodeBuild Build State Change'],
    detail: {
      ...projects.length <= MOST_NAMES ? { 'project-name': projects.map(({ projectName }) => projectName) } : startedBy(pipeline),
      'build-status': ['FAILED', 'FAULT', 'TIMED_OUT'],
    },
  }, `Build of ${field('$.detail.project-name')} failed: ${field('$.detail.additional-information.logs.deep-link')}`);
}

/** Tells further topics about a stage in which something failed. */
export function notifyFailedStage(scope: Construct, pipeline: codepipeline.Pipeline, stage: string, topics: sns.ITopic[]): void {
  if (topics.length === 0) return;
  const field = events.EventField.fromPath;
  notify(scope, 'FailedStage', topics, `The stage ${stage} of the pipeline failed`, {
    source: ['aws.codepipeline'],
    detailType: ['CodePipeline Stage Execution State Change'],
    detail: { pipeline: [pipeline.pipelineName], stage: [stage], state: ['FAILED'] },
  }, `Stage ${field('$.detail.stage')} of pipeline ${field('$.detail.pipeline')} failed, execution ${field('$.detail.execution-id')}: ${pipelineInEvent(scope)}`);
}

function notify(scope: Construct, id: string, topics: sns.ITopic[], description: string, eventPattern: events.EventPattern, message: string): void {
  const queue = DeadLetterQueue.of(scope);
  const input = events.RuleTargetInput.fromText(message);
  // CDK's SnsTopic target would grant `kms:GenerateDataKey*` in the key policy; topic and key admit EventBridge already.
  const target = (topic: sns.ITopic): events.IRuleTarget => ({
    bind: () => ({ arn: topic.topicArn, input, deadLetterConfig: { arn: queue.queueArn }, targetResource: topic }),
  });
  const rule = new events.Rule(scope, id, { description, eventPattern, targets: topics.map(target) });
  admitRule(queue, rule);
}
