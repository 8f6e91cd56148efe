import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  Cluster, DeployStrategy, Egress, FargateEnvironment, FargateEnvironmentProps, LoadBalancer, Network, Notification, ResourceNames, Scaling, ServiceAlarm,
} from '../../src';
import { givenNetwork } from '../support/bare-place';

interface Made { readonly stack: Stack; readonly place: FargateEnvironment; readonly template: Template }

function make(props: FargateEnvironmentProps | ((scope: Construct) => FargateEnvironmentProps) = {}, after: (made: Omit<Made, 'template'>) => void = () => undefined): Made {
  const stack = new Stack(new App(), 'Shop');
  const place = new FargateEnvironment(stack, 'Place', { network: givenNetwork(stack), ...typeof props === 'function' ? props(stack) : props });
  after({ stack, place });
  return { stack, place, template: Template.fromStack(stack) };
}

/** Properties of the only resource of a type. */
function only(template: Template, type: string): any {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0].Properties;
}

/** Properties of resources that are all alike, such as the two target groups. */
function alike(template: Template, type: string, count = 2): any {
  const found = Object.values(template.findResources(type)).map(({ Properties: { Name, ...properties } }) => properties);
  expect(found).toHaveLength(count);
  found.forEach((one) => expect(one).toEqual(found[0]));
  return found[0];
}

const TARGET_GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const attributes = ({ template }: Made, type: string, list: string): Record<string, string> =>
  Object.fromEntries((type === TARGET_GROUP ? alike(template, type) : only(template, type))[list].map(({ Key, Value }: any) => [Key, Value]));

const importedVpc = (scope: Construct) => ec2.Vpc.fromVpcAttributes(scope, 'TheirVpc', {
  vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], privateSubnetIds: ['subnet-33333333', 'subnet-44444444'],
  isolatedSubnetIds: ['subnet-55555555', 'subnet-66666666'],
});

