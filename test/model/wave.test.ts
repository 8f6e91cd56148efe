import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type Behaviour, ModelWorld } from './model-world';
import { KINDS } from './strategies';
import { templateOf } from './templates';
import { DeliveryPipeline, type FargateEnvironmentProps, Source, StageFailure } from '../../src';
import { bareRoad } from '../support/bare-place';
import { deployment } from '../support/doubles/fake-ecs';
import { publishedPlace } from '../support/published-place';
import { stagesOf } from '../support/template';

beforeEach(() => void jest.spyOn(console, 'log').mockImplementation());

const PLACES = ['North', 'South'] as const;
type Place = typeof PLACES[number];

/** What becomes of the image in a place; a mishap goes away by itself. */
type Fate = Behaviour | 'a mishap';

/** A stage that releases to both places, as it is synthesized. */
function stageWith(onFailure: StageFailure | undefined): any {
  const stack = new Stack(new App(), 'Road');
  const releases = PLACES.map((id) => ({ target: publishedPlace(stack, id) }));
  new DeliveryPipeline(stack, 'Delivery', { ...bareRoad, source: Source.gitHub('acme/shop'), stages: [{ stageName: 'Live', releases, onFailure }] });
  return stagesOf(Template.fromStack(stack)).at(-1);
}

/** What each execution of the stage tells one place to release, in their order: the first image is good everywhere, the second meets its fate. */
type Tries = readonly ('first' | 'second')[];

/** A place by itself: nothing that one place does reaches another. */
async function live(props: FargateEnvironmentProps, fate: Fate, tries: Tries): Promise<{ succeeded: boolean[]; runs: string; tag: string }> {
  const world = new ModelWorld();
  await world.deploy(templateOf('nothing', props));
  const images = { first: world.build(), second: world.build(fate === 'a mishap' ? 'good' : fate) };
  const succeeded: boolean[] = [];
  for (const image of tries) {
    if (fate === 'a mishap' && image === 'second' && !tries.slice(0, succeeded.length).includes('second')) world.ecs.scripts.push(deployment.isRolledBackByAlarms(['errors'], 10));
    succeeded.push((await world.release(images[image])).succeeded);
  }
  const nameOf = (digest?: string) => Object.entries(images).find(([, each]) => each === digest)?.[0] ?? String(digest);
  return { succeeded, runs: [...new Set(world.running.map(nameOf))].join(), tag: nameOf(world.released) };
}

/**
 * CodePipeline: all actions of one run order are begun and each comes to its end, whatever becomes of the others. Then it does what the stage says: tries what failed once more, or
 * runs all actions again with the variables of the last execution in which the whole stage succeeded.
 */
async function wave(props: FargateEnvironmentProps, { Actions, OnFailure }: any, fates: Record<Place, Fate>) {
  expect(Actions.map(({ Name, RunOrder }: any) => [Name, RunOrder])).toEqual(PLACES.map((place) => [`Release-${place}`, 1]));
  const told: Record<Place, Tries> = { North: ['first', 'second'], South: ['first', 'second'] };
  const each = async (place: Place) => [place, await live(props, fates[place], told[place])] as const;
  const all = async () => Object.fromEntries(await inTurn(PLACES, each)) as Record<Place, Awaited<ReturnType<typeof live>>>;
  const seen = await all();
  const failed = PLACES.filter((place) => !seen[place].succeeded[1]);
  const again = failed.length === 0 ? [] : ({ ROLLBACK: PLACES, RETRY: failed } as Record<string, readonly Place[]>)[OnFailure?.Result] ?? [];
  for (const place of again) told[place] = [...told[place], OnFailure.Result === 'ROLLBACK' ? 'first' : 'second'];
  const { North, South } = again.length > 0 ? await all() : seen;
  return { runs: [North.runs, South.runs], tags: [North.tag, South.tag], ends: [North.succeeded.at(-1), South.succeeded.at(-1)] };
}

/** One after the other: the doubles of AWS are the same for all. */
async function inTurn<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}

describe('an image that South cannot run', () => {
  const South: Fate = 'makes an alarm ring';

  test('reaches North and stays there; South runs the image before', async () => {
    expect(await wave(KINDS.rolling, stageWith(undefined), { North: 'good', South })).toEqual({ runs: ['second', 'first'], tags: ['second', 'first'], ends: [true, false] });
  });

  test('is tried once more, in vain', async () => {
    expect(await wave(KINDS.rolling, stageWith(StageFailure.retry()), { North: 'good', South })).toEqual({ runs: ['second', 'first'], tags: ['second', 'first'], ends: [true, false] });
  });

  test.each(Object.entries(KINDS))('%s: is taken back everywhere, and the way back is no failure where the image runs already', async (_, props) => {
    expect(await wave(props, stageWith(StageFailure.rollBack()), { North: 'good', South })).toEqual({ runs: ['first', 'first'], tags: ['first', 'first'], ends: [true, true] });
  });
});

test('a mishap is made good by trying once more what failed', async () => {
  expect(await wave(KINDS.rolling, stageWith(StageFailure.retry()), { North: 'good', South: 'a mishap' })).toEqual({ runs: ['second', 'second'], tags: ['second', 'second'], ends: [true, true] });
});

test('where nobody can run the image, all run the one before, whatever the stage says', async () => {
  for (const onFailure of [undefined, StageFailure.rollBack()]) {
    expect(await wave(KINDS.rolling, stageWith(onFailure), { North: 'crashes', South: 'crashes' })).toMatchObject({ runs: ['first', 'first'], tags: ['first', 'first'] });
  }
});

test('a good image runs everywhere', async () => {
  expect(await wave(KINDS.rolling, stageWith(StageFailure.rollBack()), { North: 'good', South: 'good' })).toEqual({ runs: ['second', 'second'], tags: ['second', 'second'], ends: [true, true] });
});
