import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  Balancing, DeployStrategy, FargateEnvironment, FargateEnvironmentProps, FargatePlatform, FirstImage, ListenerRuleOptions, LoadBalancer, Stickiness, TargetProtocol,
} from '../../src';
import { bare } from '../support/bare-place';
import { all, only } from '../support/template';

type Options = Partial<ListenerRuleOptions>;

/** Ways to a rule of one's own. */
const onImported = (stack: Stack, options: Options): LoadBalancer => LoadBalancer.fromListener(elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Listener', {
  listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2', securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'SecurityGroup', 'sg-11111111'),
}), { host: 'shop.example.com', priority: 5, ...options });

const onPlatform = (stack: Stack, options: Options): LoadBalancer => {
  const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/11111111-2222-3333-4444-555555555555');
  return new FargatePlatform(stack, 'Platform', { loadBalancer: LoadBalancer.internal({ certificate }) }).route({ host: 'shop.example.com', priority: 5, ...options });
};

const GROUP = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const attributesOf = ({ TargetGroupAttributes }: any) => Object.fromEntries(TargetGroupAttributes.map(({ Key, Value }: any) => [Key, Value]));

describe.each([['imported', onImported], ['platform.route', onPlatform]])('behind a shared listener, %s:', (_, on) => {
  const make = (options: Options, props: (stack: Stack) => FargateEnvironmentProps = () => ({})) => {
    const stack = new Stack(new App(), 'Shop');
    new FargateEnvironment(stack, 'Place', { ...bare(stack), loadBalancer: on(stack, options), ...props(stack) });
    return stack;
  };
  const spoken = (container: object = {}) => (stack: Stack): FargateEnvironmentProps => ({
    container: { firstImage: FirstImage.fromRepository(ecr.Repository.fromRepositoryName(stack, 'Images', 'images'), 'v1'), ...container },
  });
  /** What both groups say: a release moves between them, so that they are alike. */
  const groupOf = (stack: Stack) => {
    const [[, { Name: one, ...first }], [, { Name: other, ...second }]] = all(Template.fromStack(stack), GROUP);
    expect([second, one, other]).toEqual([first, undefined, undefined]);
    return first;
  };

  test.each<[string, Options, object]>([
    ['nothing chosen', {}, { 'deregistration_delay.timeout_seconds': '30', 'stickiness.enabled': 'false' }],
    ['a delay', { deregistrationDelay: Duration.minutes(2) }, { 'deregistration_delay.timeout_seconds': '120' }],
    ['slow start', { balancing: Balancing.roundRobin({ slowStart: Duration.seconds(60) }) }, { 'slow_start.duration_seconds': '60' }],
    ['fewest requests', { balancing: Balancing.leastOutstandingRequests() }, { 'load_balancing.algorithm.type': 'least_outstanding_requests' }],
    ['any task', { balancing: Balancing.weightedRandom() }, { 'load_balancing.algorithm.type': 'weighted_random', 'load_balancing.algorithm.anomaly_mitigation': 'on' }],
    ['a cookie', { stickiness: Stickiness.cookie({ duration: Duration.hours(1) }) }, { 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': '3600' }],
  ])('%s', (_what, options, attributes) => {
    const stack = make(options);
    expect(attributesOf(groupOf(stack))).toMatchObject(attributes);
    const { TargetGroupStickinessConfig: sticky } = only(Template.fromStack(stack), 'AWS::ElasticLoadBalancingV2::ListenerRule').Actions[0].ForwardConfig;
    expect(sticky).toEqual(options.stickiness && { Enabled: true, DurationSeconds: 1 });
  });

  test.each<[string, TargetProtocol, object]>([
    ['TLS', TargetProtocol.http1({ tls: true }), { Protocol: 'HTTPS', ProtocolVersion: 'HTTP1', HealthCheckProtocol: 'HTTPS', Matcher: { HttpCode: '200' } }],
    ['HTTP/2', TargetProtocol.http2(), { Protocol: 'HTTP', ProtocolVersion: 'HTTP2', Matcher: { HttpCode: '200' } }],
    ['gRPC', TargetProtocol.grpc(), { Protocol: 'HTTP', ProtocolVersion: 'GRPC', HealthCheckPath: '/AWS.ALB/healthcheck', Matcher: { GrpcCode: '12' } }],
    ['gRPC with codes and TLS', TargetProtocol.grpc({ healthyGrpcCodes: '0-3', tls: true }), { Protocol: 'HTTPS', ProtocolVersion: 'GRPC', HealthCheckProtocol: 'HTTPS', Matcher: { GrpcCode: '0-3' } }],
  ])('%s with the containers', (_what, protocol, group) => {
    expect(groupOf(make({ protocol }, spoken()))).toMatchObject(group);
  });

  test('health checks as the container says', () => {
    const healthCheck = { path: '/ready', healthyHttpCodes: '200-299', interval: Duration.seconds(20), timeout: Duration.seconds(9), healthyThresholdCount: 5, unhealthyThresholdCount: 6 };
    expect(groupOf(make({}, () => ({ container: { healthCheck } })))).toMatchObject({
      HealthCheckPath: '/ready', Matcher: { HttpCode: '200-299' }, HealthCheckIntervalSeconds: 20, HealthCheckTimeoutSeconds: 9, HealthyThresholdCount: 5, UnhealthyThresholdCount: 6,
    });
    expect(groupOf(make({ protocol: TargetProtocol.grpc({ healthyGrpcCodes: '0' }) }, spoken({ healthCheck: { path: '/grpc.health.v1.Health/Check' } })))).toMatchObject({
      HealthCheckPath: '/grpc.health.v1.Health/Check', Matcher: { GrpcCode: '0' },
    });
  });

  test('the delay follows the time that the container takes to stop, and a shorter one is warned of', () => {
    const slow = () => ({ container: { stopTimeout: Duration.seconds(90) } });
    expect(attributesOf(groupOf(make({}, slow)))).toMatchObject({ 'deregistration_delay.timeout_seconds': '90' });
    const warned = make({ deregistrationDelay: Duration.seconds(10) }, slow);
    expect(Annotations.fromStack(warned).findWarning('/Shop/Place', Match.stringLikeRegexp('connections are cut after 10 seconds'))).toHaveLength(1);
  });

  test.each<[string, Options, (stack: Stack) => FargateEnvironmentProps, string]>([
    ['stickiness beside a strategy that moves traffic', { stickiness: Stickiness.cookie() }, () => ({ deployStrategy: DeployStrategy.canary() }), "loadBalancer.stickiness: got 'Stickiness beside a strategy that moves traffic'"],
    ['a protocol that the first page does not speak', { protocol: TargetProtocol.grpc() }, () => ({}), "container.firstImage: got 'nothing'; allowed an image that speaks what loadBalancer.protocol says"],
    ['codes of HTTP for gRPC', { protocol: TargetProtocol.grpc() }, spoken({ healthCheck: { healthyHttpCodes: '200' } }), "container.healthCheck.healthyHttpCodes: got '200'; allowed nothing beside TargetProtocol.grpc"],
    ['a slow start of seconds', { balancing: Balancing.roundRobin({ slowStart: Duration.seconds(5) }) }, () => ({}), "loadBalancer.balancing.slowStart: got '5 seconds'; allowed 30 seconds to 15 minutes"],
    ['a cookie for weeks', { stickiness: Stickiness.cookie({ duration: Duration.days(8) }) }, () => ({}), "loadBalancer.stickiness.duration: got '8 days'; allowed 1 second to 7 days"],
    ['a delay of hours', { deregistrationDelay: Duration.hours(2) }, () => ({}), "loadBalancer.deregistrationDelay: got '2 hours'; allowed 0 seconds to 1 hour"],
    ['codes out of range', { protocol: TargetProtocol.grpc({ healthyGrpcCodes: '100' }) }, spoken(), "loadBalancer.protocol.healthyGrpcCodes: got '100'; allowed 0 to 99"],
  ])('refused: %s', (_what, options, props, message) => {
    expect(() => make(options, props)).toThrow(message);
  });
});

test('a platform of plain HTTP speaks neither HTTP/2 nor gRPC with containers', () => {
  const stack = new Stack(new App(), 'Shop');
  const platform = new FargatePlatform(stack, 'Platform', { loadBalancer: LoadBalancer.internal() });
  const firstImage = FirstImage.fromRepository(ecr.Repository.fromRepositoryName(stack, 'Images', 'images'), 'v1');
  [TargetProtocol.http2(), TargetProtocol.grpc()].forEach((protocol, index) =>
    expect(() => new FargateEnvironment(stack, `Place${index}`, { loadBalancer: platform.route({ path: '/*', priority: 1, protocol }), container: { firstImage } }))
      .toThrow("loadBalancer.protocol: got 'HTTP/2 or gRPC behind a listener of plain HTTP'; allowed TargetProtocol.http1"));
});