describe('the default', () => {
  const made = make({ network: undefined });
  const { template } = made;

  test('task: container app on port 80, 512 CPU, 1024 MiB, x86_64, the released tag', () => {
    const task = only(template, 'AWS::ECS::TaskDefinition');
    expect(task).toMatchObject({ Cpu: '512', Memory: '1024', NetworkMode: 'awsvpc', RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' } });
    expect(task.ContainerDefinitions).toHaveLength(1);
    expect(task.ContainerDefinitions[0]).toMatchObject({
      Name: 'app', Memory: 1024, PortMappings: [{ ContainerPort: 80, Protocol: 'tcp' }], SystemControls: [{ Namespace: 'net.ipv4.ip_unprivileged_port_start', Value: '0' }],
      LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-stream-prefix': 'task', 'mode': 'non-blocking' } },
    });
    expect(JSON.stringify(task.ContainerDefinitions[0].Image)).toContain(':released');
    expect(task.ContainerDefinitions[0]).not.toHaveProperty('Secrets');
  });

  test('service: two tasks, 100/200 with circuit breaker, alarms that roll back, no public address', () => {
    expect(only(template, 'AWS::ECS::Service')).toMatchObject({
      DesiredCount: 2, HealthCheckGracePeriodSeconds: 60, EnableECSManagedTags: true, PropagateTags: 'SERVICE', AvailabilityZoneRebalancing: 'ENABLED',
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100, MaximumPercent: 200, DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        Alarms: { Enable: true, Rollback: true, AlarmNames: made.place.alarms.map(() => expect.any(String)) },
      },
    });
    expect(made.place.alarms).toHaveLength(5);
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  });

  test('load balancer: internet-facing, HTTP, health path /, protected, logs its access', () => {
    const balancer = only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(balancer.Scheme).toBe('internet-facing');
    expect(attributes(made, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'LoadBalancerAttributes')).toMatchObject({
      'deletion_protection.enabled': 'true', 'access_logs.s3.enabled': 'true', 'access_logs.s3.prefix': 'load-balancer',
      'routing.http.drop_invalid_header_fields.enabled': 'true', 'routing.http.desync_mitigation_mode': 'defensive',
    });
    expect(only(template, 'AWS::ElasticLoadBalancingV2::Listener')).toMatchObject({ Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'fixed-response' }] });
    expect(alike(template, TARGET_GROUP)).toMatchObject({
      HealthCheckPath: '/', HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 4, HealthyThresholdCount: 2, UnhealthyThresholdCount: 6,
      Matcher: { HttpCode: '200' }, TargetType: 'ip', Port: 80, Protocol: 'HTTP',
    });
    expect(attributes(made, TARGET_GROUP, 'TargetGroupAttributes')).toMatchObject({ 'deregistration_delay.timeout_seconds': '30' });
    expect(made.stack.resolve(made.place.url)).toEqual({ 'Fn::Join': ['', ['http://', { 'Fn::GetAtt': [expect.stringMatching(/^PlaceLoadBalancer/), 'DNSName'] }]] });
  });

  test('network: two zones by number, one NAT gateway, flow logs, no lookup', () => {
    expect(only(template, 'AWS::EC2::VPC').CidrBlock).toBe('10.0.0.0/16');
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
    const subnets = Object.values(template.findResources('AWS::EC2::Subnet')).map(({ Properties }) => Properties);
    expect(subnets.map(({ CidrBlock }) => CidrBlock)).toEqual(['10.0.0.0/20', '10.0.16.0/20', '10.0.32.0/20', '10.0.48.0/20']);
    expect(subnets.map(({ AvailabilityZone }) => AvailabilityZone['Fn::Select'][0])).toEqual([0, 1, 0, 1]);
    expect(subnets.every(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch !== true)).toBe(true);
    expect(only(template, 'AWS::EC2::FlowLog')).toMatchObject({ TrafficType: 'ALL', LogDestinationType: 'cloud-watch-logs' });
  });

  test('cluster, one key with rotation, logs for a year, a topic that nobody hears', () => {
    expect(only(template, 'AWS::ECS::Cluster')).toMatchObject({ ClusterSettings: [{ Name: 'containerInsights', Value: 'enhanced' }] });
    expect(only(template, 'AWS::KMS::Key')).toMatchObject({ EnableKeyRotation: true, RotationPeriodInDays: 365 });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 365, KmsKeyId: Match.anyValue() });
    template.resourceCountIs('AWS::SNS::Topic', 1);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  });

  test('repository: only the tag released moves, twenty releases are kept', () => {
    const { LifecyclePolicy, ...repository } = only(template, 'AWS::ECR::Repository');
    expect(repository).toMatchObject({
      ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', ImageTagMutabilityExclusionFilters: [{ ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: 'released' }],
      EncryptionConfiguration: { EncryptionType: 'KMS' }, ImageScanningConfiguration: { ScanOnPush: true },
    });
    // What an earlier rule keeps a later one does not expire.
    expect(JSON.parse(LifecyclePolicy.LifecyclePolicyText).rules).toEqual([
      { rulePriority: 1, description: expect.anything(), selection: { tagStatus: 'tagged', tagPatternList: ['released'], countType: 'imageCountMoreThan', countNumber: 1 }, action: { type: 'expire' } },
      { rulePriority: 2, description: expect.anything(), selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 20 }, action: { type: 'expire' } },
    ]);
  });

  test('a place says where it is, and knows no road', () => {
    const parameter = only(template, 'AWS::SSM::Parameter');
    expect(parameter.Name).toMatch(/^\/cdk-fargate-cicd\/place-Shop-Place-[0-9A-F]{8}$/);
    expect(Object.keys(JSON.parse(JSON.stringify(parameter.Value['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'x').join(''))
      .replace(/^"|"$/g, '').replace(/\\"/g, '"'))).sort()).toEqual([
      'alarmNames', 'clusterArn', 'containerName', 'logGroupName', 'logStreamPrefix', 'repositoryUri', 'serviceArn', 'stackId', 'strategy', 'targetGroupArns', 'taskDefinitionArn', 'taskFamily', 'url',
    ]);
    template.resourceCountIs('AWS::CodePipeline::Pipeline', 0);
  });

  test('the service waits for the image and the listener, the task definition for the first image', () => {
    const [service] = Object.values(template.findResources('AWS::ECS::Service'));
    expect(service.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^PlaceLoadBalancerHttp/)]));
    const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
    expect(task.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^PlaceFirstImage[0-9A-F]{8}$/)]));
    expect(only(template, 'Custom::FirstImage')).toMatchObject({ Ports: ['80'], Status: '200', Tag: 'released', Commands: [], Users: [] });
  });

  test('outputs', () => {
    expect(Object.keys(template.findOutputs('*')).map((id) => id.replace(/^Place|[0-9A-F]{8}$/g, '')).sort())
      .toEqual(['AlbDnsName', 'EcsClusterArn', 'EcsServiceArn', 'PlaceParameterName', 'ReleaseRoleArn', 'ReleasedImagesUri', 'ServiceUrl', 'VpcId']);
  });

  test('what is reached from outside', () => {
    const { place, stack } = made;
    expect([place.vpc.vpcId, place.cluster.clusterName, place.service.serviceName, place.targetGroup.targetGroupArn, place.repository.repositoryName, place.logGroup.logGroupName]
      .every((value) => stack.resolve(value) !== undefined)).toBe(true);
    expect([place.grantPrincipal, place.connections, place.topics, place.dashboard, place.loadBalancer, place.releaseRole])
      .toEqual([place.taskRole, place.service.connections, [expect.anything()], expect.anything(), expect.anything(), expect.anything()]);
  });
});

