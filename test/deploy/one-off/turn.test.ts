import { OneOffWorld } from './one-off-world';
import { fate } from '../../support/doubles/fake-one-off-tasks';
import { awsError } from '../../support/doubles/fake-service';

let world: OneOffWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new OneOffWorld();
});

const MINUTE = 60_000;

/** A revision that another job has registered. */
function claim(name = 'Migrate', job?: string): string {
  return world.ecs.define({ family: 'web-one-off' }, [{ key: 'cdk-fargate-cicd:one-off', value: name }, ...job ? [{ key: 'cdk-fargate-cicd:job', value: job }] : []]);
}

/** When the task was started, in seconds after the beginning. */
async function startsAfter(): Promise<number> {
  const begin = world.clock.now();
  expect((await world.runTask()).succeeded).toBe(true);
  return (world.ecs.oneOff.started.at(-1)!.task.createdAt!.getTime() - begin) / 1000;
}

test('a task waits for another of its name, and says so', async () => {
  world.ecs.oneOff.fates.push(fate.ends({ web: 0 }, 600));
  world.action.functionTimeout = 30;
  await world.action.invoke(world.event('execution-1'));
  world.action.functionTimeout = 120;
  const { succeeded, summaries } = await world.runTask('execution-2');
  expect(succeeded).toBe(true);
  expect(summaries[0]).toBe('Waiting for another task of this name: task once1 (RUNNING)');
  expect([world.ecs.oneOff.mostAtOnce, world.ecs.oneOff.started.length]).toEqual([1, 2]);
});

test('also for one of another pipeline', async () => {
  world.ecs.oneOff.fates.push(fate.ends({ web: 0 }, 600));
  world.action.functionTimeout = 30;
  await world.action.invoke(world.event('execution-1'));
  world.action.functionTimeout = 120;
  world.settings = { ...world.settings, place: 'live', command: ['migrate', '--all'] };
  expect((await world.runTask('execution-2')).summaries[0]).toBe('Waiting for another task of this name: task once1 (RUNNING)');
  expect([world.ecs.oneOff.mostAtOnce, world.ecs.oneOff.started.length]).toEqual([1, 2]);
});

test('a function that died leaves a task, which the next one waits for and a sweep stops', async () => {
  world.ecs.oneOff.fates.push(fate.runsForEver());
  world.action.functionTimeout = 30;
  world.action.fail('PutJobSuccessResult', awsError('JobNotFoundException'));
  expect(await world.action.invoke(world.event('execution-1'))).toBeUndefined();
  world.clock.pass(20 * MINUTE);
  expect((await world.action.invoke(world.event('execution-2'))).executionDetails.summary).toBe('Waiting for another task of this name: task once1 (RUNNING)');
  world.clock.pass(13 * MINUTE);
  await world.sweep();
  expect((await world.runTask('execution-3')).succeeded).toBe(true);
  expect(world.ecs.inputs('StopTask').map(({ reason }: any) => reason)).toEqual(['cdk-fargate-cicd: its time is over']);
  expect([world.ecs.oneOff.mostAtOnce, world.ecs.oneOff.started.length]).toEqual([1, 2]);
});

test('also for one that is being stopped, whose tags are gone', async () => {
  world.ecs.oneOff.fates.push(fate.runsForEver());
  world.action.functionTimeout = 30;
  await world.action.invoke(world.event('execution-1'));
  await world.sweep('execution-1');
  world.action.functionTimeout = 900;
  await world.runTask('execution-2');
  expect(world.ecs.oneOff.mostAtOnce).toBe(1);
});

test('it does not wait for one of another name', async () => {
  world.ecs.oneOff.fates.push(fate.ends({ web: 0 }, 600));
  world.action.functionTimeout = 30;
  await world.action.invoke(world.event());
  world.action.functionTimeout = 900;
  world.settings = { ...world.settings, name: 'Seed' };
  await world.runTask();
  expect(world.ecs.oneOff.mostAtOnce).toBe(2);
});

test('a wait has an end', async () => {
  world.ecs.oneOff.fates.push(fate.runsForEver());
  world.action.functionTimeout = 30;
  await world.action.invoke(world.event());
  expect((await world.failingTask()).cause).toBe('production: another task of this name was not over in time: task once1 (RUNNING)');
});

test('an invocation that has waited for long starts nothing: for an execution that was stopped meanwhile CodePipeline does not call again', async () => {
  world.ecs.oneOff.fates.push(fate.ends({ web: 0 }, 300));
  world.action.functionTimeout = 30;
  await world.action.invoke(world.event('execution-1'));
  world.action.functionTimeout = 900;
  const { continuationToken, executionDetails } = await world.action.invoke(world.event('execution-2'));
  expect([executionDetails.summary, continuationToken === undefined, world.ecs.oneOff.started.length]).toEqual(['Its turn has come', false, 1]);
});

test('a young revision of another job without a task is a ticket', async () => {
  claim('Migrate', 'other');
  expect(await startsAfter()).toBeGreaterThan(295);
});

test.each<[string, () => void]>([
  ['an old one came to nothing', () => { claim('Migrate', 'other'); world.clock.pass(6 * MINUTE); }],
  ['one of another name is none', () => { claim('Seed', 'other'); }],
  ['one that nobody registered for a task is none', () => { claim(); }],
])('%s', async (_, prepare) => {
  prepare();
  expect(await startsAfter()).toBeLessThan(30);
});

test('a revision whose task is over is no ticket any more', async () => {
  await world.runTask();
  expect(await startsAfter()).toBeLessThan(30);
});

test('who finds an earlier ticket after registering its own begins anew', async () => {
  let once = true;
  world.ecs.fail('RegisterTaskDefinition', () => {
    if (once) claim('Migrate', 'other');
    once = false;
    return undefined;
  });
  expect(await startsAfter()).toBeGreaterThan(295);
  expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(2);
  expect(console.log).toHaveBeenCalledWith(expect.stringContaining('Another task of this name came first'));
});

/** Small and reproducible. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))('two at the same moment never overlap (%i)', async (seed) => {
  const next = random(seed + 1);
  world.clock.actors = 2;
  world.ecs.pace = async () => world.clock.sleep(Math.round(next() * 400));
  const go = async (execution: string) => {
    const { succeeded } = await world.runTask(execution);
    world.clock.leave();
    return succeeded;
  };
  expect(await Promise.all([go('execution-1'), go('execution-2')])).toEqual([true, true]);
  expect([world.ecs.oneOff.mostAtOnce, world.ecs.oneOff.started.length]).toEqual([1, 2]);
});
