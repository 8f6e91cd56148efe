import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BuildCache } from '../../src/pipeline/image-build/build-cache';
import { ImageBuild } from '../../src/pipeline/image-build/image-build';
import { PipelineWorld, projectOf } from '../pipeline/pipeline-world';
import { makeBaseImage, nodeForTypeScript } from '../support/base-image';
import { runBuild, variablesFrom } from '../support/buildspec';
import { describeWithDocker, type Docker, type Registry, startDocker, startRegistry } from '../support/docker';
import { awsProgram, dockerProgram, FakePrograms } from '../support/doubles/fake-program';

const APP = resolve(__dirname, '../../examples/rolling-service/app');
const HOST = '111111111111.dkr.ecr.us-east-1.amazonaws.com';
const REPOSITORY = 'container-images';

/** The project of an image build as rolling-service has it, as it stands in the template. */
function imageBuildProject(): any {
  const world = new PipelineWorld();
  const { action } = ImageBuild.dockerfile({ cache: BuildCache.s3() })._bind(world.stack, world.parts, { actionName: 'Build', containerName: 'app' });
  world.addStage('Build', action);
  return projectOf(world.template, 'Builds the image of app');
}

describeWithDocker('the buildspec of an image build, with a real daemon and a real registry', () => {
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
    programs.calls.length = 0;
    notRun.length = 0;
  });

  afterEach(() => rmSync(source, { recursive: true }));

  afterAll(async () => {
    await programs?.stop();
    await Promise.all([docker?.stop(), registry?.stop()]);
  }, 60_000);

  const build = async (commit: string) => {
    const { Source, Environment } = imageBuildProject();
    return runBuild({
      buildspec: Source.BuildSpec,
      directory: source,
      // What is only known in an account stands in the overrides.
      project: variablesFrom(Environment.EnvironmentVariables.filter(({ Value }: any) => typeof Value === 'string')),
      overrides: {
        PATH: programs.path,
        REGISTRY: HOST,
        REPOSITORY_URI: `${HOST}/${REPOSITORY}`,
        REPOSITORY_NAME: REPOSITORY,
        CACHE_DIRECTORY: `${source}-cache`,
        CODEBUILD_RESOLVED_SOURCE_VERSION: commit,
      },
    });
  };

  /** What the registry has under a tag. */
  const published = async (tag: string): Promise<string | null> => {
    const { username, password } = registry.credentials!;
    const response = await fetch(`http://${registry.address}/v2/${REPOSITORY}/manifests/${tag}`, {
      method: 'HEAD',
      headers: {
        accept: 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json',
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      },
    });
    return response.status === 404 ? null : response.headers.get('docker-content-digest');
  };
  const pushes = () => programs.commandLines('docker').filter(line => line.startsWith('push'));

  test('makes an image, pushes it once, and names it by the digest that the registry gives', async () => {
    const first = await build('c0ffee');
    expect(`${first.succeeded} ${first.output}`).toMatch(/^true/);
    const digest = await published('c0ffee');
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(first.exported).toEqual({ IMAGE_DIGEST: digest, IMAGE_TAG: 'c0ffee', IMAGE_URI: `${HOST}/${REPOSITORY}@${digest}` });
    expect(first.artifacts).toEqual(['imageDetail.json', 'imagedefinitions.json']);
    expect(JSON.parse(readFileSync(join(source, 'imagedefinitions.json'), 'utf8'))).toEqual([{ name: 'app', imageUri: `${HOST}/${REPOSITORY}@${digest}` }]);
    expect(JSON.parse(readFileSync(join(source, 'imageDetail.json'), 'utf8'))).toEqual({ ImageURI: `${HOST}/${REPOSITORY}@${digest}` });
    expect(first.output).not.toContain(registry.credentials!.password);

    // This docker has no buildx: the builder and its cache were asked for, as they should be, but not run.
    expect(notRun).toEqual([
      'docker buildx create --use --driver docker-container --driver-opt image=public.ecr.aws/vend/moby/buildkit:buildx-stable-1',
      'docker --load',
      `docker --cache-to type=local,mode=max,dest=${source}-cache.next,ignore-error=true`,
    ]);
    console.warn(`NOT RUN, for want of buildx:\n${notRun.join('\n')}`);

    // The same commit once more, even from other files: nothing is built, nothing is pushed.
    writeFileSync(join(source, 'lib/page.ts'), 'export {};');
    programs.calls.length = 0;
    const again = await build('c0ffee');
    expect(again.succeeded).toBe(true);
    expect(again.exported).toEqual(first.exported);
    expect(again.artifacts).toEqual(first.artifacts);
    expect(programs.commandLines('docker')).toEqual([`login --username AWS --password-stdin ${HOST}`]);
    expect(await published('c0ffee')).toBe(digest);
  }, 120_000);

  test('pushes nothing when the Dockerfile fails', async () => {
    writeFileSync(join(source, 'Dockerfile'), `${readFileSync(join(source, 'Dockerfile'), 'utf8')}\nRUN exit 3\n`);
    const { succeeded, phases, artifacts, exported } = await build('bad');
    expect(succeeded).toBe(false);
    expect(phases.find(({ name }) => name === 'build')?.status).toBe('FAILED');
    expect(phases.find(({ name }) => name === 'post_build')?.output).toContain('the build failed, nothing is pushed');
    expect(artifacts).toEqual([]);
    expect(exported).toEqual({ IMAGE_DIGEST: '', IMAGE_TAG: 'bad' });
    expect(pushes()).toEqual([]);
    expect(await published('bad')).toBeNull();
  }, 60_000);

  test('fails when the registry refuses', async () => {
    const { credentials } = registry;
    const stranger = await FakePrograms.start({
      aws: call => call.args[1] === 'get-login-password' ? { stdout: 'wrong\n' } : awsProgram({ registry })(call),
      docker: dockerProgram({ docker, hosts: { [HOST]: registry }, onNotRun: () => {} }),
    });
    try {
      const { Source, Environment } = imageBuildProject();
      const result = await runBuild({
        buildspec: Source.BuildSpec,
        directory: source,
        project: variablesFrom(Environment.EnvironmentVariables.filter(({ Value }: any) => typeof Value === 'string')),
        overrides: { PATH: stranger.path, REGISTRY: HOST, REPOSITORY_URI: `${HOST}/${REPOSITORY}`, REPOSITORY_NAME: REPOSITORY, CACHE_DIRECTORY: `${source}-cache` },
      });
      expect(result.phases.map(({ name, status }) => `${name} ${status}`)).toEqual(['install SUCCEEDED', 'pre_build FAILED']);
      expect(result.output).not.toContain(credentials!.password);
    } finally {
      await stranger.stop();
    }
  }, 60_000);
});