describe('container', () => {
  test('everything that can be said', () => {
    const { template } = make((scope) => ({
      container: {
        containerName: 'web', port: 8080, cpu: 1024, cpuArchitecture: ecs.CpuArchitecture.ARM64, environment: { MODE: 'live' }, metricNamespace: 'Shop',
        secrets: { DB: ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, 'Db', 'db'), 'password') },
        command: ['serve', '--fast'], entryPoint: ['tini'], user: '1000', stopTimeout: Duration.seconds(90), logGroupName: 'shop/web', logRetention: 30,
        readonlyRootFilesystem: true, commandHealthCheck: { command: ['CMD', 'node', 'check.js'], interval: Duration.seconds(15), retries: 2 },
        healthCheck: {
          path: '/health', healthyHttpCodes: '204,301', interval: Duration.seconds(20), timeout: Duration.seconds(3), healthyThresholdCount: 4, unhealthyThresholdCount: 6,
          gracePeriod: Duration.minutes(3),
        },
      },
    }));
    const { ContainerDefinitions: [container], ...task } = only(template, 'AWS::ECS::TaskDefinition');
    expect(task).toMatchObject({ Cpu: '1024', Memory: '2048', RuntimePlatform: { CpuArchitecture: 'ARM64' } });
    expect(container).toMatchObject({
      Name: 'web', Command: ['serve', '--fast'], EntryPoint: ['tini'], User: '1000', StopTimeout: 90, ReadonlyRootFilesystem: true,
      HealthCheck: { Command: ['CMD', 'node', 'check.js'], Interval: 15, Retries: 2 },
      Environment: [{ Name: 'MODE', Value: 'live' }],
      PortMappings: [{ ContainerPort: 8080 }], Secrets: [{ Name: 'DB' }],
    });
    expect(container).not.toHaveProperty('SystemControls');
    expect(alike(template, TARGET_GROUP)).toMatchObject({
      HealthCheckPath: '/health', HealthCheckIntervalSeconds: 20, HealthCheckTimeoutSeconds: 3, HealthyThresholdCount: 4, UnhealthyThresholdCount: 6, Matcher: { HttpCode: '204,301' },
    });
    expect(only(template, 'AWS::ECS::Service')).toMatchObject({ HealthCheckGracePeriodSeconds: 180, LoadBalancers: [{ ContainerName: 'web', ContainerPort: 8080 }] });
    expect(only(template, 'Custom::FirstImage')).toMatchObject({ Ports: ['8080'], Status: '204', Commands: ['tini', 'serve', 'node'], Users: ['1000'] });
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: 'shop/web', RetentionInDays: 30 });
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'cloudwatch:PutMetricData', Condition: { StringEquals: { 'cloudwatch:namespace': 'Shop' } } })]) },
    });
  });

  test.each([[5, 4, 6], [6, 5, 5], [10, 5, 3], [30, 5, 3]])('what is left open follows the interval of the health check: every %d s, at most %d s, %d failures in a row', (interval, timeout, failures) => {
    const { template } = make({ container: { healthCheck: { interval: Duration.seconds(interval) } } });
    expect(alike(template, TARGET_GROUP)).toMatchObject({ HealthCheckIntervalSeconds: interval, HealthCheckTimeoutSeconds: timeout, UnhealthyThresholdCount: failures });
  });

  test.each([
    [['CMD', '/bin/check', '-v'], ['/bin/check']],
    [['check', '-v'], ['check']],
    [['CMD-SHELL', 'curl -f http://localhost || exit 1'], []],
    [['curl -f http://localhost || exit 1'], []],
  ])('the first image stands in for the program of the health check %j', (command, programs) => {
    expect(only(make({ container: { commandHealthCheck: { command } } }).template, 'Custom::FirstImage').Commands).toEqual(programs);
  });

  test.each([[256, 1024], [512, 1024], [1024, 2048], [2048, 4096], [4096, 8192], [8192, 16384], [16384, 32768]])('%i CPU go with %i MiB unless said otherwise', (cpu, memory) => {
    expect(only(make({ container: { cpu } }).template, 'AWS::ECS::TaskDefinition')).toMatchObject({ Cpu: String(cpu), Memory: String(memory) });
  });

  test('256 CPU take 512 MiB, 8192 steps of four GiB', () => {
    expect(only(make({ container: { cpu: 256, memoryLimitMiB: 512 } }).template, 'AWS::ECS::TaskDefinition').Memory).toBe('512');
    expect(only(make({ container: { cpu: 8192, memoryLimitMiB: 20480 } }).template, 'AWS::ECS::TaskDefinition').Memory).toBe('20480');
  });
});

