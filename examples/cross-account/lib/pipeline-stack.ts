import { Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  Approval, BuildCache, Check, DeliveryPipeline, DeliveryPipelineProps, DeploymentHistory, ImageBuild, IReleaseTarget, PipelineAlarm, ReleaseAction, Source,
} from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration } from './configuration';
import { shared } from './shared';

export interface PipelineStackProps extends StackProps {
  readonly configuration: Configuration;
  /** Where the pipeline releases to. */
  readonly place: IReleaseTarget;
}

/** The pipeline in the tools account. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, place, ...props }: PipelineStackProps) {
    super(scope, id, props);
    const delivery = new DeliveryPipeline(this, 'Tea', {
      ...shared(configuration, 'topic-tea-operations'),
      ...this.build(configuration),
      ...this.release(configuration, place),
    });
    // So that people of the target account can pull what was built. A release copies, and needs no such policy.
    delivery.repository.grantPull(new iam.AccountPrincipal(configuration.targetAccount));
  }

  private build({ repository, branch, connectionArn }: Configuration) {
    const small = { computeType: codebuild.ComputeType.SMALL, logRetention: logs.RetentionDays.ONE_WEEK, stage: 'Test' };
    return {
      pipelineName: 'pipeline-tea',
      repositoryName: 'repository-tea-images',
      imageCount: 10,
      artifactDays: 30,
      source: Source.gitHub(repository, { branch, connectionArn }),
      imageBuild: ImageBuild.dockerfile({ computeType: codebuild.ComputeType.MEDIUM, logRetention: logs.RetentionDays.ONE_WEEK, cache: BuildCache.s3() }),
      checks: [Check.nodeTests({ ...small, actionName: 'Test', scripts: ['test:unit', 'test:integration'] }), Check.imageScan(small)],
    };
  }

  private release({ reservedConcurrency }: Configuration, place: IReleaseTarget): Pick<DeliveryPipelineProps, 'stages' | 'releaseAction' | 'history' | 'pipelineAlarms'> {
    return {
      stages: [{
        stageName: 'Deploy',
        releases: [{ target: place }],
        approval: Approval.manual({ stage: 'Manual-Approval', comment: 'Release to the live account?', timeout: Duration.days(1) }),
      }],
      releaseAction: ReleaseAction.releaseFunction({
        memorySize: 1024,
        // A release goes on over as many calls as it takes.
        timeout: Duration.seconds(30),
        reservedConcurrentExecutions: reservedConcurrency,
      }),
      history: DeploymentHistory.table({ tableName: 'table-tea-deployments' }),
      pipelineAlarms: [
        PipelineAlarm.failedExecutions({ alarmName: 'alarm-tea-failed-executions', threshold: 1, evaluationPeriods: 1 }),
        PipelineAlarm.releaseFunctionErrors({ alarmName: 'alarm-tea-function-errors', threshold: 5, evaluationPeriods: 1, period: Duration.seconds(300) }),
      ],
    };
  }
}
