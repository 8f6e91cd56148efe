import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { type EmptyBucketEvent, emptyBucketOnDelete } from './empty-bucket-resource';
import { respond } from '../../private/custom-resource-response';

/** The custom resource that empties a bucket before it is deleted. */
export async function handler(event: EmptyBucketEvent, context: Context): Promise<void> {
  const { BucketName: id } = event.ResourceProperties;
  await respond(event, context, id, async signal => emptyBucketOnDelete(event, new S3Client(), signal));
}
