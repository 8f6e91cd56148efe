import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import {
  Capacity, Cluster, DeployStrategy, Encryption, ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, Network, Scaling, ServiceConnect, ServiceDiscovery,
} from '../../src';
import { bare } from '../support/bare-place';
import { all, idOf, only, rightsOf } from '../support/template';

function make(props: (stack: Stack) => FargateEnvironmentProps) {
  const stack = new Stack(new App(), 'Shop');
  new FargateEnvironment(stack, 'Place', { ...bare(stack), ...props(stack) });
  const template = Template.fromStack(stack);
  const taskRights = () => rightsOf(template, idOf(template, 'AWS::IAM::Role', { Description: 'What the application may do (Shop/Place)' }));
  return { stack, template, service: only(template, 'AWS::ECS::Service'), app: only(template, 'AWS::ECS::TaskDefinition').ContainerDefinitions[0], taskRights };
}

const vpcOf = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'TheirVpc', {
  vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], privateSubnetIds: ['subnet-33333333', 'subnet-44444444'],
});
const clusterOf = (stack: Stack) => Cluster.fromCluster(ecs.Cluster.fromClusterAttributes(stack, 'Theirs', {
  clusterName: 'theirs', clusterArn: 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs', vpc: vpcOf(stack),
}));
const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('Fargate Spot'));

describe('capacity', () => {
  test('plain Fargate without a word', () => {
    for (const capacity of [undefined, Capacity.fargate()]) {
      const { template, service } = make(() => ({ capacity }));
      expect(service.LaunchType).toBe('FARGATE');
      expect(service).not.toHaveProperty('CapacityProviderStrategy');
      template.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
    }
  });

  test('a mix with Spot: one task on plain Fargate, the others half and half; the cluster has the providers first', () => {
    const { template, service, stack } = make(() => ({ capacity: Capacity.fargateSpot(), scaling: Scaling.fixed(1) }));
    expect(service.CapacityProviderStrategy).toEqual([{ Base: 1, CapacityProvider: 'FARGATE', Weight: 1 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 1 }]);
    expect(service).not.toHaveProperty('LaunchType');
    expect(only(template, 'AWS::ECS::ClusterCapacityProviderAssociations')).toMatchObject({ CapacityProviders: ['FARGATE', 'FARGATE_SPOT'], DefaultCapacityProviderStrategy: [] });
    expect(Object.values(template.findResources('AWS::ECS::Service'))[0].DependsOn).toContain(idOf(template, 'AWS::ECS::ClusterCapacityProviderAssociations'));
    expect(warnings(stack)).toEqual([]);
  });

  test('numbers of yours; an existing cluster has its providers', () => {
    const { template, service } = make((stack) => ({ cluster: clusterOf(stack), capacity: Capacity.fargateSpot({ onDemandBase: 3, onDemandWeight: 0, spotWeight: 5 }) }));
    expect(service.CapacityProviderStrategy).toEqual([{ Base: 3, CapacityProvider: 'FARGATE', Weight: 0 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 5 }]);
    template.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
  });

  test('a single task on Spot is a warning, and no task on Spot is none', () => {
    expect(warnings(make(() => ({ capacity: Capacity.fargateSpot({ onDemandBase: 0 }), scaling: Scaling.fixed(1) })).stack)).toHaveLength(1);
    expect(warnings(make(() => ({ capacity: Capacity.fargateSpot({ onDemandBase: 0 }) })).stack)).toEqual([]);
    expect(warnings(make(() => ({ capacity: Capacity.fargateSpot({ onDemandBase: 0, spotWeight: 0 }), scaling: Scaling.fixed(1) })).stack)).toEqual([]);
  });
});

