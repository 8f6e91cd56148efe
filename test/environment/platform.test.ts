import { App, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { InterfaceVpcEndpointAwsService, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import {
  Cluster, DeployHook, DeployStrategy, Egress, Encryption, ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, FargatePlatform, FargatePlatformProps, FirstImage,
  Http5xxOrigin, ListenerRuleOptions, LoadBalancer, Network, Scaling, ServiceAlarm, Sidecar, TargetProtocol,
} from '../../src';
import { rightsOf } from '../pipeline/pipeline-world';
import { resolved } from '../support/resolved';
import { all, flat, idOf, only } from '../support/template';

const stackOf = (id = 'Shop', app = new App()): Stack => new Stack(app, id);

const serviceOn = (platform: FargatePlatform, scope: Stack, id: string, route: ListenerRuleOptions, props: FargateEnvironmentProps = {}): FargateEnvironment =>
  new FargateEnvironment(scope, id, { network: platform.network, cluster: platform.cluster, encryption: platform.encryption, loadBalancer: platform.route(route), ...props });

const LISTENER = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2';

const imported = (scope: Stack, id = 'Listener'): elbv2.IApplicationListener => elbv2.ApplicationListener.fromApplicationListenerAttributes(scope, id, {
  listenerArn: LISTENER, securityGroup: SecurityGroup.fromSecurityGroupId(scope, `${id}SecurityGroup`, 'sg-11111111'),
});

const SHARED = ['AWS::S3::Bucket', 'AWS::EC2::VPC', 'AWS::EC2::NatGateway', 'AWS::ECS::Cluster', 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'AWS::KMS::Key'];
const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';

describe('a platform', () => {
  const make = (props: FargatePlatformProps = {}) => {
    const stack = stackOf();
    return { stack, platform: new FargatePlatform(stack, 'Platform', props) };
  };

  test('is shared by the services of its stack, each with a rule over its own two groups', () => {
    const { stack, platform } = make();
    serviceOn(platform, stack, 'Orders', { path: '/orders*', priority: 10 });
    const users = serviceOn(platform, stack, 'Users', { host: 'users.example.com', priority: 20 });
    const template = resolved(stack);
    SHARED.forEach((type) => template.resourceCountIs(type, 1));
    // The services have one each; of a platform there is nothing to tell.
    template.resourceCountIs('AWS::SNS::Topic', 2);
    Annotations.fromStack(stack).hasNoWarning('/Shop/Platform', Match.stringLikeRegexp('nobody listens'));
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 4);
    const groupsOf = ({ TargetGroups }: any) => TargetGroups.map(({ TargetGroupArn, Weight }: any) => [flat(TargetGroupArn), Weight]);
    expect(all(template, RULE).map(([, { Priority, Conditions, Actions }]) => [Priority, Conditions, groupsOf(Actions[0].ForwardConfig)])).toEqual([
      [10, [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/orders*'] } }],
        [[expect.stringMatching(/^<OrdersTargetGroup/), 100], [expect.stringMatching(/^<OrdersAlternateTargetGroup/), 0]]],
      [20, [{ Field: 'host-header', HostHeaderConfig: { Values: ['users.example.com'] } }],
        [[expect.stringMatching(/^<UsersTargetGroup/), 100], [expect.stringMatching(/^<UsersAlternateTargetGroup/), 0]]],
    ]);
    expect(users.loadBalancer).toBe(platform.loadBalancer);
    expect(users.url).toBe('http://users.example.com');
  });

  test('answers 404 for whatever no service takes', () => {
    const { stack } = make();
    const template = resolved(stack);
    template.resourceCountIs(RULE, 0);
    expect(only(template, 'AWS::ElasticLoadBalancingV2::Listener').DefaultActions).toEqual([
      { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'No service stands behind this listener.' } },
    ]);
  });

  test('knows none of its services: adding one in another stack changes nothing of it but exports', () => {
    const synth = (services: string[]) => {
      const app = new App();
      const here = stackOf('Platform', app);
      const platform = new FargatePlatform(here, 'Platform');
      const there = services.map((id, index) => {
        const stack = stackOf(id, app);
        serviceOn(platform, stack, id, { path: `/${id.toLowerCase()}*`, priority: index + 1 }, { deployStrategy: DeployStrategy.canary(), scaling: Scaling.onRequests({ requestsPerTask: 100 }) });
        return stack;
      });
      return { here: Template.fromStack(here).toJSON().Resources, there: there.map((stack) => resolved(stack)) };
    };
    const [one, two] = [synth(['Orders']), synth(['Orders', 'Users'])];
    expect(two.here).toEqual(one.here);
    SHARED.forEach((type) => two.there.forEach((template) => template.resourceCountIs(type, 0)));
    // Both ends of the way from the load balancer to the tasks stand in the stack of the service.
    const [orders] = two.there;
    expect(flat(only(orders, 'AWS::EC2::SecurityGroupIngress').GroupId)).toMatch(/^<OrdersSecurityGroup/);
    expect(only(orders, 'AWS::EC2::SecurityGroupEgress').GroupId).toEqual({ 'Fn::ImportValue': expect.stringContaining('LoadBalancerSecurityGroup') });
  });

  test('has the key that its services may share', () => {
    expect(make().platform.encryptionKey).toBeDefined();
    const { stack, platform } = make({ encryption: Encryption.awsManaged() });
    serviceOn(platform, stack, 'Orders', { path: '/orders*', priority: 10 });
    expect(platform.encryptionKey).toBeUndefined();
    resolved(stack).resourceCountIs('AWS::KMS::Key', 0);
  });

  test('stands in the VPC of an existing cluster', () => {
    const stack = stackOf();
    const cluster = new ecs.Cluster(stack, 'Existing');
    const platform = new FargatePlatform(stack, 'Platform', { cluster: Cluster.fromCluster(cluster), loadBalancer: LoadBalancer.internal() });
    expect([platform.vpc, platform.ecsCluster]).toEqual([cluster.vpc, cluster]);
    resolved(stack).resourceCountIs('AWS::ECS::Cluster', 1);
  });

  test('warns of plain HTTP', () => {
    const { stack } = make();
    expect(Annotations.fromStack(stack).findWarning('/Shop/Platform', Match.stringLikeRegexp('clear text'))).toHaveLength(1);
  });

  test('with VPC endpoints only, makes those that every service needs, and those that are named', () => {
    const stack = stackOf();
    const platform = new FargatePlatform(stack, 'Platform', {
      network: Network.create({ egress: Egress.vpcEndpoints({ interfaceEndpoints: [InterfaceVpcEndpointAwsService.SECRETS_MANAGER] }) }),
    });
    const { cluster, encryption, network } = platform;
    new FargateEnvironment(stack, 'Place', { cluster, encryption, network, loadBalancer: platform.route({ path: '/*', priority: 1 }) });
    const template = resolved(stack);
    expect(all(template, 'AWS::EC2::VPCEndpoint').map(([, { ServiceName }]) => flat(ServiceName).split('.').slice(3).join('.')).sort()).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3', 'secretsmanager']);
    expect(only(template, 'AWS::ECS::Service').NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    expect(() => new FargateEnvironment(stack, 'Traced', { cluster, encryption, network, loadBalancer: platform.route({ path: '/b', priority: 2 }), container: { sidecars: [Sidecar.adotCollector()] } }))
      .toThrow("container.sidecars[0].image: got 'public.ecr.aws/");
  });

  test('of an imported VPC, tells once which endpoints nobody has seen', () => {
    const stack = stackOf();
    const vpc = Vpc.fromVpcAttributes(stack, 'Theirs', { vpcId: 'vpc-11111111', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-11111111', 'subnet-22222222'] });
    const platform = new FargatePlatform(stack, 'Platform', { network: Network.fromVpc(vpc, { taskSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }), loadBalancer: LoadBalancer.internal() });
    serviceOn(platform, stack, 'Orders', { path: '/orders*', priority: 10 });
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('isolated subnets')).map(({ id }) => id)).toEqual(['/Shop/Platform']);
  });

  describe('what a service needs beyond that', () => {
    const on = (network: Network, props: (scope: Stack) => FargateEnvironmentProps, prepare: (platform: FargatePlatform) => void = () => undefined) => {
      const app = new App();
      const platform = new FargatePlatform(stackOf('Platform', app), 'Platform', { network, loadBalancer: LoadBalancer.internetFacing() });
      prepare(platform);
      const stack = stackOf('Orders', app);
      return { place: () => serviceOn(platform, stack, 'Orders', { path: '/*', priority: 1 }, props(stack)), stack, template: () => Template.fromStack(Stack.of(platform)) };
    };
    const isolated = (interfaceEndpoints: InterfaceVpcEndpointAwsService[] = []) => Network.create({ egress: Egress.vpcEndpoints({ interfaceEndpoints }) });
    const secret = (scope: Stack): FargateEnvironmentProps => ({ container: { secrets: { TOKEN: ecs.Secret.fromSecretsManager(Secret.fromSecretNameV2(scope, 'Token', 'token')) } } });
    const parameter = (scope: Stack): FargateEnvironmentProps => ({ container: { secrets: { TOKEN: ecs.Secret.fromSsmParameter(StringParameter.fromSecureStringParameterAttributes(scope, 'Token', { parameterName: 'token' })) } } });
    const image = (scope: Stack) => ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(scope, 'Sidecar', 'sidecar'), 'v1');

    test.each<[string, (scope: Stack) => FargateEnvironmentProps, string[]]>([
      ['a secret', secret, ['secretsmanager']],
      ['a parameter', parameter, ['ssm']],
      ['sessions', () => ({ executeCommand: ExecuteCommand.ofCluster() }), ['ssmmessages']],
      ['metrics', () => ({ container: { metricNamespace: 'Shop' } }), ['monitoring']],
      ['traces', (scope) => ({ container: { sidecars: [Sidecar.adotCollector({ image: image(scope) })] } }), ['xray']],
    ])('%s: is refused at synth, with what the platform has to be told', (_, props, services) => {
      expect(on(isolated(), props).place).toThrow(
        `FargateEnvironment at 'Orders/Orders' has 1 problem:\n  network: got 'a platform without a VPC endpoint of ${services.join(', ')}'; allowed one with whatever its services need; make the platform with `
        + `Egress.vpcEndpoints({ interfaceEndpoints: [${services.map((name) => `new ec2.InterfaceVpcEndpointAwsService('${name}')`).join(', ')}] })`);
      expect(on(isolated(services.map((name) => new InterfaceVpcEndpointAwsService(name))), props).place).not.toThrow();
    });

    test('or added to the VPC by hand', () => {
      const { place, template } = on(isolated(), secret, ({ vpc }) => vpc.addInterfaceEndpoint('Secrets', { service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER }));
      expect(place).not.toThrow();
      template().resourceCountIs('AWS::EC2::VPCEndpoint', 5);
    });

    test('images of a public registry are refused as they are beside a network of its own', () => {
      expect(on(isolated(), () => ({ container: { sidecars: [Sidecar.adotCollector()] } })).place).toThrow("container.sidecars[0].image: got 'public.ecr.aws/aws-observability/aws-otel-collector:");
    });

    test('is there with a NAT gateway; with public addresses, functions have none', () => {
      expect(on(Network.create(), secret).place).not.toThrow();
      expect(on(Network.create({ egress: Egress.publicIp() }), secret).place).not.toThrow();
      const checked = () => ({ loadBalancer: LoadBalancer.internetFacing(), deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }) });
      expect(on(Network.create(), checked).place).not.toThrow();
      expect(on(isolated(), checked).place).toThrow("network: got 'a platform without a VPC endpoint of ec2'; allowed one with whatever its services need; make the platform with Egress.vpcEndpoints(");
      expect(on(Network.create({ egress: Egress.publicIp() }), checked).place)
        .toThrow("network: got 'a platform without a VPC endpoint of ec2'; allowed one with whatever its services need; make the platform with Egress.natGateways(): functions get no public address");
    });

    test('is asked of a platform on a platform as well', () => {
      const app = new App();
      const first = new FargatePlatform(stackOf('First', app), 'Platform', { network: isolated() });
      const second = new FargatePlatform(stackOf('Second', app), 'Platform', { network: first.network, loadBalancer: LoadBalancer.internal() });
      const stack = stackOf('Orders', app);
      expect(() => serviceOn(second, stack, 'Orders', { path: '/*', priority: 1 }, secret(stack))).toThrow('a platform without a VPC endpoint of secretsmanager');
    });

    test('is warned of in isolated subnets of a VPC that exists, of which endpoints made elsewhere cannot be seen', () => {
      const app = new App();
      const home = stackOf('Platform', app);
      const vpc = Vpc.fromVpcAttributes(home, 'Vpc', {
        vpcId: 'vpc-11111111', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], isolatedSubnetIds: ['subnet-33333333', 'subnet-44444444'],
      });
      const platform = new FargatePlatform(home, 'Platform', { network: Network.fromVpc(vpc, { taskSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }) });
      const stack = stackOf('Orders', app);
      serviceOn(platform, stack, 'Orders', { path: '/*', priority: 1 }, secret(stack));
      expect(Annotations.fromStack(stack).findWarning('/Orders/Orders', Match.stringLikeRegexp('none is seen here: secretsmanager;'))).toHaveLength(1);
    });
  });

  test.each([
    ['null', null, 'props: got null'],
    ['a name', { clusterName: 'a b' }, "clusterName: got 'a b'"],
    ['a listener of others', { loadBalancer: LoadBalancer.fromListener(imported(stackOf()), { host: 'a.b', priority: 1 }) },
      "loadBalancer: got 'LoadBalancer.fromListener'; allowed a load balancer of the platform itself"],
  ])('refuses %s', (_, props, message) => {
    expect(() => new FargatePlatform(stackOf(), 'Platform', props as never)).toThrow(message);
  });
});

