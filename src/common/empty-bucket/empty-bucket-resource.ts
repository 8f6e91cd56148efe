import {
  DeleteObjectsCommand, GetBucketTaggingCommand, ListObjectVersionsCommand, type ObjectIdentifier, type S3Client, S3ServiceException,
} from '@aws-sdk/client-s3';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { EMPTY_ON_DELETE } from './empty-on-delete';

/** The properties of the custom resource. */
export interface EmptyBucketProperties {
  readonly BucketName: string;
}

export type EmptyBucketEvent = CloudFormationCustomResourceEvent<EmptyBucketProperties>;

/**
 * Empties a bucket before CloudFormation deletes it, which it refuses to do with a bucket that is not empty. The physical id is
 * the bucket's name, so the deletion of a replaced bucket comes as a deletion of its own.
 */
export async function emptyBucketOnDelete(event: EmptyBucketEvent, s3: S3Client, signal: AbortSignal): Promise<string> {
  const { BucketName: bucket } = event.ResourceProperties;
  if (event.RequestType !== 'Delete') return `${bucket} will be emptied when it is deleted`;
  try {
    if (!await isToBeEmptied(s3, bucket, signal)) return `${bucket} is to be kept: nothing was deleted`;
    return `${await empty(s3, bucket, signal)} object versions were deleted from ${bucket}`;
  } catch (error) {
    if (isNamed(error, 'NoSuchBucket')) return `${bucket} does not exist`;
    throw error;
  }
}

async function isToBeEmptied(s3: S3Client, Bucket: string, abortSignal: AbortSignal): Promise<boolean> {
  try {
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket }), { abortSignal });
    return TagSet!.some(({ Key, Value }) => Key === EMPTY_ON_DELETE.key && Value === EMPTY_ON_DELETE.value);
  } catch (error) {
    if (isNamed(error, 'NoSuchTagSet')) return false;
    throw error;
  }
}

/** Deletes the first page of versions and delete markers until there is none: 1,000 at a time, all that S3 lists or deletes at once. */
async function empty(s3: S3Client, Bucket: string, abortSignal: AbortSignal): Promise<number> {
  for (let deleted = 0; ;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }), { abortSignal });
    const Objects: ObjectIdentifier[] = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return deleted;
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }), { abortSignal });
    // Listed again they would be tried for ever.
    if (Errors.length > 0) throw new Error(`${Bucket}: ${Errors[0].Key} was not deleted: ${Errors[0].Code} ${Errors[0].Message}`);
    deleted += Objects.length;
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof S3ServiceException && error.name === name;
}