describe('network', () => {
  test('zones, ranges and NAT gateways as told', () => {
    const { template } = make({
      network: Network.create({
        cidr: '10.9.0.0/24', availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'], egress: Egress.natGateways(2),
        publicSubnetCidrs: ['10.9.0.0/28', '10.9.0.16/28', '10.9.0.32/28'], privateSubnetCidrs: ['10.9.0.64/27', '10.9.0.96/27', '10.9.0.128/27'],
      }),
    });
    template.resourceCountIs('AWS::EC2::NatGateway', 2);
    const subnets = Object.values(template.findResources('AWS::EC2::Subnet')).map(({ Properties }) => `${Properties.CidrBlock} ${Properties.AvailabilityZone}`);
    expect(subnets).toEqual([
      '10.9.0.0/28 eu-west-1a', '10.9.0.16/28 eu-west-1b', '10.9.0.32/28 eu-west-1c', '10.9.0.64/27 eu-west-1a', '10.9.0.96/27 eu-west-1b', '10.9.0.128/27 eu-west-1c',
    ]);
    const gateways = Object.values(template.findResources('AWS::EC2::Route')).map(({ Properties }) => Properties.NatGatewayId?.Ref).filter(Boolean);
    expect(gateways.map((ref: string) => /Subnet(\d)/.exec(ref)![1])).toEqual(['1', '2', '1']);
  });

  test('an existing VPC, its private subnets for tasks and its public ones for the load balancer', () => {
    const { template } = make((scope) => ({ network: Network.fromVpc(importedVpc(scope)) }));
    template.resourceCountIs('AWS::EC2::VPC', 0);
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Subnets).toEqual(['subnet-11111111', 'subnet-22222222']);
    expect(only(template, 'AWS::ECS::Service').NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual(['subnet-33333333', 'subnet-44444444']);
  });

  test('other subnets of it', () => {
    const isolated = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    const { template } = make((scope) => ({ network: Network.fromVpc(importedVpc(scope), { taskSubnets: isolated, loadBalancerSubnets: isolated }) }));
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Subnets).toEqual(['subnet-55555555', 'subnet-66666666']);
    expect(only(template, 'AWS::ECS::Service').NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual(['subnet-55555555', 'subnet-66666666']);
  });

  test('an existing cluster brings its VPC', () => {
    const { template } = make((scope) => ({ cluster: Cluster.fromCluster(ecs.Cluster.fromClusterAttributes(scope, 'Theirs', { clusterName: 'theirs', vpc: importedVpc(scope) })) }));
    template.resourceCountIs('AWS::ECS::Cluster', 0);
    template.resourceCountIs('AWS::EC2::VPC', 0);
    expect(JSON.stringify(only(template, 'AWS::ECS::Service').Cluster)).toContain('theirs');
  });

  test('a cluster that looks less closely', () => {
    expect(only(make({ cluster: Cluster.create({ containerInsights: ecs.ContainerInsights.DISABLED }) }).template, 'AWS::ECS::Cluster').ClusterSettings)
      .toEqual([{ Name: 'containerInsights', Value: 'disabled' }]);
  });
});

