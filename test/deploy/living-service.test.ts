import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeListenersCommand, DescribeRulesCommand, ElasticLoadBalancingV2Client, type Listener, type Rule, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../src/deploy/living-service/living-service.lambda';
import { FakeCloudFormation } from '../support/doubles/fake-cloudformation';

const ecs = mockClient(ECSClient);
const balancer = mockClient(ElasticLoadBalancingV2Client);
const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
let cloudFormation: FakeCloudFormation;

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
  cloudFormation = await new FakeCloudFormation().start();
  ecs.reset();
  balancer.reset();
});
afterEach(async () => cloudFormation.stop());

async function ask(RequestType: 'Create' | 'Update' | 'Delete', ResourceProperties: object): Promise<Record<string, string>> {
  const event = cloudFormation.event<never>({ RequestType, PhysicalResourceId: 'Guard', ResourceProperties });
  await handler(event, context);
  return cloudFormation.answers.at(-1)!.body;
}

describe('settings', () => {
  const settings = { Cluster: 'cluster', Service: 'service', DesiredCount: '4', HealthCheckGracePeriodSeconds: '300' };

  test.each(['Create', 'Update'] as const)('are applied on %s, and nothing else of the service is sent', async (request) => {
    expect(await ask(request, settings)).toMatchObject({ Status: 'SUCCESS', Reason: '4 tasks' });
    expect(ecs.commandCalls(UpdateServiceCommand).map(({ args }) => args[0].input)).toEqual([{ cluster: 'cluster', service: 'service', desiredCount: 4, healthCheckGracePeriodSeconds: 300 }]);
  });

  test('leave the number of tasks to scaling', async () => {
    expect(await ask('Update', { ...settings, DesiredCount: undefined })).toMatchObject({ Reason: 'scaled tasks' });
    expect(ecs.commandCalls(UpdateServiceCommand)[0].args[0].input.desiredCount).toBeUndefined();
  });

  test('that ECS refuses fail the deploy with the reason', async () => {
    ecs.on(UpdateServiceCommand).rejects(new Error('no such service'));
    expect(await ask('Update', settings)).toMatchObject({ Status: 'FAILED', Reason: 'no such service' });
  });
});

describe('the guard', () => {
  const wanted = { LoadBalancerArn: 'alb', TargetGroupArn: 'blue', CertificateArn: 'new', SslPolicy: 'tls13' };
  const listener = (target: string, more: Listener = {}): Listener => ({
    Port: 443, Certificates: [{ CertificateArn: 'old' }], SslPolicy: 'tls13',
    DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: target, Weight: 100 }, { TargetGroupArn: target === 'blue' ? 'green' : 'blue', Weight: 0 }] } }], ...more,
  });
  const live = (...Listeners: Listener[]) => balancer.on(DescribeListenersCommand, { LoadBalancerArn: 'alb' }).resolves({ Listeners });

  test('has nothing to do at birth and at the end', async () => {
    expect(await ask('Create', wanted)).toMatchObject({ Status: 'SUCCESS' });
    expect(await ask('Delete', wanted)).toMatchObject({ Status: 'SUCCESS' });
    expect(balancer.calls()).toHaveLength(0);
  });

  test('lets a change pass while the traffic is where the template says', async () => {
    live(listener('blue'), { Port: 80, DefaultActions: [{ Type: 'redirect' }] });
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS', Reason: 'the traffic is where the template says' });
  });

  test('refuses it while the traffic is at the other target group, and says what to do', async () => {
    live(listener('green'));
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/the traffic is at green, .* to blue, where no task is\. Release once more/) });
  });

  test('refuses to leave HTTP for HTTPS then', async () => {
    live({ Port: 80, DefaultActions: [{ Type: 'forward', TargetGroupArn: 'green' }] });
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'FAILED' });
  });

  test('lets a rollback pass: the listener is as it is asked for', async () => {
    live(listener('green', { Certificates: [{ CertificateArn: 'new' }] }));
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS', Reason: 'the listener stays as it is' });
  });

  test('another policy is a change too, and plain HTTP has neither', async () => {
    live(listener('green', { Certificates: [{ CertificateArn: 'new' }], SslPolicy: 'tls12' }));
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'FAILED' });
    live({ Port: 80, DefaultActions: [{ Type: 'forward', TargetGroupArn: 'green' }] });
    expect(await ask('Update', { LoadBalancerArn: 'alb', TargetGroupArn: 'blue' })).toMatchObject({ Status: 'SUCCESS' });
  });

  test('sees no traffic without listeners', async () => {
    balancer.on(DescribeListenersCommand).resolves({});
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS' });
    live({ Port: 443 }, { Port: 80, DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ Weight: 1 }] } }] }, { Port: 8443, DefaultActions: [{ Type: 'forward', TargetGroupArn: 'green' }] });
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS' });
  });
});

