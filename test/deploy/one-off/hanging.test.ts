import { OneOffWorld } from './one-off-world';
import { throttled } from '../../support/doubles/fake-service';

// As with releases, each invocation replies before Lambda ends it.

let world: OneOffWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new OneOffWorld();
});

test('a call that hangs ends the invocation, and the next one goes on with one task', async () => {
  const { functionTimeout } = world.action;
  // Real seconds, of which a tenth is not kept back for the reply.
  world.action.functionTimeout = 4.1;
  world.around.pace = async () => new Promise(() => {});
  const event = world.event();
  const { continuationToken, executionDetails } = await world.action.invoke(event);
  expect(executionDetails.summary).toBe('AWS takes long to answer');

  world.action.functionTimeout = functionTimeout;
  world.around.pace = async () => {};
  const { actionConfiguration: { configuration: { UserParameters } }, outputArtifacts } = event['CodePipeline.job'].data;
  expect(await world.action.follow(world.action.event(UserParameters, { continuationToken, outputArtifacts }))).toMatchObject({ succeeded: true });
  expect(world.ecs.inputs('RunTask')).toHaveLength(1);
});

test('no pause before a reply that is due', async () => {
  world.action.functionTimeout = 30;
  const end = world.clock.now() + 27_000;
  world.ecs.fail('RunTask', () => {
    world.clock.pass(end - world.clock.now());
    return throttled();
  });
  expect(await world.runTask()).toMatchObject({ succeeded: true });
});
