import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ts from 'typescript';
import { judge, withAndWithoutFeatureFlags } from './checkers';
import * as library from '../src';

// The CDK prints its report of warnings, which the judge returns.
beforeAll(() => { jest.spyOn(console, 'error').mockImplementation(); });

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { ByHand } = require('../scripts/bench/by-hand.cjs') as { ByHand: new (scope: Stack, id: string) => unknown };

function byHand(): { app: App; stack: Stack } {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  new ByHand(stack, 'Shop');
  return { app, stack };
}

/** The sample of the README that does the whole job, and the file around it. */
const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const [, sample] = /\n## The whole job\n[^]*?```ts\n([^]*?)```/.exec(readme)!;
const used = Object.keys(library).filter((name) => new RegExp(`\\b${name}\\b`).test(sample)).sort();
const file = [
  "import { App, Stack } from 'aws-cdk-lib';",
  "import * as acm from 'aws-cdk-lib/aws-certificatemanager';",
  `import { ${used.join(', ')} } from 'cdk-fargate-cicd';`,
  "const stack = new Stack(new App(), 'Shop');",
  ...sample.replaceAll('this,', 'stack,').trimEnd().split('\n'),
];

/** The app of that file, with further options. */
function wholeJob(context: Record<string, unknown> = {}, options = ''): { app: App; stack: Stack } {
  const app = new App({ context });
  const stack = new Stack(app, 'Shop');
  const code = ts.transpile(file.slice(4).join('\n').replace('{\n', `{\n${options}`));
  new Function('stack', 'acm', ...used, code)(stack, acm, ...used.map((name) => (library as Record<string, unknown>)[name]));
  return { app, stack };
}

/** Resources by type; a policy is a policy, attached or inline. */
function types(stack: Stack): Record<string, number> {
  const all = Object.values<{ Type: string }>(Template.fromStack(stack).toJSON().Resources).map(({ Type }) => Type.replace('ManagedPolicy', 'Policy'));
  return Object.fromEntries(all.map((type) => [type, all.filter((other) => other === type).length]));
}

test('the whole job takes a file of 15 lines at most', () => {
  expect(file.length).toBeLessThanOrEqual(15);
  expect(readme).toContain(`a file of ${file.length} lines.`);
  // Nobody fills a line to its end.
  expect(Math.max(...file.map((line) => line.length))).toBeLessThanOrEqual(180);
});

test('it makes whatever the hand-written stack makes', () => {
  // Which goes without leaving anything.
  const [ours, theirs] = [types(wholeJob({}, "removalPolicy: 'destroy',").stack), types(byHand().stack)];
  expect(Object.entries(theirs).filter(([type, count]) => (ours[type] ?? 0) < count)).toEqual([]);
});

test('the hand-written one takes more than 300 lines, and the judges have things against it', () => {
  expect(judge(byHand().app)).not.toEqual([]);
  expect(readFileSync(join(__dirname, '../scripts/bench/by-hand.cjs'), 'utf8').split('\n').length).toBeGreaterThan(300);
});

withAndWithoutFeatureFlags((context) => {
  test('against the whole job they have nothing without a reason', () => {
    expect(judge(wholeJob(context).app)).toEqual([]);
  });
});
