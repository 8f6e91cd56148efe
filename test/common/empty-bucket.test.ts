import {
  DeleteObjectsCommand, type DeleteObjectsCommandInput, GetBucketTaggingCommand, ListObjectVersionsCommand, S3Client, S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../src/common/empty-bucket/empty-bucket.lambda';
import { FakeCloudFormation } from '../support/doubles/fake-cloudformation';

const PAGE = 1_000;
const s3 = mockClient(S3Client);
const context = { getRemainingTimeInMillis: () => 60_000 } as Context;

let cloudFormation: FakeCloudFormation;
/** What is in the bucket: `<key>@<version>`, delete markers with a `-` in front. */
let bucket: Set<string>;
let refuses: ((name: string) => boolean);

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
  cloudFormation = await new FakeCloudFormation().start();
  bucket = new Set();
  refuses = () => false;
  s3.reset();
  s3.on(GetBucketTaggingCommand, { Bucket: 'logs' }).resolves({ TagSet: [{ Key: 'cdk-fargate-cicd:empty-on-delete', Value: 'true' }] });
  s3.on(ListObjectVersionsCommand, { Bucket: 'logs' }).callsFake(async () => list());
  s3.on(DeleteObjectsCommand, { Bucket: 'logs' }).callsFake(async (input: DeleteObjectsCommandInput) => remove(input));
});
afterEach(async () => cloudFormation.stop());

test.each(['Create', 'Update'] as const)('does nothing on %s', async type => {
  bucket.add('a@1');
  expect(await answer(type)).toEqual({ status: 'SUCCESS', id: 'logs', reason: 'logs will be emptied when it is deleted' });
  expect(s3.calls()).toHaveLength(0);
});

test('another bucket is another resource, whose former one CloudFormation deletes', async () => {
  expect(await answer('Update', { BucketName: 'new' })).toMatchObject({ status: 'SUCCESS', id: 'new' });
});

test('deletes all versions and delete markers on Delete', async () => {
  ['a@1', 'a@2', '-a@3', 'b@null'].forEach(name => bucket.add(name));
  expect(await answer('Delete')).toEqual({ status: 'SUCCESS', id: 'logs', reason: '4 object versions were deleted from logs' });
  expect([...bucket]).toEqual([]);
});

test('deletes in batches of what S3 takes at once', async () => {
  Array.from({ length: 2 * PAGE + 1 }, (_, index) => bucket.add(`${index}@1`));
  expect(await answer('Delete')).toMatchObject({ status: 'SUCCESS', reason: '2001 object versions were deleted from logs' });
  expect(s3.commandCalls(DeleteObjectsCommand)).toHaveLength(3);
});

test('has nothing to do in an empty bucket', async () => {
  expect(await answer('Delete')).toMatchObject({ status: 'SUCCESS', reason: '0 object versions were deleted from logs' });
});

test('a bucket that is missing is empty', async () => {
  s3.on(GetBucketTaggingCommand).rejects(s3Error('NoSuchBucket'));
  expect(await answer('Delete')).toMatchObject({ status: 'SUCCESS', reason: 'logs does not exist' });
});

test.each([
  ['without the tag', () => s3.on(GetBucketTaggingCommand).resolves({ TagSet: [{ Key: 'team', Value: 'true' }] })],
  ['with the tag set to something else', () => s3.on(GetBucketTaggingCommand).resolves({ TagSet: [{ Key: 'cdk-fargate-cicd:empty-on-delete', Value: 'no' }] })],
  ['without any tag', () => s3.on(GetBucketTaggingCommand).rejects(s3Error('NoSuchTagSet'))],
])('keeps what is in a bucket %s', async (_, arrange) => {
  bucket.add('a@1');
  arrange();
  expect(await answer('Delete')).toMatchObject({ status: 'SUCCESS', reason: 'logs is to be kept: nothing was deleted' });
  expect([...bucket]).toEqual(['a@1']);
});

test('fails with the reason when S3 refuses', async () => {
  s3.on(GetBucketTaggingCommand).rejects(s3Error('AccessDenied'));
  expect(await answer('Delete')).toMatchObject({ status: 'FAILED', reason: 'AccessDenied!' });
  s3.on(GetBucketTaggingCommand).rejects(new Error('no network'));
  expect(await answer('Delete')).toMatchObject({ status: 'FAILED', reason: 'no network' });
});

test('fails with the reason when S3 does not delete an object, instead of trying for ever', async () => {
  ['a@1', 'locked@1'].forEach(name => bucket.add(name));
  refuses = name => name.startsWith('locked');
  expect(await answer('Delete')).toMatchObject({ status: 'FAILED', reason: 'logs: locked was not deleted: AccessDenied Object is WORM protected' });
});

test('fails with the reason when the function has no time left, and stops', async () => {
  let ended!: Promise<unknown>;
  s3.on(ListObjectVersionsCommand).callsFake(async () => {
    // Somebody fills the bucket as fast as it is emptied.
    bucket.add('a@1');
    ended = new Promise(resolve => setTimeout(resolve, 10));
    await ended;
    // As the SDK does.
    const [, { abortSignal }] = s3.calls().at(-1)!.args as unknown as [unknown, { abortSignal: AbortSignal }];
    abortSignal.throwIfAborted();
    return list();
  });
  expect(await answer('Delete', {}, { getRemainingTimeInMillis: () => 20_050 } as Context))
    .toMatchObject({ status: 'FAILED', reason: 'the function has no time left; try again' });

  await ended;
  const calls = s3.calls().length;
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(s3.calls()).toHaveLength(calls);
});

function list() {
  const [markers, versions] = [true, false].map(marker => [...bucket].slice(0, PAGE)
    .filter(name => name.startsWith('-') === marker)
    .map(name => ({ Key: name.replace(/^-|@.*/g, ''), VersionId: name.split('@')[1] })));
  return { ...(versions.length && { Versions: versions }), ...(markers.length && { DeleteMarkers: markers }) };
}

function remove({ Delete }: DeleteObjectsCommandInput) {
  expect(Delete!.Quiet).toBe(true);
  const Errors = [];
  for (const { Key, VersionId } of Delete!.Objects!) {
    const name = `${Key}@${VersionId}`;
    if (refuses(name)) Errors.push({ Key, Code: 'AccessDenied', Message: 'Object is WORM protected' });
    else if (!bucket.delete(name)) bucket.delete(`-${name}`);
  }
  return Errors.length ? { Errors } : {};
}

async function answer(RequestType: 'Create' | 'Update' | 'Delete', properties: object = {}, at: Context = context) {
  await handler(cloudFormation.event({ RequestType, PhysicalResourceId: 'logs', ResourceProperties: { BucketName: 'logs', ...properties } }), at);
  const { body } = cloudFormation.answers.pop()!;
  return { status: body.Status, id: body.PhysicalResourceId, reason: body.Reason };
}

function s3Error(name: string): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: {}, message: `${name}!` });
}