describe('the guard of a rule on a shared listener', () => {
  const host = (...Values: string[]): RuleCondition => ({ Field: 'host-header', Values, HostHeaderConfig: { Values, RegexValues: [] } });
  const query = (Key: string): RuleCondition => ({ Field: 'query-string', QueryStringConfig: { Values: [{ Key, Value: '1' }] } });
  /** What the template wants: as the CDK writes it. */
  const wanted = {
    ListenerArn: 'listener', TargetGroupArn: 'blue', Priority: '5',
    Conditions: [{ field: 'host-header', hostHeaderConfig: { values: ['shop.example.com'] } }, { field: 'query-string', queryStringConfig: { values: [{ key: 'beta', value: '1' }] } }],
  };
  const rule = (target: string, more: Rule = {}): Rule => ({
    Priority: '5', Conditions: [host('shop.example.com')],
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: ['blue', 'green'].map((name) => ({ TargetGroupArn: name, Weight: name === target ? 100 : 0 })) } }], ...more,
  });
  const neighbours: Rule[] = [{ Actions: [{ Type: 'redirect' }] }, {}, { Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'theirs', Weight: 1 }] } }] }];
  const live = (own: Rule) => {
    balancer.on(DescribeRulesCommand, { ListenerArn: 'listener', Marker: undefined }).resolves({ Rules: neighbours, NextMarker: 'more' });
    balancer.on(DescribeRulesCommand, { ListenerArn: 'listener', Marker: 'more' }).resolves({ Rules: [own] });
  };

  test('has nothing to do at birth and at the end', async () => {
    for (const request of ['Create', 'Delete'] as const) expect(await ask(request, wanted)).toMatchObject({ Status: 'SUCCESS' });
    expect(balancer.calls()).toHaveLength(0);
  });

  test('lets a change pass while the traffic is where the template says', async () => {
    live(rule('blue'));
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS', Reason: 'the traffic is where the template says' });
  });

  test.each<[string, Rule]>([
    ['another condition', {}],
    ['another value', { Conditions: [host('other.example.com'), query('beta')] }],
    ['a value more', { Conditions: [host('shop.example.com', 'other.example.com'), query('beta')] }],
    ['another key', { Conditions: [host('shop.example.com'), query('alpha')] }],
    ['a condition of another kind', { Conditions: [host('shop.example.com'), { Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }] }],
    ['a condition less', { Conditions: [host('shop.example.com'), query('beta'), query('alpha')] }],
    ['another priority', { Priority: '6', Conditions: [host('shop.example.com'), query('beta')] }],
    ['no conditions known', { Conditions: undefined }],
  ])('refuses it while the traffic is at the other target group, and says what to do: %s', async (_, more) => {
    live(rule('green', more));
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^The rule must not be changed now: the traffic is at green, .* to blue, where no task is\. Release once more/) });
  });

  test('lets a rollback pass: the rule is as it is asked for, in whatever order', async () => {
    live(rule('green', { Conditions: [query('beta'), host('shop.example.com')] }));
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS', Reason: 'the rule stays as it is' });
  });

  test('has nothing to guard where the rule is gone', async () => {
    balancer.on(DescribeRulesCommand).resolves({});
    expect(await ask('Update', wanted)).toMatchObject({ Status: 'SUCCESS', Reason: 'the rule stays as it is' });
  });
});