describe('scaling by the clock', () => {
  const night = { schedule: autoscaling.Schedule.cron({ hour: '20', minute: '0' }), minTasks: 0, maxTasks: 0, timeZone: TimeZone.EUROPE_BERLIN };
  const day = { schedule: autoscaling.Schedule.cron({ hour: '7', minute: '0' }), minTasks: 4, maxTasks: 20 };

  test('beside a metric', () => {
    const { template, service } = make(() => ({ scaling: Scaling.onCpu({ schedules: [day, night] }) }));
    const target = only(template, 'AWS::ApplicationAutoScaling::ScalableTarget');
    expect(target).toMatchObject({ MinCapacity: 2, MaxCapacity: 10 });
    expect(target.ScheduledActions).toEqual([
      { ScheduledActionName: 'Schedule0', Schedule: 'cron(0 7 * * ? *)', ScalableTargetAction: { MinCapacity: 4, MaxCapacity: 20 } },
      { ScheduledActionName: 'Schedule1', Schedule: 'cron(0 20 * * ? *)', Timezone: 'Europe/Berlin', ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 0 } },
    ]);
    expect(service).not.toHaveProperty('DesiredCount');
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 1);
  });

  test('alone, also under CodeDeploy: the number is nowhere', () => {
    const schedules = [{ schedule: day.schedule, maxTasks: 5 }];
    const { template, service } = make(() => ({ scaling: Scaling.onSchedule({ minTasks: 1, maxTasks: 3, schedules }), deployStrategy: DeployStrategy.codeDeploy() }));
    expect(only(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MinCapacity: 1, MaxCapacity: 3, ScheduledActions: [{ ScalableTargetAction: { MaxCapacity: 5 } }] });
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 0);
    expect(service).not.toHaveProperty('DesiredCount');
    expect(only(template, 'Custom::ServiceSettings').DesiredCount).toEqual({ Ref: 'AWS::NoValue' });
    expect(only(make(() => ({ scaling: Scaling.onSchedule({ schedules: [day] }) })).template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MinCapacity: 2, MaxCapacity: 10 });
  });
});

describe('service discovery', () => {
  test('a new zone', () => {
    const { template, service } = make(() => ({ serviceDiscovery: ServiceDiscovery.privateDns('shop.internal') }));
    expect(only(template, 'AWS::ServiceDiscovery::PrivateDnsNamespace').Name).toBe('shop.internal');
    expect(only(template, 'AWS::ServiceDiscovery::Service')).toMatchObject({ Name: 'app', DnsConfig: { DnsRecords: [{ TTL: 10, Type: 'A' }] } });
    expect(service.ServiceRegistries).toHaveLength(1);
  });

  test('a zone that exists', () => {
    const { template } = make((stack) => ({
      network: Network.fromVpc(vpcOf(stack)),
      serviceDiscovery: ServiceDiscovery.fromNamespace(cloudmap.PrivateDnsNamespace.fromPrivateDnsNamespaceAttributes(stack, 'Zone', {
        namespaceId: 'ns-1', namespaceName: 'shop.internal', namespaceArn: 'arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ns-1',
      }), { name: 'basket', recordTtl: Duration.seconds(60) }),
    }));
    expect(only(template, 'AWS::ServiceDiscovery::Service')).toMatchObject({ Name: 'basket', NamespaceId: 'ns-1', DnsConfig: { DnsRecords: [{ TTL: 60, Type: 'A' }] } });
  });
});

describe('Service Connect', () => {
  const namespace = (stack: Stack) => new cloudmap.HttpNamespace(stack, 'Namespace', { name: 'shop' });

  test.each([['rolling', DeployStrategy.rolling()], ['canary', DeployStrategy.canary()]])('a server, %s', (_, deployStrategy) => {
    const { service, app } = make((stack) => ({ deployStrategy, container: { port: 8080 }, serviceConnect: ServiceConnect.server(namespace(stack)) }));
    expect(app.PortMappings).toEqual([{ ContainerPort: 8080, Name: 'service', Protocol: 'tcp' }]);
    expect(service.ServiceConnectConfiguration).toMatchObject({
      Enabled: true, Namespace: { 'Fn::GetAtt': [expect.stringMatching(/^Namespace/), 'Arn'] }, Services: [{ PortName: 'service', ClientAliases: [{ DnsName: 'app', Port: 8080 }] }],
      LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-stream-prefix': 'service-connect' } },
    });
  });

  test('a server with a name, a port and a time-out of yours', () => {
    const { service } = make((stack) => ({ serviceConnect: ServiceConnect.server(namespace(stack), { dnsName: 'basket', port: 81, perRequestTimeout: Duration.seconds(5) }) }));
    expect(service.ServiceConnectConfiguration.Services).toMatchObject([{ ClientAliases: [{ DnsName: 'basket', Port: 81 }], Timeout: { PerRequestTimeoutSeconds: 5 } }]);
  });

  test('a client', () => {
    const { service } = make((stack) => ({ serviceConnect: ServiceConnect.client(namespace(stack)) }));
    expect(service.ServiceConnectConfiguration.Enabled).toBe(true);
    expect(service.ServiceConnectConfiguration.Services ?? []).toEqual([]);
  });
});

