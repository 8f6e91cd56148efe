import { CodePipelineClient, PutJobFailureResultCommand, PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { FakeClock } from './fake-clock';
import { FakeCodePipeline } from './fake-codepipeline';
import type { Time } from '../../../src/deploy/release/run';

// Limits: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html and .../API_ExecutionDetails.html

const clock = new FakeClock();
const client = new CodePipelineClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const good = (jobId: string, more: object = {}) => client.send(new PutJobSuccessResultCommand({ jobId, ...more }));
const bad = (jobId: string, message: string) => client.send(new PutJobFailureResultCommand({ jobId, failureDetails: { type: 'JobFailed', message } }));
const pipeline = (work: (id: string, event: CodePipelineEvent, time: Time) => Promise<unknown>) => new FakeCodePipeline(clock, async (event, time) => {
  await work(event['CodePipeline.job'].id, event, time);
});

test('an action that succeeds has the variables of its reply', async () => {
  expect(await pipeline((id) => good(id, { outputVariables: { Digest: 'sha256:1' }, executionDetails: { summary: 'done' } })).act('{}')).toEqual({
    succeeded: true, message: '', summaries: ['done'], variables: { Digest: 'sha256:1' }, invocations: 1,
  });
});

test('an action that fails has the message of its reply', async () => {
  expect(await pipeline((id) => bad(id, 'no')).act('{}')).toMatchObject({ succeeded: false, message: 'no', failureType: 'JobFailed', invocations: 1 });
});

test('an action that goes on is asked again as another job, with its token, after the pause', async () => {
  const seen: [string, string | undefined, number][] = [];
  const start = clock.now();
  const result = await pipeline((id, { 'CodePipeline.job': { data } }) => {
    seen.push([id, data.continuationToken, clock.now() - start]);
    return good(id, data.continuationToken ? {} : { continuationToken: 'half' });
  }).act('{"task":"release"}');
  expect(result).toMatchObject({ succeeded: true, invocations: 2 });
  expect(seen.map(([, token, time]) => [token, time])).toEqual([[undefined, 0], ['half', 30_000]]);
  expect(seen[0][0]).not.toBe(seen[1][0]);
});

test.each([
  ['a second reply', async (id: string) => { await good(id); await good(id); }, 'InvalidJobStateException'],
  ['a reply to a job that nobody knows', () => good('another'), 'InvalidJobStateException'],
  ['a token that is too long', (id: string) => good(id, { continuationToken: 'x'.repeat(2049) }), 'ValidationException'],
  ['a summary that is too long', (id: string) => good(id, { executionDetails: { summary: 'x'.repeat(2049) } }), 'ValidationException'],
  ['a message that is too long', (id: string) => bad(id, 'x'.repeat(5001)), 'ValidationException'],
  ['an empty message', (id: string) => bad(id, ''), 'ValidationException'],
  ['variables of an action that goes on', (id: string) => good(id, { continuationToken: 'half', outputVariables: { A: 'b' } }), 'ValidationException'],
])('%s is refused', async (_what, reply, name) => {
  await expect(pipeline(reply).act('{}')).rejects.toMatchObject({ name });
});

test('Lambda ends an invocation at its limit', async () => {
  const slow = pipeline(async (id, _event, time) => {
    expect(time.left()).toBe(900_000);
    await time.sleep(900_001);
    await good(id);
  });
  await expect(slow.act('{}')).rejects.toThrow('Lambda would have ended the invocation');
});
