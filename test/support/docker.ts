import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * A real Docker daemon and a real registry for tests, each in a temporary folder of its own and reached by nobody else.
 * They come from Debian's packages `docker.io` (or Docker's own) and `docker-registry`.
 */

/** By full path: another docker on the PATH may be a client alone, and too new for this daemon. */
const DOCKER = '/usr/bin/docker';
const DOCKERD = ['/usr/bin/dockerd', '/usr/sbin/dockerd'].find(existsSync) ?? '/usr/sbin/dockerd';
const REGISTRY = '/usr/bin/docker-registry';

const STARTS_WITHIN = 20_000;

/** A daemon without bridge network: it runs where there is no right to set up a network. */
export interface Docker {
  /** The environment in which `docker` means this daemon, with BuildKit, without a bridge network. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs `docker` with these arguments and answers its standard output, trimmed. */
  run(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface Registry {
  /** `127.0.0.1:<port>`; daemons talk plain HTTP to it. */
  readonly address: string;
  /** Wanted by the registry, when started with `auth`. */
  readonly credentials?: { readonly username: string; readonly password: string };
  stop(): Promise<void>;
}

/** Why no daemon can be started here; undefined when one can. The only proof is a start, which takes about half a second. */
export function dockerAvailable(): string | undefined {
  for (const program of [DOCKER, DOCKERD, REGISTRY]) {
    if (!isExecutable(program)) return `${program} is missing (apt-get install docker.io docker-registry)`;
  }
  if (process.getuid!() !== 0) return 'dockerd needs root';
  return inFolder(folder => {
    const attempt = spawnSync('sh', ['-c', `
      "$@" >"$0/log" 2>&1 & daemon=$!
      for try in $(seq 50); do
        ${DOCKER} -H unix://$0/docker.sock version >/dev/null 2>&1 && { kill $daemon; wait $daemon; exit 0; }
        kill -0 $daemon 2>/dev/null || break
        sleep 0.1
      done
      kill $daemon 2>/dev/null; wait $daemon; tail -n 1 "$0/log"; exit 1`, folder, DOCKERD, ...daemonFlags(folder)], { encoding: 'utf8' });
    return attempt.status === 0 ? undefined : `dockerd does not start: ${attempt.stdout.trim()}`;
  });
}

/** `describe` where a daemon can be started. Elsewhere its tests are skipped aloud, or fail when REQUIRE_DOCKER=1. */
export function describeWithDocker(name: string, tests: () => void): void {
  const obstacle = dockerAvailable();
  if (!obstacle) return describe(name, tests);
  if (process.env.REQUIRE_DOCKER === '1') {
    return test(name, () => { throw new Error(`REQUIRE_DOCKER=1, but ${obstacle}`); });
  }
  console.warn(`NOT RUN: ${name}: ${obstacle}`);
  return describe.skip(name, tests);
}

/** Starts a daemon of its own. */
export async function startDocker(): Promise<Docker> {
  const folder = temporaryFolder();
  const daemon = start(DOCKERD, ...daemonFlags(folder));
  const log = collect(daemon);
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${folder}/docker.sock`,
    DOCKER_CONFIG: join(folder, 'config'),
    DOCKER_BUILDKIT: '1',
    PATH: `${shim(folder)}:${process.env.PATH}`,
  };
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(DOCKER, args, { env, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  };
  await until(daemon, log, async () => run('version').then(() => true, () => false));
  return { env, run, stop: async () => stop(daemon, folder) };
}

/** Starts a registry. With `auth` it wants the credentials that it names in its answer, as ECR does. */
export async function startRegistry({ auth = false }: { auth?: boolean } = {}): Promise<Registry> {
  const folder = temporaryFolder();
  const credentials = { username: 'AWS', password: 'first-image' };
  // The bcrypt hash of that password; nothing to hide, and no program needed to make it.
  writeFileSync(join(folder, 'htpasswd'), 'AWS:$2b$05$abcdefghijklmnopqrstuuerrPCJcDDU2Fu2AfBGC6IzoqvswlKpG\n');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({
    version: 0.1,
    log: { accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0' },
    ...(auth && { auth: { htpasswd: { realm: 'registry', path: join(folder, 'htpasswd') } } }),
  }));
  const registry = start(REGISTRY, 'serve', join(folder, 'config.json'));
  const log = collect(registry);
  const listening = /listening on (127\.0\.0\.1:\d+)/;
  await until(registry, log, async () => listening.test(log()));
  return {
    address: listening.exec(log())![1],
    ...(auth && { credentials }),
    stop: async () => stop(registry, folder),
  };
}

function daemonFlags(folder: string): string[] {
  return [
    '--bridge=none', '--iptables=false', '--storage-driver=vfs', '--shutdown-timeout=1',
    `--data-root=${folder}/data`, `--exec-root=${folder}/exec`, `--pidfile=${folder}/docker.pid`, `--host=unix://${folder}/docker.sock`,
  ];
}

/** A folder for the PATH whose `docker` says what a daemon without a bridge network must be told. */
function shim(folder: string): string {
  const path = join(folder, 'bin');
  mkdirSync(path);
  writeFileSync(join(path, 'docker'), `#!/bin/sh
case "$1" in
  run|create) command=$1; shift; exec ${DOCKER} $command --network host "$@" ;;
  build) shift; exec ${DOCKER} build --network none "$@" ;;
  *) exec ${DOCKER} "$@" ;;
esac
`);
  chmodSync(join(path, 'docker'), 0o755);
  return path;
}

/** Short: the path of a socket has at most 107 characters. */
function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'docker-'));
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = temporaryFolder();
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a process that ends when the tests end, however they end. */
function start(program: string, ...args: string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'TERM', program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** What the process has written so far. */
function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr!.setEncoding('utf8').on('data', chunk => text += chunk);
  return () => text;
}

async function until(child: ChildProcess, log: () => string, ready: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + STARTS_WITHIN; Date.now() < end && child.exitCode === null; await sleep(50)) {
    if (await ready()) return;
  }
  child.kill();
  throw new Error(`${child.spawnargs[3]} does not start: ${log()}`);
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill();
    await once(child, 'exit');
  }
  unmount(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** The daemon leaves the network of its containers mounted. */
function unmount(folder: string): void {
  const mounted = readFileSync('/proc/self/mounts', 'utf8').split('\n').map(line => line.split(' ')[1]);
  for (const path of mounted.filter(mount => mount?.startsWith(`${folder}/`)).reverse()) spawnSync('umount', [path]);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
