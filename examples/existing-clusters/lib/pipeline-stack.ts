import { Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  Approval, BuildSecret, Check, CodeDeployAddress, Dashboard, DeliveryPipeline, DeploymentHistory, DeployStage, Encryption, FargateEnvironment, ImageBuild, IReleaseTarget,
  Notification, PipelineAlarm, ResourceNames, Source, TaskPlace,
} from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration, ExistingService, TestTask } from './configuration';

/** A place to release to: the service, and how CodeDeploy is reached there. */
export interface Place {
  readonly service: ExistingService;
  readonly codeDeploy: CodeDeployAddress;
}

export interface PipelineStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly staging: Place;
  readonly production: Place;
}

/** The pipeline in the tools account, over services in two others. */
export class PipelineStack extends Stack {
  private readonly resourceNames: ResourceNames;

  constructor(scope: Construct, id: string, { configuration, staging, production, ...props }: PipelineStackProps) {
    super(scope, id, props);
    this.resourceNames = ResourceNames.suffixed({ suffix: configuration.environmentSuffix });
    new DeliveryPipeline(this, 'Tea', {
      ...this.shared(configuration),
      ...this.build(configuration),
      stages: this.stages(this.place('Staging', staging), this.place('Production', production)),
    });
  }

  private shared({ emails }: Configuration) {
    return {
      resourceNames: this.resourceNames,
      encryption: Encryption.customerManaged({ aliasName: 'key-tea' }),
      notifications: [Notification.createTopic({ topicName: 'topic-tea-operations', displayName: 'Tea Operations', emails })],
      history: DeploymentHistory.table({ tableName: 'table-tea-deployments' }),
      dashboard: Dashboard.standard({ dashboardName: 'dashboard-tea' }),
      pipelineAlarms: [
        PipelineAlarm.failedExecutions({ alarmName: 'alarm-tea-failed-executions' }),
        PipelineAlarm.releaseFunctionErrors({ alarmName: 'alarm-tea-function-errors' }),
      ],
      // An example must be easy to get rid of. What you want to keep wants RETAIN, which is the default.
      removalPolicy: RemovalPolicy.DESTROY,
    };
  }

  private build({ repository, branch, connectionArn, npmTokenSecret, testTask }: Configuration) {
    const logRetention = logs.RetentionDays.ONE_MONTH;
    const secrets = { NPM_TOKEN: BuildSecret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(this, 'NpmToken', npmTokenSecret)) };
    return {
      pipelineName: 'pipeline-tea',
      repositoryName: 'repository-tea-images',
      source: Source.gitHub(repository, { branch, connectionArn }),
      imageBuild: ImageBuild.dockerfile({ logRetention, secrets }),
      checks: [
        Check.nodeTests({ logRetention, secrets, actionName: 'UnitTests', scripts: ['test:unit'] }),
        Check.imageScan({ logRetention, stage: 'Security-Scan' }),
        Check.task('Integration', { stage: 'Integration-Test', place: this.testPlace(testTask), command: ['node', 'lib/self-test.ts'], timeout: Duration.minutes(10) }),
      ],
    };
  }

  private testPlace({ clusterArn, subnetIds, securityGroupId }: TestTask): TaskPlace {
    return TaskPlace.inCluster({
      cluster: ecs.Cluster.fromClusterArn(this, 'TestCluster', clusterArn),
      subnetIds,
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(this, 'TestTasks', securityGroupId, { mutable: false })],
    });
  }

  private place(name: string, { service, codeDeploy }: Place): IReleaseTarget {
    const { clusterArn, serviceName, releaseRoleArn, targetGroupArns, url } = service;
    return FargateEnvironment.fromAttributes(this, name, {
      cluster: clusterArn, service: serviceName, releaseRoleArn, targetGroupArns, url, codeDeploy, resourceNames: this.resourceNames,
    });
  }

  private stages(staging: IReleaseTarget, production: IReleaseTarget): DeployStage[] {
    return [
      { stageName: 'Deploy-Staging', releases: [{ target: staging }] },
      {
        stageName: 'Deploy-Production',
        releases: [{ target: production }],
        approval: Approval.manual({ stage: 'Manual-Approval', comment: 'Release to production what staging runs?', timeout: Duration.days(1) }),
      },
    ];
  }
}
