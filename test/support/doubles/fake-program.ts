import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Docker, Registry } from '../docker';

/** How a program was called. */
export interface Call {
  readonly program: string;
  readonly args: string[];
  readonly directory: string;
  /** Its variables; to be asked for before it is answered. */
  env(): Promise<Record<string, string>>;
  /** All of its standard input; not read unless asked for. */
  stdin(): Promise<string>;
}

export interface Answer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export type Program = (call: Call) => Answer | Promise<Answer>;

/**
 * Programs on the PATH that are functions of the test: each call is noted and answered by the function of that name. The test must
 * be listening meanwhile, so start what calls them with `spawn` or `runBuild`, not with `spawnSync`.
 */
export class FakePrograms {
  /** `patience`: milliseconds that a call waits for the test to listen. */
  static async start(programs: Record<string, Program>, { patience = 10_000 } = {}): Promise<FakePrograms> {
    const fakes = new FakePrograms(programs);
    await once(fakes.server, 'listening');
    const { port } = fakes.server.address() as AddressInfo;
    for (const name of Object.keys(programs)) writeFileSync(join(fakes.bin, name), caller(name, port, patience), { mode: 0o755 });
    return fakes;
  }

  /** A PATH with these programs before all others. */
  readonly path: string;
  /** All calls so far, in order. */
  readonly calls: Call[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'programs-'));
  private readonly bin = join(this.folder, 'bin');
  private readonly server: Server;

  private constructor(private readonly programs: Record<string, Program>) {
    mkdirSync(this.bin);
    this.path = `${this.bin}:${process.env.PATH}`;
    this.server = createServer(connection => void this.answer(connection)).listen(0, '127.0.0.1');
  }

  /** The arguments of each call of a program, joined by blanks. */
  commandLines(program: string): string[] {
    return this.calls.filter(call => call.program === program).map(call => call.args.join(' '));
  }

  /** The calls as JSON lines, for a person to read. */
  log(): string {
    return this.calls.map(({ program, args }) => `${JSON.stringify([program, ...args])}\n`).join('');
  }

  async stop(): Promise<void> {
    await once(this.server.close(), 'close');
    rmSync(this.folder, { recursive: true });
  }

  /** Lines go to and fro; what may hold anything, in files of a folder for the call. */
  private async answer(connection: Socket): Promise<void> {
    const lines = createInterface(connection)[Symbol.asyncIterator]();
    const folder = mkdtempSync(join(this.folder, 'call-'));
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const say = async (line: string | number) => {
      connection.write(`${line}\n`);
      return lines.next();
    };
    await say(folder);
    const [program, ...args] = read('words').split('\0').slice(0, -1);
    const ask = async (name: string) => say(name).then(() => read(name));
    const call: Call = { program, args, directory: read('directory').trimEnd(), env: async () => variablesOf(await ask('env')), stdin: async () => ask('stdin') };
    this.calls.push(call);
    const { exitCode = 0, stdout = '', stderr = '' } = await this.ask(call);
    writeFileSync(join(folder, 'stdout'), stdout);
    writeFileSync(join(folder, 'stderr'), stderr);
    connection.end(`${exitCode}\n`);
  }

  private async ask(call: Call): Promise<Answer> {
    try {
      return await this.programs[call.program](call);
    } catch (error) {
      return { exitCode: 70, stderr: `fake ${call.program}: ${error}\n` };
    }
  }
}

/** As `env -0` prints them. */
function variablesOf(printed: string): Record<string, string> {
  return Object.fromEntries(printed.split('\0').slice(0, -1).map(variable => [variable.split('=', 1)[0], variable.slice(variable.indexOf('=') + 1)]));
}

/** The program that lies on the PATH: it carries the call to the test and brings the answer back. A shell has done so before Node has begun, and before other programs have that it could do without. */
function caller(program: string, port: number, patience: number): string {
  return `#!/bin/bash
fail() { echo "fake ${program}: $1" >&2; exit 70; }
exec 3<>/dev/tcp/127.0.0.1/${port} || fail 'the test is over'
read -r -t ${patience / 1000} folder <&3 || fail 'the test does not listen: is it within a synchronous call?'
pwd -P > "$folder/directory"
printf '%s\\0' ${program} "$@" > "$folder/words"
echo called >&3
while read -r wanted <&3; do
  case "$wanted" in
    env) /usr/bin/env -0 > "$folder/env"; echo read >&3 ;;
    stdin) /bin/cat > "$folder/stdin"; echo read >&3 ;;
    *)
      IFS= read -r -d '' said < "$folder/stdout"; printf %s "$said"
      IFS= read -r -d '' said < "$folder/stderr"; printf %s "$said" >&2
      exit "$wanted" ;;
  esac
done
`;
}

/** Runs a real program for a call, and waits for its end. */
export async function execute(command: string, args: string[], { directory, env }: { readonly directory: string; readonly env: NodeJS.ProcessEnv }, input = ''): Promise<Required<Answer>> {
  const child = spawn(command, args, { cwd: directory, env });
  child.stdin.on('error', () => { /* It need not read its input. */ }).end(input);
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, exitCode: exitCode ?? 1 };
}

/**
 * `aws`, as far as an image build uses it: the images are those of a real registry.
 * Everything else fails by name; a test that needs more puts its own function around this one.
 */
