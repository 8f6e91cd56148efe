import { BatchCheckLayerAvailabilityCommand } from '@aws-sdk/client-ecr';
import { copyLayer } from './copy-layer';
import { type Blob, getManifest, known, type Manifest, putManifest, type Repository } from './repository';
import { RELEASED_TAG } from '../../published-place';
import { isError, ReleaseFailure } from '../failure';
import type { Copying, Run } from '../run';

/**
 * Copies the image from the build repository to the place's own, byte by byte, so that its digest stays what it was. Only
 * what is missing is copied, so a second run of it, or one that was interrupted, goes on where the first one ended.
 */
export async function copyImage(run: Run): Promise<void> {
  const { progress, request, log } = run;
  if (progress.copied) return;
  const manifest = await manifestToRelease(run);
  await copyManifest(run, manifest, async () => putTagged(run, manifest));
  progress.copied = true;
  log('The image is in the repository of the place', { repository: run.target.repositoryName, digest: request.digest });
}

/** The manifest in the build repository, or, of an image that was released before and has expired there, in that of the place; the release ends here when the image is nowhere. */
export async function manifestToRelease({ source, target, request }: Run): Promise<Manifest> {
  const manifest = await getManifest(source, request.digest) ?? await getManifest(target, request.digest);
  if (manifest) return manifest;
  throw new ReleaseFailure(
    `the image ${request.digest} does not exist in the build repository ${source.repositoryName}`,
    ['It was never pushed, or it has expired. Build the commit again, or release a digest that is still there.'],
    'ConfigurationError',
  );
}

/** The manifest in the repository of the place. */
export async function releasedManifest({ target, request }: Run): Promise<Manifest> {
  const manifest = await getManifest(target, request.digest);
  if (manifest) return manifest;
  throw new ReleaseFailure(`the image ${request.digest} is not in the repository of the place, ${target.repositoryName}`);
}

/** Depth first: ECR refuses an index before its images, and an image before its layers. */
export async function copyManifest(copying: Copying, manifest: Manifest, put = async (): Promise<void> => putManifest(copying.target, manifest)): Promise<void> {
  const { source, target } = copying;
  if (await getManifest(target, manifest.digest)) return;
  for (const child of manifest.children) {
    const image = await getManifest(source, child);
    if (!image) throw new ReleaseFailure(`the image ${child} of the index ${manifest.digest} is missing in ${source.repositoryName}`);
    await copyManifest(copying, image);
  }
  await copyLayers(copying, manifest);
  await put();
}

async function putTagged(run: Run, manifest: Manifest): Promise<void> {
  const tag = tagOf(run);
  try {
    await putManifest(run.target, manifest, tag);
  } catch (error) {
    // A commit that was built twice has two images, and a tag of released images never moves: the digest is name enough.
    if (!isError(error, 'ImageTagAlreadyExistsException')) throw error;
    run.log('The tag of the commit names another image, the copy has no tag', { tag });
    await putManifest(run.target, manifest);
  }
}

async function copyLayers(copying: Copying, manifest: Manifest): Promise<void> {
  const missing = await missingBlobs(copying.target, manifest.blobs);
  const total = sum(missing);
  for (const [index, layer] of missing.entries()) {
    const describe = (offset: number) => {
      const done = sum(missing.slice(0, index)) + offset;
      return { summary: `Copying the image: ${mebibytes(done)} of ${mebibytes(total)} MiB`, percent: Math.round(5 + 35 * done / total) };
    };
    await copyLayer(copying, layer, describe);
  }
}

async function missingBlobs(repository: Repository, blobs: Blob[]): Promise<Blob[]> {
  const { client, registryId, repositoryName } = repository;
  // An image may name one layer twice (empty layers are all the same).
  const missing = new Map(blobs.map(blob => [blob.digest, blob]));
  const digests = [...missing.keys()];
  for (let first = 0; first < digests.length; first += 100) {
    const { layers } = await known(repository, client.send(new BatchCheckLayerAvailabilityCommand({
      registryId, repositoryName, layerDigests: digests.slice(first, first + 100),
    })));
    for (const { layerDigest, layerAvailability } of layers!) {
      if (layerAvailability === 'AVAILABLE') missing.delete(layerDigest!);
    }
  }
  return [...missing.values()];
}

/** The commit, when it can be a tag; never the tag that moves. */
function tagOf({ request: { commit } }: Run): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(commit) && commit !== RELEASED_TAG ? commit : undefined;
}

function sum(blobs: Blob[]): number {
  return blobs.reduce((bytes, blob) => bytes + blob.size, 0);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
