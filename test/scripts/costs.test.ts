import { execFileSync } from 'child_process';
import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Dashboard, FargateCicdPipeline, FargateEnvironment, type FargateEnvironmentProps, FargatePlatform, LoadBalancer, Source } from '../../src';

const root = join(__dirname, '../..');
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { ByHand } = require('../../scripts/bench/by-hand.cjs') as { ByHand: new (scope: App, id: string) => Stack };

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
const stackWith = (fill: (stack: Stack) => void): Stack => {
  const stack = new Stack(new App(), 'Shop');
  fill(stack);
  return stack;
};

test('the default costs what the same things cost by hand', () => {
  const { alarm: ours, ...rest } = costs(stackWith((stack) => new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop') })));
  const { alarm: theirs, ...byHand } = costs(new ByHand(new App(), 'Shop'));
  expect(rest).toEqual(byHand);
  expect(rest).toMatchObject({ 'task': 3604, '1 NAT gateway': 3285, '1 load balancer': 1643 });
  // The alarm for errors looks at one metric more than that by hand. Ten alarm metrics of an account are free.
  expect(ours - theirs).toBeLessThanOrEqual(10);
  expect(sum(rest) + ours).toBeLessThanOrEqual(10000);
});

describe('one more service on a platform', () => {
  type Shared = Pick<FargateEnvironmentProps, 'network' | 'cluster' | 'encryption' | 'loadBalancer'>;

  /** What the last of two services adds to the stack: what it costs, and its dashboards. */
  function added(make: (stack: Stack, id: string, shared: Shared) => void): Record<string, number> {
    const [one, two] = [1, 2].map((services) => stackWith((stack) => {
      const platform = new FargatePlatform(stack, 'Platform', { loadBalancer: LoadBalancer.internetFacing() });
      const { network, cluster, encryption } = platform;
      for (let number = 1; number <= services; number += 1) make(stack, `Service${number}`, { network, cluster, encryption, loadBalancer: platform.route({ path: `/${number}*`, priority: number }) });
    })).map((stack): Record<string, number> => ({ ...costs(stack), dashboards: Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard')).length }));
    return Object.fromEntries(Object.entries(two).map(([what, cents]) => [what, cents - (one[what] ?? 0)] as const).filter(([, more]) => more !== 0));
  }

  test('costs its tasks, and cents for its alarms; dashboards cost from the fourth of an account on', () => {
    expect(added((stack, id, shared) => new FargateEnvironment(stack, id, shared))).toEqual({ task: 3604, alarm: 80, dashboards: 1 });
    expect(added((stack, id, shared) => new FargateCicdPipeline(stack, id, { ...shared, source: Source.gitHub('acme/shop') }))).toEqual({ task: 3604, alarm: 100, dashboards: 1 });
    expect(readFileSync(join(root, 'docs/many-services.md'), 'utf8'))
      .toContain('One service more costs its tasks, 36.04 USD a month by default, and 0.80 for its alarms,\n1.00 with a pipeline of its own;');
  });

  test('costs its tasks and nothing else where it has no alarms and no dashboard', () => {
    expect(added((stack, id, shared) => new FargateEnvironment(stack, id, { ...shared, alarms: [], dashboard: Dashboard.none() }))).toEqual({ task: 3604 });
  });
});
