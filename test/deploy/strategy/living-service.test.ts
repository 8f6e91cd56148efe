import { App, Duration, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  Balancing, DeployStrategy, Egress, FargateEnvironment, FargateEnvironmentProps, LoadBalancer, Network, Notification, Scaling, ServiceAlarm, WebAcl,
} from '../../../src';
import { givenNetwork } from '../../support/bare-place';

// What a user changes on a service that CodeDeploy deploys, and what of it reaches the resources that hold the traffic. For ECS's strategies: every-option.test.ts.

type Change = (scope: Construct) => Partial<FargateEnvironmentProps>;

const certificate = (scope: Construct, id: number) => acm.Certificate.fromCertificateArn(scope, `Certificate${id}`, `arn:aws:acm:eu-west-1:111111111111:certificate/${id}`);
const https = (scope: Construct, id: number, more: object = {}) => LoadBalancer.internetFacing({ certificate: certificate(scope, id), ...more });

const CHANGES: [string, Change][] = [
  ['cpu and memory', () => ({ container: { cpu: 1024, memoryLimitMiB: 4096 } })],
  ['a variable', () => ({ container: { environment: { MODE: 'live' } } })],
  ['a secret', (scope) => ({ container: { secrets: { DB: ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, 'Db', 'db')) } } })],
  ['the port', () => ({ container: { port: 8080 } })],
  ['the health check', () => ({ container: { healthCheck: { path: '/health', interval: Duration.seconds(20), gracePeriod: Duration.minutes(5) } } })],
  ['the desired count', () => ({ scaling: Scaling.fixed(4) })],
  ['scaling', () => ({ scaling: Scaling.onRequests({ requestsPerTask: 100 }) })],
  ['subnets', () => ({ network: Network.create({ availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] }) })],
  ['an alarm', () => ({ alarms: [ServiceAlarm.cpu({ threshold: 50 })] })],
  ['the certificate', (scope) => ({ loadBalancer: https(scope, 2) })],
  ['TLS versions', (scope) => ({ loadBalancer: https(scope, 1, { sslPolicy: elbv2.SslPolicy.TLS13_13 }) })],
  ['times of the load balancer', (scope) => ({ loadBalancer: https(scope, 1, { idleTimeout: Duration.seconds(90), deregistrationDelay: Duration.seconds(5) }) })],
  ['a firewall', (scope) => ({ loadBalancer: https(scope, 1, { webAcl: WebAcl.managedRules() }) })],
  ['clients', (scope) => ({ loadBalancer: https(scope, 1, { allowFrom: [ec2.Peer.ipv4('192.0.2.0/24')] }) })],
  ['requests', (scope) => ({ loadBalancer: https(scope, 1, { dropInvalidHeaderFields: false, preserveHostHeader: true, clientKeepAlive: Duration.minutes(10) }) })],
  ['balancing', (scope) => ({ loadBalancer: https(scope, 1, { balancing: Balancing.leastOutstandingRequests() }) })],
  ['the way out', () => ({ network: Network.create({ egress: Egress.vpcEndpoints() }) })],
  ['tags', () => ({ tags: { team: 'shop' } })],
  ['notifications', () => ({ notifications: [Notification.email('team@example.com')] })],
  ['names of others', () => ({ clusterName: 'other' })],
];

function resources(deployStrategy: DeployStrategy, change: Change = () => ({})): [string, any][] {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  const changed = change(stack);
  new FargateEnvironment(stack, 'Place', { network: givenNetwork(stack), deployStrategy, ...(changed.loadBalancer ? {} : { loadBalancer: https(stack, 1) }), ...changed });
  return Object.entries(app.synth().getStackByName('Shop').template.Resources);
}

const ofType = (found: [string, any][], type: string): unknown[] => found.filter(([, { Type }]) => Type === type);

describe('CodeDeploy', () => {
  const strategy = DeployStrategy.codeDeploy();
  const before = resources(strategy);
  const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
  /** Those that hold traffic: another one redirects. */
  const listeners = (found: [string, any][]) => (ofType(found, LISTENER) as [string, any][]).filter(([, { Properties }]) => Properties.DefaultActions[0].Type === 'forward');
  /** What cannot be changed without writing the listener, which then names the first target group again: see the decision. */
  const TOUCHING = ['the certificate', 'TLS versions'];

  const LEAVING_THE_SERVICE = ['cpu and memory', 'a variable', 'a secret', 'an alarm', 'times of the load balancer', 'notifications', 'the desired count', 'a firewall', 'clients', 'requests', 'balancing'];

  test.each(CHANGES.filter(([name]) => !TOUCHING.includes(name)))('listener, and service where CloudFormation must not touch it, stay as they are when the user changes %s', (name, change) => {
    const after = resources(strategy, change);
    expect(listeners(before)).toHaveLength(1);
    expect(JSON.stringify(listeners(after))).toBe(JSON.stringify(listeners(before)));
    if (LEAVING_THE_SERVICE.includes(name)) expect(JSON.stringify(ofType(after, 'AWS::ECS::Service'))).toBe(JSON.stringify(ofType(before, 'AWS::ECS::Service')));
  });

  test('settings of the service go beside CloudFormation, which sends all of a service or nothing', () => {
    const settingsOf = (change: Change) => resources(strategy, change).find(([, { Type }]) => Type === 'Custom::ServiceSettings')![1].Properties;
    expect(settingsOf(() => ({}))).toMatchObject({ DesiredCount: '2', HealthCheckGracePeriodSeconds: '60' });
    expect(settingsOf(() => ({ scaling: Scaling.fixed(4), container: { healthCheck: { gracePeriod: Duration.minutes(5) } } }))).toMatchObject({ DesiredCount: '4', HealthCheckGracePeriodSeconds: '300' });
    expect(settingsOf(() => ({ scaling: Scaling.onCpu() })).DesiredCount).toEqual({ Ref: 'AWS::NoValue' });
  });

  test.each(CHANGES.filter(([name]) => TOUCHING.includes(name)))('a guard stands before the listener and sees a change of %s first', (_, change) => {
    const guardOf = (found: [string, any][]) => found.find(([, { Type }]) => Type === 'Custom::TrafficGuard')!;
    const after = resources(strategy, change);
    const [, listener] = after.find(([, { Type, Properties }]) => Type === LISTENER && Properties.Port === 443)!;
    expect(listener.DependsOn).toContain(guardOf(after)[0]);
    expect(guardOf(after)[1].Properties).not.toEqual(guardOf(before)[1].Properties);
  });

  test('the changed task definition is what the place publishes, so the next release brings it', () => {
    const [, after] = resources(strategy, CHANGES[0][1]).find(([, { Type }]) => Type === 'AWS::SSM::Parameter')!;
    expect(JSON.stringify(after.Properties.Value)).toMatch(/\{"Ref":"PlaceTaskDefinition[0-9A-F]{8}"\}/);
  });
});
