import { digestOf, type FakeEcr, type FakeRepository, putImage } from '../../support/doubles/fake-ecr';

/**
 * The registries of Amazon ECR, by the HTTP API of the distribution specification: as much of it as a push needs. What they hold is
 * what the repositories of `FakeEcr` hold.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html#registry_auth_http
 */
export class ModelRegistry {
  constructor(private readonly ecr: FakeEcr) {}

  /** Answers a request; undefined when the address is not of a registry. */
  answer(url: string, { method, headers, body }: RequestInit): Response | undefined {
    const [, host, name, kind, reference] = /^https:\/\/([^/]+)\/v2\/(.+?)\/(blobs|manifests)\/(.+)$/.exec(url) ?? [];
    if (!host) return undefined;
    const repository = this.ecr.at(`${host}/${name}`);
    if (!repository) return refuse(404, 'NAME_UNKNOWN');
    const { authorization, 'content-type': type } = headers as Record<string, string>;
    if (authorization !== `Basic ${this.ecr.token}`) return refuse(401, 'UNAUTHORIZED');
    if (method === 'HEAD') return new Response(null, { status: repository.layers.has(reference) ? 200 : 404 });
    if (method === 'POST') return new Response(null, { status: 202, headers: { location: `${new URL(url).pathname}upload` } });
    const bytes = Buffer.from(body as Buffer);
    return kind === 'blobs' ? putBlob(repository, new URL(url).searchParams.get('digest')!, bytes) : putManifest(repository, reference, bytes, type);
  }
}

function putBlob({ layers }: FakeRepository, digest: string, bytes: Buffer): Response {
  if (digestOf(bytes) !== digest) return refuse(400, 'DIGEST_INVALID');
  layers.set(digest, bytes);
  return new Response(null, { status: 201 });
}

/** The same rules as in ECR's own API, except that what is there already may be put again. */
function putManifest(repository: FakeRepository, reference: string, bytes: Buffer, imageManifestMediaType: string): Response {
  const imageTag = reference.startsWith('sha256:') ? undefined : reference;
  try {
    putImage(repository, { imageManifest: bytes.toString(), imageManifestMediaType, imageTag });
  } catch (error) {
    const { name } = error as Error;
    if (name !== 'ImageAlreadyExistsException') return refuse(name === 'ImageTagAlreadyExistsException' ? 405 : 400, name);
  }
  return new Response(null, { status: 201 });
}

function refuse(status: number, code: string): Response {
  return new Response(JSON.stringify({ errors: [{ code }] }), { status });
}
