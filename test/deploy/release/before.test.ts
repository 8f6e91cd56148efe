import { deployment } from '../../support/fake-ecs';
import { ReleaseWorld } from '../../support/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

describe('another deployment', () => {
  test('is waited for, over several invocations', async () => {
    world.pipeline.functionTimeout = 60;
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: `${world.released.uri}:released` }] }), deployment.succeeds(600));
    const result = await world.release();
    expect(result.succeeded).toBe(true);
    expect(result.summaries[0]).toBe('Waiting for another deployment of the service: deployment-2 (IN_PROGRESS)');
    expect(world.runningDigests).toEqual([world.next, world.next]);
  });

  test('and so is a rollback', async () => {
    const began = world.clock.now();
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: 'other' }] }), deployment.isRolledBack());
    expect((await world.release()).succeeded).toBe(true);
    expect(world.ecs.latest.createdAt!.getTime() - began).toBeGreaterThanOrEqual(120_000);
  });

  test('that does not end fails the release', async () => {
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: 'other' }] }), deployment.hangs());
    const { message } = await world.release();
    expect(message).toBe('production: another deployment of the service did not end in time: deployment-2 (IN_PROGRESS)');
    expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
  });
});

describe('alarms that ring already', () => {
  test('refuse a new image, by name', async () => {
    world.around.ringing.add('slow');
    const { message, succeeded } = await world.release();
    expect(succeeded).toBe(false);
    expect(message.split('\n')[0]).toBe('production: an alarm rings already: slow');
    world.around.ringing.add('errors');
    expect((await world.release()).message).toContain('production: alarms ring already: errors, slow');
    expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
  });

  test('do not bar the way back to an image that has run here', async () => {
    await world.release();
    const bad = world.built.push(['base', 'bad']);
    await world.release({ digest: bad, commit: 'bad' });
    world.around.ringing.add('errors');

    const result = await world.release();

    expect(result).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED' } });
    expect(world.runningDigests).toEqual([world.next, world.next]);
    expect(world.releasedDigest).toBe(world.next);
  });
});

describe('the request', () => {
  test.each([
    ['not JSON', 'the request of the release action (UserParameters) is not JSON'],
    ['{}', 'the request of the release action (UserParameters) has no task'],
  ])('that is wrong is refused: %s', async (userParameters, message) => {
    const result = await world.pipeline.act(userParameters);
    expect(result).toMatchObject({ succeeded: false, message, failureType: 'ConfigurationError' });
  });

  test('for an unknown task, or without a digest', async () => {
    expect((await world.release({ task: 'destroy' as never })).message).toContain('asks for the task destroy, which is none of release, prepare, verify');
    expect((await world.release({ digest: '' })).message).toContain('has no digest of an image but ""');
  });
});
