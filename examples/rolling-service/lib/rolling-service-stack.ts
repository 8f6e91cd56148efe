import { Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import {
  Approval, BuildCache, Check, Cluster, Dashboard, DeployStrategy, Egress, FargateCicdPipeline, Http5xxOrigin, ImageBuild, LoadBalancer, Network, Notification,
  PipelineAlarm, ReleaseAction, ReportFormat, ResourceNames, Scaling, ServiceAlarm, Source,
} from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration } from './configuration';

export interface RollingServiceStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** A web service with tests, security scan, approval and rolling release. */
export class RollingServiceStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, ...props }: RollingServiceStackProps) {
    super(scope, id, props);
    new FargateCicdPipeline(this, 'TapService', {
      ...this.shared(configuration),
      ...this.pipeline(configuration),
      ...this.place(configuration),
      ...this.watch(),
    });
  }

  private shared({ environmentSuffix, emails, tags }: Configuration) {
    return {
      resourceNames: ResourceNames.suffixed({ suffix: environmentSuffix }),
      notifications: [Notification.createTopic({ topicName: 'deployment-notifications', displayName: 'Deployment Notifications', emails })],
      tags: { Environment: environmentSuffix, ...tags },
      // An example must be easy to get rid of. What you want to keep wants RETAIN, which is the default.
      removalPolicy: RemovalPolicy.DESTROY,
    };
  }

  private pipeline({ repository, branch, connectionArn }: Configuration) {
    const small = { computeType: codebuild.ComputeType.SMALL, logRetention: logs.RetentionDays.ONE_WEEK };
    const scan = { ...small, stage: 'Security-Scan' };
    return {
      pipelineName: 'ecs-fargate-cicd-pipeline',
      repositoryName: 'container-images',
      imageCount: 10,
      artifactDays: 30,
      source: Source.gitHub(repository, { branch, connectionArn }),
      imageBuild: ImageBuild.dockerfile({
        computeType: codebuild.ComputeType.MEDIUM,
        cache: BuildCache.s3(),
        logRetention: logs.RetentionDays.ONE_WEEK,
      }),
      checks: [
        Check.nodeTests({
          ...small,
          stage: 'Test',
          actionName: 'Test',
          scripts: ['test:unit', 'test:integration', 'lint'],
          cache: BuildCache.local(),
          reports: [
            { name: 'test-results', files: ['test-results/**/*.xml'], format: ReportFormat.JUNIT_XML },
            { name: 'coverage-results', files: ['coverage/**/*.xml'], format: ReportFormat.COBERTURA_XML },
          ],
        }),
        Check.npmAudit(scan),
        Check.imageScan(scan),
        Check.eslint({ ...scan, files: ['lib/**/*.ts'] }),
      ],
      approval: Approval.manual({
        stage: 'Manual-Approval',
        comment: 'Review and approve deployment to production ECS cluster',
        timeout: Duration.minutes(1440),
      }),
      stageName: 'Deploy',
      releaseAction: ReleaseAction.codePipelineAction(),
    };
  }

  private place({ certificateArn, cpu, memoryMiB, desiredCount }: Configuration) {
    return {
      network: Network.create({
        cidr: '10.0.0.0/16',
        publicSubnetCidrs: ['10.0.1.0/24', '10.0.2.0/24'],
        privateSubnetCidrs: ['10.0.10.0/24', '10.0.11.0/24'],
        egress: Egress.natGateways(1),
      }),
      clusterName: 'ecs-cluster',
      // ENHANCED, the default, measures each container as well and costs more.
      cluster: Cluster.create({ containerInsights: ecs.ContainerInsights.ENABLED }),
      loadBalancerName: 'ecs-alb',
      loadBalancer: LoadBalancer.internetFacing({
        certificate: acm.Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
        idleTimeout: Duration.seconds(30),
        deregistrationDelay: Duration.seconds(30),
      }),
      taskFamily: 'tap-service',
      container: {
        containerName: 'app',
        port: 80,
        cpu,
        memoryLimitMiB: memoryMiB,
        logGroupName: '/ecs/tap-service',
        logRetention: logs.RetentionDays.ONE_WEEK,
        metricNamespace: 'TapService',
        healthCheck: {
          path: '/',
          interval: Duration.seconds(30),
          timeout: Duration.seconds(5),
          healthyThresholdCount: 2,
          unhealthyThresholdCount: 3,
        },
      },
      serviceName: 'tap-service',
      scaling: Scaling.fixed(desiredCount),
      deployStrategy: DeployStrategy.rolling({ minimumHealthyPercent: 50, maximumHealthyPercent: 200 }),
    };
  }

  private watch() {
    const [minute, fiveMinutes] = [Duration.minutes(1), Duration.minutes(5)];
    return {
      alarms: [
        ServiceAlarm.cpu({ alarmName: 'ecs-cpu-alarm', threshold: 80, evaluationPeriods: 2, period: minute }),
        ServiceAlarm.memory({ alarmName: 'ecs-memory-alarm', threshold: 80, evaluationPeriods: 2, period: minute }),
        ServiceAlarm.http5xx({
          alarmName: 'alb-5xx-errors', origin: Http5xxOrigin.LOAD_BALANCER, threshold: 10, evaluationPeriods: 2, period: fiveMinutes,
        }),
        ServiceAlarm.latency({ alarmName: 'alb-target-response-time', threshold: 5, evaluationPeriods: 3, period: minute }),
      ],
      pipelineAlarms: [PipelineAlarm.failedExecutions({ alarmName: 'pipeline-execution-failures', threshold: 1, evaluationPeriods: 1 })],
      dashboard: Dashboard.standard({ dashboardName: 'ecs-dashboard' }),
    };
  }
}