describe('load balancer', () => {
  test('internal: in the subnets of the tasks, open to nobody until its owner says so', () => {
    const { template } = make({ loadBalancer: LoadBalancer.internal(), network: undefined });
    const balancer = only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(balancer.Scheme).toBe('internal');
    expect(balancer.Subnets.map(({ Ref }: any) => Ref)).toEqual([expect.stringContaining('PrivateSubnet1'), expect.stringContaining('PrivateSubnet2')]);
    const groups = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(({ Properties }) => Properties.SecurityGroupIngress ?? []);
    expect(groups).toEqual([]);
  });

  test('HTTPS with a redirect, a name in Route 53, times of its own', () => {
    const made = make((scope) => ({
      loadBalancer: LoadBalancer.internetFacing({
        certificate: acm.Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1'),
        dnsRecord: { hostedZone: route53.HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }), recordName: 'shop' },
        idleTimeout: Duration.seconds(90), deregistrationDelay: Duration.seconds(5),
      }),
    }));
    const listeners = Object.values(made.template.findResources('AWS::ElasticLoadBalancingV2::Listener')).map(({ Properties }) => Properties);
    expect(listeners).toEqual([
      expect.objectContaining({ Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:111111111111:certificate/1' }] }),
      expect.objectContaining({ Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'redirect', RedirectConfig: { Port: '443', Protocol: 'HTTPS', StatusCode: 'HTTP_301' } }] }),
    ]);
    expect(only(made.template, 'AWS::Route53::RecordSet')).toMatchObject({ Name: 'shop.example.com.', Type: 'A', HostedZoneId: 'Z1' });
    expect(made.stack.resolve(made.place.url)).toEqual({ 'Fn::Join': ['', ['https://', { Ref: expect.stringMatching(/^PlaceDnsRecord/) }]] });
    expect(attributes(made, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'LoadBalancerAttributes')).toMatchObject({ 'idle_timeout.timeout_seconds': '90' });
    expect(attributes(made, TARGET_GROUP, 'TargetGroupAttributes')).toMatchObject({ 'deregistration_delay.timeout_seconds': '5' });
  });

  test('HTTPS without a name, and a name without HTTPS', () => {
    const secure = make((scope) => ({
      loadBalancer: LoadBalancer.internal({ certificate: acm.Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1') }),
    }));
    expect(JSON.stringify(secure.stack.resolve(secure.place.url))).toContain('https://');
    const zone = (scope: Construct) => route53.HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    const named = make((scope) => ({ loadBalancer: LoadBalancer.internal({ dnsRecord: { hostedZone: zone(scope) } }) }));
    expect(only(named.template, 'AWS::Route53::RecordSet').Name).toBe('example.com.');
    expect(JSON.stringify(named.stack.resolve(named.place.url))).toContain('http://');
  });
});

