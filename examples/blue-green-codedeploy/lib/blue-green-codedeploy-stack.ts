import { Duration, RemovalPolicy, Stack, StackProps, Tags } from 'aws-cdk-lib';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  BuildSecret, Check, CheckOrder, Dashboard, DeployStrategy, Egress, FargateCicdPipeline, ImageBuild, LoadBalancer, Network, Notification, ReleaseAction,
  ResourceNames, Scaling, Source,
} from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration } from './configuration';

export interface BlueGreenCodeDeployStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** A Python service from CodeCommit, released blue/green by CodeDeploy. */
export class BlueGreenCodeDeployStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, ...props }: BlueGreenCodeDeployStackProps) {
    super(scope, id, props);
    new FargateCicdPipeline(this, 'Orders', {
      ...this.shared(configuration),
      ...this.pipeline(configuration),
      ...this.place(configuration),
    });
  }

  private shared(configuration: Configuration) {
    const { environmentSuffix, emails } = configuration;
    return {
      resourceNames: ResourceNames.suffixed({ suffix: environmentSuffix }),
      notifications: [Notification.createTopic({ topicName: 'pipeline-notifications', displayName: 'Pipeline Notifications', emails })],
      dashboard: Dashboard.standard({ dashboardName: 'orders-dashboard' }),
      tags: tagsOf(configuration),
      // An example must be easy to get rid of. What you want to keep wants RETAIN, which is the default.
      removalPolicy: RemovalPolicy.DESTROY,
    };
  }

  private pipeline({ dockerUserParameter, dockerPasswordParameter, ...configuration }: Configuration) {
    const log = { logRetention: logs.RetentionDays.TWO_WEEKS };
    const first = { ...log, order: CheckOrder.BEFORE_BUILD, stage: 'Test' };
    return {
      pipelineName: 'orders-pipeline',
      repositoryName: 'orders-images',
      imageCount: 10,
      artifactDays: 30,
      source: Source.codeCommit(this.createRepository(configuration), { branch: configuration.branch }),
      // Tests and the scan of the code come first: what fails here is never pushed.
      checks: [Check.pythonTests({ ...first, requirementsFile: 'requirements-dev.txt' }), Check.bandit({ ...first, directories: ['orders'] }), Check.imageScan(log)],
      imageBuild: ImageBuild.dockerfile({
        ...log,
        registryLogin: {
          username: BuildSecret.fromParameterStore(dockerUserParameter),
          password: BuildSecret.fromParameterStore(dockerPasswordParameter),
        },
      }),
      releaseAction: ReleaseAction.codePipelineAction(),
    };
  }

  /** A construct of CDK, so that name, tags and removal are told to it by itself. */
  private createRepository(configuration: Pick<Configuration, 'environmentSuffix' | 'tags'>): codecommit.Repository {
    const repository = new codecommit.Repository(this, 'Code', { repositoryName: `repository-orders-code-${configuration.environmentSuffix}` });
    repository.applyRemovalPolicy(RemovalPolicy.DESTROY);
    Object.entries(tagsOf(configuration)).forEach(([key, value]) => Tags.of(repository).add(key, value));
    return repository;
  }

  private place({ cpu, memoryMiB, desiredCount }: Configuration) {
    return {
      network: Network.create({ cidr: '10.0.0.0/16', egress: Egress.natGateways(1) }),
      clusterName: 'orders-cluster',
      serviceName: 'orders-service',
      taskFamily: 'orders',
      loadBalancerName: 'orders-alb',
      loadBalancer: LoadBalancer.internetFacing(),
      container: {
        cpu,
        memoryLimitMiB: memoryMiB,
        logRetention: logs.RetentionDays.ONE_MONTH,
        healthCheck: { path: '/health', interval: Duration.seconds(15), healthyThresholdCount: 5 },
      },
      scaling: Scaling.fixed(desiredCount),
      deployStrategy: DeployStrategy.codeDeploy(),
    };
  }
}

const tagsOf = ({ environmentSuffix, tags }: Pick<Configuration, 'environmentSuffix' | 'tags'>) => ({ Environment: environmentSuffix, ...tags });
