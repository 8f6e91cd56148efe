import { execFileSync } from 'child_process';
import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Dashboard, FargateCicdPipeline, FargateEnvironment, FargatePlatform, LoadBalancer, Source } from '../../src';

const root = join(__dirname, '../..');
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { ByHand } = require('../../scripts/bench/by-hand.cjs') as { ByHand: new (scope: Stack, id: string) => unknown };

/** What a stack costs a month, in cents, by the script behind `npm run demo`: an ES module, which Node loads and the test runner does not. Tasks of all services are one. */
function costs(stack: Stack): Record<string, number> {
  const code = `import { costs } from ${JSON.stringify(join(root, 'scripts/lib/costs.mjs'))}; import { readFileSync } from 'node:fs'; console.log(JSON.stringify(costs([JSON.parse(readFileSync(0, 'utf8'))])));`;
  const rows: [string, number][] = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', input: JSON.stringify(Template.fromStack(stack).toJSON()) }));
  return rows.reduce<Record<string, number>>((all, [row, usd]) => {
    const what = /task|alarm/.exec(row)?.[0] ?? row;
    return { ...all, [what]: (all[what] ?? 0) + Math.round(usd * 100) };
  }, {});
}

const sum = (rows: Record<string, number>): number => Object.values(rows).reduce((total, cents) => total + cents, 0);
test('the default costs what the same things cost by hand', () => {
  const [stack, other] = [0, 1].map(() => new Stack(new App(), 'Shop'));
  new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop') });
  new ByHand(other, 'Shop');
  const { alarm: ours, ...rest } = costs(stack);
  const { alarm: theirs, ...byHand } = costs(other);
  expect(rest).toEqual(byHand);
  expect(rest).toMatchObject({ 'task': 3604, '1 NAT gateway': 3285, '1 load balancer': 1643 });
  // The alarm for errors looks at one metric more than that by hand. Ten alarm metrics of an account are free.
  expect(ours - theirs).toBeLessThanOrEqual(10);
  expect(sum(rest) + ours).toBeLessThanOrEqual(10000);
});

describe('one more service on a platform, in a stack of its own', () => {
  const app = new App();
  const platform = new FargatePlatform(new Stack(app, 'Platform'), 'Platform', { loadBalancer: LoadBalancer.internetFacing() });
  const { network, cluster, encryption } = platform;
  const sharing = (priority: number) => ({ network, cluster, encryption, loadBalancer: platform.route({ path: `/${priority}*`, priority }) });
  const [alone, withPipeline, bare] = ['Alone', 'WithPipeline', 'Bare'].map((id) => new Stack(app, id));
  new FargateEnvironment(alone, 'Shop', sharing(1));
  new FargateCicdPipeline(withPipeline, 'Shop', { ...sharing(2), source: Source.gitHub('acme/shop') });
  new FargateEnvironment(bare, 'Shop', { ...sharing(3), alarms: [], dashboard: Dashboard.none() });

  test('costs its tasks, and cents for its alarms', () => {
    expect([costs(alone), costs(withPipeline)]).toEqual([{ task: 3604, alarm: 80 }, { task: 3604, alarm: 100 }]);
    expect(readFileSync(join(root, 'docs/many-services.md'), 'utf8'))
      .toContain('One service more costs its tasks, 36.04 USD a month by default, and 0.80 for its alarms,\n1.00 with a pipeline of its own;');
  });

  test('has a dashboard, which costs from the fourth of an account on', () => {
    [alone, withPipeline].forEach((stack) => Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 1));
  });

  test('costs its tasks and nothing else where it has no alarms and no dashboard', () => {
    expect(costs(bare)).toEqual({ task: 3604 });
    Template.fromStack(bare).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});
