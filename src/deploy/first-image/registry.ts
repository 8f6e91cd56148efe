import type { Content } from './image';
import { messageOf, persistently, Refusal } from '../../private/persistently';

const TIME_PER_REQUEST = 10_000;

/** One repository of a registry, and how to reach it. */
export interface RegistryAccess {
  /** `<host>/<name>`. */
  readonly repositoryUri: string;
  /** User and password in base64, for basic authentication. */
  readonly token?: string;
  /** Plain HTTP is for registries on the same machine. */
  readonly scheme?: 'https' | 'http';
  /** Says when to give up. */
  readonly signal?: AbortSignal;
}

/** Pushes to a repository through the registry's HTTP API (the distribution specification of the Open Container Initiative). */
export class Registry {
  private readonly host: string;
  private readonly base: string;

  constructor(private readonly access: RegistryAccess) {
    const { repositoryUri, scheme = 'https' } = access;
    const slash = repositoryUri.indexOf('/');
    this.host = repositoryUri.slice(0, slash);
    this.base = `${scheme}://${this.host}/v2/${repositoryUri.slice(slash + 1)}`;
  }

  /** Uploads a layer or a configuration, unless the repository has it. */
  async putBlob({ digest, bytes }: Content): Promise<void> {
    // As a whole again when something fails on the way: an upload cannot be relied upon after an error, and it may have arrived.
    await this.persistently(async () => {
      if (await this.hasBlob(digest)) return;
      const started = await this.request('POST', `${this.base}/blobs/uploads/`);
      const upload = new URL(started.headers.get('location')!, this.base);
      upload.searchParams.set('digest', digest);
      await this.request('PUT', upload, bytes, 'application/octet-stream');
    });
  }

  /** Puts a manifest whose content is there, by its digest or under a tag. */
  async putManifest({ digest, bytes, mediaType }: Content, tag?: string): Promise<void> {
    await this.persistently(async () => this.request('PUT', `${this.base}/manifests/${tag ?? digest}`, bytes, mediaType));
  }

  private async hasBlob(digest: string): Promise<boolean> {
    try {
      await this.request('HEAD', `${this.base}/blobs/${digest}`);
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }

  private async persistently<T>(attempt: () => Promise<T>): Promise<T> {
    return persistently(attempt, this.access.signal);
  }

  private async request(method: string, url: string | URL, body?: Buffer, type?: string): Promise<Response> {
    const { signal, token } = this.access;
    const what = `${method} ${new URL(url).pathname} at the registry ${this.host}`;
    const timeout = AbortSignal.timeout(TIME_PER_REQUEST);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        body,
        headers: { ...(token && { authorization: `Basic ${token}` }), ...(type && { 'content-type': type }) },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      text = await response.text();
    } catch (error) {
      throw new Error(`${what}: ${messageOf(error)}`);
    }
    if (response.ok) return response;
    const { status } = response;
    const Failure = status === 404 ? NotFound : status === 429 || status >= 500 ? Error : Refusal;
    throw new Failure(`${what}: HTTP status ${status} ${text.slice(0, 500)}`.trimEnd());
  }
}

class NotFound extends Refusal {}
