import { ECRClient } from '@aws-sdk/client-ecr';
import { type Descriptor, firstImageIndex } from './image';
import { messageOf, persistently, Refusal } from '../../private/persistently';
import { isPassing } from '../release/failure';
import { copyManifest } from '../release/image/copy-image';
import { digestUnder, getManifest, type Manifest, parseRepositoryArn, parseRepositoryUri, putManifest, type Repository } from '../release/image/repository';
import type { Copying } from '../release/run';

/** Properties of the custom resource that say which image the user chose. */
export interface ChosenImageProperties {
  readonly SourceRepositoryArn: string;
  /** A tag or a digest. */
  readonly SourceImage: string;
  /** The architecture of the place, as images name it: it is not written in the manifest of a single image. */
  readonly Architecture: string;
}

/** Where it goes to. */
interface Place {
  readonly RepositoryUri: string;
  readonly Tag: string;
}

/** An image of which everything is in the repository but the manifest under the tag. */
export interface Delivered {
  readonly digest: string;
  putTag(): Promise<void>;
}

/** A part of 10 MiB takes seconds. */
const TIME_PER_PART = 65_000;

/**
 * Copies the image that the user chose, by the code that copies images to be released, and puts an index of ours around it: whoever looks at the tag later
 * sees by the index that this is a first image, and removes it with what it holds.
 */
export async function deliverChosenImage(client: ECRClient, properties: ChosenImageProperties & Place, signal: AbortSignal): Promise<Delivered> {
  const { region, ...from } = parseRepositoryArn(properties.SourceRepositoryArn);
  const source = { client: new ECRClient({ region }), ...from };
  const target = { client, ...parseRepositoryUri(properties.RepositoryUri) };
  const copying: Copying = {
    source,
    target,
    progress: { job: 'first image', startedAt: Date.now() },
    time: { now: Date.now, left: () => signal.aborted ? 0 : TIME_PER_PART },
    deadline: Infinity,
  };
  const manifest = await passing(async () => find(source, properties.SourceImage), signal);
  // What is there already is not copied again, so another attempt goes on where the last one ended.
  for (const digest of manifest.children.length > 0 ? manifest.children : [manifest.digest]) {
    await passing(async () => copyManifest(copying, await find(source, digest)), signal);
  }
  const { digest, mediaType, bytes } = firstImageIndex(descriptors(manifest, properties.Architecture));
  const index: Manifest = { digest, mediaType, text: bytes.toString(), children: [], blobs: [] };
  return { digest, putTag: async () => passing(async () => putManifest(target, index, properties.Tag), signal) };
}

async function find(source: Repository, reference: string): Promise<Manifest> {
  const digest = reference.startsWith('sha256:') ? reference : await digestUnder(source, reference);
  const manifest = digest && await getManifest(source, digest);
  if (!manifest) throw new Error(`the image ${reference} does not exist in the repository ${source.repositoryName} of account ${source.registryId}`);
  return manifest;
}

/** Of an index those that it has; ECR names no platform for an image without one. */
function descriptors({ text, digest, mediaType, children }: Manifest, architecture: string): Descriptor[] {
  if (children.length > 0) return (JSON.parse(text) as { manifests: Descriptor[] }).manifests;
  return [{ mediaType: mediaType!, digest, size: Buffer.byteLength(text), platform: { architecture, os: 'linux' } }];
}

async function passing<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return persistently(async () => attempt().catch((error) => { throw isPassing(error) ? error : new Refusal(messageOf(error)); }), signal);
}
