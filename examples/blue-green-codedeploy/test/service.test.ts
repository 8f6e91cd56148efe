import { synthesize } from './synthesize';
import { all, flat, idOf, only, rightsOf } from '../../../test/support/template';

const { template } = synthesize();
const resources: Record<string, any> = template.toJSON().Resources;
const subnetsOf = (isPublic: boolean) => {
  const gateway = idOf(template, 'AWS::EC2::InternetGateway');
  const open = all(template, 'AWS::EC2::Route').filter(([, { GatewayId }]) => GatewayId?.Ref === gateway).map(([, { RouteTableId }]) => RouteTableId.Ref);
  return all(template, 'AWS::EC2::SubnetRouteTableAssociation')
    .filter(([, { RouteTableId }]) => open.includes(RouteTableId.Ref) === isPublic).map(([, { SubnetId }]) => SubnetId);
};

test.each([
  ['EC2::VPC', 1], ['EC2::Subnet', 4], ['EC2::RouteTable', 4], ['EC2::SubnetRouteTableAssociation', 4], ['EC2::InternetGateway', 1],
  ['ElasticLoadBalancingV2::LoadBalancer', 1], ['ElasticLoadBalancingV2::TargetGroup', 2], ['ECS::Cluster', 1], ['ECS::Service', 1],
  ['CodeCommit::Repository', 1], ['CodePipeline::Pipeline', 1], ['CodeDeploy::Application', 1], ['CodeDeploy::DeploymentGroup', 1],
])('%s: %i', (type, count) => template.resourceCountIs(`AWS::${type}`, count));

test.each([['EC2::Route', 2], ['EC2::SecurityGroup', 2], ['Logs::LogGroup', 3]])('%s: at least %i', (type, count) => {
  expect(all(template, `AWS::${type}`).length).toBeGreaterThanOrEqual(count);
});

describe('the network', () => {
  test('has two public and two private subnets over two zones', () => {
    for (const isPublic of [true, false]) {
      const zones = subnetsOf(isPublic).map(({ Ref }) => flat(resources[Ref].Properties.AvailabilityZone));
      expect([zones.length, new Set(zones).size]).toEqual([2, 2]);
    }
  });

  test('lets the tasks out through a NAT gateway', () => {
    expect(all(template, 'AWS::EC2::NatGateway')).toHaveLength(1);
    expect(all(template, 'AWS::EC2::Route').filter(([, { NatGatewayId }]) => NatGatewayId)).toHaveLength(2);
  });
});

describe('the tasks', () => {
  const task = only(template, 'AWS::ECS::TaskDefinition');
  const service = only(template, 'AWS::ECS::Service');
  const [container] = task.ContainerDefinitions;

  test('the cluster has Container Insights', () => {
    expect(only(template, 'AWS::ECS::Cluster').ClusterSettings).toEqual([{ Name: 'containerInsights', Value: expect.stringMatching(/^enabled|enhanced$/) }]);
  });

  test('have 512 CPU units and 1024 MiB on Fargate', () => {
    expect(task).toMatchObject({ Cpu: '512', Memory: '1024', NetworkMode: 'awsvpc', RequiresCompatibilities: ['FARGATE'] });
  });

  test('have two roles', () => {
    expect(flat(task.TaskRoleArn)).not.toBe(flat(task.ExecutionRoleArn));
    expect(rightsOf(template, task.ExecutionRoleArn['Fn::GetAtt'][0]).join()).toContain('ecr:BatchGetImage on ');
    expect(rightsOf(template, task.TaskRoleArn['Fn::GetAtt'][0])).toEqual([]);
  });

  test('keep their logs for 30 days', () => {
    expect(resources[container.LogConfiguration.Options['awslogs-group'].Ref].Properties.RetentionInDays).toBe(30);
  });

  test('run in private subnets without public addresses', () => {
    const { AssignPublicIp, Subnets } = service.NetworkConfiguration.AwsvpcConfiguration;
    expect(AssignPublicIp).toBe('DISABLED');
    expect(Subnets).toEqual(subnetsOf(false));
  });

  test('are reached by the load balancer only, on the port of the container', () => {
    const [tasks] = service.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups;
    const [balancer] = only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').SecurityGroups;
    const ingress = all(template, 'AWS::EC2::SecurityGroupIngress').map(([, properties]) => properties).filter(({ GroupId }) => flat(GroupId) === flat(tasks));
    expect(resources[tasks['Fn::GetAtt'][0]].Properties.SecurityGroupIngress).toBeUndefined();
    expect(ingress).toEqual([expect.objectContaining({ SourceSecurityGroupId: balancer, IpProtocol: 'tcp', FromPort: 80, ToPort: 80 })]);
  });

  test('security groups say what they are for', () => {
    for (const [, { GroupDescription }] of all(template, 'AWS::EC2::SecurityGroup')) expect(GroupDescription).toMatch(/\w+ of /);
  });

  test('no image is the latest, whatever that is', () => expect(JSON.stringify(resources)).not.toContain(':latest'));
});

