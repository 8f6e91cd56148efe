import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { CodePipelineEvent } from 'aws-lambda';
import { strToU8, zipSync } from 'fflate';
import { CLIENT_SETTINGS } from '../clients';
import { ReleaseFailure } from '../failure';

/** The part of a job that CodePipeline made for reading and writing its artifacts. */
export type ArtifactAccess = Pick<CodePipelineEvent['CodePipeline.job']['data'], 'artifactCredentials' | 'encryptionKey' | 'outputArtifacts'>;

/** A fixed time (the zip format knows none before 1980), so that equal content makes equal bytes. */
const MTIME = new Date(1980, 0, 1);

/** The file that CodePipeline's ECS action reads: which image each container gets. */
export function imageDefinitions(containerName: string, imageUri: string): Record<string, string> {
  return { 'imagedefinitions.json': JSON.stringify([{ name: containerName, imageUri }]) };
}

/** Writes the action's output artifact with the credentials and the key that CodePipeline gives for this one job. */
export async function writeArtifact(access: ArtifactAccess, files: Record<string, string>): Promise<void> {
  const { artifactCredentials, encryptionKey, outputArtifacts } = access;
  const location = outputArtifacts[0]?.location.s3Location;
  if (!location) throw new ReleaseFailure('the action has no output artifact to write to', [], 'ConfigurationError');
  const { accessKeyId, secretAccessKey, sessionToken } = artifactCredentials;
  await new S3Client({ ...CLIENT_SETTINGS, credentials: { accessKeyId, secretAccessKey, sessionToken } }).send(new PutObjectCommand({
    Bucket: location.bucketName,
    Key: location.objectKey,
    Body: zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])), { mtime: MTIME }),
    ContentType: 'application/zip',
    ...encryptionKey && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryptionKey.id },
  }));
}
