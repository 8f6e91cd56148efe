import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatchDeleteImageCommand, BatchGetImageCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';

interface Manifest {
  readonly text: string;
  readonly type: string;
}

interface Trouble {
  readonly on: RegExp;
  times: number;
  readonly act: (response: ServerResponse) => void;
}

/**
 * One repository of ECR in this process: the registry's HTTP API for pushes, and ECR's own API, through the mocked SDK, for reading
 * and deleting. It refuses what a real one refuses: wrong digests, manifests whose content is missing, a wrong password.
 */
export class FakeRegistry {
  readonly token = Buffer.from('AWS:secret').toString('base64');
  readonly requests: string[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Manifest>();
  readonly tags = new Map<string, string>();
  readonly ecr = mockClient(ECRClient);
  private readonly server = createServer((request, response) => void this.receive(request, response));
  private readonly troubles: Trouble[] = [];

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.answerAsEcr();
    return this;
  }

  async stop(): Promise<void> {
    this.ecr.restore();
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Meets requests such as `PUT /v2/web/manifests/released` with trouble before they are answered as usual. */
  trouble(on: RegExp, times: number, act: (response: ServerResponse) => void): void {
    this.troubles.push({ on, times, act });
  }

  /** Puts something under a tag as a release does. */
  release(repository: string, tag: string, text = '{"schemaVersion":2,"layers":[]}'): string {
    const digest = digestOf(Buffer.from(text));
    this.manifests.set(digest, { text, type: 'application/vnd.oci.image.manifest.v1+json' });
    this.tags.set(`${repository}/${tag}`, digest);
    return digest;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url!, 'http://registry');
    const call = `${request.method} ${pathname}`;
    this.requests.push(call);

    const trouble = this.troubles.find(({ on, times }) => times > 0 && on.test(call));
    if (trouble) {
      trouble.times--;
      return trouble.act(response);
    }
    if (request.headers.authorization !== `Basic ${this.token}`) return refuse(response, 401, 'UNAUTHORIZED');
    if (request.method === 'HEAD') return void response.writeHead(this.blobs.has(pathname.split('/').pop()!) ? 200 : 404).end();
    if (request.method === 'POST') return void response.writeHead(202, { location: `${pathname}1?state=x` }).end();
    if (pathname.includes('/blobs/uploads/')) return this.putBlob(searchParams.get('digest')!, Buffer.concat(chunks), response);
    return this.putManifest(pathname, request.headers['content-type']!, Buffer.concat(chunks), response);
  }

  private putBlob(digest: string, bytes: Buffer, response: ServerResponse): void {
    if (digestOf(bytes) !== digest) return refuse(response, 400, 'DIGEST_INVALID');
    this.blobs.set(digest, bytes);
    response.writeHead(201).end();
  }

  private putManifest(pathname: string, type: string, bytes: Buffer, response: ServerResponse): void {
    const [, repository, reference] = /^\/v2\/(.*)\/manifests\/(.*)$/.exec(pathname)!;
    const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString()) as Record<string, any>;
    const known = [config, ...layers].filter(Boolean).every(({ digest }) => this.blobs.has(digest))
      && manifests.every(({ digest }: { digest: string }) => this.manifests.has(digest));
    if (!known) return refuse(response, 400, 'MANIFEST_BLOB_UNKNOWN');
    const digest = digestOf(bytes);
    this.manifests.set(digest, { text: bytes.toString(), type });
    if (reference !== digest) this.tags.set(`${repository}/${reference}`, digest);
    response.writeHead(201).end();
  }

  private answerAsEcr(): void {
    this.ecr.on(GetAuthorizationTokenCommand).resolves({ authorizationData: [{ authorizationToken: this.token }] });
    this.ecr.on(BatchGetImageCommand).callsFake(async ({ repositoryName, imageIds: [{ imageTag }] }) => {
      const imageDigest = this.tags.get(`${repositoryName}/${imageTag}`);
      return imageDigest === undefined
        ? { failures: [{ failureCode: 'ImageNotFound' }] }
        : { images: [{ imageId: { imageDigest, imageTag }, imageManifest: this.manifests.get(imageDigest)!.text }] };
    });
    this.ecr.on(BatchDeleteImageCommand).callsFake(async ({ imageIds }: { imageIds: { imageDigest: string }[] }) => ({
      failures: imageIds.map(({ imageDigest }) => this.delete(imageDigest)).filter(failureCode => failureCode).map(failureCode => ({ failureCode })),
    }));
  }

  private delete(digest: string): string | undefined {
    if (!this.manifests.has(digest)) return 'ImageNotFound';
    if ([...this.manifests.values()].some(({ text }) => text.includes(digest))) return 'ImageReferencedByManifestList';
    this.manifests.delete(digest);
    for (const [tag, tagged] of this.tags) if (tagged === digest) this.tags.delete(tag);
    return undefined;
  }
}

/** Answers with an error as registries do. */
export function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ code }] }));
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
