import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstImage, firstImageIndex, type FirstImageOptions } from '../../src/deploy/first-image/image';
import { Registry } from '../../src/deploy/first-image/registry';
import { describeWithDocker, type Docker, type Registry as RealRegistry, startDocker, startRegistry } from '../support/docker';

const PAGE = 'The pipeline has not released to this service yet.';
/** All that a strict task definition takes away. */
const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

describeWithDocker('the first image, in a real registry and a real container', () => {
  jest.setTimeout(60_000);

  let docker: Docker;
  let store: RealRegistry;

  beforeAll(async () => {
    [docker, store] = await Promise.all([startDocker(), startRegistry({ auth: true })]);
    const { username, password } = store.credentials!;
    await docker.run('login', '--username', username, '--password', password, store.address);
  });
  afterAll(async () => Promise.all([docker?.stop(), store?.stop()]));

  /** Pushes as the custom resource does. Answers the name by which the daemon pulls it. */
  async function push(name: string, options: Partial<FirstImageOptions>) {
    const image = firstImage({ ports: ['80'], status: '200', commands: [], users: [], ...options });
    const { username, password } = store.credentials!;
    const token = Buffer.from(`${username}:${password}`).toString('base64');
    const registry = new Registry({ repositoryUri: `${store.address}/${name}`, token, scheme: 'http' });
    await Promise.all(image.blobs.map(async blob => registry.putBlob(blob)));
    await Promise.all(image.manifests.map(async manifest => registry.putManifest(manifest)));
    await registry.putManifest(image.index, 'released');
    return { image, reference: `${store.address}/${name}:released` };
  }

  async function start(...args: string[]): Promise<string> {
    return docker.run('run', '--detach', '--network', 'host', ...args);
  }

  test('is pulled, runs hardened, is healthy, stops at once', async () => {
    const port = await freePort(20_000);
    const seconds: Record<string, number> = {};
    const { image, reference } = await timed('push', async () => push('team/web', { ports: [port] }));
    await timed('pull', async () => docker.run('pull', '--quiet', reference));

    const container = await timed('answer', async () => {
      const id = await start(...HARDENED, '--user', '65534',
        '--health-cmd', 'curl -f http://localhost/', '--health-interval', '1s', reference);
      expect(await answer(port, '/any/path?deep=1')).toEqual([200, expect.stringContaining(PAGE)]);
      return id;
    });
    await timed('healthy', async () => until(async () => await inspect(container, '.State.Health.Status') === 'healthy'));
    await timed('stop', async () => docker.run('stop', container));

    expect(await inspect(container, '.State.ExitCode')).toBe('0');
    expect(seconds.stop).toBeLessThan(2);
    const layers = image.blobs.filter(({ mediaType }) => mediaType.endsWith('gzip')).map(({ bytes }) => bytes.length);
    const total = [...image.blobs, ...image.manifests, image.index].reduce((sum, { bytes }) => sum + bytes.length, 0);
    console.log(`first image: layers ${layers.join(' and ')} bytes, everything ${total} bytes; seconds: ${JSON.stringify(seconds)}`);

    async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
      const before = Date.now();
      const result = await work();
      seconds[name] = (Date.now() - before) / 1_000;
      return result;
    }
  });

  test('serves a port below 1024 as a user without rights', async () => {
    const port = await freePort(800);
    const { reference } = await push('low', { ports: [port] });
    const container = await start('--read-only', '--user', '65534', reference);
    expect(await answer(port)).toEqual([200, expect.stringContaining(PAGE)]);
    await docker.run('stop', container);
  });

  test('serves and checks under every name that the container uses, as its named user, in its working directory', async () => {
    const port = await freePort(21_000);
    const commands = ['node', '/app/bin/healthcheck', 'curl'];
    const { reference } = await push('names', { ports: [port], commands, users: ['app:staff'], status: '204' });
    const container = await start(...HARDENED, '--user', 'app:staff', '--workdir', '/app/run', '--entrypoint', 'node', reference, 'main.js');
    expect(await answer(port)).toEqual([204, '']);
    for (const check of [['node', 'check.js'], ['/app/bin/healthcheck'], ['curl', '-f', 'http://localhost'], ['sh', '-c', 'wget -q localhost || exit 1']]) {
      await docker.run('exec', container, ...check);
    }
    await docker.run('stop', container);
  });

  test('says which port another container of the task has taken', async () => {
    const port = await freePort(22_000);
    const { reference } = await push('taken', { ports: [port] });
    const first = await start(reference);
    await answer(port);
    const second = await start(reference);
    expect(await docker.run('wait', second)).toBe('1');
    await docker.run('stop', first);
  });

  test('is there for arm64', async () => {
    const { reference } = await push('arm', {});
    await docker.run('pull', '--quiet', '--platform', 'linux/arm64', reference);
    expect(await docker.run('image', 'inspect', '--format', '{{.Architecture}}', reference)).toBe('arm64');
  });

  test('can be pushed again and again', async () => {
    const first = await push('again', {});
    const second = await push('again', {});
    expect(second.image.index.digest).toBe(first.image.index.digest);
    expect(await docker.run('pull', first.reference)).toContain(first.image.index.digest);
  });

  test('an index of ours around an image of the user\'s runs that image', async () => {
    const port = await freePort(23_000);
    const { reference } = await push('source', { ports: [port] });
    const [name, chosen] = [`${store.address}/chosen`, `${store.address}/chosen:v1`];
    for (const args of [['pull', '--quiet', reference], ['tag', reference, chosen], ['push', '--quiet', chosen]]) await docker.run(...args);
    const { username, password } = store.credentials!;
    const token = Buffer.from(`${username}:${password}`).toString('base64');
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
    const { headers } = await fetch(`http://${store.address}/v2/chosen/manifests/v1`, { method: 'HEAD', headers: { accept: mediaType, authorization: `Basic ${token}` } });
    expect(headers.get('content-type')).toBe(mediaType);

    const [digest, size] = [headers.get('docker-content-digest')!, Number(headers.get('content-length'))];
    const index = firstImageIndex([{ mediaType, digest, size, platform: { architecture: 'amd64', os: 'linux' } }]);
    await new Registry({ repositoryUri: name, token, scheme: 'http' }).putManifest(index, 'released');

    await docker.run('pull', '--quiet', `${name}:released`);
    const container = await start(`${name}:released`);
    expect(await answer(port)).toEqual([200, expect.stringContaining(PAGE)]);
    await docker.run('stop', container);
  });

  async function inspect(container: string, field: string): Promise<string> {
    return docker.run('inspect', '--format', `{{${field}}}`, container);
  }
});

async function answer(port: string, path = '/'): Promise<[number, string]> {
  let response: Response | undefined;
  await until(async () => (response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)) !== undefined);
  return [response!.status, await response!.text()];
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; !await reached(); await sleep(20)) {
    if (Date.now() > end) throw new Error('not reached within 15 seconds');
  }
}

/** The first free port from here on; containers use the network of the machine. */
async function freePort(from: number): Promise<string> {
  const isFree = await new Promise(resolve => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(from, () => server.close(() => resolve(true)));
  });
  return isFree ? String(from) : freePort(from + 1);
}