describe('commands of people', () => {
  test('nobody, without a word', () => {
    for (const executeCommand of [undefined, ExecuteCommand.none()]) {
      const { template, service, app } = make(() => ({ executeCommand }));
      expect(service).not.toHaveProperty('EnableExecuteCommand');
      expect(app).not.toHaveProperty('LinuxParameters');
      expect(only(template, 'AWS::ECS::Cluster')).not.toHaveProperty('Configuration');
    }
  });

  test('audited: the cluster writes sessions to a log group, encrypted; the task role may do what the agent does', () => {
    const { template, service, app, taskRights } = make(() => ({ executeCommand: ExecuteCommand.audited({ logRetention: logs.RetentionDays.TWO_YEARS }) }));
    expect(service.EnableExecuteCommand).toBe(true);
    expect(app.LinuxParameters).toMatchObject({ InitProcessEnabled: true });
    const logGroup = idOf(template, 'AWS::Logs::LogGroup', { RetentionInDays: 731 });
    const key = idOf(template, 'AWS::KMS::Key');
    expect(only(template, 'AWS::ECS::Cluster').Configuration.ExecuteCommandConfiguration).toEqual({
      KmsKeyId: { 'Fn::GetAtt': [key, 'Arn'] }, Logging: 'OVERRIDE', LogConfiguration: { CloudWatchLogGroupName: { Ref: logGroup }, CloudWatchEncryptionEnabled: true },
    });
    expect(taskRights()).toEqual([
      'ssmmessages:CreateControlChannel on *', 'ssmmessages:CreateDataChannel on *', 'ssmmessages:OpenControlChannel on *', 'ssmmessages:OpenDataChannel on *', 'logs:DescribeLogGroups on *',
      `logs:CreateLogStream on <${logGroup}.Arn>`, `logs:DescribeLogStreams on <${logGroup}.Arn>`, `logs:PutLogEvents on <${logGroup}.Arn>`, `kms:Decrypt on <${key}.Arn>`,
    ]);
  });

  test('audited, with keys of AWS', () => {
    const { template, taskRights } = make(() => ({ executeCommand: ExecuteCommand.audited(), encryption: Encryption.awsManaged() }));
    expect(only(template, 'AWS::ECS::Cluster').Configuration.ExecuteCommandConfiguration).toMatchObject({ LogConfiguration: { CloudWatchEncryptionEnabled: false } });
    expect(taskRights().filter((right) => right.startsWith('kms:'))).toEqual([]);
  });

  test('as the existing cluster says', () => {
    const { service, taskRights } = make((stack) => ({
      cluster: clusterOf(stack),
      executeCommand: ExecuteCommand.ofCluster({ logGroup: logs.LogGroup.fromLogGroupName(stack, 'Sessions', 'sessions'), key: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111') }),
    }));
    expect(service.EnableExecuteCommand).toBe(true);
    expect(taskRights()).toEqual(expect.arrayContaining([expect.stringMatching(/^logs:PutLogEvents on .*:log-group:sessions/), 'kms:Decrypt on arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111']));
    const unkeyed = make((stack) => ({ cluster: clusterOf(stack), executeCommand: ExecuteCommand.ofCluster() }));
    expect(unkeyed.taskRights()).toHaveLength(4);
    expect(all(unkeyed.template, 'AWS::ECS::Cluster')).toEqual([]);
  });
});
