import { createHash } from 'node:crypto';
import { BatchGetImageCommand, DescribeRepositoriesCommand, type ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { isError, ReleaseFailure } from '../failure';

/** A repository and the client whose rights reach it. */
export interface Repository {
  readonly client: ECRClient;
  readonly registryId: string;
  readonly repositoryName: string;
}

/** A blob of an image: a layer or its configuration. */
export interface Blob {
  readonly digest: string;
  readonly size: number;
  /** Where a layer lies that must not be distributed (Windows base layers); no registry holds it. */
  readonly urls?: string[];
}

/** The manifest of an image, or of an index of images for several platforms. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType?: string;
  /** The bytes; the digest is theirs. */
  readonly text: string;
  /** Images of an index. */
  readonly children: string[];
  /** Blobs of an image. */
  readonly blobs: Blob[];
}

/** Whatever kind of manifest there is: ECR would convert a kind that is not named here, which gives it another digest, or refuse. */
export const MEDIA_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** `arn:aws:ecr:<region>:<account>:repository/<name>`. */
export function parseRepositoryArn(arn: string): { region: string; registryId: string; repositoryName: string } {
  const [,,, region, registryId, resource] = arn.split(':');
  return { region, registryId, repositoryName: resource.slice('repository/'.length) };
}

/** Where images of the repository with this ARN are pulled from. */
export function uriOf(arn: string): string {
  const { region, registryId, repositoryName } = parseRepositoryArn(arn);
  return `${registryId}.dkr.ecr.${region}.amazonaws.com${arn.startsWith('arn:aws-cn:') ? '.cn' : ''}/${repositoryName}`;
}

/** `<account>.dkr.ecr.<region>.<suffix>/<name>`. */
export function parseRepositoryUri(uri: string): { registryId: string; repositoryName: string } {
  return { registryId: uri.slice(0, uri.indexOf('.')), repositoryName: uri.slice(uri.indexOf('/') + 1) };
}

/** The manifest with this digest; undefined when the repository does not hold it. */
export async function getManifest(repository: Repository, digest: string): Promise<Manifest | undefined> {
  const { client, registryId, repositoryName } = repository;
  const { images, failures } = await known(repository, client.send(new BatchGetImageCommand({
    registryId, repositoryName, imageIds: [{ imageDigest: digest }], acceptedMediaTypes: MEDIA_TYPES,
  })));
  const image = images?.[0];
  if (!image) {
    if (failures?.[0]?.failureCode === 'ImageNotFound') return undefined;
    throw new ReleaseFailure(`the repository ${repositoryName} does not give the image ${digest}: ${failures?.[0]?.failureReason}`);
  }
  const text = image.imageManifest!;
  if (`sha256:${createHash('sha256').update(text).digest('hex')}` !== digest) {
    throw new ReleaseFailure(`the repository ${repositoryName} answered with another manifest than ${digest}`);
  }
  const { manifests = [], config, layers = [] } = JSON.parse(text) as { manifests?: Blob[]; config?: Blob; layers?: Blob[] };
  return {
    digest,
    mediaType: image.imageManifestMediaType,
    text,
    children: manifests.map(child => child.digest),
    blobs: [...(config ? [config] : []), ...layers].filter(blob => !blob.urls),
  };
}

/** The digest under a tag; undefined when there is no such tag. */
export async function digestUnder(repository: Repository, tag: string): Promise<string | undefined> {
  const { client, registryId, repositoryName } = repository;
  const { images } = await known(repository, client.send(new BatchGetImageCommand({
    registryId, repositoryName, imageIds: [{ imageTag: tag }], acceptedMediaTypes: MEDIA_TYPES,
  })));
  return images?.[0]?.imageId!.imageDigest;
}

/**
 * Puts a manifest whose blobs, or images, are there; with a tag or by its digest alone. That it is there already is
 * success; the digest as a guard keeps ECR from storing anything else.
 */
export async function putManifest(repository: Repository, manifest: Manifest, tag?: string): Promise<void> {
  const { client, registryId, repositoryName } = repository;
  try {
    await known(repository, client.send(new PutImageCommand({
      registryId,
      repositoryName,
      imageManifest: manifest.text,
      imageManifestMediaType: manifest.mediaType,
      imageDigest: manifest.digest,
      imageTag: tag,
    })));
  } catch (error) {
    if (!isError(error, 'ImageAlreadyExistsException')) throw error;
  }
}

/**
 * Whether a tag may be put on another image, by the setting of the repository and its exceptions, in which `*` stands for any text.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export async function tagMoves(repository: Repository, tag: string): Promise<boolean> {
  const { client, registryId, repositoryName } = repository;
  const { repositories } = await known(repository, client.send(new DescribeRepositoriesCommand({ registryId, repositoryNames: [repositoryName] })));
  const { imageTagMutability = 'MUTABLE', imageTagMutabilityExclusionFilters: exceptions = [] } = repositories![0];
  const isExcepted = exceptions.some(({ filter }) => new RegExp(`^${filter!.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(tag));
  return imageTagMutability.startsWith('MUTABLE') !== isExcepted;
}

/** Says which repository is missing: ECR's own message may leave the reader guessing whether it is the build's or the place's. */
export async function known<T>({ registryId, repositoryName }: Repository, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isError(error, 'RepositoryNotFoundException')) throw error;
    throw new ReleaseFailure(`the repository ${repositoryName} does not exist in account ${registryId}`, [], 'ConfigurationError');
  }
}