describe('a service on a shared listener', () => {
  const onImported = (options: Partial<ListenerRuleOptions> = {}, props: FargateEnvironmentProps = {}) => {
    const stack = stackOf();
    const place = new FargateEnvironment(stack, 'Place', { loadBalancer: LoadBalancer.fromListener(imported(stack), { host: 'shop.example.com', priority: 5, ...options }), ...props });
    return { stack, place, template: resolved(stack) };
  };

  test('stands behind a listener that was imported by its attributes', () => {
    const { place, stack, template } = onImported({ path: '/api/*', conditions: [elbv2.ListenerCondition.httpHeader('X-Tenant', ['a'])] });
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 0);
    expect(only(template, RULE)).toMatchObject({ ListenerArn: LISTENER, Priority: 5 });
    expect(only(template, RULE).Conditions.map(({ Field }: any) => Field)).toEqual(['host-header', 'path-pattern', 'http-header']);
    expect(place.url).toBe('https://shop.example.com/api/');
    expect(only(template, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({ SourceSecurityGroupId: 'sg-11111111' });
    expect(flat(stack.resolve(place.loadBalancer.loadBalancerArn))).toBe('arn:<AWS::Partition>:elasticloadbalancing:<AWS::Region>:<AWS::AccountId>:loadbalancer/app/shared/50dc6c495c0c9188');
    expect(template.findOutputs('*AlbDnsName*')).toEqual({});
  });

  test('has a guard before its rule, where the strategy moves weights: it sees each change of conditions and priority first', () => {
    const guarded = (options: Partial<ListenerRuleOptions> = {}) => {
      const template = Template.fromStack(onImported(options, { deployStrategy: DeployStrategy.blueGreen() }).stack);
      const [[id, { Properties: { ServiceToken, ...properties } }]] = Object.entries(template.findResources('Custom::TrafficGuard'));
      const [rule] = Object.values(template.findResources(RULE));
      expect(rule.DependsOn).toContain(id);
      return { properties, rule: rule.Properties };
    };
    const { properties, rule } = guarded();
    expect(properties).toEqual({
      ListenerArn: LISTENER, TargetGroupArn: { Ref: expect.stringMatching(/^PlaceTargetGroup/) }, Priority: '5',
      Conditions: [{ field: 'host-header', hostHeaderConfig: { values: ['shop.example.com'] } }],
    });
    for (const change of [{ priority: 6 }, { host: 'other.example.com' }, { path: '/api/*' }, { conditions: [elbv2.ListenerCondition.httpHeader('X-Tenant', ['a'])] }]) {
      const changed = guarded(change);
      expect(changed.rule).not.toEqual(rule);
      expect(changed.properties).not.toEqual(properties);
    }
    expect(rightsOf(onImported({}, { deployStrategy: DeployStrategy.blueGreen() }).template, 'PlaceLivingServiceFunctionRole').filter((right) => /^(elasticloadbalancing|ecs):/.test(right)))
      .toEqual(['elasticloadbalancing:DescribeRules *']);
    onImported().template.resourceCountIs('Custom::TrafficGuard', 0);
  });

  test('looks at its own target groups: alarms, dashboard, scaling', () => {
    const { stack, template } = onImported({}, { scaling: Scaling.onRequests({ requestsPerTask: 100 }) });
    const groups = ['TargetGroup', 'AlternateTargetGroup'].map((id) => stack.resolve((stack.node.findChild('Place').node.findChild(id) as elbv2.ApplicationTargetGroup).targetGroupFullName));
    const watched = all(template, 'AWS::CloudWatch::Alarm').filter(([id]) => /Http5xx|Latency|UnhealthyHosts/.test(id));
    expect(watched).toHaveLength(3);
    for (const [, { Metrics }] of watched) {
      expect(Metrics.slice(1).map(({ MetricStat }: any) => MetricStat.Metric.Dimensions)).toEqual(
        groups.map((Value) => [{ Name: 'LoadBalancer', Value: 'app/shared/50dc6c495c0c9188' }, { Name: 'TargetGroup', Value }]));
    }
    const dashboard = JSON.stringify(only(template, 'AWS::CloudWatch::Dashboard'));
    expect(dashboard).not.toContain('HTTPCode_ELB_5XX_Count');
    expect(dashboard.match(/TargetGroupFullName/g)).toHaveLength(2 * 4);
    expect(JSON.stringify(only(template, 'AWS::ApplicationAutoScaling::ScalingPolicy')).match(/TargetGroupFullName/g)).toHaveLength(2);
  });

  test('may notify of what the load balancer answers itself, and not roll back for it', () => {
    const { template } = onImported({}, { alarms: [ServiceAlarm.http5xx({ origin: Http5xxOrigin.LOAD_BALANCER, rollsBack: false })] });
    expect(only(template, 'AWS::CloudWatch::Alarm').Dimensions).toEqual([{ Name: 'LoadBalancer', Value: 'app/shared/50dc6c495c0c9188' }]);
  });

  test('speaks HTTP/2 with its containers, unless the listener is known to be one of plain HTTP', () => {
    const protocol = TargetProtocol.http2();
    const spoken = (stack: Stack, listener: elbv2.IApplicationListener) => new FargateEnvironment(stack, 'Place', {
      loadBalancer: LoadBalancer.fromListener(listener, { host: 'shop.example.com', priority: 5, protocol }),
      container: { firstImage: FirstImage.fromRepository(ecr.Repository.fromRepositoryName(stack, 'Images', 'images'), 'v1') },
    });
    const own = (options: elbv2.BaseApplicationListenerProps) => {
      const stack = stackOf();
      const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-11111111', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'] });
      const balancer = new elbv2.ApplicationLoadBalancer(stack, 'Shared', { vpc });
      return { stack, listener: balancer.addListener('Listener', { ...options, defaultAction: elbv2.ListenerAction.fixedResponse(404) }) };
    };
    const stack = stackOf();
    spoken(stack, imported(stack));
    expect(all(resolved(stack), 'AWS::ElasticLoadBalancingV2::TargetGroup').map(([, { ProtocolVersion }]) => ProtocolVersion)).toEqual(['HTTP2', 'HTTP2']);
    const [plain, secure] = [own({ port: 80 }), own({ port: 443, certificates: [elbv2.ListenerCertificate.fromArn('arn:aws:acm:eu-west-1:111111111111:certificate/1')] })];
    expect(() => spoken(secure.stack, secure.listener)).not.toThrow();
    expect(() => spoken(plain.stack, plain.listener)).toThrow("loadBalancer.protocol: got 'HTTP/2 or gRPC behind a listener of plain HTTP'; allowed TargetProtocol.http1");
  });

  test('says where it answers', () => {
    const of = (options: Partial<ListenerRuleOptions>) => onImported(options).place.url;
    expect(of({ host: '*.example.com', url: 'https://a.example.com' })).toBe('https://a.example.com');
    expect(of({ path: '/shop/v?/*' })).toBe('https://shop.example.com/shop/v');
    expect(of({ path: Token.asString({ 'Fn::Sub': '/${AWS::StackName}' }) })).toMatch(/^https:\/\/shop.example.com\$\{Token/);
  });

  test('stands behind the listener of another place, before the rule of that one', () => {
    const stack = stackOf();
    const first = new FargateEnvironment(stack, 'First');
    const [listener] = first.loadBalancer.listeners;
    const second = new FargateEnvironment(stack, 'Second', { loadBalancer: LoadBalancer.fromListener(listener, { path: '/second', priority: 1 }) });
    expect(stack.resolve(second.url)).toEqual({ 'Fn::Join': ['', ['http://', { 'Fn::GetAtt': [idOf(resolved(stack), 'AWS::ElasticLoadBalancingV2::LoadBalancer'), 'DNSName'] }, '/second']] });
    expect(() => new FargateEnvironment(stack, 'Third', { loadBalancer: LoadBalancer.fromListener(listener, { path: '/*', priority: 50000 }) }))
      .toThrow("loadBalancer.priority: got 50000; allowed a priority that no other rule of the listener has; choose another one: 'Shop/First/LoadBalancer/Http' has it already");
  });

  test('wants its URL where no single name is known', () => {
    const stack = stackOf();
    const own = new FargatePlatform(stack, 'Platform').listener;
    const theirs = elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'Theirs', {
      loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/theirs/1', securityGroupId: 'sg-11111111',
    });
    const onTheirs = new elbv2.ApplicationListener(stack, 'Listener', {
      loadBalancer: theirs, port: 443, protocol: elbv2.ApplicationProtocol.HTTPS, certificates: [elbv2.ListenerCertificate.fromArn('arn:aws:acm:eu-west-1:111111111111:certificate/1')],
      defaultAction: elbv2.ListenerAction.fixedResponse(404),
    });
    const add = (id: string, listener: elbv2.IApplicationListener, options: Partial<ListenerRuleOptions>) =>
      new FargateEnvironment(stack, id, { loadBalancer: LoadBalancer.fromListener(listener, { priority: 1, ...options }) });
    expect(() => add('One', own, { host: '*.example.com' })).toThrow('loadBalancer.url: got undefined; allowed the URL of the service');
    expect(() => add('Two', onTheirs, { path: '/two' })).toThrow('loadBalancer.url: got undefined; allowed the URL of the service');
    expect(add('Three', onTheirs, { host: 'three.example.com' }).url).toBe('https://three.example.com');
  });

  test('has its priority alone, however often the listener is imported', () => {
    const app = new App();
    const add = (id: string, priority: number) => {
      const stack = stackOf(id, app);
      return new FargateEnvironment(stack, 'Place', { loadBalancer: LoadBalancer.fromListener(imported(stack), { host: 'a.example.com', priority }) });
    };
    add('One', 1);
    add('Two', 2);
    expect(() => add('Three', 1)).toThrow("FargateEnvironment at 'Three/Place' has 1 problem:\n  loadBalancer.priority: got 1; allowed a priority");
    // What a token will be is not known.
    const unknown = Token.asNumber({ Ref: 'Priority' });
    add('Four', unknown);
    expect(() => add('Five', unknown)).not.toThrow();
  });
});
