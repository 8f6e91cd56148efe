import { createHash, randomUUID } from 'node:crypto';
import {
  BatchCheckLayerAvailabilityCommand, BatchDeleteImageCommand, BatchGetImageCommand, CompleteLayerUploadCommand, DescribeImageScanFindingsCommand,
  DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand, GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand, PutImageCommand, UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { awsError, type Caller, FakeService } from './fake-service';

const MIB = 1024 * 1024;
const ZEROS = Buffer.alloc(10 * MIB);

export interface FakeRepositoryProps {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Tags that may move; no other does. */
  readonly mutableTags?: string[];
  /** Access keys that may read; default all. */
  readonly readers?: string[];
  /** Access keys that may write; default all. */
  readonly writers?: string[];
}

export class FakeRepository {
  readonly manifests = new Map<string, { text: string; mediaType?: string }>();
  readonly tags = new Map<string, string>();
  readonly layers = new Map<string, Buffer>();
  /** The parts that have arrived. */
  readonly uploads = new Map<string, Buffer[]>();
  /** What is uploaded is kept and its digest checked; otherwise its bytes are counted. */
  keepsContent = true;
  /** Findings of scanned images, by digest and severity. */
  readonly scans = new Map<string, Record<string, number>>();
  /** What the repository says of the mutability of its tags, where that is not to follow from `mutableTags`. */
  said?: { imageTagMutability?: string; imageTagMutabilityExclusionFilters?: Array<{ filterType: string; filter: string }> };
  /** Whether images are of a kind that cannot be scanned. */
  unsupported = false;

  constructor(readonly props: FakeRepositoryProps) {}

  get uri(): string {
    return `${this.props.account}.dkr.ecr.${this.props.region}.amazonaws.com/${this.props.name}`;
  }

  get arn(): string {
    return `arn:aws:ecr:${this.props.region}:${this.props.account}:repository/${this.props.name}`;
  }

  /** Puts an image of layers with this content, as a build would; answers its digest. */
  push(layers: Array<string | Buffer>, options: { tag?: string; foreignLayer?: boolean; repeatLayer?: boolean } = {}): string {
    const blobs = layers.map(layer => this.blob(layer));
    const manifest = {
      schemaVersion: 2,
      config: this.blob(JSON.stringify({ made: 'by the tests', of: blobs.map(({ digest }) => digest) })),
      layers: [
        ...blobs,
        ...options.repeatLayer ? [blobs[0]] : [],
        ...options.foreignLayer ? [{ digest: digestOf('elsewhere'), size: 9, urls: ['https://elsewhere.example/layer'] }] : [],
      ],
    };
    return this.store(JSON.stringify(manifest), 'application/vnd.oci.image.manifest.v1+json', options.tag);
  }

  /** Puts an index of these images. */
  pushIndex(children: string[], tag?: string): string {
    const manifests = children.map(digest => ({ digest, size: this.manifests.get(digest)!.text.length }));
    return this.store(JSON.stringify({ schemaVersion: 2, manifests }), 'application/vnd.oci.image.index.v1+json', tag);
  }

  /** Puts an image of layers of these sizes, whose bytes are made when they are read and counted when they are written: their digests are taken on trust. */
  pushGenerated(sizes: number[]): string {
    const layers = sizes.map((size, index) => ({ digest: digestOf(`generated ${index}`), size }));
    for (const { digest, size } of layers) this.layers.set(digest, { length: size, subarray: (first: number, last: number) => ZEROS.subarray(0, last - first) } as Buffer);
    return this.store(JSON.stringify({ schemaVersion: 2, config: this.blob('{}'), layers }), 'application/vnd.oci.image.manifest.v1+json');
  }

  blob(content: string | Buffer): { digest: string; size: number } {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const digest = digestOf(bytes);
    this.layers.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  store(text: string, mediaType: string, tag?: string): string {
    const digest = digestOf(text);
    this.manifests.set(digest, { text, mediaType });
    if (tag) this.tags.set(tag, digest);
    return digest;
  }
}

export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/**
 * Amazon ECR with its layer API: it checks digests, the order and size of parts, that all that a manifest names is there,
 * and which tags may move. Signed addresses are served by `fetch`.
 */
export class FakeEcr extends FakeService {
  /** Password of the registries. */
  readonly token = Buffer.from('AWS:secret').toString('base64');
  /** Downloads: address and range. */
  readonly downloads: string[] = [];
  private readonly repositories: FakeRepository[] = [];
  /** The account of callers, for calls that name none. */
  home?: string;
  private readonly addresses = new Map<string, Buffer>();

  constructor() {
    super();
    this.on(ECRClient, BatchGetImageCommand, (input, caller) => this.batchGetImage(this.find(input, caller, 'readers'), input));
    this.on(ECRClient, GetAuthorizationTokenCommand, () => ({ authorizationData: [{ authorizationToken: this.token }] }));
    this.on(ECRClient, BatchDeleteImageCommand, (input, caller) => deleteImages(this.find(input, caller, 'writers'), input));
    this.on(ECRClient, BatchCheckLayerAvailabilityCommand, (input, caller) => checkAvailability(this.find(input, caller, 'readers'), input));
    this.on(ECRClient, GetDownloadUrlForLayerCommand, (input, caller) => this.downloadUrl(this.find(input, caller, 'readers'), input));
    this.on(ECRClient, InitiateLayerUploadCommand, (input, caller) => initiate(this.find(input, caller, 'writers')));
    this.on(ECRClient, UploadLayerPartCommand, (input, caller) => uploadPart(this.find(input, caller, 'writers'), input));
    this.on(ECRClient, CompleteLayerUploadCommand, (input, caller) => complete(this.find(input, caller, 'writers'), input));
    this.on(ECRClient, DescribeImagesCommand, (input, caller) => describe(this.find(input, caller, 'readers'), input.imageIds[0].imageDigest));
    this.on(ECRClient, DescribeRepositoriesCommand, ({ repositoryNames: [repositoryName], ...input }, caller) => settings(this.find({ ...input, repositoryName }, caller, 'readers')));
    this.on(ECRClient, DescribeImageScanFindingsCommand, (input, caller) => findings(this.find(input, caller, 'readers'), input.imageId.imageDigest));
    this.on(ECRClient, PutImageCommand, (input, caller) => putImage(this.find(input, caller, 'writers'), input));
    jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => this.fetch(String(url), init));
  }

  /** Answers a download otherwise; undefined lets it through. */
  disturbDownload: () => Response | Error | undefined = () => undefined;

  repository(props: FakeRepositoryProps): FakeRepository {
    const repository = new FakeRepository(props);
    this.repositories.push(repository);
    return repository;
  }

  /** Deletes a repository. */
  remove(repository: FakeRepository): void {
    this.repositories.splice(this.repositories.indexOf(repository), 1);
  }

  /** The repository with this URI. */
  at(uri: string): FakeRepository | undefined {
    return this.repositories.find(repository => repository.uri === uri);
  }

  /** The digest that an image reference means now. */
  resolve(image: string): string | undefined {
    if (image.includes('@')) return image.split('@')[1];
    const [uri, tag] = image.split(':');
    return this.at(uri)?.tags.get(tag);
  }

  private find({ registryId, repositoryName }: any, { region, accessKeyId }: Caller, right: 'readers' | 'writers'): FakeRepository {
    const found = this.repositories.find(({ props }) =>
      props.account === (registryId ?? this.home ?? props.account) && props.name === repositoryName && props.region === region);
    if (!found) throw awsError('RepositoryNotFoundException');
    const allowed = found.props[right];
    if (allowed && !allowed.includes(accessKeyId)) throw awsError('AccessDeniedException', `${accessKeyId} is not among the ${right} of ${repositoryName}`);
    return found;
  }

  private batchGetImage(repository: FakeRepository, { imageIds, acceptedMediaTypes }: any) {
    const digest = imageIds[0].imageDigest ?? repository.tags.get(imageIds[0].imageTag);
    const manifest = repository.manifests.get(digest);
    if (!manifest) return { images: [], failures: [{ imageId: imageIds[0], failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }] };
    if (!acceptedMediaTypes.includes(manifest.mediaType)) throw awsError('ImageNotFoundException', `${manifest.mediaType} is not accepted`);
    return { images: [{ imageId: { imageDigest: digest }, imageManifest: manifest.text, imageManifestMediaType: manifest.mediaType }] };
  }

  private downloadUrl(repository: FakeRepository, { layerDigest }: any) {
    const layer = repository.layers.get(layerDigest);
    if (!layer) throw awsError('LayersNotFoundException');
    const url = `https://layers.example/${layerDigest}?signature=secret-${randomUUID()}`;
    this.addresses.set(url, layer);
    return { downloadUrl: url, layerDigest };
  }

  private async fetch(url: string, init?: RequestInit): Promise<Response> {
    const range = (init!.headers as Record<string, string>).Range;
    this.downloads.push(`${url} ${range}`);
    const disturbed = this.disturbDownload();
    if (disturbed instanceof Error) throw disturbed;
    if (disturbed) return disturbed;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range)!;
    const { buffer, byteOffset, length } = this.addresses.get(url)!.subarray(Number(first), Number(last) + 1);
    // A body of the standard library would be copied three times.
    const body = length === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + length);
    return Object.assign(new Response(null, { status: 206 }), { arrayBuffer: async () => body as ArrayBuffer });
  }
}

