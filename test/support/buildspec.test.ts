import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { BuildSpec } from 'aws-cdk-lib/aws-codebuild';
import { Build, BuildResult, runBuild, variablesFrom } from './buildspec';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'source-')); });
afterEach(() => rmSync(directory, { recursive: true }));

const run = async (spec: object | string, given: Partial<Build> = {}) =>
  runBuild({ buildspec: typeof spec === 'string' ? spec : { version: '0.2', ...spec }, directory, ...given });

/** Runs `commands` in the build phase. */
const build = async (commands: string[], rest: object = {}, given: Partial<Build> = {}) => run({ phases: { build: { commands } }, ...rest }, given);

const statuses = ({ phases }: BuildResult) => phases.map(({ name, status }) => `${name} ${status}`);
const said = (result: BuildResult) => result.output.split('\n').filter(line => line && !line.startsWith('[Container]'));

function files(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    writeFileSync(join(directory, path), '');
  }
}

describe('text of the buildspec', () => {
  const spec = { version: '0.2', phases: { build: { commands: ['echo hello'] } } };

  test.each([
    ['an object', spec],
    ['JSON', JSON.stringify(spec)],
    ['YAML', 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo hello\n'],
    ['one command instead of a list', { version: 0.2, phases: { build: { commands: 'echo hello' } } }],
    ['what CDK writes', new Stack().resolve(BuildSpec.fromObject(spec).toBuildSpec())],
    ['the YAML that CDK writes', new Stack().resolve(BuildSpec.fromObjectToYaml(spec).toBuildSpec())],
  ])('%s', async (_, text) => {
    expect(said(await run(text))).toEqual(['hello']);
  });

  test.each([
    [{ version: '0.1', phases: {} }, 'version 0.1'],
    [{ version: '0.2', phases: { biuld: {} } }, 'unknown phase biuld'],
    [{ 'version': '0.2', 'run-as': 'user', 'phases': {} }, 'run-as'],
    [{ version: '0.2', phases: { build: { 'run-as': 'user' } } }, 'phases/build: run-as'],
    [{ version: '0.2', phases: { build: { 'on-failure': 'RETRY' } } }, 'on-failure RETRY'],
    ['version: 0.2\nphases:\n  build:\n    commands:\n      - echo note: this is a mapping\n', 'expected commands to be of string type'],
  ])('refuses %j', async (text, reason) => {
    await expect(run(text)).rejects.toThrow(reason);
  });
});

describe('phases', () => {
  const phases = (failing: string, more: object = {}) => Object.fromEntries(['install', 'pre_build', 'build', 'post_build'].map(name => [
    name, { commands: [`echo ${name} $CODEBUILD_BUILD_SUCCEEDING`, ...(name === failing ? ['false', 'echo never'] : [])], ...(name === failing ? more : {}) },
  ]));

  test('run in order', async () => {
    const result = await run({ phases: phases('none') });
    expect(result.succeeded).toBe(true);
    expect(said(result)).toEqual(['install 1', 'pre_build 1', 'build 1', 'post_build 1']);
    expect(statuses(result)).toEqual(['install SUCCEEDED', 'pre_build SUCCEEDED', 'build SUCCEEDED', 'post_build SUCCEEDED', 'upload_artifacts SUCCEEDED']);
  });

  test.each([
    ['install', ['install 1'], ['install FAILED']],
    ['pre_build', ['install 1', 'pre_build 1'], ['install SUCCEEDED', 'pre_build FAILED']],
  ])('what fails in %s skips the rest', async (failing, lines, phaseStatuses) => {
    const result = await run({ phases: phases(failing), artifacts: { files: '**/*' } });
    expect(result.succeeded).toBe(false);
    expect(said(result)).toEqual(lines);
    expect(statuses(result)).toEqual(phaseStatuses);
    expect(result.artifacts).toEqual([]);
  });

  test('what fails in build does not keep post_build and the upload from running', async () => {
    files('file');
    const result = await run({ phases: phases('build'), artifacts: { files: 'file' } });
    expect(result.succeeded).toBe(false);
    expect(said(result)).toEqual(['install 1', 'pre_build 1', 'build 1', 'post_build 0']);
    expect(statuses(result).slice(2)).toEqual(['build FAILED', 'post_build SUCCEEDED', 'upload_artifacts SUCCEEDED']);
    expect(result.artifacts).toEqual(['file']);
  });

  test('what fails in post_build does not keep the upload from running', async () => {
    expect(statuses(await run({ phases: phases('post_build') })).slice(3)).toEqual(['post_build FAILED', 'upload_artifacts SUCCEEDED']);
  });

  test('on-failure: ABORT ends the build', async () => {
    expect(statuses(await run({ phases: phases('build', { 'on-failure': 'ABORT' }) })).slice(2)).toEqual(['build FAILED']);
    expect(statuses(await run({ phases: phases('post_build', { 'on-failure': 'ABORT' }) })).slice(3)).toEqual(['post_build FAILED']);
  });

  test('on-failure: CONTINUE goes on to the next phase', async () => {
    const result = await run({ phases: phases('install', { 'on-failure': 'CONTINUE' }) });
    expect(said(result)).toEqual(['install 1', 'pre_build 0', 'build 0', 'post_build 0']);
    expect(result.succeeded).toBe(false);
  });

  test('finally runs whether commands fail or not, and fails its phase', async () => {
    const result = await run({
      phases: {
        pre_build: { commands: ['true'], finally: ['echo after success'] },
        build: { commands: ['false'], finally: ['echo after failure'] },
        post_build: { commands: ['true'], finally: ['false', 'echo never'] },
      },
    });
    expect(said(result)).toEqual(['after success', 'after failure']);
    expect(statuses(result).slice(1, 4)).toEqual(['pre_build SUCCEEDED', 'build FAILED', 'post_build FAILED']);
  });

  test('tell their output apart', async () => {
    const result = await run({ phases: { install: { commands: ['echo one'] }, build: { commands: ['echo two >&2; exit 3'] } } });
    expect(result.phases[0].output).toBe([
      '[Container] Entering phase INSTALL', '[Container] Running command echo one', 'one', '[Container] Phase complete: INSTALL State: SUCCEEDED', '',
    ].join('\n'));
    expect(result.phases[2].output).toContain('two\n[Container] Command did not exit successfully echo two >&2; exit 3 exit status 3\n');
    expect(result.output).toBe(result.phases.map(phase => phase.output).join(''));
  });
});

describe('the shell', () => {
  test('keeps variables and directory from command to command and from phase to phase', async () => {
    files('sub/file');
    const result = await run({
      phases: {
        install: { commands: ['cd sub', 'export A="it\'s $HOME"', 'B=2', 'unset AWS_REGION'] },
        build: { commands: ['[ "$A" = "it\'s $HOME" ] && echo "$B ${AWS_REGION-unset}"', 'sh -c "echo $B"', 'ls'] },
      },
    });
    expect(said(result)).toEqual(['2 unset', '2', 'file']);
  });

  test('forgets functions and options', async () => {
    expect(said(await build(['f() { echo f; }; set -e', 'f || echo gone', 'false; echo on']))).toEqual([expect.stringContaining('f: not found'), 'gone', 'on']);
  });

  test('takes the status of the last line of a command, of exit too', async () => {
    expect((await build(['false\ntrue'])).succeeded).toBe(true);
    expect((await build(['exit 0', 'true # with a comment'])).succeeded).toBe(true);
    expect((await build(['if then'])).succeeded).toBe(false);
  });

  test('is sh, or bash when the buildspec says so', async () => {
    const bashism = '[[ a == a ]] && echo bash';
    expect((await build([bashism], { env: { shell: '/bin/sh' } })).succeeded).toBe((await build([bashism])).succeeded);
    expect(said(await build([bashism, 'export X="a b"', 'echo $X'], { env: { shell: 'bash' } }))).toEqual(['bash', 'a b']);
  });

  test('does not wait for what runs on in the background', async () => {
    const [pid] = said(await build(['sleep 60 & echo $!']));
    expect(process.kill(Number(pid))).toBe(true);
  });

  test('gives nothing to read', async () => {
    expect(said(await build(['cat; echo end']))).toEqual(['end']);
  });

  test('knows nothing of the machine but the programs', async () => {
    process.env.OF_THE_TESTS = 'x';
    const result = await build(['env | cut -d= -f1 | sort']);
    delete process.env.OF_THE_TESTS;
    expect(said(result)).toEqual(expect.arrayContaining(['AWS_REGION', 'CODEBUILD_RESOLVED_SOURCE_VERSION', 'HOME', 'PATH']));
    expect(said(result)).not.toContain('OF_THE_TESTS');
  });

  test('has a home of its own, which goes away', async () => {
    const [home] = said(await build(['echo $HOME', 'touch $HOME/.docker']));
    expect(home).not.toBe(process.env.HOME);
    expect(existsSync(home)).toBe(false);
  });
});

describe('variables', () => {
  test('the start of the build wins over the project, the project over the buildspec', async () => {
    const result = await build(['echo $A $B $C'], { env: { variables: { A: 'spec', B: 'spec', C: 'spec' } } }, {
      project: { B: 'project', C: 'project' }, overrides: { C: 'start' },
    });
    expect(said(result)).toEqual(['spec project start']);
  });

  test('are not expanded', async () => {
    expect(said(await build(['echo "$A"'], { env: { variables: { A: '$HOME `id` \'x\'\ny' } } }))).toEqual(["$HOME `id` 'x'", 'y']);
  });

  test('secrets come from the test, by name', async () => {
    const env = { 'parameter-store': { A: '/docker/user' }, 'secrets-manager': { B: 'docker:password' } };
    const secrets = { '/docker/user': 'a', 'docker:password': 'b', '/project': 'c' };
    expect(said(await build(['echo $A $B $C'], { env }, { secrets, project: { C: { type: 'PARAMETER_STORE', value: '/project' } } }))).toEqual(['a b c']);
    await expect(build(['true'], { env })).rejects.toThrow('PARAMETER_STORE holds no /docker/user');
  });

  test('are read from a template and from a pipeline action', () => {
    expect(variablesFrom([{ Name: 'A', Value: '1' }, { Name: 'B', Type: 'PARAMETER_STORE', Value: '/b' }])).toEqual({
      A: { value: '1' }, B: { type: 'PARAMETER_STORE', value: '/b' },
    });
    expect(variablesFrom(JSON.parse('[{"name":"A","type":"PLAINTEXT","value":"1"}]'))).toEqual({ A: { type: 'PLAINTEXT', value: '1' } });
  });

  test('are exported as they are at the end, also of a failed build; secrets and AWS_ are not', async () => {
    const env = {
      'variables': { A: 'old' },
      'parameter-store': { SECRET: '/secret' },
      'exported-variables': ['A', 'B', 'EMPTY', 'UNSET', 'SECRET', 'TOKEN', 'AWS_REGION'],
    };
    const result = await build(['A=new', 'B="x\n y"', 'EMPTY=', 'false'], { env }, {
      secrets: { '/secret': 's', 'token': 't' }, overrides: { TOKEN: { type: 'SECRETS_MANAGER', value: 'token' } },
    });
    expect(result.exported).toEqual({ A: 'new', B: 'x\n y', EMPTY: '' });
  });
});

// The cases with `my-build` are the user guide's own.
describe('artifacts', () => {
  beforeEach(() => files('my-build-1/my-file-1.txt', 'my-build-2/my-file-2.txt', 'my-build-2/my-subdirectory/my-file-3.txt', '.hidden', 'top.json'));

  test.each([
    [{ files: ['top.json'] }, ['top.json']],
    [{ files: './top.json' }, ['top.json']],
    [{ files: ['none', 'top.json'] }, ['top.json']],
    [{ files: ['*'] }, ['.hidden', 'top.json']],
    [{ files: ['my-build-2/*'] }, ['my-build-2/my-file-2.txt']],
    [{ files: ['my-build-2/**/*'] }, ['my-build-2/my-file-2.txt', 'my-build-2/my-subdirectory/my-file-3.txt']],
    [{ 'files': ['*/my-file-3.txt'], 'base-directory': 'my-build-2' }, ['my-subdirectory/my-file-3.txt']],
    [{ 'files': ['*'], 'base-directory': './my-build-2/my-subdirectory' }, ['my-file-3.txt']],
    [{ 'files': ['**/*'], 'base-directory': 'my-build*', 'discard-paths': 'yes' }, ['my-file-1.txt', 'my-file-2.txt', 'my-file-3.txt']],
    [{ 'files': ['**/*'], 'exclude-paths': ['my-build*/**/*', '**/.*'] }, ['top.json']],
  ])('%j', async (artifacts, expected) => {
    const result = await build(['cd my-build-1'], { artifacts });
    expect(result.artifacts).toEqual(expected);
    expect(result.succeeded).toBe(true);
  });

  test('none at all is an error', async () => {
    const result = await build(['true'], { artifacts: { files: ['none'] } });
    expect(result.succeeded).toBe(false);
    expect(result.phases.at(-1)).toMatchObject({ name: 'upload_artifacts', status: 'FAILED', output: expect.stringContaining('no matching artifact paths found') });
  });

  test('secondary ones stand apart', async () => {
    const artifacts = { 'files': 'top.json', 'secondary-artifacts': { one: { 'files': '*', 'base-directory': 'my-build-1' } } };
    expect((await build(['true'], { artifacts })).secondaryArtifacts).toEqual({ one: ['my-file-1.txt'] });
  });
});

test('reports are found in a failed build too', async () => {
  files('test-results/unit/a.xml', 'coverage/cobertura.xml');
  const { reports } = await build(['false'], {
    reports: {
      tests: { 'files': ['**/*.xml'], 'base-directory': 'test-results' },
      coverage: { 'files': ['coverage/**/*.xml'], 'file-format': 'CoberturaXml' },
      none: { files: ['none.xml'] },
    },
  });
  expect(reports).toEqual({
    tests: { format: 'JUNITXML', files: ['unit/a.xml'] },
    coverage: { format: 'COBERTURAXML', files: ['coverage/cobertura.xml'] },
    none: { format: 'JUNITXML', files: [] },
  });
});

test('what the build leaves in the source directory stays there', async () => {
  await build(['echo made > made']);
  expect(readFileSync(join(directory, 'made'), 'utf8')).toBe('made\n');
});
