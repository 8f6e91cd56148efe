import { synthesize } from './synthesize';
import { all, flat, idOf, only, rightsOf } from '../../../test/support/template';
import { context } from '../cdk.json';

const { template } = synthesize();
const subnets = all(template, 'AWS::EC2::Subnet');
const subnetIds = (cidrs: string[]) => subnets.filter(([, { CidrBlock }]) => cidrs.includes(CidrBlock)).map(([id]) => ({ Ref: id }));
const [PUBLIC, PRIVATE] = [['10.0.1.0/24', '10.0.2.0/24'], ['10.0.10.0/24', '10.0.11.0/24']];
const task = only(template, 'AWS::ECS::TaskDefinition');
const [container] = task.ContainerDefinitions;

describe('the network', () => {
  test('is a VPC with DNS', () => {
    expect(only(template, 'AWS::EC2::VPC')).toMatchObject({ CidrBlock: '10.0.0.0/16', EnableDnsHostnames: true, EnableDnsSupport: true });
  });

  test('has two public and two private subnets in two zones', () => {
    expect(subnets.map(([, { CidrBlock }]) => CidrBlock).sort()).toEqual([...PUBLIC, ...PRIVATE].sort());
    for (const cidrs of [PUBLIC, PRIVATE]) {
      const zones = subnets.filter(([, { CidrBlock }]) => cidrs.includes(CidrBlock)).map(([, { AvailabilityZone }]) => JSON.stringify(AvailabilityZone));
      expect(new Set(zones).size).toBe(2);
    }
  });

  test('has one internet gateway, to which only the public subnets lead', () => {
    const gateway = idOf(template, 'AWS::EC2::InternetGateway');
    const open = all(template, 'AWS::EC2::Route').filter(([, { GatewayId }]) => GatewayId?.Ref === gateway).map(([, { RouteTableId }]) => RouteTableId.Ref);
    const associated = all(template, 'AWS::EC2::SubnetRouteTableAssociation').filter(([, { RouteTableId }]) => open.includes(RouteTableId.Ref));
    expect(associated.map(([, { SubnetId }]) => SubnetId)).toEqual(subnetIds(PUBLIC));
  });

  test('has exactly one NAT gateway with an Elastic IP in a public subnet, through which the private subnets get out', () => {
    const nat = only(template, 'AWS::EC2::NatGateway');
    expect(nat.AllocationId).toEqual({ 'Fn::GetAtt': [idOf(template, 'AWS::EC2::EIP'), 'AllocationId'] });
    expect(subnetIds(PUBLIC)).toContainEqual(nat.SubnetId);
    const routes = all(template, 'AWS::EC2::Route').filter(([, { NatGatewayId }]) => NatGatewayId);
    expect(routes.map(([, { DestinationCidrBlock }]) => DestinationCidrBlock)).toEqual(['0.0.0.0/0', '0.0.0.0/0']);
  });
});

describe('the cluster and the task', () => {
  test('the cluster has Container Insights and no Spot', () => {
    const cluster = only(template, 'AWS::ECS::Cluster');
    expect(cluster).toMatchObject({ ClusterName: 'ecs-cluster-dev', ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }] });
    expect(JSON.stringify(template.toJSON())).not.toContain('SPOT');
  });

  test('the task has its family and size', () => {
    expect(task).toMatchObject({ Family: 'tap-service-dev', RequiresCompatibilities: ['FARGATE'], NetworkMode: 'awsvpc', Cpu: '1024', Memory: '2048' });
  });

  test('the container app listens on 80 and writes its log for 7 days', () => {
    expect(task.ContainerDefinitions).toHaveLength(1);
    expect(container).toMatchObject({ Name: 'app', PortMappings: [{ ContainerPort: 80, Protocol: 'tcp' }], LogConfiguration: { LogDriver: 'awslogs' } });
    const logGroup = template.toJSON().Resources[container.LogConfiguration.Options['awslogs-group'].Ref].Properties;
    expect(logGroup).toMatchObject({ LogGroupName: '/ecs/tap-service-dev', RetentionInDays: 7 });
  });

  test('no image is the latest, whatever that is', () => {
    expect(flat(container.Image)).toMatch(/:released$/);
    expect(JSON.stringify(template.toJSON())).not.toContain(':latest');
  });

  test('the task may put metrics into its namespace and nothing else', () => {
    expect(rightsOf(template, task.TaskRoleArn['Fn::GetAtt'][0])).toEqual([
      'cloudwatch:PutMetricData on * if {"StringEquals":{"cloudwatch:namespace":"TapService"}}',
    ]);
  });

  test('another role pulls the image and writes the log', () => {
    expect(task.ExecutionRoleArn).not.toEqual(task.TaskRoleArn);
    const repository = `<${idOf(template, 'AWS::ECR::Repository', { RepositoryName: 'repository-tap-service-released-dev' })}.Arn>`;
    const logGroup = `<${container.LogConfiguration.Options['awslogs-group'].Ref}.Arn>`;
    expect(rightsOf(template, task.ExecutionRoleArn['Fn::GetAtt'][0])).toEqual(expect.arrayContaining([
      'ecr:GetAuthorizationToken on *',
      ...['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'BatchGetImage'].map((action) => `ecr:${action} on ${repository}`),
      `logs:CreateLogStream on ${logGroup}`, `logs:PutLogEvents on ${logGroup}`,
    ]));
  });
});