function checkAvailability({ layers }: FakeRepository, { layerDigests }: any) {
  if (new Set(layerDigests).size !== layerDigests.length || layerDigests.length > 100) throw awsError('InvalidParameterException', 'layerDigests');
  return {
    layers: layerDigests
      .map((layerDigest: string) => ({ layerDigest, layerAvailability: layers.has(layerDigest) ? 'AVAILABLE' : 'UNAVAILABLE' })),
  };
}

function describe({ manifests, tags }: FakeRepository, imageDigest: string) {
  if (!manifests.has(imageDigest)) throw awsError('ImageNotFoundException');
  return { imageDetails: [{ imageDigest, imageTags: [...tags].filter(([, digest]) => digest === imageDigest).map(([tag]) => tag) }] };
}

function settings({ props: { account, mutableTags = [], name }, said }: FakeRepository) {
  const exceptions = mutableTags.map(filter => ({ filterType: 'WILDCARD', filter }));
  const mutability = { imageTagMutability: exceptions.length > 0 ? 'IMMUTABLE_WITH_EXCLUSION' : 'IMMUTABLE', imageTagMutabilityExclusionFilters: exceptions };
  return { repositories: [{ registryId: account, repositoryName: name, ...said ?? mutability }] };
}

function findings({ scans, unsupported }: FakeRepository, imageDigest: string) {
  if (unsupported) return { imageScanStatus: { status: 'UNSUPPORTED_IMAGE' } };
  const findingSeverityCounts = scans.get(imageDigest);
  if (!findingSeverityCounts) throw awsError('ScanNotFoundException');
  return { imageScanStatus: { status: 'COMPLETE' }, imageScanFindings: { findingSeverityCounts } };
}

