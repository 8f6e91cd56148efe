import { readFileSync } from 'fs';
import { join } from 'path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Template } from './account/cloudformation';
import { handWritten, patternsOfTheCdk } from './others';
import { drainingOf, sum, waits } from './release-time';
import { wholeTemplate } from './templates';
import { Check, CheckOrder, DeployStrategy, type FargateCicdPipelineProps, type FargateEnvironmentProps } from '../../src';
import { ReleaseWorld } from '../support/doubles/release-world';

type Props = FargateEnvironmentProps & Pick<FargateCicdPipelineProps, 'checks'>;
const templateOf = (props: Props = {}): Template => wholeTemplate(RemovalPolicy.RETAIN, props);
const ofDefault = templateOf();

const read = (file: string): string => readFileSync(join(__dirname, '../..', file), 'utf8');

/** Cells of the table below a heading. */
function tableBelow(heading: string, page: string): string[][] {
  const [, below] = read(page).split(`\n## ${heading}\n`);
  const [table] = below.split('\n\n').filter((text) => text.startsWith('| '));
  return table.split('\n').slice(2).map((row) => row.replaceAll('**', '').split('|').slice(1, -1).map((cell) => cell.trim()));
}

test('a release of the default waits for AWS 110 seconds at most, from the push until all requests go to new tasks', () => {
  expect(sum(waits(ofDefault))).toBeLessThanOrEqual(110);
});

test('users read how long each part takes', () => {
  const parts = waits(ofDefault);
  expect(tableBelow('How long a release takes', 'docs/releases.md').map(([name, seconds]) => ({ name, seconds: Number(seconds) })))
    .toEqual([...parts, { name: 'together', seconds: sum(parts) }]);
});

test('users read what the action waits for after that', () => {
  const [, pause] = /\nconst POLL = ([\d_]+);/.exec(read('src/deploy/release/run.ts'))!;
  expect(read('docs/releases.md')).toContain(`(\`deregistrationDelay\`, ${drainingOf(ofDefault)} s)`);
  expect(read('docs/releases.md')).toContain(`the function looks every ${Number(pause.replaceAll('_', '')) / 1000} seconds`);
});

test('the decision compares it with what others wait for, by the same sums', () => {
  const compared = { 'this library, by default': { road: ofDefault, place: ofDefault }, 'hand-written': handWritten(), 'CDK Pipelines and a pattern': patternsOfTheCdk() };
  expect(tableBelow('Beside others', 'docs/decisions/0018-how-long-a-release-takes.md')).toEqual(Object.entries(compared).map(([who, { road, place }]) => {
    const seconds = sum(waits(road, place));
    return [who, String(seconds), String(seconds + drainingOf(place))];
  }));
});

test.each<[string, Props, number]>([
  ['a check beside the scan', { checks: [Check.imageScan(), Check.commands('More', { commands: ['true'], order: CheckOrder.AFTER_BUILD })] }, 0],
  ['a check beside the build', { checks: [Check.imageScan(), Check.nodeTests()] }, 0],
  ['a stage more', { checks: [Check.imageScan(), Check.commands('More', { commands: ['true'], stage: 'More', order: CheckOrder.AFTER_BUILD })] }, 8],
  ['no scan', { checks: [] }, -19],
  ['an interval of 30 seconds', { container: { healthCheck: { interval: Duration.seconds(30) } } }, 50],
  ['room for one task more', { deployStrategy: DeployStrategy.rolling({ maximumHealthyPercent: 150 }) }, 91],
])('what makes it longer or shorter: %s', (_, props, seconds) => {
  expect(sum(waits(templateOf(props))) - sum(waits(ofDefault))).toBe(seconds);
});

test('the release function pauses for nothing before it tells ECS, and asks AWS no more than some 40 times', async () => {
  jest.spyOn(console, 'log').mockImplementation();
  const world = new ReleaseWorld();
  const start = world.clock.now();
  let asked = 0;
  [world.ecr, world.ecs, world.around].forEach((service) => service.pace = async () => {
    // Twice a call: as it goes out and as the answer comes.
    if (world.ecs.inputs('UpdateService').length === 0) asked += 0.5;
  });
  await world.release();
  expect(world.ecs.latest.createdAt!.getTime()).toBe(start);
  expect(asked).toBeGreaterThan(10);
  expect(asked).toBeLessThan(45);
});