export function awsProgram({ registry, account = '111111111111' }: { registry: Registry; account?: string }): Program {
  return async ({ args }) => {
    const option = (name: string) => args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
    const print = (value: unknown) => ({ stdout: option('--output') === 'text' ? `${pick(value, option('--query'))}\n` : JSON.stringify(value, null, 2) });

    switch (args.slice(0, 2).join(' ')) {
      case 'sts get-caller-identity': return print({ Account: account });
      case 'ecr get-login-password': return { stdout: `${registry.credentials?.password ?? 'password'}\n` };
      case 'ecr describe-images': {
        const repository = option('--repository-name')!;
        const [, reference] = option('--image-ids')!.split('=');
        const digest = await digestOf(registry, repository, reference);
        return digest ? print({ imageDetails: [{ repositoryName: repository, imageDigest: digest }] }) : {
          exitCode: 254,
          stderr: 'An error occurred (ImageNotFoundException) when calling the DescribeImages operation: '
            + `The image with imageId {imageDigest:'null', imageTag:'${reference}'} does not exist within the repository with name '${repository}'\n`,
        };
      }
      default: return { exitCode: 252, stderr: `fake aws: no answer to: ${args.join(' ')}\n` };
    }
  };
}

/** The part of JMESPath that scripts use to get one value: names and indices. */
function pick(value: unknown, query = ''): unknown {
  return query.split(/[.[\]]+/).filter(Boolean).reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value) ?? 'None';
}

async function digestOf({ address, credentials }: Registry, repository: string, reference: string): Promise<string | undefined> {
  const basic = Buffer.from(`${credentials?.username}:${credentials?.password}`).toString('base64');
  const response = await fetch(`http://${address}/v2/${repository}/manifests/${reference}`, {
    method: 'HEAD',
    headers: {
      accept: [
        'application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.docker.distribution.manifest.list.v2+json',
        'application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json',
      ].join(', '),
      ...(credentials && { authorization: `Basic ${basic}` }),
    },
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the registry answered ${response.status}`);
  return response.headers.get('docker-content-digest')!;
}

export interface DockerProgramProps {
  readonly docker: Docker;
  /** The registry that stands for a host, e.g. that of ECR: in arguments on the way in, in what docker says on the way out. */
  readonly hosts?: Record<string, Registry>;
  /** Told what was left out, since only buildx can do it; by default said on standard error. */
  readonly onNotRun?: (what: string) => void;
}

/** `docker` with a real daemon behind it, for scripts that use buildx too, which is not to be had everywhere. */
export function dockerProgram({ docker, hosts = {}, onNotRun = what => process.stderr.write(`NOT RUN: ${what}\n`) }: DockerProgramProps): Program {
  const pairs = Object.entries(hosts).map(([host, { address }]) => [host, address]);
  const inward = (said: string) => pairs.reduce((result, [host, address]) => result.replaceAll(host, address), said);
  const outward = (said: string) => pairs.reduce((result, [host, address]) => result.replaceAll(address, host), said);

  return async (call) => {
    const { commands, notRun } = withoutBuildx(call.args);
    const notes = notRun.map(what => `docker ${what}`);
    notes.forEach(onNotRun);

    // The daemon is the test's, the login that of the caller.
    const { DOCKER_HOST, PATH } = docker.env as Record<string, string>;
    const given = await call.env();
    const env = { DOCKER_BUILDKIT: '1', DOCKER_CONFIG: join(given.HOME ?? '/', '.docker'), ...given, DOCKER_HOST, PATH };
    const input = call.args.includes('--password-stdin') ? await call.stdin() : '';

    let said = { stdout: '', stderr: notes.map(note => `fake docker: not run: ${note}\n`).join(''), exitCode: 0 };
    for (const args of commands) {
      const { stdout, stderr, exitCode } = await execute('docker', args.map(inward), { directory: call.directory, env }, input);
      said = { stdout: said.stdout + outward(stdout), stderr: said.stderr + outward(stderr), exitCode };
      if (exitCode !== 0) break;
    }
    return said;
  };
}

/** What only buildx knows, and whether a value follows it. */
const BUILDX_OPTIONS: Record<string, boolean> = {
  '--builder': true, '--cache-to': true, '--provenance': true, '--sbom': true, '--attest': true, '--load': false,
};

/** The same in words that the plain `docker` knows, and what that leaves out. */
export function withoutBuildx(args: string[]): { commands: string[][]; notRun: string[] } {
  const [command, action] = args;
  if (command === 'buildx' && action !== 'build') {
    if (['create', 'use', 'inspect', 'ls', 'rm'].includes(action)) return { commands: [], notRun: [args.join(' ')] };
    throw new Error(`docker ${args.join(' ')} cannot be run without buildx`);
  }
  if (command !== 'buildx' && command !== 'build') return { commands: [args], notRun: [] };

  const kept: string[] = [];
  const notRun: string[] = [];
  const tags: string[] = [];
  let push = false;
  const rest = args.slice(command === 'buildx' ? 2 : 1);
  while (rest.length > 0) {
    const argument = rest.shift()!;
    const [name, ...inline] = argument.split('=');
    if (['-t', '--tag'].includes(name)) tags.push(inline.join('=') || rest[0]);
    // An image is a cache for the plain builder too; other kinds are for buildx.
    const cache = name === '--cache-from' && `${inline.join('=') || rest[0]}`.includes('type=');

    if (name === '--push') push = true;
    else if (cache || BUILDX_OPTIONS[name]) notRun.push(inline.length > 0 ? argument : `${argument} ${rest.shift()}`);
    else if (name in BUILDX_OPTIONS) notRun.push(argument);
    else kept.push(argument);
  }
  const pushes = push ? tags.map(tag => ['push', tag]) : [];
  return { commands: [['build', ...kept], ...pushes], notRun };
}
