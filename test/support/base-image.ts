import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Docker } from './docker';

const run = promisify(execFile);

/**
 * Makes the image that a Dockerfile starts from out of programs of this machine, for places where it cannot be pulled: Node
 * and the little shell that a Dockerfile needs, with the shared libraries of each and a user `node` as Node's own image has.
 */
export async function makeBaseImage(docker: Docker, dockerfile: string, node = process.execPath): Promise<string> {
  const image = baseImageOf(readFileSync(dockerfile, 'utf8'));
  const root = mkdtempSync(join(tmpdir(), 'base-'));
  try {
    chmodSync(root, 0o755); // It becomes the image's own root folder, which every user must enter.
    await install(root, node, '/usr/local/bin/node');
    for (const program of ['/bin/sh', '/bin/rm']) await install(root, program, program);
    put(root, '/etc/passwd', 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
    put(root, '/etc/group', 'root:x:0:\nnode:x:1000:\n');
    const archive = join(root, 'image.tar');
    await run('tar', ['--create', '--file', archive, '--exclude', './image.tar', '--directory', root, '.']);
    await docker.run('import', '--change', 'ENV PATH=/usr/local/bin:/bin', archive, image);
    return image;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The image named by the last FROM of a Dockerfile. */
export function baseImageOf(dockerfile: string): string {
  return [...dockerfile.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+)/gim)].at(-1)![1];
}

/**
 * A Node that runs TypeScript as it is: the one that runs this, or else Node 24 from npm, kept for the next time.
 * The package holds the whole binary, so nothing else is downloaded.
 */
export async function nodeForTypeScript(): Promise<string> {
  if ((process.features as { typescript?: unknown }).typescript) return process.execPath;
  const kept = resolve(__dirname, '../../node_modules/.cache/node-24');
  const node = join(kept, 'node_modules', `node-linux-${process.arch}`, 'bin/node');
  if (existsSync(node)) return node;
  mkdirSync(dirname(kept), { recursive: true });
  const folder = mkdtempSync(`${kept}-`);
  await run('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', `node-linux-${process.arch}@24`], { cwd: folder });
  renameSync(folder, kept);
  return node;
}

/** Puts a program into the image, with the shared libraries that it names and the loader that loads them. */
async function install(root: string, program: string, path: string): Promise<void> {
  const { stdout } = await run('ldd', [program]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library);
  copy(root, program, path);
  for (const library of libraries) copy(root, library, library);
}

function copy(root: string, from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  copyFileSync(from, join(root, to));
  chmodSync(join(root, to), 0o755);
}

function put(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
