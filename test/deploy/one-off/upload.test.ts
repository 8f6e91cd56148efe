import { strFromU8, unzipSync } from 'fflate';
import { OneOffWorld } from './one-off-world';
import { fate } from '../../support/doubles/fake-one-off-tasks';
import { awsError } from '../../support/doubles/fake-service';

const SIGNER = 'arn:aws:iam::111111111111:role/signer';
const XML = '<testsuite><testcase classname="cart" name="adds"/><testcase name="pays"><failure/></testcase></testsuite>';

let world: OneOffWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new OneOffWorld();
  world.around.roles.set(SIGNER, 'signer');
  world.settings = { ...world.settings, uploads: { bucket: 'artifacts', prefix: 'junit/Before-Deploy/a@b/', region: 'us-east-1', roleArn: SIGNER } };
});

const overrides = () => world.ecs.inputs('RunTask').map((input: any) => input.overrides?.containerOverrides);
const addressOf = (index = 0) => new URL(overrides()[index][0].environment[0].value);
const keyOf = (address: URL) => decodeURIComponent(address.pathname.slice(1));

/** The container uploads while it runs. */
function uploads(text: string, size?: number): void {
  world.ecs.oneOff.whenStarted = () => world.around.uploads.set(keyOf(addressOf()), { text, size });
}

test('the task gets an address for one object, signed by a role that may do nothing else, for an hour', async () => {
  await world.runTask();
  expect(overrides()[0]).toEqual([{ name: 'web', environment: [{ name: 'JUNIT_UPLOAD_URL', value: expect.any(String) }] }]);
  const address = addressOf();
  expect(address.origin).toBe('https://artifacts.s3.us-east-1.amazonaws.com');
  expect(address.pathname).toMatch(/^\/junit\/Before-Deploy\/a%40b\/[0-9a-f-]{36}\.xml$/);
  expect(Object.fromEntries(address.searchParams)).toEqual({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', 'X-Amz-Credential': 'signer/20260115/us-east-1/s3/aws4_request', 'X-Amz-Date': '20260115T130000Z',
    'X-Amz-Expires': '3600', 'X-Amz-Security-Token': 'secret-token', 'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/), 'X-Amz-SignedHeaders': 'host',
  });
  expect(world.around.inputs('AssumeRole')).toContainEqual(expect.objectContaining({ RoleArn: SIGNER, DurationSeconds: 3600 }));
});

test('it stands in no task definition and in no log, and goes to the container that decides', async () => {
  world.settings = { ...world.settings, tests: { image: 'newman' } };
  await world.runTask();
  expect(overrides()[0][0].name).toBe('tests');
  expect(JSON.stringify(world.ecs.inputs('RegisterTaskDefinition'))).not.toContain('X-Amz');
  expect(JSON.stringify(jest.mocked(console.log).mock.calls)).not.toContain('X-Amz');
});

test('a task that prints its report gets none', async () => {
  world.settings = { ...world.settings, uploads: undefined };
  await world.runTask();
  expect(overrides()).toEqual([undefined]);
});

test('what was uploaded stands in summary, variables and artifact', async () => {
  uploads(XML);
  world.print('web', ['-----BEGIN JUNIT-----', '<testsuite/>', '-----END JUNIT-----']);
  const { summaries, variables } = await world.runTask();
  expect(summaries.at(-1)).toBe('web exited with code 0 in production; 2 tests, 1 failed, 0 skipped');
  expect(variables).toMatchObject({ Tests: '2', FailedTests: '1', SkippedTests: '0' });
  expect(strFromU8(unzipSync(world.around.objects[0].Body)['report.xml'])).toBe(XML);
});

test('also where the container does not log to CloudWatch', async () => {
  uploads(XML);
  world.publish({ logGroupName: undefined });
  expect((await world.runTask()).summaries.at(-1)).toBe('web exited with code 0 in production; 2 tests, 1 failed, 0 skipped');
});

test('also when the tests have failed', async () => {
  uploads(XML);
  world.ecs.oneOff.fates.push(fate.ends({ web: 1 }));
  expect((await world.failingTask()).details).toContain('2 tests, 1 failed, 0 skipped\nFailed: pays\n');
});

test('another invocation of the job finds it', async () => {
  uploads(XML);
  world.action.functionTimeout = 40;
  world.ecs.oneOff.fates.push(fate.ends({ web: 0 }, 300));
  const { summaries, invocations } = await world.runTask();
  expect([invocations > 2, summaries.at(-1)]).toEqual([true, 'web exited with code 0 in production; 2 tests, 1 failed, 0 skipped']);
});

test.each<[string, () => void, string]>([
  ['nothing', () => {}, 'nothing was uploaded to the address in JUNIT_UPLOAD_URL'],
  ['no XML', () => uploads('{}'), 'it is no <testsuites> or <testsuite> from beginning to end'],
  ['too much', () => uploads(XML, 11_000_000), 'it has 11000000 bytes, and at most 10485760 are read'],
  ['something that may not be read', () => { uploads(XML); world.around.fail('GetObject', awsError('AccessDenied', 'no')); }, 'AccessDenied, no'],
])('%s uploaded: it is said and decides nothing', async (_, prepare, reason) => {
  prepare();
  const { succeeded, summaries, variables } = await world.runTask();
  expect([succeeded, summaries.at(-1)]).toEqual([true, `web exited with code 0 in production; the JUnit report cannot be read: ${reason}`]);
  expect(Object.keys(variables)).toEqual(['TaskArn']);
});

test('a role that cannot be assumed starts no task', async () => {
  world.around.roles.delete(SIGNER);
  expect(await world.failingTask()).toMatchObject({ cause: `production: AWS refuses a call of the release: not authorized to perform: sts:AssumeRole on resource: ${SIGNER}`, type: 'PermissionError' });
  expect(world.ecs.inputs('RunTask')).toEqual([]);
});
