import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import {
  CircuitBreaker, CodeDeployEvent, DeployHook, DeployStrategy, FargateEnvironment, FargateEnvironmentProps, LoadBalancer, Network, ResourceNames, ServiceAlarm, TrafficRouting,
} from '../../../src';
import { givenNetwork } from '../../support/bare-place';

interface Made { readonly place: FargateEnvironment; readonly template: Template }
type Props = FargateEnvironmentProps | ((scope: Construct) => FargateEnvironmentProps);

function make(props: Props = {}, context: Record<string, unknown> = {}): Made {
  const stack = new Stack(new App({ context }), 'Shop');
  const place = new FargateEnvironment(stack, 'Place', { network: givenNetwork(stack), ...typeof props === 'function' ? props(stack) : props });
  return { place, template: Template.fromStack(stack) };
}

const certificate = (scope: Construct, id = '1') => acm.Certificate.fromCertificateArn(scope, `Certificate${id}`, `arn:aws:acm:eu-west-1:111111111111:certificate/${id}`);
const handler = (scope: Construct) => lambda.Function.fromFunctionArn(scope, 'Handler', 'arn:aws:lambda:eu-west-1:111111111111:function:ask');

/** Properties of all resources of a type, by logical id without its hash. */
const all = ({ template }: Made, type: string): Record<string, any> =>
  Object.fromEntries(Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id.replace(/[0-9A-F]{8}$/, ''), Properties]));
const only = (made: Made, type: string): any => {
  const found = Object.values(all(made, type));
  expect(found).toHaveLength(1);
  return found[0];
};
const service = (made: Made) => only(made, 'AWS::ECS::Service');
const rules = (made: Made) => all(made, 'AWS::ElasticLoadBalancingV2::ListenerRule');
const listeners = (made: Made) => all(made, 'AWS::ElasticLoadBalancingV2::Listener');
const statements = (made: Made, role: string): any[] => all(made, 'AWS::IAM::ManagedPolicy')[`Place${role}Rights`].PolicyDocument.Statement;
/** What the place publishes, each reference as `<LogicalId>`. */
const published = (made: Made): any => {
  const [, parts] = only(made, 'AWS::SSM::Parameter').Value['Fn::Join'];
  return JSON.parse(parts.map((part: any) => typeof part === 'string' ? part : '<token>').join(''));
};

const NATIVE: [string, DeployStrategy][] = [
  ['ROLLING', DeployStrategy.rolling()], ['BLUE_GREEN', DeployStrategy.blueGreen()], ['LINEAR', DeployStrategy.linear()], ['CANARY', DeployStrategy.canary()],
];

const known = new Map<DeployStrategy, Made>();
/** A place with a network of its own, made once. */
const whole = (deployStrategy: DeployStrategy): Made => {
  if (!known.has(deployStrategy)) known.set(deployStrategy, make({ deployStrategy, network: undefined }));
  return known.get(deployStrategy)!;
};

