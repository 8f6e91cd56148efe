import { Story } from './story';
import { KINDS, VARIANTS } from './strategies';
import { changes, templateOf } from './templates';

beforeEach(() => void jest.spyOn(console, 'log').mockImplementation());

// Each step of a story is followed by `Story.check`: running digests, the tag, the template's image, where traffic leads, and that the changes of
// the last cdk deploy are in force.
describe.each(Object.entries(KINDS))('%s', (_, place) => {
  test.each(changes)('cdk deploy, %s changed: the image released last runs, and the next release keeps the change', async change => {
    const deploys = [`cdk deploy, ${change} changed, fails`, `cdk deploy, ${change} changed`, 'cdk deploy, nothing changed'];
    await Story.tell([...deploys, 'release an image', ...deploys, 'release an image', `cdk deploy, ${change} changed`, 'release an image'], { place });
  });

  test.each([
    ['a release that fails', ['release an image that crashes']],
    ['a release that alarms roll back', ['release an image that makes an alarm ring']],
    ['a way back to an earlier image', ['release an image', 'release the image before the last one again']],
    ['a deployment by hand', ['force a new deployment by hand']],
    ['a cdk deploy with which no image runs', ['cdk deploy, a variable changed that no image bears']],
    ['a cdk deploy during a release', ['cdk deploy, CPU changed, during a release']],
    ['a cdk deploy and a release at the same moment', ['cdk deploy, CPU changed, and a release at the same moment']],
    ['two releases at the same moment', ['two releases at the same moment']],
  ])('%s, and a cdk deploy after it', async (___, steps) => {
    await Story.tell(['release an image', ...steps, 'cdk deploy, a variable changed', 'release an image'], { place });
  });
});

test.each(Object.entries(VARIANTS))('%s: the same as blue/green', async (_, place) => {
  await Story.tell([
    'release an image', 'cdk deploy, CPU changed, fails', 'cdk deploy, CPU changed', 'release an image that crashes', 'cdk deploy, CPU changed, during a release',
    'release the image before the last one again', 'cdk deploy, nothing changed', 'release an image',
  ], { place });
});

test.each(changes)('when CloudFormation tells ECS only what has changed: cdk deploy, %s changed', async change => {
  await Story.tell(['release an image', `cdk deploy, ${change} changed, fails`, `cdk deploy, ${change} changed`, 'release an image'], { tellsAll: false });
});

describe('what is done by hand', () => {
  test('a tag that was taken away stops cdk deploy, in both directions; tasks go on, and the next release mends it', async () => {
    const story = await Story.tell(['release an image']);
    const { world } = story;
    const digest = world.released;
    world.repository.tags.delete('released');

    await expect(world.deploy(templateOf('CPU'))).rejects.toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });
    expect(world.running).toEqual([digest, digest]);

    await story.releaseGood();
    expect(world.released).toBe(story.expected);
    expect(world.running).toEqual([story.expected, story.expected]);
  });
});
