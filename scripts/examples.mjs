// Synthesizes every app under examples/ into examples/<name>/cdk.out, offline. Fails on any synth error and on any warning that
// is not acknowledged. Python and Java apps use the built wheel and jar under dist/.
// Options: names of examples, or --only name,name; --languages typescript,python,java (all by default).
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsOf } from './lib/assembly.mjs';

const root = resolve(import.meta.dirname, '..');
const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, languages: { type: 'string' } } });
const only = [...positionals, ...options.only?.split(',') ?? []];
const wanted = options.languages?.split(',');

const languages = {
  typescript: { marker: 'tsconfig.json', ready: () => true, prepare: () => ({}) },
  python: { marker: 'requirements.txt', ready: () => existsSync(join(root, 'dist/python')), prepare: preparePython },
  java: { marker: 'pom.xml', ready: () => existsSync(join(root, 'dist/java')), prepare: prepareJava },
};

/** A virtual environment with the built wheel, kept between runs. */
function preparePython(folder) {
  const venv = join(root, '.cache/examples-python');
  const python = join(venv, 'bin/python');
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  const wheel = readdirSync(join(root, 'dist/python')).find((name) => name.endsWith('.whl'));
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'], folder);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--force-reinstall', '--no-deps', join(root, 'dist/python', wheel)], folder);
  return { PATH: `${join(venv, 'bin')}:${process.env.PATH}` };
}

/** The built jar goes into the local repository, where `mvn` finds it as it would find a published one. */
function prepareJava() {
  const folder = execFileSync('find', [join(root, 'dist/java'), '-name', 'cdk-fargate-cicd-*.pom'], { encoding: 'utf8' }).trim().split('\n')[0];
  const jar = folder.replace(/\.pom$/, '.jar');
  run('mvn', ['-q', '-B', 'org.apache.maven.plugins:maven-install-plugin:3.1.2:install-file', `-Dfile=${jar}`, `-DpomFile=${folder}`], root);
  return {};
}

function run(command, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}${error ?? ''}`);
  return stdout;
}

let failed = 0;
let passed = 0;
const names = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, 'cdk.json')));
for (const name of names.filter((candidate) => only.length === 0 || only.includes(candidate))) {
  const folder = join(root, 'examples', name);
  const output = join(folder, 'cdk.out');
  const [language, { ready, prepare }] = Object.entries(languages).find(([, { marker }]) => existsSync(join(folder, marker)));
  if (wanted && !wanted.includes(language)) continue;
  if (!ready()) {
    console.log(`${name}: not run, dist/${language} is missing (npx projen package:${language})`);
    if (process.env.CI) failed += 1;
    continue;
  }
  const start = Date.now();
  try {
    rmSync(output, { recursive: true, force: true });
    mkdirSync(join(root, '.cache'), { recursive: true });
    const env = { ...prepare(folder), CDK_DISABLE_CLI_TELEMETRY: 'true' };
    run(join(root, 'node_modules/.bin/cdk'), ['synth', '--quiet', '--no-notices', '--no-version-reporting', '--output', 'cdk.out'], folder, env);
    const found = findingsOf(output);
    if (found.length > 0) throw new Error(found.join('\n'));
    passed += 1;
    console.log(`${name}: synthesized in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed += 1;
    console.error(`${name}: FAILED\n${error.message}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