function initiate({ uploads }: FakeRepository) {
  const uploadId = randomUUID();
  uploads.set(uploadId, []);
  return { uploadId, partSize: 10 * MIB };
}

const sizeOf = (parts: Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function uploadPart({ uploads, keepsContent }: FakeRepository, { uploadId, partFirstByte, partLastByte, layerPartBlob }: any) {
  const received = uploads.get(uploadId);
  if (!received) throw awsError('UploadNotFoundException');
  const length = sizeOf(received);
  if (partFirstByte !== length) throw awsError('InvalidLayerPartException', 'not consecutive', { lastValidByteReceived: length - 1 });
  if (layerPartBlob.length !== partLastByte - partFirstByte + 1 || layerPartBlob.length > 10 * MIB) throw awsError('InvalidLayerPartException', 'size');
  received.push(keepsContent ? layerPartBlob : { length: layerPartBlob.length } as Buffer);
  return { uploadId, lastByteReceived: partLastByte };
}

function complete(repository: FakeRepository, { uploadId, layerDigests }: any) {
  const parts = repository.uploads.get(uploadId);
  if (!parts) throw awsError('UploadNotFoundException');
  const received = repository.keepsContent ? Buffer.concat(parts) : { length: sizeOf(parts) } as Buffer;
  if (repository.keepsContent && digestOf(received) !== layerDigests[0]) throw awsError('InvalidLayerException', 'the digest is another');
  if (repository.layers.has(layerDigests[0])) throw awsError('LayerAlreadyExistsException');
  repository.uploads.delete(uploadId);
  repository.layers.set(layerDigests[0], received);
  return { layerDigest: layerDigests[0] };
}

/** ECR keeps what an index refers to, and takes the tags of what it deletes. */
function deleteImages({ manifests, tags }: FakeRepository, { imageIds }: any) {
  const failures = imageIds.flatMap(({ imageDigest }: any) => {
    const failureCode = !manifests.has(imageDigest) ? 'ImageNotFound'
      : [...manifests.values()].some(({ text }) => text.includes(imageDigest)) ? 'ImageReferencedByManifestList' : undefined;
    if (failureCode) return [{ imageId: { imageDigest }, failureCode }];
    manifests.delete(imageDigest);
    for (const [tag, digest] of tags) if (digest === imageDigest) tags.delete(tag);
    return [];
  });
  return { failures };
}

/** Puts a manifest, and a tag on it, if all is there that it names and the tag may move. */
export function putImage(repository: FakeRepository, { imageManifest, imageManifestMediaType, imageDigest, imageTag }: any) {
  const { manifests, tags, layers, props } = repository;
  const digest = digestOf(imageManifest);
  if (imageDigest && imageDigest !== digest) throw awsError('ImageDigestDoesNotMatchException');
  const { manifests: children = [], config, layers: blobs = [] } = JSON.parse(imageManifest);
  if (children.some((child: any) => !manifests.has(child.digest))) throw awsError('ReferencedImagesNotFoundException');
  if ([...config ? [config] : [], ...blobs].some((blob: any) => !blob.urls && !layers.has(blob.digest))) throw awsError('LayersNotFoundException');
  if (manifests.has(digest) && (!imageTag || tags.get(imageTag) === digest)) throw awsError('ImageAlreadyExistsException');
  if (imageTag && tags.has(imageTag) && !(props.mutableTags ?? []).includes(imageTag)) throw awsError('ImageTagAlreadyExistsException');
  manifests.set(digest, { text: imageManifest, mediaType: imageManifestMediaType });
  if (imageTag) tags.set(imageTag, digest);
  return { image: { imageId: { imageDigest: digest, imageTag } } };
}