describe('scaling', () => {
  test.each<[string, Scaling, object]>([
    ['CPU', Scaling.onCpu(), { PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' }, TargetValue: 60, ScaleInCooldown: 300, ScaleOutCooldown: 60 }],
    ['memory', Scaling.onMemory({ targetPercent: 75, scaleInCooldown: Duration.minutes(9) }),
      { PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageMemoryUtilization' }, TargetValue: 75, ScaleInCooldown: 540, ScaleOutCooldown: 60 }],
    ['requests', Scaling.onRequests({ requestsPerTask: 500, scaleOutCooldown: Duration.seconds(0) }),
      {
        CustomizedMetricSpecification: { Metrics: [expect.objectContaining({ Id: 'group0' }), expect.objectContaining({ Id: 'group1' }), expect.objectContaining({ Expression: 'SUM(METRICS())' })] },
        TargetValue: 500, ScaleInCooldown: 300, ScaleOutCooldown: 0,
      }],
  ])('by %s: two to ten tasks, and no desired count that a deploy would reset', (_, scaling, policy) => {
    const { template } = make({ scaling });
    expect(only(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MinCapacity: 2, MaxCapacity: 10 });
    expect(only(template, 'AWS::ApplicationAutoScaling::ScalingPolicy').TargetTrackingScalingPolicyConfiguration).toMatchObject(policy);
    expect(only(template, 'AWS::ECS::Service')).not.toHaveProperty('DesiredCount');
  });

  test.each<[string, () => Scaling]>([
    ['CPU', () => Scaling.onCpu({ minTasks: 3, maxTasks: 7, targetPercent: 40 })],
    ['memory', () => Scaling.onMemory({ minTasks: 3, maxTasks: 7 })],
  ])('by %s within other numbers', (_, scaling) => {
    expect([Scaling.onCpu(), Scaling.onMemory()].map(({ _problems }) => _problems)).toEqual([[], []]);
    expect(only(make({ scaling: scaling() }).template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MinCapacity: 3, MaxCapacity: 7 });
  });

  test('fixed, also to nothing', () => {
    expect(only(make({ scaling: Scaling.fixed(0) }).template, 'AWS::ECS::Service').DesiredCount).toBe(0);
  });
});

describe('names', () => {
  const namesOf = (template: Template, type: string) => Object.values(template.findResources(type)).map(({ Properties: { Name } }) => Name);

  test('as the user gives them', () => {
    const { template } = make({
      clusterName: 'c', serviceName: 's', taskFamily: 'f', releasedRepositoryName: 'shop/released', loadBalancerName: 'lb', targetGroupName: 'tg', alternateTargetGroupName: 'other', releasedImageCount: 5,
    });
    expect(only(template, 'AWS::ECS::Cluster').ClusterName).toBe('c');
    expect(only(template, 'AWS::ECS::Service').ServiceName).toBe('s');
    expect(only(template, 'AWS::ECS::TaskDefinition').Family).toBe('f');
    expect(only(template, 'AWS::ECR::Repository')).toMatchObject({ RepositoryName: 'shop/released', LifecyclePolicy: { LifecyclePolicyText: expect.stringContaining('"countNumber":5') } });
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Name).toBe('lb');
    expect(namesOf(template, TARGET_GROUP)).toEqual(['tg', 'other']);
  });

  test('with a suffix', () => {
    const { template } = make({ resourceNames: ResourceNames.suffixed({ suffix: 'dev' }), clusterName: 'mine' });
    expect(only(template, 'AWS::ECS::Cluster').ClusterName).toBe('mine-dev');
    expect(only(template, 'AWS::ECS::Service').ServiceName).toBe('service-place-dev');
    expect(only(template, 'AWS::ECS::TaskDefinition').Family).toBe('task-place-dev');
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Name).toBe('alb-place-dev');
    expect(namesOf(template, TARGET_GROUP)).toEqual(['tg-place-dev', 'tg-place-alternate-dev']);
    expect(only(template, 'AWS::ECR::Repository').RepositoryName).toBe('repository-place-released-dev');
    expect(only(template, 'AWS::KMS::Alias').AliasName).toBe('alias/key-place-dev');
  });

  test('of actions and stages: characters that only ids may have', () => {
    const stack = new Stack(new App(), 'Shop');
    expect(new FargateEnvironment(stack, 'My shop: web')._releaseTarget().placeName).toBe('My-shop-web');
    expect(new FargateEnvironment(new Construct(stack, 'Live'), 'Environment')._releaseTarget().placeName).toBe('Live');
  });
});

describe('removal', () => {
  const kept = (template: Template) => Object.entries(template.toJSON().Resources as Record<string, any>)
    .filter(([, { DeletionPolicy, UpdateReplacePolicy }]) => /Retain/.test(`${DeletionPolicy}${UpdateReplacePolicy}`)).map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));

  test('RETAIN keeps key, bucket, repository and logs', () => {
    const { template } = make({ network: undefined });
    expect(kept(template)).toEqual(['PlaceKey', 'PlaceNetworkFlowLogs', 'PlaceRepository', 'PlaceLogs', 'PlaceFirstImageFunctionLogs', 'PlaceAccessLogs']);
    template.resourceCountIs('Custom::EmptyBucket', 0);
  });

  test('DESTROY keeps nothing, protects nothing and empties what must be empty', () => {
    const made = make({ removalPolicy: RemovalPolicy.DESTROY, network: undefined });
    expect(kept(made.template)).toEqual([]);
    expect(attributes(made, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'LoadBalancerAttributes')['deletion_protection.enabled']).toBe('false');
    expect(only(made.template, 'AWS::ECR::Repository').EmptyOnDelete).toBe(true);
    expect(only(made.template, 'Custom::EmptyBucket').BucketName).toEqual({ Ref: expect.stringMatching(/^PlaceAccessLogs/) });
  });
});

