import { Annotations, App, Fn, Stack, Token } from 'aws-cdk-lib';
import { ISecurityGroup, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IConstruct } from 'constructs';
import { FargateEnvironment, FargatePlatform, LoadBalancer } from '../../src';
import { watchLoadBalancer } from '../../src/environment/traffic/load-balancer-limits';

class World {
  readonly stack = new Stack(new App(), 'Shop');
  readonly vpc = Vpc.fromVpcAttributes(this.stack, 'Vpc', { vpcId: 'vpc-11111111', availabilityZones: ['a', 'b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'] });
  readonly loadBalancer = new elbv2.ApplicationLoadBalancer(this.stack, 'Shared', { vpc: this.vpc });
  private readonly securityGroup: ISecurityGroup = SecurityGroup.fromSecurityGroupId(this.stack, 'SecurityGroup', 'sg-11111111');

  listener(port: number): elbv2.ApplicationListener {
    return this.loadBalancer.addListener(`On${port}`, { port, protocol: elbv2.ApplicationProtocol.HTTP, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
  }

  imported(id: string, listenerArn = `arn:aws:elasticloadbalancing:us-east-1:111111111111:listener/app/shop/50dc6c495c0c9188/${id}`): elbv2.IApplicationListener {
    return elbv2.ApplicationListener.fromApplicationListenerAttributes(this.stack, id, { listenerArn, securityGroup: this.securityGroup });
  }

  /** As a service brings it: a rule over two groups of its own. */
  service(listener: elbv2.IApplicationListener, index: number): void {
    watchLoadBalancer(listener);
    const groups = ['Blue', 'Green'].map((id) => new elbv2.ApplicationTargetGroup(this.stack, `${id}${index}`, { vpc: this.vpc, port: 80, targetType: elbv2.TargetType.IP }));
    this.rule(listener, index, elbv2.ListenerAction.weightedForward(groups.map((targetGroup) => ({ targetGroup }))));
  }

  rule(listener: elbv2.IApplicationListener, index: number, action = elbv2.ListenerAction.fixedResponse(200), id = `Rule${index}`, priority = index + 1): void {
    new elbv2.ApplicationListenerRule(this.stack, id, { listener, priority, conditions: [elbv2.ListenerCondition.pathPatterns([`/${index}`])], action });
  }
}

const times = (count: number, make: (index: number) => void): void => Array.from({ length: count }, (_, index) => index).forEach(make);
const found = (construct: IConstruct): string[] => [...construct.node.validate(), ...construct.node.metadata.map(({ data }) => `warning ${data}`)];

const GROUPS = 'put further services behind another FargatePlatform: each has two';
const raise = (quota: string, id: string) => `put further services behind another FargatePlatform, or have the quota '${quota} per Application Load Balancer' raised and acknowledge cdk-fargate-cicd:${id} on the stack`;

describe('target groups', () => {
  test.each([
    [44, []],
    [45, [`warning loadBalancer: 90 of at most 100 target groups behind the load balancer; ${GROUPS} [ack: cdk-fargate-cicd:many-services]`]],
    [51, [`loadBalancer: got 102 target groups behind the load balancer; allowed 100; ${GROUPS}`]],
  ])('of %i services', (count, messages) => {
    const world = new World();
    const listener = world.listener(80);
    times(count, (index) => world.service(listener, index));
    expect(found(world.loadBalancer)).toEqual(messages);
  });

  test.each<[string, (world: World) => elbv2.IApplicationListener[], (world: World, listeners: elbv2.IApplicationListener[]) => IConstruct]>([
    ['of a load balancer of the app', (world) => [world.listener(80), world.listener(8080)], ({ loadBalancer }) => loadBalancer],
    ['imported', (world) => [world.imported('a'), world.imported('b')], (_, [first]) => first],
    ['imported twice', (world) => [world.imported('a'), world.imported('again', world.imported('b').listenerArn)], (_, [first]) => first],
    ['made for an imported load balancer', (world) => {
      const loadBalancer = elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(world.stack, 'Theirs', {
        loadBalancerArn: 'arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/shop/50dc6c495c0c9188', securityGroupId: 'sg-11111111',
      });
      const made = new elbv2.ApplicationListener(world.stack, 'Made', { loadBalancer, port: 80, protocol: elbv2.ApplicationProtocol.HTTP, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
      return [made, world.imported('a')];
    }, (_, [made]) => (made as elbv2.ApplicationListener).loadBalancer],
  ])('behind two listeners %s count together', (_, listenersOf, ownerOf) => {
    const world = new World();
    const listeners = listenersOf(world);
    times(51, (index) => world.service(listeners[index % 2], index));
    expect(ownerOf(world, listeners).node.validate()).toEqual([`loadBalancer: got 102 target groups behind the load balancer; allowed 100; ${GROUPS}`]);
  });

  test('behind a listener that only CloudFormation knows count by themselves', () => {
    const world = new World();
    const [one, other] = ['One', 'Other'].map((id) => world.imported(id, Fn.importValue(id)));
    times(51, (index) => world.service(index === 0 ? one : other, index));
    expect([found(one), found(other)]).toEqual([[], [expect.stringMatching(/^warning loadBalancer: 100 of at most 100 target groups/)]]);
  });

  test('of default actions and of rules that users add count as well, and one that has several rules counts once', () => {
    const world = new World();
    const listener = world.listener(80);
    const [shared, byDefault] = ['Shared', 'Default'].map((id) => new elbv2.ApplicationTargetGroup(world.stack, `${id}Group`, { vpc: world.vpc, port: 80, targetType: elbv2.TargetType.IP }));
    listener.addAction('Default', { action: elbv2.ListenerAction.forward([byDefault]) });
    times(49, (index) => world.service(listener, index));
    expect(found(world.loadBalancer)[0]).toContain('99 of at most 100');
    times(2, (index) => world.rule(listener, 100 + index, elbv2.ListenerAction.forward([shared])));
    expect(world.loadBalancer.node.validate()).toEqual([]);
    world.service(listener, 50);
    expect(world.loadBalancer.node.validate()).toEqual([expect.stringContaining('got 102 target groups')]);
  });

  test('of services in several stacks count together, on a platform', () => {
    const app = new App();
    const platform = new FargatePlatform(new Stack(app, 'Platform'), 'Platform');
    const { network, cluster, encryption } = platform;
    times(2, (index) => new FargateEnvironment(new Stack(app, `Service${index}`), 'Service', {
      network, cluster, encryption, loadBalancer: platform.route({ path: `/${index}`, priority: index + 1 }),
    }));
    times(95, (index) => new elbv2.ApplicationListenerRule(Stack.of(platform), `Own${index}`, {
      listener: platform.listener, priority: 100 + index, conditions: [elbv2.ListenerCondition.pathPatterns(['/own'])], action: elbv2.ListenerAction.fixedResponse(200),
    }));
    app.synth();
    expect(platform.loadBalancer.node.metadata.map(({ data }) => data)).toContain(`loadBalancer: 97 of at most 100 rules of the load balancer; ${raise('Rules', 'many-rules')} [ack: cdk-fargate-cicd:many-rules]`);
  });
});

describe('what AWS raises on request', () => {
  const rules = (count: number) => {
    const world = new World();
    const listener = world.listener(80);
    watchLoadBalancer(listener);
    times(count, (index) => world.rule(listener, index));
    return world;
  };

  test('rules: a warning from nine tenths on, an error beyond', () => {
    expect(found(rules(89).loadBalancer)).toEqual([]);
    expect(found(rules(90).loadBalancer)).toEqual([`warning loadBalancer: 90 of at most 100 rules of the load balancer; ${raise('Rules', 'many-rules')} [ack: cdk-fargate-cicd:many-rules]`]);
    expect(rules(101).loadBalancer.node.validate()).toEqual([`loadBalancer: got 101 rules of the load balancer; allowed 100; ${raise('Rules', 'many-rules')}`]);
  });

  test('rules: nothing for who has acknowledged it', () => {
    const world = rules(101);
    Annotations.of(world.stack).acknowledgeWarning('cdk-fargate-cicd:many-rules');
    expect(found(world.loadBalancer)).toEqual([]);
  });

  test('certificates, beside that of the listener', () => {
    const world = new World();
    const certificate = (index: number) => elbv2.ListenerCertificate.fromArn(`arn:aws:acm:us-east-1:111111111111:certificate/${index}`);
    const listener = world.loadBalancer.addListener('Https', { port: 443, certificates: [certificate(0)], defaultAction: elbv2.ListenerAction.fixedResponse(404) });
    watchLoadBalancer(listener);
    listener.addCertificates('Further', Array.from({ length: 20 }, (_, index) => certificate(1 + index)));
    expect(found(world.loadBalancer)).toEqual([]);
    listener.addCertificates('More', Array.from({ length: 6 }, (_, index) => certificate(100 + index)));
    expect(found(world.loadBalancer)).toEqual([
      `loadBalancer: got 26 certificates of the load balancer, beside the default ones; allowed 25; ${raise('Certificates', 'many-certificates')}`,
      expect.stringMatching(/^warning loadBalancer: 26 of at most 25 certificates/),
    ]);
  });
});

test('a priority that a rule of the user has already', () => {
  const world = new World();
  const [listener, other] = [world.listener(80), world.listener(8080)];
  world.service(listener, 1);
  world.rule(other, 1, undefined, 'Apart');
  ['One', 'Two'].forEach((id) => world.rule(listener, 1, undefined, id, Token.asNumber({ Ref: 'Priority' })));
  expect(world.loadBalancer.node.validate()).toEqual([]);
  world.rule(listener, 1, undefined, 'Mine');
  expect(world.loadBalancer.node.validate()).toEqual([
    "loadBalancer.priority: got 2 of 'Shop/Mine/Resource'; allowed a priority that no other rule of the listener has; choose another one: 'Shop/Rule1/Resource' has it already",
  ]);
});

test('a load balancer of one service is not watched', () => {
  const stack = new Stack(new App(), 'Shop');
  const place = new FargateEnvironment(stack, 'Place', { loadBalancer: LoadBalancer.internetFacing() });
  expect(place.loadBalancer.node.validate()).toEqual([]);
});
