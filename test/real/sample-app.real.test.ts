import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeBaseImage, nodeForTypeScript } from '../support/base-image';
import { runBuild } from '../support/buildspec';
import { describeWithDocker, type Docker, type Registry, startDocker, startRegistry } from '../support/docker';
import { awsProgram, dockerProgram, FakePrograms } from '../support/doubles/fake-program';

const APP = resolve(__dirname, '../../examples/rolling-service/app');
const HOST = '111111111111.dkr.ecr.us-east-1.amazonaws.com';
const REPOSITORY = 'container-images';

/** As a pipeline builds an image: login, build, push only what was built, name the image by its digest. */
const BUILDSPEC = {
  version: '0.2',
  env: { 'variables': { IMAGE: `${HOST}/${REPOSITORY}` }, 'exported-variables': ['DIGEST'] },
  phases: {
    pre_build: { commands: [`aws ecr get-login-password | docker login --username AWS --password-stdin ${HOST}`] },
    build: {
      commands: [
        'docker buildx create --use',
        'docker buildx build --tag $IMAGE:$CODEBUILD_RESOLVED_SOURCE_VERSION --cache-to type=registry,ref=$IMAGE:cache --provenance=false --load .',
      ],
    },
    post_build: {
      commands: [
        '[ $CODEBUILD_BUILD_SUCCEEDING = 1 ]',
        'docker push $IMAGE:$CODEBUILD_RESOLVED_SOURCE_VERSION',
        `DIGEST=$(aws ecr describe-images --repository-name ${REPOSITORY} --image-ids imageTag=$CODEBUILD_RESOLVED_SOURCE_VERSION --query 'imageDetails[0].imageDigest' --output text)`,
        'printf \'[{"name":"app","imageUri":"%s@%s"}]\' $IMAGE $DIGEST > imagedefinitions.json',
      ],
    },
  },
  artifacts: { files: ['imagedefinitions.json'] },
};

describeWithDocker('the sample app, with a real daemon and a real registry', () => {
  let docker: Docker;
  let registry: Registry;
  let programs: FakePrograms;
  let source: string;
  const notRun: string[] = [];

  beforeAll(async () => {
    [docker, registry] = await Promise.all([startDocker(), startRegistry({ auth: true })]);
    programs = await FakePrograms.start({
      aws: awsProgram({ registry }),
      docker: dockerProgram({ docker, hosts: { [HOST]: registry }, onNotRun: what => notRun.push(what) }),
    });
    await makeBaseImage(docker, join(APP, 'Dockerfile'), await nodeForTypeScript());
  }, 120_000);

  beforeEach(() => {
    source = mkdtempSync(join(tmpdir(), 'app-'));
    cpSync(APP, source, { recursive: true, filter: path => !path.includes('node_modules') });
  });

  afterEach(() => rmSync(source, { recursive: true }));

  afterAll(async () => {
    console.warn(`NOT RUN, for want of buildx:\n${[...new Set(notRun)].join('\n')}`);
    await programs?.stop();
    await Promise.all([docker?.stop(), registry?.stop()]);
  }, 60_000);

  const build = async (overrides: Record<string, string> = {}) =>
    runBuild({ buildspec: BUILDSPEC, directory: source, overrides: { PATH: programs.path, ...overrides } });

  test('is built, pushed, and answers in a container of the pushed image', async () => {
    const { succeeded, exported, artifacts, output } = await build();
    expect(`${succeeded} ${output}`).toMatch(/^true/);
    expect(exported.DIGEST).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(artifacts).toEqual(['imagedefinitions.json']);
    expect(JSON.parse(readFileSync(join(source, 'imagedefinitions.json'), 'utf8'))).toEqual([
      { name: 'app', imageUri: `${HOST}/${REPOSITORY}@${exported.DIGEST}` },
    ]);
    expect(notRun).toEqual(expect.arrayContaining(['docker buildx create --use', 'docker --load', 'docker --provenance=false']));

    // What runs comes from the registry, not from what the build left with the daemon.
    const { username, password } = registry.credentials!;
    await docker.run('image', 'rm', `${registry.address}/${REPOSITORY}:0123456789abcdef0123456789abcdef01234567`);
    await docker.run('login', '--username', username, '--password', password, registry.address);
    const image = `${registry.address}/${REPOSITORY}@${exported.DIGEST}`;
    await docker.run('pull', image);

    const port = await freePort();
    const container = await docker.run('run', '--detach', '--network', 'host', '--read-only', '--env', `PORT=${port}`, image);
    expect(await answer(`http://127.0.0.1:${port}/health`)).toBe('{"status":"ok"}');
    expect(await answer(`http://127.0.0.1:${port}/`)).toContain('<h1>Teas</h1>');
    expect(await docker.run('inspect', '--format', '{{.Config.User}} {{json .Config.Cmd}}', container)).toBe('node ["node","lib/main.ts"]');

    await docker.run('stop', container);
    expect(await docker.run('inspect', '--format', '{{.State.ExitCode}}', container)).toBe('0');
    expect(await docker.run('logs', container)).toBe(`listening on port ${port}\nstopping`);
    await docker.run('rm', container);
  }, 120_000);

  test('is not pushed when its build fails', async () => {
    rmSync(join(source, 'lib'), { recursive: true });
    const { succeeded, phases, artifacts } = await build({ CODEBUILD_RESOLVED_SOURCE_VERSION: 'failing' });
    expect(succeeded).toBe(false);
    expect(phases.find(phase => phase.name === 'build')?.status).toBe('FAILED');
    expect(artifacts).toEqual([]);
    expect(programs.commandLines('docker')).not.toContain(`push ${HOST}/${REPOSITORY}:failing`);
  }, 60_000);

  test('is not pushed without a login', async () => {
    const phases = { ...BUILDSPEC.phases, pre_build: { commands: [] } };
    const result = await runBuild({
      buildspec: { ...BUILDSPEC, phases }, directory: source, overrides: { PATH: programs.path, CODEBUILD_RESOLVED_SOURCE_VERSION: 'stranger' },
    });
    expect(result.phases.find(phase => phase.name === 'post_build')).toMatchObject({ status: 'FAILED', output: expect.stringContaining('no basic auth credentials') });
  }, 60_000);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await new Promise(resolved => server.once('listening', resolved));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolved => server.close(resolved));
  return port;
}

async function answer(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}
