import { handleDirectCall } from '../../../src/deploy/release/pipeline/direct-call';
import { deployment } from '../../support/doubles/fake-ecs';
import { awsError, throttled } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

/** One invocation with so many seconds. */
const call = async (event: unknown, seconds = 900) => {
  const end = world.clock.now() + seconds * 1000;
  return handleDirectCall(event, 'request-1', { now: () => world.clock.now(), sleep: async (pause) => world.clock.pass(pause), left: () => end - world.clock.now() });
};

test('releases, moves the tag, records, as an action does', async () => {
  expect(await call({ place: 'production', digest: world.next })).toEqual({
    status: 'SUCCEEDED', summary: expect.stringContaining(`${world.next} runs in production`), details: [], id: 'request-1',
  });
  expect(world.releasedDigest).toBe(world.next);
  expect(world.history.records).toMatchObject([{ deploymentId: 'direct-request-1/production/direct-request-1', outcome: 'RELEASED', digest: world.next }]);
  expect(world.history.metrics).toHaveLength(1);
  expect(world.pipeline.calls).toEqual([]);
});

test('longer than one invocation: the same id goes on, and ends once', async () => {
  const event = { place: 'production', digest: world.next, id: 'back-to-tuesday' };
  expect(await call(event, 30)).toEqual({ status: 'IN_PROGRESS', summary: expect.stringMatching(/; call again with this id$/), id: 'back-to-tuesday' });
  expect(await call(event)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await call(event)).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.ecs.inputs('UpdateService')).toHaveLength(1);
  expect(world.history.records).toHaveLength(1);
  expect(world.history.metrics).toHaveLength(1);
});

test('AWS that does not answer is no failure', async () => {
  world.around.fail('AssumeRole', throttled());
  expect(await call({ place: 'production', digest: world.next })).toMatchObject({ status: 'IN_PROGRESS', summary: 'Rate exceeded; call again with this id' });
  process.env.RELEASE_TIMEOUT_MINUTES = '0';
  world.around.fail('AssumeRole', throttled());
  expect(await call({ place: 'production', digest: world.next })).toMatchObject({ status: 'FAILED', summary: 'ThrottlingException: Rate exceeded' });
});

test('places in several parameters are read with the rights of the function', async () => {
  process.env.PLACES = 'addresses-0,addresses-1';
  world.around.parameters.set('addresses-0', '{"staging":["arn:aws:iam::222222222222:role/staging","/places/staging","eu-west-1"]}');
  expect(await call({ place: 'production', digest: world.next })).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.around.calls.filter(({ caller }) => caller.accessKeyId === 'function').flatMap(({ input }) => input.Name ?? []).sort()).toEqual(['addresses-0', 'addresses-1']);
  expect(await call({ place: 'test', digest: world.next })).toMatchObject({ status: 'REFUSED', summary: expect.stringContaining('write one of staging, production.') });
});

test('places that cannot be read are no release', async () => {
  world.around.fail('GetParameter', throttled(), throttled(), awsError('AccessDeniedException', 'not authorized'));
  const event = { place: 'production', digest: world.next };
  expect(await call(event)).toEqual({ status: 'IN_PROGRESS', summary: 'Rate exceeded; call again with this id', id: 'request-1' });
  expect(await call({ ...event, id: 'a b' })).toEqual({ status: 'FAILED', summary: 'the places cannot be read: ThrottlingException: Rate exceeded' });
  expect(await call(event)).toEqual({ status: 'FAILED', summary: 'the places cannot be read: AWS refuses a call of the release: not authorized' });
  expect(world.history.records).toEqual([]);
});

test('a release that fails says why, and what is not recorded', async () => {
  world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'it crashed' }));
  world.history.fail('PutItem', awsError('ResourceNotFoundException', 'no table'));
  const answer = await call({ place: 'production', digest: world.next });
  expect(answer).toMatchObject({ status: 'FAILED', summary: expect.stringContaining('circuit breaker') });
  expect(answer.details![0]).toContain('could not be recorded');
  expect(world.history.messages).toHaveLength(1);
});

test.each<[unknown, string]>([
  [undefined, 'The event has no place that this function releases to, but undefined; write one of production.'],
  [null, 'The event has no place'],
  ['text', 'The event has no place'],
  [{ place: 'toString', digest: 'x' }, 'but "toString"'],
  [{ place: 'production' }, 'The event has no digest of an image, but undefined; write "sha256:" and 64 hexadecimal digits.'],
  [{ place: 'production', digest: 'latest' }, 'but "latest"'],
  [{ place: 'production', digest: `sha256:${'0'.repeat(64)}`, id: 'a b' }, 'The event has no usable id, but "a b"'],
])('nonsense is answered with a sentence: %j', async (event, sentence) => {
  expect(await call(event)).toEqual({ status: 'REFUSED', summary: expect.stringContaining(sentence) });
  expect(world.around.calls.filter(({ command }) => command !== 'GetParameter')).toEqual([]);
});

test('without a record of what could not be recorded a good release is still good', async () => {
  world.history.fail('UpdateItem', awsError('AccessDeniedException', 'no'));
  expect(await call({ place: 'production', digest: world.next })).toMatchObject({ status: 'SUCCEEDED', details: [expect.stringContaining('could not be recorded')] });
});