describe.each(NATIVE)('%s', (name, deployStrategy) => {
  const made = whole(deployStrategy);

  test('both target groups stand in one weighted rule behind all others, and all traffic goes to the first', () => {
    expect(Object.keys(rules(made))).toEqual(['PlaceLoadBalancerHttpTraffic']);
    expect(only(made, 'AWS::ElasticLoadBalancingV2::ListenerRule')).toEqual({
      ListenerArn: { Ref: expect.stringMatching(/^PlaceLoadBalancerHttp/) },
      Priority: 50000,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: [{
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: { Ref: expect.stringMatching(/^PlaceTargetGroup/) }, Weight: 100 },
            { TargetGroupArn: { Ref: expect.stringMatching(/^PlaceAlternateTargetGroup/) }, Weight: 0 },
          ],
        },
      }],
    });
    expect(only(made, 'AWS::ElasticLoadBalancingV2::Listener').DefaultActions).toMatchObject([{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }]);
  });

  test('ECS knows rule, other group and a role for them from birth, and waits for both', () => {
    expect(service(made).LoadBalancers).toEqual([{
      ContainerName: 'app', ContainerPort: 80, TargetGroupArn: { Ref: expect.stringMatching(/^PlaceTargetGroup/) },
      AdvancedConfiguration: {
        AlternateTargetGroupArn: { Ref: expect.stringMatching(/^PlaceAlternateTargetGroup/) },
        ProductionListenerRule: { Ref: expect.stringMatching(/^PlaceLoadBalancerHttpTraffic/) },
        RoleArn: { 'Fn::GetAtt': [expect.stringMatching(/^PlaceTrafficRole/), 'Arn'] },
      },
    }]);
    expect(Object.values(made.template.findResources('AWS::ECS::Service'))[0].DependsOn).toEqual(expect.arrayContaining([
      expect.stringMatching(/^PlaceLoadBalancerHttpTraffic/), expect.stringMatching(/^PlaceTrafficRoleRights/),
    ]));
  });

  test('the role moves nothing but these two groups and this rule', () => {
    expect(statements(made, 'TrafficRole').map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth'].map((action) => `elasticloadbalancing:${action}`), '*'],
      [['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
        [{ Ref: expect.stringMatching(/^PlaceTargetGroup/) }, { Ref: expect.stringMatching(/^PlaceAlternateTargetGroup/) }]],
      ['elasticloadbalancing:ModifyListener', { Ref: expect.stringMatching(/^PlaceLoadBalancerHttp[0-9A-F]{8}$/) }],
      ['elasticloadbalancing:ModifyRule', { Ref: expect.stringMatching(/^PlaceLoadBalancerHttpTraffic/) }],
    ]);
  });

  test('alarms roll back by names that are known before the service; the circuit breaker works where ECS has one', () => {
    expect(service(made).DeploymentConfiguration).toMatchObject({
      Strategy: name,
      Alarms: { Enable: true, Rollback: true, AlarmNames: made.place.alarms.map(() => expect.any(String)) },
      DeploymentCircuitBreaker: { Enable: name === 'ROLLING', Rollback: name === 'ROLLING' },
      MinimumHealthyPercent: 100, MaximumPercent: 200,
    });
    expect(service(made).AvailabilityZoneRebalancing).toBe('ENABLED');
  });

  test('alarms look at whichever group has the traffic', () => {
    const alarms = Object.values(all(made, 'AWS::CloudWatch::Alarm'));
    expect(alarms.find(({ AlarmDescription }) => AlarmDescription === 'Containers fail the health check')!.Metrics).toEqual([
      expect.objectContaining({ Expression: 'MAX([group0, group1])' }),
      ...['PlaceTargetGroup', 'PlaceAlternateTargetGroup'].map((group) => expect.objectContaining({
        ReturnData: false,
        MetricStat: expect.objectContaining({
          Metric: expect.objectContaining({
            MetricName: 'UnHealthyHostCount',
            Dimensions: expect.arrayContaining([{ Name: 'TargetGroup', Value: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${group}[0-9A-F]`)), 'TargetGroupFullName'] } }]),
          }),
        }),
      })),
    ]);
    expect(alarms.find(({ MetricName }) => MetricName === 'HTTPCode_Target_5XX_Count')!.Dimensions.map(({ Name }: any) => Name)).toEqual(['LoadBalancer']);
  });

  test('a place says how releases move, and where tasks may be', () => {
    expect(published(made)).toMatchObject({ strategy: name, targetGroupArns: ['<token>', '<token>'] });
    expect(published(made)).not.toHaveProperty('codeDeploy');
    expect(made.place.deploymentGroup).toBeUndefined();
  });
});

describe('ECS', () => {
  test('one strategy becomes another in place: no logical id changes, neither rule nor groups nor load balancers of the service', () => {
    const [first, ...others] = NATIVE.map(([, deployStrategy]) => whole(deployStrategy));
    for (const other of others) {
      expect(Object.keys(other.template.toJSON().Resources)).toEqual(Object.keys(first.template.toJSON().Resources));
      expect(rules(other)).toEqual(rules(first));
      expect(listeners(other)).toEqual(listeners(first));
      expect(service(other).LoadBalancers).toEqual(service(first).LoadBalancers);
    }
  });

  test('times and percentages', () => {
    const configuration = (deployStrategy: DeployStrategy) => service(make({ deployStrategy })).DeploymentConfiguration;
    expect(configuration(DeployStrategy.blueGreen())).toMatchObject({ BakeTimeInMinutes: 5 });
    expect(configuration(DeployStrategy.blueGreen({ bakeTime: Duration.hours(2) }))).toMatchObject({ BakeTimeInMinutes: 120 });
    expect(configuration(DeployStrategy.linear())).toMatchObject({ BakeTimeInMinutes: 5, LinearConfiguration: { StepPercent: 10, StepBakeTimeInMinutes: 1 } });
    expect(configuration(DeployStrategy.linear({ stepPercent: 12.3, stepBakeTime: Duration.minutes(0), bakeTime: Duration.minutes(0) })))
      .toMatchObject({ BakeTimeInMinutes: 0, LinearConfiguration: { StepPercent: 12.3, StepBakeTimeInMinutes: 0 } });
    expect(configuration(DeployStrategy.canary())).toMatchObject({ BakeTimeInMinutes: 5, CanaryConfiguration: { CanaryPercent: 5, CanaryBakeTimeInMinutes: 10 } });
    expect(configuration(DeployStrategy.canary({ canaryPercent: 0.1, canaryBakeTime: Duration.minutes(7) })))
      .toMatchObject({ CanaryConfiguration: { CanaryPercent: 0.1, CanaryBakeTimeInMinutes: 7 } });
  });

  test.each<[string, CircuitBreaker | undefined, object]>([
    ['by ECS', undefined, { Enable: true, Rollback: true }],
    ['after failed tasks', CircuitBreaker.failedTasks(4), { Enable: true, Rollback: true, ThresholdConfiguration: { Type: 'COUNT', Value: 4 } }],
    ['after a share of failed tasks', CircuitBreaker.failedPercent(80, { resetOnHealthyTask: false }),
      { Enable: true, Rollback: true, ThresholdConfiguration: { Type: 'BOUNDED_PERCENT', Value: 80 }, ResetOnHealthyTask: false }],
    ['never', CircuitBreaker.none(), { Enable: false, Rollback: false }],
  ])('a rolling release is given up: %s', (_, circuitBreaker, expected) => {
    expect(service(make({ deployStrategy: DeployStrategy.rolling({ circuitBreaker }) })).DeploymentConfiguration.DeploymentCircuitBreaker).toEqual(expected);
  });

  test('how long a release waits', () => {
    const waiting = (deployStrategy: DeployStrategy) => deployStrategy._minutes;
    expect(NATIVE.map(([, strategy]) => waiting(strategy))).toEqual([0, 5, 14, 15]);
    expect(waiting(DeployStrategy.linear({ stepPercent: 30, stepBakeTime: Duration.minutes(10) }))).toBe(35);
    expect(make({ deployStrategy: DeployStrategy.canary() }).place._releaseTarget().waitMinutes).toBe(15);
  });

  test('alarms only notify when none rolls back', () => {
    const made = make({ deployStrategy: DeployStrategy.blueGreen(), alarms: [ServiceAlarm.cpu({ rollsBack: false })] });
    expect(service(made).DeploymentConfiguration.Alarms).toEqual({ AlarmNames: [], Enable: false, Rollback: false });
  });
});

describe('test listener', () => {
  test('plain HTTP on 8080, closed to all but those who are let in', () => {
    const made = make({ deployStrategy: DeployStrategy.blueGreen({ testListener: { allowFrom: [ec2.Peer.ipv4('192.0.2.0/24')] } }) });
    expect(listeners(made).PlaceLoadBalancerTest).toMatchObject({ Port: 8080, Protocol: 'HTTP', DefaultActions: [{ Type: 'fixed-response' }] });
    expect(rules(made).PlaceLoadBalancerTestTraffic.Actions).toEqual(rules(made).PlaceLoadBalancerHttpTraffic.Actions);
    expect(service(made).LoadBalancers[0].AdvancedConfiguration.TestListenerRule).toEqual({ Ref: expect.stringMatching(/^PlaceLoadBalancerTestTraffic/) });
    const { SecurityGroupIngress } = all(made, 'AWS::EC2::SecurityGroup').PlaceLoadBalancerSecurityGroup;
    expect(SecurityGroupIngress.filter(({ FromPort }: any) => FromPort === 8080).map(({ CidrIp }: any) => CidrIp)).toEqual(['192.0.2.0/24']);
    expect(made.place.testListener).toBeDefined();
  });

  test('HTTPS with the certificate of production', () => {
    const made = make((scope) => ({
      loadBalancer: LoadBalancer.internetFacing({ certificate: certificate(scope) }), deployStrategy: DeployStrategy.canary({ testListener: { port: 9443 } }),
    }));
    const { Certificates, SslPolicy } = listeners(made).PlaceLoadBalancerHttps;
    expect(listeners(made).PlaceLoadBalancerTest).toMatchObject({ Port: 9443, Protocol: 'HTTPS', Certificates, SslPolicy });
    expect(Object.keys(rules(made)).sort()).toEqual(['PlaceLoadBalancerHttpsTraffic', 'PlaceLoadBalancerTestTraffic']);
  });

  test('none unless asked for', () => {
    expect(make({ deployStrategy: DeployStrategy.blueGreen() }).place.testListener).toBeUndefined();
  });
});

describe('hooks of ECS', () => {
  const made = make((scope) => ({
    deployStrategy: DeployStrategy.linear({
      hooks: [
        DeployHook.ecs(handler(scope), { stages: [ecs.DeploymentLifecycleStage.PRE_SCALE_UP, ecs.DeploymentLifecycleStage.POST_SCALE_UP] }),
        DeployHook.ecs(lambda.Function.fromFunctionArn(scope, 'Other', 'arn:aws:lambda:eu-west-1:111111111111:function:other'),
          { stages: [ecs.DeploymentLifecycleStage.PRODUCTION_TRAFFIC_SHIFT], timeout: Duration.hours(2) }),
      ],
    }),
  }));

  test('each at its stages, with a time-out that rolls back', () => {
    const RoleArn = { 'Fn::GetAtt': [expect.stringMatching(/^PlaceHookRole/), 'Arn'] };
    expect(service(made).DeploymentConfiguration.LifecycleHooks).toEqual([
      {
        HookTargetArn: 'arn:aws:lambda:eu-west-1:111111111111:function:ask', RoleArn, LifecycleStages: ['PRE_SCALE_UP', 'POST_SCALE_UP'],
        TimeoutConfiguration: { TimeoutInMinutes: 30, Action: 'ROLLBACK' },
      },
      {
        HookTargetArn: 'arn:aws:lambda:eu-west-1:111111111111:function:other', RoleArn, LifecycleStages: ['PRODUCTION_TRAFFIC_SHIFT'],
        TimeoutConfiguration: { TimeoutInMinutes: 120, Action: 'ROLLBACK' },
      },
    ]);
  });

  test('the role of ECS invokes exactly these', () => {
    expect(statements(made, 'HookRole')).toEqual([{
      Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: ['arn:aws:lambda:eu-west-1:111111111111:function:ask', 'arn:aws:lambda:eu-west-1:111111111111:function:other'],
    }]);
  });
});

describe('CodeDeploy', () => {
  const made = make({ deployStrategy: DeployStrategy.codeDeploy() });
  const group = (of: Made) => only(of, 'AWS::CodeDeploy::DeploymentGroup');

  test('the service is its, without circuit breaker and alarms of ECS', () => {
    expect(service(made)).toMatchObject({ DeploymentController: { Type: 'CODE_DEPLOY' } });
    expect(service(made).DeploymentConfiguration).toEqual({ MaximumPercent: 200, MinimumHealthyPercent: 100 });
    expect(service(made).LoadBalancers).toEqual([{ ContainerName: 'app', ContainerPort: 80, TargetGroupArn: { Ref: expect.stringMatching(/^PlaceTargetGroup/) } }]);
  });

  test('the listener sends everything to the first group; there is no rule', () => {
    expect(only(made, 'AWS::ElasticLoadBalancingV2::Listener').DefaultActions).toEqual([{ Type: 'forward', TargetGroupArn: { Ref: expect.stringMatching(/^PlaceTargetGroup/) } }]);
    made.template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 0);
    made.template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 2);
  });

  test('one application and one group: both target groups, the listener, the service, rollback on failure, stop and alarm', () => {
    expect(only(made, 'AWS::CodeDeploy::Application')).toEqual({ ComputePlatform: 'ECS' });
    expect(group(made)).toEqual({
      ApplicationName: { Ref: expect.stringMatching(/^PlaceCodeDeployApplication/) },
      DeploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      BlueGreenDeploymentConfiguration: {
        DeploymentReadyOption: { ActionOnTimeout: 'CONTINUE_DEPLOYMENT', WaitTimeInMinutes: 0 },
        TerminateBlueInstancesOnDeploymentSuccess: { Action: 'TERMINATE', TerminationWaitTimeInMinutes: 5 },
      },
      LoadBalancerInfo: {
        TargetGroupPairInfoList: [{
          TargetGroups: ['PlaceTargetGroup', 'PlaceAlternateTargetGroup'].map((id) => ({ Name: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${id}[0-9A-F]`)), 'TargetGroupName'] } })),
          ProdTrafficRoute: { ListenerArns: [{ Ref: expect.stringMatching(/^PlaceLoadBalancerHttp/) }] },
        }],
      },
      ECSServices: [{ ClusterName: expect.anything(), ServiceName: { 'Fn::GetAtt': [expect.stringMatching(/^PlaceService/), 'Name'] } }],
      ServiceRoleArn: { 'Fn::GetAtt': [expect.stringMatching(/^PlaceCodeDeployRole/), 'Arn'] },
      AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'] },
      AlarmConfiguration: { Enabled: true, Alarms: made.place.alarms.map(() => ({ Name: { Ref: expect.stringMatching(/Alarm/) } })) },
    });
    expect(made.place.deploymentGroup).toBeDefined();
  });

  test('the service role of its own: this service, these listeners, these task roles', () => {
    expect(all(made, 'AWS::IAM::Role').PlaceCodeDeployRole.AssumeRolePolicyDocument.Statement).toEqual([{
      Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'codedeploy.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }]);
    const allowed = statements(made, 'CodeDeployRole');
    expect(allowed.flatMap(({ Action }) => Action)).toEqual([
      'ecs:DescribeServices', 'ecs:UpdateServicePrimaryTaskSet', 'ecs:CreateTaskSet', 'ecs:DeleteTaskSet',
      'elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeListeners', 'elasticloadbalancing:DescribeRules',
      'elasticloadbalancing:ModifyListener', 'elasticloadbalancing:ModifyRule', 'iam:PassRole', 'cloudwatch:DescribeAlarms',
    ]);
    expect(allowed.filter(({ Resource }) => Resource === '*')).toHaveLength(1);
    expect(allowed[5]).toMatchObject({ Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }, Resource: [expect.anything(), expect.anything()] });
  });

  test('without alarms that roll back', () => {
    const quiet = make({ deployStrategy: DeployStrategy.codeDeploy(), alarms: [] });
    expect(group(quiet).AutoRollbackConfiguration.Events).toEqual(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST']);
    expect(statements(quiet, 'CodeDeployRole').flatMap(({ Action }) => Action)).not.toContain('cloudwatch:DescribeAlarms');
  });

  test('a test listener of its own', () => {
    const tested = make({ deployStrategy: DeployStrategy.codeDeploy({ testListener: {} }) });
    expect(listeners(tested).PlaceLoadBalancerTest).toMatchObject({ Port: 8080, DefaultActions: [{ Type: 'forward' }] });
    expect(group(tested).LoadBalancerInfo.TargetGroupPairInfoList[0].TestTrafficRoute).toEqual({ ListenerArns: [{ Ref: expect.stringMatching(/^PlaceLoadBalancerTest/) }] });
    expect(statements(tested, 'CodeDeployRole').find(({ Action }) => Action === 'elasticloadbalancing:ModifyListener').Resource).toHaveLength(2);
  });

  test.each<[string, TrafficRouting, string | object, number]>([
    ['all at once', TrafficRouting.allAtOnce(), 'CodeDeployDefault.ECSAllAtOnce', 0],
    ['canary', TrafficRouting.canary(), 'CodeDeployDefault.ECSCanary10Percent5Minutes', 5],
    ['canary, 15 minutes', TrafficRouting.canary({ interval: Duration.minutes(15) }), 'CodeDeployDefault.ECSCanary10Percent15Minutes', 15],
    ['linear', TrafficRouting.linear(), 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes', 9],
    ['linear, 3 minutes', TrafficRouting.linear({ interval: Duration.minutes(3) }), 'CodeDeployDefault.ECSLinear10PercentEvery3Minutes', 27],
    ['own numbers', TrafficRouting.linear({ percent: 40 }), { Ref: expect.stringMatching(/^PlaceDeploymentConfig/) }, 2],
  ])('traffic routing: %s', (_, trafficRouting, name, minutes) => {
    const routed = make({ deployStrategy: DeployStrategy.codeDeploy({ trafficRouting, terminationWait: Duration.minutes(0) }) });
    expect(group(routed).DeploymentConfigName).toEqual(name);
    expect(group(routed).BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes).toBe(0);
    expect(routed.place._releaseTarget().waitMinutes).toBe(minutes);
    expect(Object.values(all(routed, 'AWS::CodeDeploy::DeploymentConfig'))).toEqual(typeof name === 'string' ? []
      : [{ ComputePlatform: 'ECS', TrafficRoutingConfig: { Type: 'TimeBasedLinear', TimeBasedLinear: { LinearInterval: 1, LinearPercentage: 40 } } }]);
  });

  test('names of the user, with a suffix', () => {
    const named = make({
      resourceNames: ResourceNames.suffixed({ suffix: 'dev' }), deployStrategy: DeployStrategy.codeDeploy({ applicationName: 'shop', deploymentGroupName: 'live' }),
    });
    expect(only(named, 'AWS::CodeDeploy::Application').ApplicationName).toBe('shop-dev');
    expect(group(named).DeploymentGroupName).toBe('live-dev');
  });

  test('hooks are events of the AppSpec, which a release writes', () => {
    const asked = make((scope) => ({
      container: { port: 8080 }, deployStrategy: DeployStrategy.codeDeploy({ hooks: [DeployHook.codeDeploy(handler(scope), CodeDeployEvent.BEFORE_ALLOW_TRAFFIC)] }),
    }));
    expect(published(asked)).toMatchObject({
      strategy: 'CODE_DEPLOY',
      codeDeploy: { applicationName: '<token>', deploymentGroupName: '<token>', containerPort: 8080, hooks: { BeforeAllowTraffic: 'arn:aws:lambda:eu-west-1:111111111111:function:ask' } },
    });
    expect(statements(asked, 'CodeDeployRole').at(-1)).toMatchObject({ Action: 'lambda:InvokeFunction', Resource: 'arn:aws:lambda:eu-west-1:111111111111:function:ask' });
    expect(asked.place._releaseTarget().codeDeploy).toMatchObject({ containerPort: 8080 });
  });
});

describe('a check over HTTP', () => {
  const hooks = [DeployHook.httpCheck({ path: '/health', healthyHttpCodes: '200-299', contains: 'ok', successes: 5, timeout: Duration.seconds(90) })];
  const made = make((scope) => ({
    network: Network.create(), loadBalancer: LoadBalancer.internetFacing({ certificate: certificate(scope) }),
    deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks }),
  }));

  test('is asked by ECS when the test listener leads to the new tasks', () => {
    expect(service(made).DeploymentConfiguration.LifecycleHooks).toEqual([expect.objectContaining({
      HookTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^PlaceDeployHook1Function/), 'Arn'] }, LifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
    })]);
  });

  test('lies in the private subnets, and the test listener lets nobody else in', () => {
    const made1 = all(made, 'AWS::Lambda::Function').PlaceDeployHook1Function;
    expect(made1).toMatchObject({
      Timeout: 150, VpcConfig: { SecurityGroupIds: [expect.anything()], SubnetIds: [expect.anything(), expect.anything()] },
      Environment: { Variables: { HEALTHY_CODES: '200-299', CONTAINS: 'ok', SUCCESSES: '5', TIMEOUT_SECONDS: '90', VERIFY_NAME: 'false' } },
    });
    const ingress = Object.values(all(made, 'AWS::EC2::SecurityGroupIngress')).filter(({ FromPort }) => FromPort === 8443);
    expect(ingress).toEqual([expect.objectContaining({ SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringMatching(/^PlaceDeployHook1SecurityGroup/), 'GroupId'] } })]);
    expect(all(made, 'AWS::EC2::SecurityGroup').PlaceLoadBalancerSecurityGroup.SecurityGroupIngress.map(({ FromPort }: any) => FromPort)).toEqual([443, 80]);
  });

  test('works with CodeDeploy as well', () => {
    const asked = make({ deployStrategy: DeployStrategy.codeDeploy({ testListener: {}, hooks: [DeployHook.httpCheck()] }) });
    expect(published(asked).codeDeploy.hooks).toEqual({ AfterAllowTestTraffic: '<token>' });
    expect(all(asked, 'AWS::Lambda::Function').PlaceDeployHook1Function.Environment.Variables)
      .toMatchObject({ HEALTHY_CODES: '200', CONTAINS: '', SUCCESSES: '3', TIMEOUT_SECONDS: '120' });
  });
});
