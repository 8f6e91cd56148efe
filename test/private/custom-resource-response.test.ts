import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { respond } from '../../src/private/custom-resource-response';
import { FakeCloudFormation } from '../support/doubles/fake-cloudformation';

jest.mock('node:timers/promises', () => ({ setTimeout: async () => {} }));

const context = { getRemainingTimeInMillis: () => 120_000 };
const done = async () => 'done';
const broken = async () => { throw new Error('broken'); };

let cloudFormation: FakeCloudFormation;
let log: jest.SpyInstance;

beforeEach(async () => {
  cloudFormation = await new FakeCloudFormation().start();
  log = jest.spyOn(console, 'log').mockImplementation();
});
afterEach(async () => {
  expect(JSON.stringify(log.mock.calls)).not.toContain('s3cret');
  await cloudFormation.stop();
});

test('answers with what was done, to the signed address, without a type of content', async () => {
  await respond(event('Create'), context, 'id', done);

  expect(cloudFormation.answers).toMatchObject([{
    method: 'PUT',
    url: '/answer?Signature=s3cret',
    body: { Status: 'SUCCESS', Reason: 'done', PhysicalResourceId: 'id', StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Resource' },
  }]);
  expect(cloudFormation.answers[0].headers['content-type']).toBe('');
  expect(log).toHaveBeenCalledTimes(1);
});

test('answers errors with their reason and the reason beneath', async () => {
  await respond(event('Create'), context, 'id', async () => { throw new Error('fetch failed', { cause: new Error('no route') }); });
  await respond(event('Create'), context, 'id', async () => { throw 'a string'; });

  expect(cloudFormation.answers.map(({ body }) => [body.Status, body.Reason])).toEqual([['FAILED', 'fetch failed (no route)'], ['FAILED', 'a string']]);
});

test('cuts reasons that CloudFormation would not take', async () => {
  await respond(event('Create'), context, 'id', async () => 'long '.repeat(1_000));

  expect(cloudFormation.answers[0].body.Reason).toHaveLength(1_000);
});

test.each([
  ['Create', done, 'new'],
  ['Create', broken, 'new'],
  ['Update', done, 'new'],
  ['Update', broken, 'former'],
  ['Delete', done, 'former'],
  ['Delete', broken, 'former'],
] as const)('after a %s that is %p the resource is the right one', async (type, work, id) => {
  await respond(event(type), context, 'new', work);

  expect(cloudFormation.answers[0].body.PhysicalResourceId).toBe(id);
});

test('answers before the function ends, and stops the work', async () => {
  let signal!: AbortSignal;
  await respond(event('Create'), { getRemainingTimeInMillis: () => 20_010 }, 'id', async given => {
    signal = given;
    return new Promise(() => {});
  });

  expect(cloudFormation.answers[0].body).toMatchObject({ Status: 'FAILED', Reason: 'the function has no time left; try again' });
  expect(signal.aborted).toBe(true);
});

test('has no time at all', async () => {
  await respond(event('Create'), { getRemainingTimeInMillis: () => 1_000 }, 'id', async () => new Promise(() => {}));

  expect(cloudFormation.answers[0].body.Status).toBe('FAILED');
});

test('stops what still runs after a failure', async () => {
  let signal!: AbortSignal;
  await respond(event('Create'), context, 'id', async given => {
    signal = given;
    throw new Error('broken');
  });

  expect(signal.aborted).toBe(true);
});

test('answers again when the answer is not taken', async () => {
  cloudFormation.refusals.push(503, 0, 500);
  await respond(event('Create'), context, 'id', done);

  expect(cloudFormation.answers).toHaveLength(1);
});

test('fails without the address when the answer is never taken', async () => {
  cloudFormation.refusals.push(403, 403, 403, 403, 403);

  await expect(respond(event('Create'), context, 'id', done)).rejects.toThrow(/^CloudFormation does not take the answer: HTTP status 403$/);
});

function event(RequestType: 'Create' | 'Update' | 'Delete'): CloudFormationCustomResourceEvent {
  return cloudFormation.event({ RequestType, PhysicalResourceId: 'former' });
}
