import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_BINARIES } from '../../../src/deploy/first-image/server-binaries';

const PAGE = 'The pipeline has not released to this service yet.';
const EMULATOR = '/usr/bin/qemu-aarch64-static';

const folder = mkdtempSync(join(tmpdir(), 'first-image-'));
const amd64 = executable('amd64');
const arm64 = executable('arm64');
afterAll(() => rmSync(folder, { recursive: true }));

runs('amd64', [amd64], platform() === 'linux' && arch() === 'x64');
runs('arm64', [arm64], platform() === 'linux' && arch() === 'arm64');
runs('arm64, emulated', [EMULATOR, arm64], platform() === 'linux' && arch() !== 'arm64' && exists(EMULATOR));

function runs(name: string, command: string[], possible: boolean): void {
  if (!possible) return describe.skip(`server for ${name}`, () => { test.todo('needs another machine'); });

  return describe(`server for ${name}`, () => {
    let ports: number[];
    let server: ChildProcess;
    const sockets: Socket[] = [];

    beforeEach(async () => {
      ports = await freePorts();
      await start({});
    });
    afterEach(async () => {
      sockets.splice(0).forEach(socket => socket.destroy());
      await stop(server);
    });

    async function start(variables: Record<string, string>, openFiles = 1_024): Promise<void> {
      server = spawn('sh', ['-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command], {
        env: { OTHER: 'x', FIRST_IMAGE_PORTS: ports.join(), ...variables }, stdio: 'ignore',
      });
      for (let tries = 0; tries < 100 && server.exitCode === null; tries++) {
        if (await fetch(url()).then(() => true, () => false)) return;
        await new Promise(done => setTimeout(done, 10));
      }
    }

    async function startAgain(variables: Record<string, string>, openFiles?: number): Promise<void> {
      await stop(server);
      await start(variables, openFiles);
    }

    /** Runs it to its end. */
    async function run(variables: Record<string, string>) {
      const child = spawn(command[0], command.slice(1), { env: variables, stdio: ['ignore', 'ignore', 'pipe'] });
      let error = '';
      child.stderr!.on('data', chunk => error += chunk);
      const [code] = await once(child, 'close') as [number];
      return { code, error };
    }

    function url(path = '/', port = ports[0]): string {
      return `http://127.0.0.1:${port}${path}`;
    }

    async function open(allowHalfOpen = false): Promise<Socket> {
      const socket = connect({ port: ports[0], host: '127.0.0.1', allowHalfOpen });
      sockets.push(socket);
      await once(socket, 'connect');
      return socket.on('error', () => {});
    }

    async function read(socket: Socket): Promise<string> {
      let text = '';
      socket.on('data', chunk => text += chunk);
      await once(socket, 'close');
      return text;
    }

    test('answers every path on every port with a page that explains', async () => {
      for (const port of ports) {
        for (const path of ['/', '/health', '/a/b/c.json?deep=1']) {
          const response = await fetch(url(path, port));
          expect(response.status).toBe(200);
          expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
          expect(await response.text()).toContain(PAGE);
        }
      }
    });

    test('answers on IPv6 too', async () => {
      expect((await fetch(`http://[::1]:${ports[0]}/`)).status).toBe(200);
    });

    test('HEAD gets no page', async () => {
      const socket = await open();
      socket.write('HEAD / HTTP/1.1\r\n\r\n');
      expect(await read(socket)).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
    });

    test('takes a request with a large body', async () => {
      const response = await fetch(url(), { method: 'POST', body: Buffer.alloc(2_000_000) });
      expect(await response.text()).toContain(PAGE);
    });

    test('does not reset a connection on which a body is still coming', async () => {
      const socket = await open(true);
      const reset = jest.fn();
      socket.on('error', reset);
      const answer = read(socket);
      socket.write('POST / HTTP/1.1\r\n\r\n');
      await once(socket, 'data');
      socket.end('x'.repeat(200_000));
      expect(await answer).toContain(PAGE);
      expect(reset).not.toHaveBeenCalled();
    });

    test('takes a request in pieces, and answers at its end only', async () => {
      const socket = await open();
      const answer = read(socket);
      let answered = false;
      socket.once('data', () => { answered = true; });
      for (const piece of ['G', 'ET / HTTP/1.1\r', '\nHost: x\r\n', '\r']) {
        socket.write(piece);
        await new Promise(done => setTimeout(done, 20));
        expect(answered).toBe(false);
      }
      socket.write('\n');
      expect(await answer).toContain(PAGE);
    });

    test('answers once, whatever follows', async () => {
      const socket = await open();
      socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(3));
      expect((await read(socket)).split(PAGE)).toHaveLength(2);
    });

    test('waits for nobody: silent, half and lost connections', async () => {
      for (let count = 0; count < 30; count++) {
        (await open()).write('GET / HT');
        (await open()).resetAndDestroy();
      }
      expect((await fetch(url())).status).toBe(200);
    });

    test('has room for a newcomer however many others stay', async () => {
      for (let count = 0; count < 600; count++) await open();
      const answers = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(url())).text()));
      expect(answers.every(answer => answer.includes(PAGE))).toBe(true);
    });

    test('has room where few files may be open', async () => {
      await startAgain({}, 50);
      for (let count = 0; count < 100; count++) await open();
      expect((await fetch(url())).status).toBe(200);
    });

    test('answers with the status that the health check expects', async () => {
      await startAgain({ FIRST_IMAGE_STATUS: '404' });
      expect((await fetch(url())).status).toBe(404);
    });

    test.each(['204', '304'])('has no page for %s', async status => {
      await startAgain({ FIRST_IMAGE_STATUS: status });
      const socket = await open();
      socket.write('GET / HTTP/1.1\r\n\r\n');
      expect(await read(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\n\r\n$`));
    });

    test('is a health check that succeeds where the ports are taken', async () => {
      expect(await run({ FIRST_IMAGE_PORTS: ports.join() })).toEqual({ code: 0, error: '' });
      expect(await run({ FIRST_IMAGE_PORTS: String(ports[1]) })).toEqual({ code: 0, error: '' });
    });

    test.each(['', 'x', '0', ','])('says that FIRST_IMAGE_PORTS=%j names no port', async text => {
      expect(await run({ FIRST_IMAGE_PORTS: text })).toEqual({ code: 1, error: 'first image: FIRST_IMAGE_PORTS names no port\n' });
    });

    test('says that it has no ports at all', async () => {
      expect(await run({})).toEqual({ code: 1, error: 'first image: FIRST_IMAGE_PORTS names no port\n' });
    });

    test.each(['SIGTERM', 'SIGINT'] as const)('stops at once on %s, with connections open', async signal => {
      await open();
      const before = Date.now();
      server.kill(signal);
      expect(await once(server, 'exit')).toEqual([0, null]);
      expect(Date.now() - before).toBeLessThan(1_000);
    });

    test('starts again on ports that were in use a moment ago', async () => {
      await fetch(url());
      await startAgain({});
      expect((await fetch(url())).status).toBe(200);
    });
  });
}

test('the binaries are what the source gives', () => {
  const kept = 'src/deploy/first-image/server-binaries.ts';
  const compilers = (text: string) => text.split('\n').slice(1, 3);
  const built = join(folder, 'server-binaries.ts');
  try {
    execFileSync('scripts/build-first-image-server.sh', [built], { stdio: 'pipe' });
  } catch (error) {
    return console.warn(`NOT RUN: the binaries of the first image were not built again: ${(error as Error).message}`);
  }
  const [then, now] = [readFileSync(kept, 'utf8'), readFileSync(built, 'utf8')];
  if (compilers(then).join() !== compilers(now).join()) {
    return console.warn(`NOT RUN: the binaries of the first image were built by ${compilers(then)}, here are ${compilers(now)}`);
  }
  return expect(now).toBe(then);
});

function executable(architecture: 'amd64' | 'arm64'): string {
  const path = join(folder, architecture);
  writeFileSync(path, Buffer.from(SERVER_BINARIES[architecture], 'base64'));
  chmodSync(path, 0o755);
  return path;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

async function freePorts(): Promise<number[]> {
  const servers = await Promise.all([1, 2].map(async () => {
    const server = createServer().listen(0, '::');
    await once(server, 'listening');
    return server;
  }));
  return Promise.all(servers.map(async (server: Server) => {
    const { port } = server.address() as { port: number };
    await new Promise(done => server.close(done));
    return port;
  }));
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
