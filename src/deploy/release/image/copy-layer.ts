import {
  CompleteLayerUploadCommand, GetDownloadUrlForLayerCommand, InitiateLayerUploadCommand, InvalidLayerPartException, UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { type Blob } from './repository';
import { isError, ReleaseFailure, unless } from '../failure';
import { checkTime, type Copying, type LayerUpload } from '../run';

/** ECR takes parts of 5 to 10 MiB (the last one may be smaller); the whole part is held in memory. */
const PART = 10 * 1024 * 1024;

/**
 * Copies one layer in parts, through the function's memory: a registry gives no right to copy between two of them. A
 * digest that does not fit is refused by ECR in the end.
 */
export async function copyLayer(run: Copying, layer: Blob, describe: (offset: number) => { summary: string; percent: number }): Promise<void> {
  const upload = run.progress.upload?.digest === layer.digest ? run.progress.upload : await beginUpload(run, layer);
  try {
    const url = await downloadUrl(run, layer);
    while (upload.offset < layer.size) {
      const last = Math.min(upload.offset + PART, layer.size) - 1;
      upload.offset = await uploadPart(run, upload, last, await download(run, url, layer.digest, upload.offset, last));
      const { summary, percent } = describe(upload.offset);
      checkTime(run, summary, percent);
    }
    await completeUpload(run, upload);
  } catch (error) {
    if (!isError(error, 'UploadNotFoundException')) throw error;
    // ECR has forgotten the upload (it was resumed too late, or another invocation completed it): what is missing is asked
    // for anew by the next invocation, or is not missing any more.
    delete run.progress.upload;
    throw Object.assign(error, { $retryable: {} });
  }
  delete run.progress.upload;
}

async function beginUpload({ target, progress }: Copying, layer: Blob): Promise<LayerUpload> {
  const { client, registryId, repositoryName } = target;
  const { uploadId } = await client.send(new InitiateLayerUploadCommand({ registryId, repositoryName }));
  progress.upload = { digest: layer.digest, uploadId: uploadId!, offset: 0 };
  return progress.upload;
}

/** The address is signed, so it is never logged. It outlives the invocation. */
async function downloadUrl({ source }: Copying, { digest }: Blob): Promise<string> {
  const { client, registryId, repositoryName } = source;
  const { downloadUrl: url } = await client.send(new GetDownloadUrlForLayerCommand({ registryId, repositoryName, layerDigest: digest }));
  return url!;
}

async function download({ time }: Copying, url: string, digest: string, first: number, last: number): Promise<Uint8Array> {
  const expected = last - first + 1;
  try {
    const response = await fetch(url, { headers: { Range: `bytes=${first}-${last}` }, signal: AbortSignal.timeout(Math.max(1_000, time.left() - 5_000)) });
    if (response.status !== 206) throw new Error(`HTTP status ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== expected) throw new Error(`${bytes.length} bytes instead of ${expected}`);
    return bytes;
  } catch (error) {
    // Whatever it was (a network, a store that is busy, an address that has expired), another try with another address may do.
    const reason = (error as Error).message;
    throw Object.assign(new ReleaseFailure(`the layer ${digest} could not be read from the build repository: ${reason}`), { $retryable: {} });
  }
}

/** Answers the offset of the next part. */
async function uploadPart({ target }: Copying, upload: LayerUpload, last: number, bytes: Uint8Array): Promise<number> {
  const { client, registryId, repositoryName } = target;
  try {
    await client.send(new UploadLayerPartCommand({
      registryId,
      repositoryName,
      uploadId: upload.uploadId,
      partFirstByte: upload.offset,
      partLastByte: last,
      layerPartBlob: bytes,
    }));
    return last + 1;
  } catch (error) {
    // ECR has come further (an invocation ended before it could say so, or the same event was delivered twice) or less far:
    // it says where to go on. Where it is exactly here, it does not like the part.
    const received = isError(error, 'InvalidLayerPartException') ? (error as InvalidLayerPartException).lastValidByteReceived : undefined;
    if (received === undefined || received + 1 === upload.offset) throw error;
    return received + 1;
  }
}

async function completeUpload({ target }: Copying, { uploadId, digest }: LayerUpload): Promise<void> {
  const { client, registryId, repositoryName } = target;
  await unless(client.send(new CompleteLayerUploadCommand({
    registryId, repositoryName, uploadId, layerDigests: [digest],
  })), 'LayerAlreadyExistsException');
}