describe('the load balancer', () => {
  const groups = all(template, 'AWS::ElasticLoadBalancingV2::TargetGroup');

  test('is reached from the internet, in the public subnets', () => {
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject({ Name: 'orders-alb-dev', Scheme: 'internet-facing', Subnets: subnetsOf(true) });
  });

  test('has two target groups with the same health check', () => {
    for (const [, group] of groups) {
      expect(group).toMatchObject({ TargetType: 'ip', HealthCheckPath: '/health', HealthCheckIntervalSeconds: 15, HealthyThresholdCount: 5 });
    }
  });

  test('sends everything to blue at first', () => {
    const blue = { Ref: groups[0][0] };
    const listener = only(template, 'AWS::ElasticLoadBalancingV2::Listener');
    expect(listener).toMatchObject({ Port: 80, Protocol: 'HTTP' });
    expect(listener.DefaultActions).toEqual([expect.objectContaining({ Type: 'forward' })]);
    expect(flat(listener.DefaultActions[0])).toContain(JSON.stringify(blue));
    expect(flat(listener.DefaultActions[0])).not.toContain(groups[1][0]);
  });
});

describe('CodeDeploy', () => {
  const group = only(template, 'AWS::CodeDeploy::DeploymentGroup');
  const service = only(template, 'AWS::ECS::Service');

  test('has an application for ECS', () => {
    expect(only(template, 'AWS::CodeDeploy::Application').ComputePlatform).toBe('ECS');
    expect(service.DeploymentController).toEqual({ Type: 'CODE_DEPLOY' });
  });

  test('releases blue/green with traffic control and ends the old tasks', () => {
    expect(group.DeploymentStyle).toEqual({ DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' });
    expect(group.BlueGreenDeploymentConfiguration).toMatchObject({
      DeploymentReadyOption: { ActionOnTimeout: 'CONTINUE_DEPLOYMENT' },
      TerminateBlueInstancesOnDeploymentSuccess: { Action: 'TERMINATE' },
    });
  });

  test('knows both target groups, the listener and the service', () => {
    const [pair] = group.LoadBalancerInfo.TargetGroupPairInfoList;
    expect(pair.TargetGroups).toHaveLength(2);
    expect(pair.TargetGroups.map(({ Name }: any) => flat(Name)).sort()).toEqual(
      all(template, 'AWS::ElasticLoadBalancingV2::TargetGroup').map(([id]) => `<${id}.TargetGroupName>`).sort());
    expect(pair.ProdTrafficRoute.ListenerArns).toEqual([{ Ref: idOf(template, 'AWS::ElasticLoadBalancingV2::Listener') }]);
    expect(group.ECSServices).toEqual([{ ClusterName: { Ref: idOf(template, 'AWS::ECS::Cluster') }, ServiceName: { 'Fn::GetAtt': [idOf(template, 'AWS::ECS::Service'), 'Name'] } }]);
  });

  test('rolls back by itself', () => {
    expect(group.AutoRollbackConfiguration).toMatchObject({ Enabled: true, Events: expect.arrayContaining(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM']) });
  });

  test('has a role of its own with a scoped policy', () => {
    const roleId = group.ServiceRoleArn['Fn::GetAtt'][0];
    const [statement] = resources[roleId].Properties.AssumeRolePolicyDocument.Statement;
    expect(statement.Principal).toEqual({ Service: 'codedeploy.amazonaws.com' });
    expect(statement.Condition).toBeDefined();
    const rights = rightsOf(template, roleId);
    expect(rights.length).toBeGreaterThan(0);
    expect(rights.filter((right) => /^[\w-]*:?\*/.test(right))).toEqual([]);
    expect(rights.filter((right) => right.startsWith('ecs:UpdateService'))[0]).not.toMatch(/ on \*$/);
  });
});
