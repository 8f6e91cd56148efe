import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf } from './fake-registry';
import { type FirstImage, firstImage, type FirstImageOptions, isFirstImage } from '../../../src/deploy/first-image/image';

const folders: string[] = [];
afterAll(() => folders.forEach(folder => rmSync(folder, { recursive: true })));

test('equal options give equal bytes', () => {
  expect(image()).toEqual(image());
});

test('other options give another image', () => {
  const digests = [image(), image({ ports: ['8080'] }), image({ status: '204' }), image({ commands: ['node'] }), image({ users: ['app'] })]
    .map(({ index }) => index.digest);
  expect(new Set(digests).size).toBe(5);
});

test('holds everything under its digest, for both architectures', () => {
  const { blobs, manifests, index } = image();
  const all = new Map([...blobs, ...manifests, index].map(content => [content.digest, content]));
  for (const { digest, bytes } of all.values()) expect(digestOf(bytes)).toBe(digest);

  const children = parse(index).manifests as { digest: string; size: number; mediaType: string; platform: object }[];
  expect(children.map(({ platform }) => platform)).toEqual([{ architecture: 'amd64', os: 'linux' }, { architecture: 'arm64', os: 'linux' }]);
  for (const child of children) {
    const { config, layers } = parse(all.get(child.digest)!);
    for (const descriptor of [child, config, ...layers]) {
      expect(all.get(descriptor.digest)).toMatchObject({ mediaType: descriptor.mediaType, bytes: { length: descriptor.size } });
    }
    const { architecture, rootfs } = parse(all.get(config.digest)!);
    expect(child.platform).toMatchObject({ architecture });
    expect(rootfs.diff_ids).toEqual([digestOf(gunzipSync(all.get(layers[0].digest)!.bytes))]);
  }
});

test('tells the server its ports and status', () => {
  const [{ config }] = configs(image({ ports: ['80', '8443'], status: '204' }));
  expect(config).toMatchObject({
    Entrypoint: ['/first-image'],
    ExposedPorts: { '80/tcp': {}, '8443/tcp': {} },
    Env: expect.arrayContaining(['FIRST_IMAGE_PORTS=80,8443', 'FIRST_IMAGE_STATUS=204']),
  });
});

test('is marked as ours, for people and for us', () => {
  const { index, manifests } = image();
  expect(configs(image())[0].config.Labels).toEqual({ 'io.github.cdk-fargate-cicd.first-image': 'true' });
  expect(isFirstImage(parse(index))).toBe(true);
  expect(isFirstImage(parse(manifests[0]))).toBe(false);
  expect(isFirstImage({})).toBe(false);
});

test('the server is there for both architectures, executable, with a capability that is permitted only', () => {
  for (const [index, machine] of [[0, 0x3e], [1, 0xb7]]) {
    const folder = unpack(image(), index);
    const server = readFileSync(join(folder, 'first-image'));
    expect(server.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(server.readUInt16LE(18)).toBe(machine);
    expect(server.length).toBeLessThan(4_096);
    expect(statSync(join(folder, 'first-image')).mode.toString(8)).toBe('100755');
    const archive = layer(image(), index).toString('latin1');
    expect(archive).toContain('57 SCHILY.xattr.security.capability=\0\0\0\x02\0\x04\0\0' + '\0'.repeat(12) + '\n');
  }
});

test('stands in for the shell and for every command, by name or by path', () => {
  const folder = unpack(image({ commands: ['node', '/app/bin/check', './start.sh', 'node', '/usr/bin/curl'] }));
  for (const path of ['bin/sh', 'bin/node', 'app/bin/check', 'start.sh', 'usr/bin/curl']) {
    expect(readlinkSync(join(folder, path))).toBe('/first-image');
  }
  expect(statSync(join(folder, 'app/bin')).mode.toString(8)).toBe('40755');
});

test('a path longer than a header of the archive can hold', () => {
  const long = `/${'folder/'.repeat(20)}program`;
  expect(readlinkSync(join(unpack(image({ commands: [long] })), long))).toBe('/first-image');
});

test('a command that is a folder of another stays a folder', () => {
  const folder = unpack(image({ commands: ['/app', '/app/start'] }));
  expect(readlinkSync(join(folder, 'app/start'))).toBe('/first-image');
});

test('knows every user and group that the container names', () => {
  const folder = unpack(image({ users: ['node', 'app:staff', '1000:1000', 'root', 'nobody', 'node:', ''] }));
  expect(readFileSync(join(folder, 'etc/passwd'), 'utf8').split('\n')).toEqual([
    'root:x:0:0::/:/first-image', 'nobody:x:65534:65534::/:/first-image',
    'node:x:1000:1000::/:/first-image', 'app:x:1001:1001::/:/first-image', 'staff:x:1002:1002::/:/first-image', '',
  ]);
  expect(readFileSync(join(folder, 'etc/group'), 'utf8').split('\n')).toEqual([
    'root:x:0:', 'nobody:x:65534:', 'node:x:1000:', 'app:x:1001:', 'staff:x:1002:', '',
  ]);
});

function image(options: Partial<FirstImageOptions> = {}): FirstImage {
  return firstImage({ ports: ['80'], status: '200', commands: [], users: [], ...options });
}

function configs({ blobs }: FirstImage) {
  return blobs.filter(({ mediaType }) => mediaType.endsWith('json')).map(parse);
}

function parse({ bytes }: { bytes: Buffer }): Record<string, any> {
  return JSON.parse(bytes.toString());
}

function layer({ blobs }: FirstImage, index: number): Buffer {
  return gunzipSync(blobs.filter(({ mediaType }) => mediaType.endsWith('gzip'))[index].bytes);
}

/** As the system's own tar reads it. */
function unpack(of: FirstImage, index = 0): string {
  const folder = mkdtempSync(join(tmpdir(), 'first-image-'));
  folders.push(folder);
  execFileSync('tar', ['-x', '--no-same-owner', '-C', folder], { input: layer(of, index), stdio: ['pipe', 'pipe', 'pipe'] });
  return folder;
}
