import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { judge } from '../../../test/checkers';
import { holdsForEveryExample } from '../../../test/support/example';
import { all, stagesOf } from '../../../test/support/template';
import { context as cdkJson } from '../cdk.json';
import { readConfiguration } from '../lib/configuration';
import { Fleet } from '../lib/fleet';

function synthesize(context: Record<string, unknown> = {}) {
  const app = new App({ context: { ...cdkJson, ...context } });
  const fleet = new Fleet(app, readConfiguration(app.node));
  return { app, fleet, platform: Stack.of(fleet.platform), places: fleet.places.map((place) => Stack.of(place)), delivery: Stack.of(fleet.delivery) };
}

const { services } = cdkJson;
const { app, platform, places, delivery } = synthesize();
const templates = places.map((stack) => Template.fromStack(stack));

/** What holds for a service holds for all, which differ in nothing but their names: two take a fifth of the time. One of them has the longest name. */
const FEW = [services[0], services.reduce((longest, service) => service.length > longest.length ? service : longest)];
const few = (context: Record<string, unknown> = {}) => synthesize({ services: FEW, ...context });

const somewhere = { region: 'unknown-region', account: 'unknown-account' };

holdsForEveryExample({
  synthesize: few, name: 'many-services-platform',
  others: Object.fromEntries([...FEW, 'pipeline'].map((purpose) => [`many-services-${purpose}`, somewhere])),
});

describe('the services differ in nothing but names, path and priority', () => {
  /** Of target groups and of release roles, which may be too long to hold the whole name of the service. */
  const CUT = /(?<="Name":")tg-[^"]+|release-manyservices[\w-]+/g;
  const texts = templates.map((template) => JSON.stringify(template.toJSON()));

  test('all else is the same', () => {
    const anonymous = texts.map((text, index) => text.replace(CUT, '').replaceAll(services[index], 'service').replace(`"Priority":${10 * (index + 1)}`, '').replace(/[0-9A-F]{8}\b/g, ''));
    expect(anonymous.filter((text) => text !== anonymous[0])).toEqual([]);
  });

  test('names that are cut keep apart', () => {
    const names = new Set(texts.flatMap((text) => text.match(CUT)!));
    expect(names.size).toBe(3 * services.length);
    expect([...names].filter((name) => name.startsWith('tg-') ? name.length > 32 : `${name}ap-southeast-12-dev`.length > 64)).toEqual([]);
  });
});

test('nobody has anything against all of them together', () => {
  expect(judge(app)).toEqual([]);
});

test('one of everything that costs, whatever the number of services', () => {
  for (const type of ['EC2::VPC', 'EC2::NatGateway', 'ECS::Cluster', 'ElasticLoadBalancingV2::LoadBalancer', 'KMS::Key']) {
    Template.fromStack(platform).resourceCountIs(`AWS::${type}`, 1);
    templates.forEach((template) => template.resourceCountIs(`AWS::${type}`, 0));
  }
});

test('each service has a path and a priority of its own', () => {
  const rules = templates.map((template) => all(template, 'AWS::ElasticLoadBalancingV2::ListenerRule')[0][1]);
  expect(rules.map(({ Priority, Conditions }) => [Priority, Conditions[1].PathPatternConfig.Values])).toEqual(services.map((service, index) => [10 * (index + 1), [`/${service}*`]]));
});

test('twelve images are built and scanned side by side, and released behind one approval', () => {
  const named = (prefix: string) => services.map((service) => `${prefix}-${service}`);
  expect(stagesOf(Template.fromStack(delivery)).map(({ Name, Actions }) => [Name, Actions.map((action: any) => action.Name)])).toEqual([
    ['Source', ['Source']], ['Build', named('Build')], ['Check', named('ImageScan')], ['Approve-Production', ['Approve']], ['Production', named('Release')],
  ]);
});

test('every stack stays far from the limits of CloudFormation', () => {
  for (const { template } of app.synth().stacks) {
    expect(Object.keys(template.Resources).length).toBeLessThan(450);
    expect(JSON.stringify(template).length).toBeLessThan(900_000);
  }
});

test('a service more changes nothing of the services that are there', () => {
  const [fewer, more] = [few(), synthesize({ services: [...FEW, 'wishes'] })];
  const resources = (stack: Stack) => Template.fromStack(stack).toJSON().Resources;
  expect(resources(more.platform)).toEqual(resources(fewer.platform));
  fewer.places.forEach((stack, index) => expect(resources(more.places[index])).toEqual(resources(stack)));
});

test.each([
  ['environmentSuffix', 'Dev', /environmentSuffix: got "Dev"; allowed 1 to 16/],
  ['services', 'orders,orders', /services: got "orders,orders"; allowed different names/],
  ['services', 7, /services: got 7/],
  ['emails', 7, /emails: got 7/],
  ['tags', 'Team=a', /tags: got "Team=a"/],
  ['domain', ' ', /domain: got " "/],
])('what is wrong with %s %p is one clear message', (key, value, message) => {
  expect(() => synthesize({ [key]: value })).toThrow(message);
});
