import { Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  BuildCache, Check, DeploymentHistory, DeployStrategy, Encryption, FargateCicdPipeline, ImageBuild, LoadBalancer, Notification, ReleaseAction,
  ResourceNames, Scaling, Source,
} from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration } from './configuration';

export interface ValidatedReleaseStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** A rolling release that is validated by a function, recorded in a table and encrypted with one key. */
export class ValidatedReleaseStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, ...props }: ValidatedReleaseStackProps) {
    super(scope, id, props);
    new FargateCicdPipeline(this, 'Tea', {
      ...this.shared(configuration),
      ...this.pipeline(configuration),
      ...this.place(configuration),
    });
  }

  private shared({ environmentSuffix, ecsClusterName, emails, tags }: Configuration) {
    return {
      // The cluster is known by its name to others; everything else ends with the suffix.
      resourceNames: ResourceNames.suffixed({ suffix: environmentSuffix, exact: [ecsClusterName] }),
      encryption: Encryption.customerManaged({ aliasName: 'cicd-pipeline' }),
      notifications: [Notification.createTopic({ topicName: 'release-notifications', displayName: 'Release Notifications', emails })],
      tags: { Environment: environmentSuffix, Project: 'cicd-pipeline', ManagedBy: 'CDK', ...tags },
      // An example must be easy to get rid of. What you want to keep wants RETAIN, which is the default.
      removalPolicy: RemovalPolicy.DESTROY,
    };
  }

  private pipeline({ repository, branch, connectionArn, githubTokenSecretArn }: Configuration) {
    const small = { computeType: codebuild.ComputeType.SMALL, logRetention: logs.RetentionDays.ONE_WEEK };
    return {
      pipelineName: 'release-pipeline',
      repositoryName: 'tea-images',
      imageCount: 10,
      artifactDays: 30,
      source: githubTokenSecretArn === ''
        ? Source.gitHub(repository, { branch, connectionArn })
        : Source.gitHubToken(repository, { branch, token: secretsmanager.Secret.fromSecretCompleteArn(this, 'GitHubToken', githubTokenSecretArn) }),
      imageBuild: ImageBuild.dockerfile({ ...small, timeout: Duration.minutes(15), cache: BuildCache.none() }),
      // Beside the build, so that the release begins when both have passed.
      checks: [Check.nodeTests({ ...small, actionName: 'UnitTests', scripts: ['test:unit'] })],
      // The first action of Deploy: what has a severe finding is not released.
      beforeRelease: [Check.imageScan(small)],
      releaseAction: ReleaseAction.codePipelineAction(),
      history: DeploymentHistory.table({ tableName: 'release-history' }),
    };
  }

  private place({ ecsClusterName, cpu, memoryMiB, desiredCount }: Configuration) {
    return {
      clusterName: ecsClusterName,
      serviceName: 'tea-service',
      taskFamily: 'tea-service',
      loadBalancer: LoadBalancer.internetFacing(),
      container: { port: 80, cpu, memoryLimitMiB: memoryMiB, healthCheck: { path: '/health' }, logRetention: logs.RetentionDays.ONE_WEEK },
      scaling: Scaling.fixed(desiredCount),
      deployStrategy: DeployStrategy.rolling(),
    };
  }
}
