import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, NestedStack, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FargateCicdPipeline, FargateEnvironment, FargatePlatform, Source } from '../../../src';
import { KINDS } from '../../model/strategies';

const { slowly } = (globalThis as any).requireShared(join(__dirname, 'quick-synth.cjs'));

const apps: Record<string, (app: App) => void> = {
  'a place and its pipeline': (app) => void new FargateCicdPipeline(new Stack(app, 'Shop'), 'Shop', { source: Source.gitHub('acme/shop') }),
  ...Object.fromEntries(Object.entries(KINDS).map(([kind, props]) => [`a place: ${kind}`, (app: App) => void new FargateEnvironment(new Stack(app, 'Shop'), 'Place', props)])),
  'stacks that refer to each other': (app) => {
    const { network, cluster, encryption } = new FargatePlatform(new Stack(app, 'Platform'), 'Platform');
    new FargateEnvironment(new Stack(app, 'Shop'), 'Place', { network, cluster, encryption });
  },
  'a stack in a stack': (app) => {
    const outer = new Stack(app, 'Outer');
    const { topicArn } = new sns.Topic(outer, 'Topic');
    new sns.Topic(new NestedStack(outer, 'Inner'), 'Topic', { displayName: topicArn });
  },
};

test.each(Object.entries(apps))('templates are what the CDK writes by itself: %s', (_, make) => {
  const app = new App();
  make(app);
  const { directory } = app.synth();
  const stacks = app.node.findAll().filter(Stack.isStack);
  expect(stacks.length).toBeGreaterThan(0);
  for (const stack of stacks) expect(readFileSync(join(directory, stack.templateFile), 'utf8')).toBe(JSON.stringify(slowly(stack), undefined, 1));
});