describe('the service', () => {
  const service = only(template, 'AWS::ECS::Service');

  test('runs two tasks on Fargate', () => {
    expect(service).toMatchObject({ ServiceName: 'tap-service-dev', DesiredCount: 2, LaunchType: 'FARGATE', Cluster: { Ref: idOf(template, 'AWS::ECS::Cluster') } });
    expect(service.CapacityProviderStrategy).toBeUndefined();
  });

  test('is released step by step and rolls back by itself', () => {
    expect(service.DeploymentController).toEqual({ Type: 'ECS' });
    expect(service.DeploymentConfiguration).toMatchObject({
      MinimumHealthyPercent: 50, MaximumPercent: 200, DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    });
  });

  test('has its tasks in the private subnets without public addresses', () => {
    const { AssignPublicIp, Subnets } = service.NetworkConfiguration.AwsvpcConfiguration;
    expect(AssignPublicIp).toBe('DISABLED');
    expect(Subnets).toEqual(subnetIds(PRIVATE));
  });

  test('only the load balancer gets to the tasks, on the port of the container', () => {
    const tasks = service.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups;
    const [balancer] = only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').SecurityGroups;
    expect(tasks).toHaveLength(1);
    expect(template.toJSON().Resources[tasks[0]['Fn::GetAtt'][0]].Properties.SecurityGroupIngress).toBeUndefined();
    expect(only(template, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({
      GroupId: tasks[0], SourceSecurityGroupId: balancer, IpProtocol: 'tcp', FromPort: 80, ToPort: 80,
    });
  });
});

describe('the load balancer', () => {
  const balancer = only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');

  test('is reached from the internet, in the public subnets', () => {
    expect(balancer).toMatchObject({ Name: 'ecs-alb-dev', Type: 'application', Scheme: 'internet-facing', Subnets: subnetIds(PUBLIC) });
  });

  test('closes idle connections after 30 seconds and can be deleted', () => {
    expect(balancer.LoadBalancerAttributes).toEqual(expect.arrayContaining([
      { Key: 'idle_timeout.timeout_seconds', Value: '30' }, { Key: 'deletion_protection.enabled', Value: 'false' },
    ]));
  });

  test('has two target groups with the health check, and sends everything to the first', () => {
    const groups = all(template, 'AWS::ElasticLoadBalancingV2::TargetGroup').map(([, properties]) => properties);
    expect(groups).toHaveLength(2);
    groups.forEach((group) => expect(group).toMatchObject({
      Port: 80, Protocol: 'HTTP', TargetType: 'ip',
      HealthCheckPath: '/', HealthyThresholdCount: 2, UnhealthyThresholdCount: 3, HealthCheckTimeoutSeconds: 5, HealthCheckIntervalSeconds: 30,
      TargetGroupAttributes: expect.arrayContaining([{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }]),
    }));
    expect(only(template, 'AWS::ElasticLoadBalancingV2::ListenerRule').Actions[0].ForwardConfig.TargetGroups.map(({ Weight }: any) => Weight)).toEqual([100, 0]);
  });

  test('answers HTTPS with TLS 1.2 or newer and redirects HTTP', () => {
    const listeners = all(template, 'AWS::ElasticLoadBalancingV2::Listener').map(([, properties]) => properties);
    expect(listeners).toHaveLength(2);
    expect(listeners.find(({ Port }) => Port === 443)).toMatchObject({
      Protocol: 'HTTPS', Certificates: [{ CertificateArn: context.certificateArn }], SslPolicy: expect.stringMatching(/TLS13-1-2/),
    });
    expect(listeners.find(({ Port }) => Port === 80)).toMatchObject({
      Protocol: 'HTTP', DefaultActions: [{ Type: 'redirect', RedirectConfig: { Port: '443', Protocol: 'HTTPS' } }],
    });
  });

  test('admits 80 and 443 from everywhere', () => {
    const group = template.toJSON().Resources[balancer.SecurityGroups[0]['Fn::GetAtt'][0]].Properties;
    expect(group.SecurityGroupIngress.map(({ CidrIp, IpProtocol, FromPort, ToPort }: any) => [CidrIp, IpProtocol, FromPort, ToPort]).sort()).toEqual([
      ['0.0.0.0/0', 'tcp', 443, 443], ['0.0.0.0/0', 'tcp', 80, 80],
    ]);
  });

  test('security groups say what they are for', () => {
    for (const [, { GroupDescription }] of all(template, 'AWS::EC2::SecurityGroup')) expect(GroupDescription).toMatch(/^(Clients|Tasks) of /);
  });
});
