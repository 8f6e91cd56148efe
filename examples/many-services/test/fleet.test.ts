import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
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

const { app, platform, places, delivery } = synthesize();
const { services } = cdkJson;

const somewhere = { region: 'unknown-region', account: 'unknown-account' };

holdsForEveryExample({
  synthesize, name: 'many-services-platform',
  others: Object.fromEntries([...services, 'pipeline'].map((purpose) => [`many-services-${purpose}`, somewhere])),
});

test('one of everything that costs, whatever the number of services', () => {
  for (const type of ['EC2::VPC', 'EC2::NatGateway', 'ECS::Cluster', 'ElasticLoadBalancingV2::LoadBalancer', 'KMS::Key']) {
    Template.fromStack(platform).resourceCountIs(`AWS::${type}`, 1);
    places.forEach((stack) => Template.fromStack(stack).resourceCountIs(`AWS::${type}`, 0));
  }
});

test('each service has a path and a priority of its own', () => {
  const rules = places.map((stack) => all(Template.fromStack(stack), 'AWS::ElasticLoadBalancingV2::ListenerRule')[0][1]);
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
  const more = synthesize({ services: [...services, 'wishes'] });
  const resources = (stack: Stack) => Template.fromStack(stack).toJSON().Resources;
  expect(resources(more.platform)).toEqual(resources(platform));
  places.forEach((stack, index) => expect(resources(more.places[index])).toEqual(resources(stack)));
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
