import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SERVER_BINARIES } from './server-binaries';
import { tar, type TarEntry } from './tar';

/** What the first image must do in the place of the real one. */
export interface FirstImageOptions {
  /** The ports on which it answers. */
  readonly ports: string[];
  /** The status of every answer, three digits. */
  readonly status: string;
  /**
   * Programs that the container's command, entry point and health check name: a path, or a name that the system looks for. A
   * relative path starts at the root, the working directory of the image.
   */
  readonly commands: string[];
  /** Users of the container as its definition names them: `user`, `user:group`, by name or by number. */
  readonly users: string[];
}

/** Something that a registry stores under the digest of its bytes. */
export interface Content {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** How an index names an image. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

/** An image for both architectures, in the order in which a registry takes it. */
export interface FirstImage {
  /** Layers and configurations. */
  readonly blobs: Content[];
  /** One per architecture. */
  readonly manifests: Content[];
  readonly index: Content;
}

/**
 * Marks an image as ours: as a label of its configuration for people, as an annotation of its index for `isFirstImage`. An image
 * built on top of ours would inherit the label; annotations are not inherited, and reading them needs no right to read blobs.
 */
const MARK = { 'io.github.cdk-fargate-cicd.first-image': 'true' };

const OCI = 'application/vnd.oci.image';
const SERVER = '/first-image';
const ARCHITECTURES = ['amd64', 'arm64'] as const;
type Architecture = typeof ARCHITECTURES[number];

/** The image that a service runs until its first release. Equal options give equal bytes, so that a push can be repeated. */
export function firstImage(options: FirstImageOptions): FirstImage {
  const images = ARCHITECTURES.map(architecture => imageFor(architecture, options));
  return {
    blobs: images.flatMap(({ config, layer }) => [config, layer]),
    manifests: images.map(({ manifest }) => manifest),
    index: firstImageIndex(images.map(({ architecture, manifest }) => ({ ...descriptor(manifest), platform: { architecture, os: 'linux' } }))),
  };
}

/** An index of these images that `isFirstImage` knows again. */
export function firstImageIndex(manifests: Descriptor[]): Content {
  return document('index.v1', { manifests, annotations: MARK });
}

/** Whether this is the manifest under which a registry knows a first image. */
export function isFirstImage(manifest: { readonly annotations?: Record<string, string> }): boolean {
  return Object.entries(MARK).every(([key, value]) => manifest.annotations?.[key] === value);
}

function imageFor(architecture: Architecture, options: FirstImageOptions) {
  const archive = tar(files(architecture, options));
  const layer = content(`${OCI}.layer.v1.tar+gzip`, gzipSync(archive, { level: 9 }));
  const config = document('config.v1', {
    architecture,
    os: 'linux',
    config: {
      Entrypoint: [SERVER],
      Env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        `FIRST_IMAGE_PORTS=${options.ports.join()}`,
        `FIRST_IMAGE_STATUS=${options.status}`,
      ],
      ExposedPorts: Object.fromEntries(options.ports.map(port => [`${port}/tcp`, {}])),
      Labels: MARK,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [digest(archive)] },
  });
  const manifest = document('manifest.v1', { config: descriptor(config), layers: [descriptor(layer)] });
  return { architecture, layer, config, manifest };
}

function files(architecture: Architecture, { commands, users }: FirstImageOptions): TarEntry[] {
  const links = ['/bin/sh', ...commands.map(command => command.includes('/') ? posix.join('/', command) : `/bin/${command}`)];
  const entries: TarEntry[] = [
    {
      path: SERVER.slice(1),
      type: 'file',
      content: Buffer.from(SERVER_BINARIES[architecture], 'base64'),
      attributes: { 'security.capability': MAY_BIND_LOW_PORTS },
    },
    { path: 'etc/passwd', type: 'file', content: accounts(users, (name, id) => `${name}:x:${id}:${id}::/:${SERVER}`) },
    { path: 'etc/group', type: 'file', content: accounts(users, (name, id) => `${name}:x:${id}:`) },
    // Symbolic, because container runtimes take the capability from a file with hard links.
    ...links.map(link => ({ path: link.slice(1), type: 'link' as const, target: SERVER })),
  ];
  // Folders that are not listed would be closed to all but root.
  const folders = entries.flatMap(({ path }) => parents(path)).map(path => ({ path, type: 'folder' as const }));
  const byPath = new Map([...entries, ...folders].map(entry => [entry.path, entry]));
  return [...byPath.keys()].sort().map(path => byPath.get(path)!);
}

/**
 * The kernel's `vfs_cap_data`, revision 2: cap_net_bind_service is permitted, nothing is effective or inheritable. The server
 * raises it itself; an effective one would keep the program from starting where the capability is dropped.
 */
const MAY_BIND_LOW_PORTS = Buffer.from('0000000200040000000000000000000000000000', 'hex');

/** A line for every name; a runtime refuses to start as a user or group that the image does not know. */
function accounts(users: string[], line: (name: string, id: number) => string): Buffer {
  const known = new Map([['root', 0], ['nobody', 65_534]]);
  const names = users.flatMap(user => user.split(':')).filter(name => !/^\d*$/.test(name) && !known.has(name));
  [...new Set(names)].forEach((name, index) => known.set(name, 1_000 + index));
  return Buffer.from([...known].map(([name, id]) => `${line(name, id)}\n`).join(''));
}

/** `a` and `a/b` of `a/b/c`. */
function parents(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '.' ? [] : [...parents(parent), parent];
}

function document(type: 'index.v1' | 'manifest.v1' | 'config.v1', fields: object): Content {
  const mediaType = `${OCI}.${type}+json`;
  const versioned = type === 'config.v1' ? fields : { schemaVersion: 2, mediaType, ...fields };
  return content(mediaType, Buffer.from(JSON.stringify(versioned)));
}

function content(mediaType: string, bytes: Buffer): Content {
  return { mediaType, digest: digest(bytes), bytes };
}

function descriptor({ mediaType, digest: of, bytes }: Content): Descriptor {
  return { mediaType, digest: of, size: bytes.length };
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
