import {
  BatchCheckLayerAvailabilityCommand, BatchDeleteImageCommand, BatchGetImageCommand, CompleteLayerUploadCommand, DescribeImageScanFindingsCommand, DescribeImagesCommand, ECRClient,
  GetDownloadUrlForLayerCommand, InitiateLayerUploadCommand, PutImageCommand, UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import { digestOf, FakeEcr, type FakeRepository } from './fake-ecr';

// As the API reference says: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let ecr: FakeEcr;
let repository: FakeRepository;
let client: ECRClient;
beforeEach(() => {
  ecr = new FakeEcr();
  repository = ecr.repository({ account: '222222222222', region: 'eu-west-1', name: 'web', mutableTags: ['released'], readers: ['reader', 'writer'], writers: ['writer'] });
  client = clientOf('writer');
});

const at = { repositoryName: 'web' };
const clientOf = (accessKeyId: string, region = 'eu-west-1') => new ECRClient({ region, credentials: { accessKeyId, secretAccessKey: 'secret' } });
const textOf = (digest: string) => repository.manifests.get(digest)!.text;
const put = (imageManifest: string, more: object = {}) => client.send(new PutImageCommand({ ...at, imageManifest, imageManifestMediaType: MANIFEST, ...more }));
const begin = async () => (await client.send(new InitiateLayerUploadCommand(at))).uploadId!;
const part = (uploadId: string, first: number, content: Buffer) => client.send(new UploadLayerPartCommand({
  ...at, uploadId, partFirstByte: first, partLastByte: first + content.length - 1, layerPartBlob: content,
}));
const complete = (uploadId: string, digest: string) => client.send(new CompleteLayerUploadCommand({ ...at, uploadId, layerDigests: [digest] }));
const download = async (layerDigest: string, Range: string) => {
  const { downloadUrl } = await client.send(new GetDownloadUrlForLayerCommand({ ...at, layerDigest }));
  return Buffer.from(await (await fetch(downloadUrl!, { headers: { Range } })).arrayBuffer()).toString();
};

describe('an upload', () => {
  test('in parts becomes a layer that can be read in parts', async () => {
    const uploadId = await begin();
    await part(uploadId, 0, Buffer.from('hello '));
    await part(uploadId, 6, Buffer.from('world'));
    const digest = digestOf('hello world');
    await expect(complete(uploadId, digest)).resolves.toMatchObject({ layerDigest: digest });
    expect(await download(digest, 'bytes=4-8')).toBe('o wor');
    await expect(part(uploadId, 11, Buffer.from('!'))).rejects.toMatchObject({ name: 'UploadNotFoundException' });
  });

  test('with a gap is refused, and told how far it came', async () => {
    const uploadId = await begin();
    await part(uploadId, 0, Buffer.from('hello'));
    await expect(part(uploadId, 7, Buffer.from('x'))).rejects.toMatchObject({ name: 'InvalidLayerPartException', lastValidByteReceived: 4 });
  });

  test('of a part above 10 MiB is refused', async () => {
    await expect(part(await begin(), 0, Buffer.alloc(10 * 1024 * 1024 + 1))).rejects.toMatchObject({ name: 'InvalidLayerPartException' });
  });

  test('under another digest, and of a layer that is there, is refused', async () => {
    const uploadId = await begin();
    await part(uploadId, 0, Buffer.from('hello'));
    await expect(complete(uploadId, digestOf('other'))).rejects.toMatchObject({ name: 'InvalidLayerException' });
    repository.blob('hello');
    await expect(complete(uploadId, digestOf('hello'))).rejects.toMatchObject({ name: 'LayerAlreadyExistsException' });
  });
});

describe('a manifest', () => {
  test('is taken when its layers are there', async () => {
    const config = repository.blob('{}');
    const missing = { digest: digestOf('gone'), size: 4 };
    const manifest = (layers: object[]) => JSON.stringify({ schemaVersion: 2, config, layers });
    await expect(put(manifest([missing]))).rejects.toMatchObject({ name: 'LayersNotFoundException' });
    await expect(put(manifest([{ ...missing, urls: ['https://elsewhere.example'] }]))).resolves.toBeDefined();
    await expect(put(manifest([repository.blob('layer')]))).resolves.toBeDefined();
    await expect(put(manifest([]), { imageDigest: digestOf('other') })).rejects.toMatchObject({ name: 'ImageDigestDoesNotMatchException' });
  });

  test('of an index is taken when its images are there', async () => {
    const index = (digest: string) => JSON.stringify({ schemaVersion: 2, manifests: [{ digest, size: 1 }] });
    await expect(put(index(digestOf('gone')))).rejects.toMatchObject({ name: 'ReferencedImagesNotFoundException' });
    await expect(put(index(repository.push(['app'])))).resolves.toBeDefined();
  });

  test('is put once, and under a tag that may move again and again', async () => {
    const [one, two] = [repository.push(['one']), repository.push(['two'])];
    await expect(put(textOf(one))).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    await put(textOf(one), { imageTag: 'released' });
    await put(textOf(two), { imageTag: 'released' });
    expect(ecr.resolve(`${repository.uri}:released`)).toBe(two);
    await expect(put(textOf(two), { imageTag: 'released' })).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    await put(textOf(one), { imageTag: 'v1' });
    await expect(put(textOf(two), { imageTag: 'v1' })).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
  });

  test('is found by tag and digest, in a form that the caller takes', async () => {
    const imageDigest = repository.push(['app'], { tag: 'released' });
    const get = (imageId: object, acceptedMediaTypes = [MANIFEST]) => client.send(new BatchGetImageCommand({ ...at, imageIds: [imageId], acceptedMediaTypes }));
    for (const imageId of [{ imageTag: 'released' }, { imageDigest }]) {
      expect((await get(imageId)).images).toEqual([{ imageId: { imageDigest }, imageManifest: textOf(imageDigest), imageManifestMediaType: MANIFEST }]);
    }
    expect(await get({ imageTag: 'gone' })).toMatchObject({ images: [], failures: [{ failureCode: 'ImageNotFound' }] });
    await expect(get({ imageDigest }, ['application/json'])).rejects.toMatchObject({ name: 'ImageNotFoundException' });
  });
});

describe('what is asked about images', () => {
  test('which layers are there', async () => {
    const { digest } = repository.blob('here');
    const ask = (layerDigests: string[]) => client.send(new BatchCheckLayerAvailabilityCommand({ ...at, layerDigests }));
    expect((await ask([digest, digestOf('gone')])).layers!.map(({ layerAvailability }) => layerAvailability)).toEqual(['AVAILABLE', 'UNAVAILABLE']);
    await expect(ask([digest, digest])).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(ask(Array.from({ length: 101 }, (_, index) => digestOf(`${index}`)))).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('tags and findings', async () => {
    const imageDigest = repository.push(['app'], { tag: 'v1' });
    const describe = (digest: string) => client.send(new DescribeImagesCommand({ ...at, imageIds: [{ imageDigest: digest }] }));
    const scan = () => client.send(new DescribeImageScanFindingsCommand({ ...at, imageId: { imageDigest } }));
    expect((await describe(imageDigest)).imageDetails).toEqual([{ imageDigest, imageTags: ['v1'] }]);
    await expect(describe(digestOf('gone'))).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    await expect(scan()).rejects.toMatchObject({ name: 'ScanNotFoundException' });
    repository.scans.set(imageDigest, { HIGH: 1 });
    expect(await scan()).toMatchObject({ imageScanStatus: { status: 'COMPLETE' }, imageScanFindings: { findingSeverityCounts: { HIGH: 1 } } });
    repository.unsupported = true;
    expect(await scan()).toEqual({ imageScanStatus: { status: 'UNSUPPORTED_IMAGE' } });
  });
});

test('an image goes with its tags, one that an index names stays', async () => {
  const [free, child] = [repository.push(['free'], { tag: 'released' }), repository.push(['child'])];
  repository.pushIndex([child]);
  const { failures } = await client.send(new BatchDeleteImageCommand({ ...at, imageIds: [free, child, digestOf('gone')].map(imageDigest => ({ imageDigest })) }));
  expect(failures!.map(({ failureCode }) => failureCode)).toEqual(['ImageReferencedByManifestList', 'ImageNotFound']);
  expect([repository.manifests.has(free), repository.tags.size, repository.manifests.has(child)]).toEqual([false, 0, true]);
});

test.each([
  ['who may only read', 'reader', 'eu-west-1', 'AccessDeniedException'], ['nobody', 'stranger', 'eu-west-1', 'AccessDeniedException'], ['who asks elsewhere', 'writer', 'us-east-1', 'RepositoryNotFoundException'],
])('writing is refused to one %s', async (_, key, region, name) => {
  await expect(clientOf(key, region).send(new InitiateLayerUploadCommand(at))).rejects.toMatchObject({ name });
});