describe('after construction', () => {
  test('what the user grants arrives at the task role, and nothing that CDK grants to others', () => {
    const { template } = make({ network: undefined }, ({ stack, place }) => {
      new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } }).grantReadWriteData(place);
      place.connections.allowTo(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcp(5432), 'Database');
    });
    const [id, policy] = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).find(([each]) => each.startsWith('PlaceTaskRoleRights'))!;
    expect(id).toBeDefined();
    expect(policy.Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action)).toEqual(expect.arrayContaining(['dynamodb:PutItem', 'dynamodb:GetItem']));
    expect(policy.Properties.Roles).toEqual([{ Ref: expect.stringMatching(/^PlaceTaskRole[0-9A-F]{8}$/) }]);
    template.resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('a release may do what it must here and nothing elsewhere', () => {
    const { template } = make();
    const [, role] = Object.entries(template.findResources('AWS::IAM::Role')).find(([id]) => id.startsWith('PlaceReleaseRole'))!;
    expect(JSON.stringify(role.Properties.AssumeRolePolicyDocument)).toContain(':role/release-function-*');
    const statements = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([id]) => id.startsWith('PlaceReleaseRoleRights'))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    const passing = statements.find(({ Action }: any) => Action === 'iam:PassRole');
    expect(passing).toMatchObject({ Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }, Resource: [expect.anything(), expect.anything()] });
    expect(statements.some(({ Action }: any) => Action === 'cloudwatch:DescribeAlarms')).toBe(true);
  });

  test('without alarms nothing rolls back by them and nobody asks for them', () => {
    for (const alarms of [[], [ServiceAlarm.cpu({ rollsBack: false })]]) {
      const { template } = make({ alarms });
      expect(only(template, 'AWS::ECS::Service').DeploymentConfiguration.Alarms).toEqual({ AlarmNames: [], Enable: false, Rollback: false });
      expect(JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy'))).not.toContain('cloudwatch:DescribeAlarms');
    }
  });

  test('one task at a time needs no second zone to balance', () => {
    const { template } = make({ deployStrategy: DeployStrategy.rolling({ minimumHealthyPercent: 0, maximumHealthyPercent: 100 }), notifications: [Notification.email('a@example.com')] });
    expect(only(template, 'AWS::ECS::Service')).not.toHaveProperty('AvailabilityZoneRebalancing');
    expect(only(template, 'AWS::ECS::Service').DeploymentConfiguration).toMatchObject({ MinimumHealthyPercent: 0, MaximumPercent: 100 });
  });
});
