import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { PipelineWorld, projectOf, rightsOf, text, WorldOptions } from './pipeline-world';
import { Encryption } from '../../src/common/encryption';
import { ResourceNames } from '../../src/common/resource-names';
import { BuildCache } from '../../src/pipeline/image-build/build-cache';
import { DockerfileOptions, ImageBuild, ImageBuildContext } from '../../src/pipeline/image-build/image-build';
import { BuildSecret } from '../../src/pipeline/project/build-secret';
import { Inspection } from '../../src/private/problems';
import { judge, withAndWithoutFeatureFlags } from '../checkers';
import { runBuild } from '../support/buildspec';
import { FakePrograms, Program } from '../support/doubles/fake-program';
import { lazily } from '../support/lazily';

const DESCRIPTION = 'Builds the image of app';

function build(options: DockerfileOptions = {}, world: WorldOptions = {}, context: Partial<ImageBuildContext> = {}) {
  const pipeline = new PipelineWorld(world);
  const bound = ImageBuild.dockerfile(options)._bind(pipeline.stack, pipeline.parts, { actionName: 'Build', containerName: 'app', ...context });
  pipeline.addStage('Build', bound.action);
  return { ...bound, pipeline };
}

const project = (...args: Parameters<typeof build>) => projectOf(build(...args).pipeline.template, DESCRIPTION);
const variables = ({ Environment }: any) => Object.fromEntries(Environment.EnvironmentVariables.map(({ Name, Value, Type }: any) => [
  Name, Type === 'PLAINTEXT' ? text(Value) : `${Type} ${text(Value)}`,
]));
const spec = (properties: any) => JSON.parse(properties.Source.BuildSpec);
const problems = (options: any): string[] => ImageBuild.dockerfile(options)._problems.map(({ prop, got, allowed, cure }) => `${prop}: got ${got}; allowed ${allowed}; ${cure}`);

describe('the project', () => {
  test('by default', () => {
    const properties = project();
    expect(properties).toMatchObject({
      Artifacts: { Type: 'CODEPIPELINE' },
      Environment: { ComputeType: 'BUILD_GENERAL1_MEDIUM', Image: 'aws/codebuild/standard:7.0', Type: 'LINUX_CONTAINER', PrivilegedMode: true },
      Source: { Type: 'CODEPIPELINE' },
      TimeoutInMinutes: 60,
      LogsConfig: { CloudWatchLogs: { Status: 'ENABLED' } },
    });
    expect(properties.Name).toBeUndefined();
    expect(text(properties.EncryptionKey)).toMatch(/^<Key.*\.Arn>$/);
    expect(variables(properties)).toMatchObject({
      PLATFORM: 'linux/amd64',
      CONTAINER_NAME: 'app',
      BUILD_CONTEXT: '.',
      DOCKERFILE: 'Dockerfile',
      TAG_SUFFIX: '',
      REPOSITORY_NAME: expect.stringMatching(/^<Repository/),
      REPOSITORY_URI: expect.stringContaining('.dkr.ecr.'),
      CACHE_URI: expect.stringContaining('BuildCacheRepository'),
    });
  });

  test('has a buildspec that is a plain text', () => {
    const properties = project();
    expect(typeof properties.Source.BuildSpec).toBe('string');
    expect(spec(properties)).toMatchObject({
      version: '0.2',
      env: { 'shell': 'bash', 'exported-variables': ['IMAGE_DIGEST', 'IMAGE_TAG', 'IMAGE_URI'] },
      artifacts: { files: ['imagedefinitions.json', 'imageDetail.json'] },
    });
  });

  test('takes what the user chose', () => {
    const properties = project({
      computeType: codebuild.ComputeType.LARGE,
      buildImage: codebuild.LinuxBuildImage.STANDARD_6_0,
      timeout: Duration.minutes(15),
      projectName: 'image',
      logGroupName: '/builds/image',
      logRetention: logs.RetentionDays.ONE_WEEK,
      directory: 'services/web',
      dockerfile: 'docker/Dockerfile',
      target: 'slim',
      environment: { COLOUR: 'blue' },
      buildArgs: { VERSION: '1', FLAVOUR: 'b "c" $d' },
    }, { names: ResourceNames.suffixed({ suffix: 'dev' }) });
    expect(properties).toMatchObject({
      Name: 'image-dev', TimeoutInMinutes: 15, Environment: { ComputeType: 'BUILD_GENERAL1_LARGE', Image: 'aws/codebuild/standard:6.0' },
    });
    expect(variables(properties)).toMatchObject({
      BUILD_CONTEXT: 'services/web', DOCKERFILE: 'services/web/docker/Dockerfile', TARGET: 'slim', COLOUR: 'blue', BUILD_ARG_0: '1', BUILD_ARG_1: 'b "c" $d',
    });
  });

  test('has a log group of its own', () => {
    const { pipeline } = build({ logRetention: logs.RetentionDays.ONE_WEEK, logGroupName: '/builds/image' }, { names: ResourceNames.suffixed({ suffix: 'dev' }) });
    pipeline.template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/builds/image-dev', RetentionInDays: 7, KmsKeyId: Match.anyValue() });
  });

  test('gets names by suffix', () => {
    const { pipeline } = build({}, { names: ResourceNames.suffixed({ suffix: 'dev' }) });
    expect(projectOf(pipeline.template, DESCRIPTION).Name).toBe('project-shop-build-dev');
    pipeline.template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: 'log-group-shop-build-dev' });
    pipeline.template.hasResourceProperties('AWS::ECR::Repository', { RepositoryName: 'repository-shop-cache-dev' });
  });

  test.each([
    ['the place', {}, ecs.CpuArchitecture.ARM64],
    ['the build', { architecture: ecs.CpuArchitecture.ARM64 }, undefined],
  ])('runs on ARM64 when %s says so', (_, options, architecture) => {
    const properties = project(options, {}, { architecture });
    expect(properties.Environment).toMatchObject({ Type: 'ARM_CONTAINER', Image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0' });
    expect(variables(properties).PLATFORM).toBe('linux/arm64');
  });
});

describe('rights', () => {
  test('of the build', () => {
    const { pipeline } = build({ cache: BuildCache.none() });
    const rights = rightsOf(pipeline.template, 'BuildRole');
    expect(rights.map((right) => right.replace(/[A-F0-9]{8}\b/g, ''))).toEqual([
      'ecr:BatchCheckLayerAvailability <Repository.Arn>',
      'ecr:BatchGetImage <Repository.Arn>',
      'ecr:CompleteLayerUpload <Repository.Arn>',
      'ecr:DescribeImages <Repository.Arn>',
      'ecr:GetAuthorizationToken *',
      'ecr:GetDownloadUrlForLayer <Repository.Arn>',
      'ecr:InitiateLayerUpload <Repository.Arn>',
      'ecr:PutImage <Repository.Arn>',
      'ecr:UploadLayerPart <Repository.Arn>',
      'kms:Decrypt <Key.Arn>',
      'kms:GenerateDataKey <Key.Arn>',
      'logs:CreateLogStream <BuildLogs.Arn>',
      'logs:PutLogEvents <BuildLogs.Arn>',
      's3:GetBucketAcl <Artifacts.Arn>',
      's3:GetBucketLocation <Artifacts.Arn>',
      's3:GetObject <Artifacts.Arn>/*',
      's3:GetObjectVersion <Artifacts.Arn>/*',
      's3:PutObject <Artifacts.Arn>/*',
    ]);
  });

  test('of the action, which only the pipeline may take on', () => {
    const { pipeline } = build();
    expect(rightsOf(pipeline.template, 'BuildActionRole')).toEqual([
      expect.stringMatching(/^codebuild:BatchGetBuilds <BuildProject.*\.Arn>$/), expect.stringMatching(/^codebuild:StartBuild <BuildProject.*\.Arn>$/),
    ]);
    const [role] = Object.values(pipeline.template.findResources('AWS::IAM::Role', { Properties: { Description: 'Starts the project of the action Build' } }));
    expect(text(role.Properties.AssumeRolePolicyDocument.Statement[0].Principal.AWS)).toMatch(/^<PipelineRole.*\.Arn>$/);
  });

  test('without a key of ours', () => {
    const { pipeline } = build({ cache: BuildCache.none() }, { encryption: Encryption.awsManaged() });
    expect(rightsOf(pipeline.template, 'BuildRole').filter((right) => right.startsWith('kms:'))).toEqual([]);
  });

  withAndWithoutFeatureFlags((context) => {
    test.each([
      ['with a key', {}],
      ['without', { encryption: Encryption.awsManaged() }],
    ])('nothing against them, %s', (_, world: WorldOptions) => {
      const { pipeline } = build({ logRetention: logs.RetentionDays.ONE_WEEK }, { ...world, context });
      void pipeline.template;
      expect(judge(pipeline.app).filter((finding) => / Shop\/Build\//.test(finding))).toEqual([]);
    });
  });
});

describe('secrets', () => {
  const secrets = (use: (world: PipelineWorld) => DockerfileOptions) => {
    const pipeline = new PipelineWorld();
    const bound = ImageBuild.dockerfile({ cache: BuildCache.none(), ...use(pipeline) })._bind(pipeline.stack, pipeline.parts, { actionName: 'Build', containerName: 'app' });
    pipeline.addStage('Build', bound.action);
    return { properties: projectOf(pipeline.template, DESCRIPTION), rights: rightsOf(pipeline.template, 'BuildRole') };
  };

  test('from Secrets Manager, whole or one field, with a key of their own', () => {
    const { properties, rights } = secrets(({ stack }) => {
      const key = new kms.Key(stack, 'SecretKey');
      const secret = new secretsmanager.Secret(stack, 'Secret', { encryptionKey: key });
      return { secrets: { WHOLE: BuildSecret.fromSecretsManager(secret), FIELD: BuildSecret.fromSecretsManager(secret, 'field') } };
    });
    expect(variables(properties)).toMatchObject({
      WHOLE: expect.stringMatching(/^SECRETS_MANAGER <Secret[^>]*>$/), FIELD: expect.stringMatching(/^SECRETS_MANAGER <Secret[^>]*>:field$/),
    });
    expect(rights).toContainEqual(expect.stringMatching(/^secretsmanager:GetSecretValue <Secret[^>]*>$/));
    expect(rights).toContainEqual(expect.stringMatching(/^kms:Decrypt <SecretKey.*Arn> if .*"kms:ViaService":\["secretsmanager\.<AWS::Region>\.amazonaws\.com","secretsmanager\.<AWS::Region>\.<AWS::URLSuffix>"\]/));
    expect(spec(properties).phases.build.commands[0]).toContain('--secret id=WHOLE,env=WHOLE --secret id=FIELD,env=FIELD');
  });

  test('from Secrets Manager by name', () => {
    const { rights } = secrets(({ stack }) => ({
      secrets: { NAMED: BuildSecret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'npm')) },
    }));
    expect(rights).toContain('secretsmanager:GetSecretValue arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:npm-??????');
  });

  test('from Parameter Store, to log in to Docker Hub', () => {
    const { properties, rights } = secrets(({ stack }) => ({
      registryLogin: {
        username: BuildSecret.fromParameterStore('/docker/user'), password: BuildSecret.fromParameterStore('docker-password', new kms.Key(stack, 'ParameterKey')),
      },
    }));
    expect(variables(properties)).toMatchObject({
      DOCKER_USERNAME: 'PARAMETER_STORE /docker/user', DOCKER_PASSWORD: 'PARAMETER_STORE docker-password', DOCKER_REGISTRY: 'https://index.docker.io/v1/',
    });
    expect(rights).toContain('ssm:GetParameters arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/docker/user');
    expect(rights).toContain('ssm:GetParameters arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/docker-password');
    expect(rights).toContainEqual(expect.stringMatching(/^kms:Decrypt <ParameterKey.*"kms:ViaService":\["ssm\./));
    // The key aws/ssm of the other one needs no grant, and nothing else may be read.
    expect(rights.filter((right) => /^(ssm|secretsmanager):/.test(right))).toHaveLength(2);
    expect(rights.filter((right) => right.includes('ViaService'))).toHaveLength(1);
  });

  test('from Secrets Manager, to log in to another registry', () => {
    const { properties, rights } = secrets(({ stack }) => {
      const secret = secretsmanager.Secret.fromSecretNameV2(stack, 'Login', 'ghcr');
      return { registryLogin: { registry: 'ghcr.io', username: BuildSecret.fromSecretsManager(secret, 'user'), password: BuildSecret.fromSecretsManager(secret, 'password') } };
    });
    expect(variables(properties)).toMatchObject({
      DOCKER_USERNAME: expect.stringMatching(/^SECRETS_MANAGER .*:secret:ghcr:user$/), DOCKER_PASSWORD: expect.stringMatching(/:secret:ghcr:password$/), DOCKER_REGISTRY: 'ghcr.io',
    });
    expect([...new Set(rights.filter((right) => right.startsWith('secretsmanager:')))]).toEqual([expect.stringMatching(/^secretsmanager:GetSecretValue .*:secret:ghcr-\?{6}$/)]);
  });
});

test('the image is known by variables of the action', () => {
  const { image, action, pipeline } = build();
  expect(pipeline.stack.resolve(image.digest)).toBe('#{Build.IMAGE_DIGEST}');
  expect(text(pipeline.stack.resolve(image.uri))).toMatch(/@#\{Build\.IMAGE_DIGEST\}$/);
  expect(action.actionProperties).toMatchObject({ actionName: 'Build', outputs: [image.artifact] });
});

describe('inputs', () => {
  test('nothing is wrong with nothing, and with tokens', () => {
    expect(ImageBuild.dockerfile()._problems).toEqual([]);
    expect(problems({})).toEqual([]);
    const token = Lazy.string({ produce: () => 'x' });
    const timeout = Duration.minutes(Lazy.number({ produce: () => 1 }));
    expect(problems({ directory: token, dockerfile: token, target: token, projectName: token, logGroupName: token, environment: { A: token }, timeout })).toEqual([]);
    expect(problems({ secrets: { A: BuildSecret.fromParameterStore(token) }, buildArgs: { A: token } })).toEqual([]);
  });

  test.each<[any, string]>([
    [{ timeout: Duration.minutes(2) }, 'timeout: got 2 minutes; allowed 5 minutes to 8 hours'],
    [{ timeout: Duration.hours(37) }, 'timeout: got'],
    [{ imageName: 'a b' }, 'imageName: got a b; allowed 1 to 60 of'],
    [{ inputs: [] }, 'inputs: got ; allowed at least one'],
    [{ inputs: ['../a'] }, 'inputs[0]: got ../a; allowed a path below the root of the source'],
    [{ timeout: Duration.seconds(330) }, 'timeout: got 5 minutes 30 seconds; allowed whole minutes'],
    [{ computeType: 'HUGE' }, 'computeType: got HUGE; allowed BUILD_GENERAL1_SMALL'],
    [{ computeType: codebuild.ComputeType.LAMBDA_1GB }, 'computeType: got BUILD_LAMBDA_1GB'],
    [{ buildImage: 'standard:7.0' }, 'buildImage: got standard:7.0; allowed a build image'],
    [{ projectName: 'my project' }, 'projectName: got my project'],
    [{ logGroupName: 'my group' }, 'logGroupName: got my group'],
    [{ environment: { NPM_TOKEN: 'abc' } }, 'environment.NPM_TOKEN: got (hidden); allowed what anybody may read; move it to secrets'],
    [{ environment: { ID: 'AKIAIOSFODNN7EXAMPLE' } }, 'environment.ID: got (hidden)'],
    [{ buildArgs: { DB_PASSWORD: 'abc' } }, 'buildArgs.DB_PASSWORD: got (hidden)'],
    [{ environment: { '1A': 'x' } }, 'environment.1A: got 1A'],
    [{ environment: { CODEBUILD_X: 'x' } }, 'environment.CODEBUILD_X: got CODEBUILD_X'],
    [{ environment: { A: 1 } }, 'environment.A: got 1; allowed a text'],
    [{ environment: { IMAGE_TAG: 'x' } }, 'environment.IMAGE_TAG: got IMAGE_TAG; allowed a name that the build itself does not use'],
    [{ environment: { A: 'x' }, secrets: { A: BuildSecret.fromParameterStore('a') } }, 'secrets.A: got A; allowed a name that environment does not have'],
    [{ secrets: { A: 'x' } }, 'secrets.A: got x; allowed a BuildSecret'],
    [{ secrets: { A: undefined } }, 'secrets.A: got undefined; allowed a BuildSecret'],
    [{ secrets: { A: BuildSecret.fromParameterStore('a b') } }, 'secrets.A: got a b; allowed the name of a parameter'],
    [{ secrets: { A: BuildSecret.fromParameterStore(undefined as any) } }, 'secrets.A: got '],
    [{ secrets: { A: BuildSecret.fromSecretsManager(undefined as any) } }, 'secrets.A: got undefined; allowed a secret'],
    [{ directory: '/tmp' }, 'directory: got /tmp'],
    [{ directory: '../x' }, 'directory: got ../x'],
    [{ dockerfile: '' }, 'dockerfile: got '],
    [{ target: 'a b' }, 'target: got a b'],
    [{ architecture: ecs.CpuArchitecture.of('RISC') }, 'architecture: got RISC; allowed ARM64, X86_64'],
    [{ architecture: ecs.CpuArchitecture.ARM64, buildImage: codebuild.LinuxBuildImage.STANDARD_7_0 }, 'buildImage: got aws/codebuild/standard:7.0; allowed a build image for ARM64'],
    [{ cache: 's3' }, 'cache: got s3; allowed a BuildCache'],
    [{ registryLogin: { registry: 'https://ghcr.io', username: BuildSecret.fromParameterStore('u'), password: BuildSecret.fromParameterStore('p') } }, 'registryLogin.registry: got https://ghcr.io'],
    [{ registryLogin: { username: 'me' } }, 'registryLogin.username: got me'],
    [{ registryLogin: { username: BuildSecret.fromParameterStore('u') } }, 'registryLogin.password: got undefined'],
  ])('%#', (options, problem) => {
    expect(problems(options)).toContainEqual(expect.stringContaining(problem));
  });

  const fits = (options: DockerfileOptions, architecture: ecs.CpuArchitecture) => {
    const look = new Inspection();
    ImageBuild.dockerfile(options)._inspectFor(look, 'imageBuild', architecture);
    return look.problems.map(({ prop, got, allowed }) => `${prop}: got ${got}; allowed ${allowed}`);
  };

  test('the architecture of the place', () => {
    expect(fits({}, ecs.CpuArchitecture.ARM64)).toEqual([]);
    expect(fits({ buildImage: codebuild.LinuxBuildImage.STANDARD_7_0 }, ecs.CpuArchitecture.ARM64)).toEqual(['imageBuild.buildImage: got aws/codebuild/standard:7.0; allowed a build image for ARM64']);
    expect(fits({ architecture: ecs.CpuArchitecture.X86_64 }, ecs.CpuArchitecture.ARM64)).toEqual(['imageBuild.architecture: got X86_64; allowed ARM64, the architecture of the place']);
  });
});

describe('the script', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  const HOST = '111111111111.dkr.ecr.eu-west-1.amazonaws.com';
  const BASE = { REGISTRY: HOST, REPOSITORY_URI: `${HOST}/web`, REPOSITORY_NAME: 'web', CACHE_URI: `${HOST}/cache` };
  const NOT_FOUND = { exitCode: 254, stderr: 'An error occurred (ImageNotFoundException) when calling the DescribeImages operation\n' };

  let source: string;
  let programs: FakePrograms;
  let described: Program;
  let docker: Program;
  /** Of the last build. */
  let environment: Record<string, string>;

  beforeEach(async () => {
    source = mkdtempSync(join(tmpdir(), 'source-'));
    described = () => NOT_FOUND;
    docker = ({ args }) => args[0] === 'image' ? { stdout: `docker.io/other@sha256:1\n${HOST}/web@${DIGEST}\n\n` } : {};
    programs = await FakePrograms.start({
      aws: (call) => call.args[1] === 'get-login-password' ? { stdout: 'token-of-ecr\n' } : described(call),
      docker: async (call) => {
        if (call.args.includes('--password-stdin')) await call.stdin();
        if (call.args.includes('build')) environment = await call.env();
        return docker(call);
      },
    });
  });

  afterEach(async () => {
    await programs.stop();
    rmSync(source, { recursive: true });
  });

  const usual = lazily(() => project());
  const run = async (options?: DockerfileOptions, overrides: Record<string, string> = {}, secrets?: Record<string, string>, world?: WorldOptions) => {
    const properties = options || world ? project(options, world) : usual();
    const own = properties.Environment.EnvironmentVariables.filter(({ Value }: any) => typeof Value === 'string');
    return runBuild({
      buildspec: properties.Source.BuildSpec,
      directory: source,
      project: Object.fromEntries(own.map(({ Name, Type, Value }: any) => [Name, { type: Type, value: Value }])),
      overrides: { PATH: programs.path, ...BASE, CACHE_DIRECTORY: join(source, '..', `${source}-cache`), ...overrides },
      secrets,
    });
  };
  const dockerLines = () => programs.commandLines('docker');
  const commit = '0123456789abcdef0123456789abcdef01234567';

  test('logs in, builds, pushes, and names the image by its digest', async () => {
    const result = await run();
    expect(`${result.succeeded} ${result.output}`).toMatch(/^true/);
    expect(programs.commandLines('aws')).toEqual([
      'ecr get-login-password --region us-east-1',
      `ecr describe-images --repository-name web --image-ids imageTag=${commit} --query imageDetails[0].imageDigest --output text`,
    ]);
    expect(dockerLines()).toEqual([
      `login --username AWS --password-stdin ${HOST}`,
      'buildx create --use --driver docker-container --driver-opt image=public.ecr.aws/vend/moby/buildkit:buildx-stable-1',
      `buildx build --load --tag ${HOST}/web:${commit} --platform linux/amd64 --file Dockerfile --cache-from type=registry,ref=${HOST}/cache:cache `
        + `--cache-to type=registry,ref=${HOST}/cache:cache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true .`,
      `push ${HOST}/web:${commit}`,
      `image inspect --format {{range .RepoDigests}}{{println .}}{{end}} ${HOST}/web:${commit}`,
    ]);
    expect(environment.BUILDX_NO_DEFAULT_ATTESTATIONS).toBe('1');
    expect(result.exported).toEqual({ IMAGE_DIGEST: DIGEST, IMAGE_TAG: commit, IMAGE_URI: `${HOST}/web@${DIGEST}` });
    expect(result.artifacts).toEqual(['imageDetail.json', 'imagedefinitions.json']);
    expect(JSON.parse(readFileSync(join(source, 'imagedefinitions.json'), 'utf8'))).toEqual([{ name: 'app', imageUri: `${HOST}/web@${DIGEST}` }]);
    expect(JSON.parse(readFileSync(join(source, 'imageDetail.json'), 'utf8'))).toEqual({ ImageURI: `${HOST}/web@${DIGEST}` });
  });

  test('reuses the image of a commit that was built already', async () => {
    described = () => ({ stdout: `${DIGEST}\n` });
    const result = await run();
    expect(result.succeeded).toBe(true);
    expect(dockerLines()).toEqual([`login --username AWS --password-stdin ${HOST}`]);
    expect(result.exported).toEqual({ IMAGE_DIGEST: DIGEST, IMAGE_TAG: commit, IMAGE_URI: `${HOST}/web@${DIGEST}` });
    expect(result.artifacts).toHaveLength(2);
  });

  describe('with inputs', () => {
    const put = (path: string, content: string) => {
      mkdirSync(join(source, path, '..'), { recursive: true });
      writeFileSync(join(source, path), content);
    };
    const options: DockerfileOptions = { directory: 'services/a', inputs: ['services/a', 'lib'], buildArgs: { MODE: 'fast' }, target: 'web' };
    const tag = async (changed: DockerfileOptions = {}) => (await run({ ...options, ...changed }, { TAG_SUFFIX: '-a' })).exported.IMAGE_TAG;

    beforeEach(() => {
      put('services/a/Dockerfile', 'FROM scratch');
      put('services/a/index.js', '1');
      put('services/b/index.js', '1');
      put('lib/own words.js', '1');
      symlinkSync('index.js', join(source, 'services/a/link.js'));
    });

    test('names the image by their content, whatever the commit and the rest of the source', async () => {
      const first = await tag();
      expect(first).toMatch(/^content-[0-9a-f]{40}-a$/);
      put('services/b/index.js', '2');
      utimesSync(join(source, 'lib/own words.js'), 1, 1);
      expect(await tag()).toBe(first);
      expect((await run(options, { TAG_SUFFIX: '-a', CODEBUILD_RESOLVED_SOURCE_VERSION: 'f'.repeat(40) })).exported.IMAGE_TAG).toBe(first);
    });

    test.each<[string, () => unknown, DockerfileOptions]>([
      ['a file', () => put('lib/own words.js', '2'), {}],
      ['the name of a file', () => renameSync(join(source, 'lib/own words.js'), join(source, 'lib/other.js')), {}],
      ['the Dockerfile', () => put('services/a/Dockerfile', 'FROM scratch AS web'), {}],
      ['a link', () => { rmSync(join(source, 'services/a/link.js')); symlinkSync('Dockerfile', join(source, 'services/a/link.js')); }, {}],
      ['an argument', () => undefined, { buildArgs: { MODE: 'slow' } }],
      ['the target', () => undefined, { target: 'worker' }],
    ])('makes a new one when %s changes', async (_, change, changed) => {
      const first = await tag();
      change();
      expect(await tag(changed)).not.toBe(first);
    });

    test('fails when one is missing', async () => {
      const result = await run({ ...options, inputs: ['services/a', 'gone'] });
      expect(result.phases.map(({ name, status }) => `${name} ${status}`)).toEqual(['install SUCCEEDED', 'pre_build FAILED']);
      expect(result.output).toContain('gone');
    });
  });

  describe('of a clone', () => {
    const CLONED: WorldOptions = { cloning: [{ actions: ['codeconnections:UseConnection'], resources: ['arn:aws:codeconnections:eu-west-1:111111111111:connection/1'] }] };
    const git = (...args: string[]) => execFileSync('git', ['-C', source, ...args], { stdio: 'ignore' });
    const commitBy = (name: string) => {
      writeFileSync(join(source, 'Dockerfile'), 'FROM scratch');
      git('init', '--quiet');
      git('add', '.');
      git('-c', 'user.name=Committer', '-c', 'user.email=committer@example.com', 'commit', '--quiet', '--message', 'One', '--author', `${name} <author@example.com>`);
    };
    const author = async () => (await run(undefined, {}, undefined, CLONED)).exported.COMMIT_AUTHOR;

    test.each([
      ['as git has it', 'Zoë O\'Hara-Łęcka', 'Zoë O\'Hara-Łęcka'],
      ['without what would break JSON', 'A "quoted" back\\slash\tname', 'A quoted backslashname'],
      ['in at most 100 characters, none of them halved', 'ł'.repeat(150), 'ł'.repeat(100)],
    ])('exports the author, %s', async (_, name, expected) => {
      commitBy(name);
      expect(await author()).toBe(expected);
    });

    test('builds all the same when nobody tells the author', async () => {
      expect(await author()).toBe('UNKNOWN');
      expect(dockerLines()).toContainEqual(expect.stringMatching(/^push/));
    });

    test('takes no notice of git\'s own files in the content of an image', async () => {
      const tag = async () => (await run({ inputs: ['.'] }, {}, undefined, CLONED)).exported.IMAGE_TAG;
      commitBy('One');
      const first = await tag();
      git('branch', 'other');
      expect(await tag()).toBe(first);
      writeFileSync(join(source, 'index.js'), '1');
      expect(await tag()).not.toBe(first);
    });

    test('may clone, and hands the author on', () => {
      const { image, pipeline } = build({}, CLONED);
      expect(pipeline.stack.resolve(image.author)).toBe('#{Build.COMMIT_AUTHOR}');
      expect(rightsOf(pipeline.template, 'BuildRole')).toContain('codeconnections:UseConnection arn:aws:codeconnections:eu-west-1:111111111111:connection/1');
      expect(build().image.author).toBeUndefined();
    });
  });

  test('takes no other problem for a missing image', async () => {
    described = () => ({ exitCode: 254, stderr: 'An error occurred (AccessDeniedException)\n' });
    const result = await run();
    expect(result.succeeded).toBe(false);
    expect(result.phases.map(({ name, status }) => `${name} ${status}`)).toEqual(['install SUCCEEDED', 'pre_build FAILED']);
    expect(result.output).toContain('AccessDeniedException');
  });

  test.each([
    ['the login', 'login'],
    ['the builder', 'create'],
    ['the build', 'build'],
  ])('pushes nothing and leaves no artifact when %s fails, even if the source has files of these names', async (_, failing) => {
    writeFileSync(join(source, 'imagedefinitions.json'), 'old');
    writeFileSync(join(source, 'imageDetail.json'), 'old');
    docker = ({ args }) => args[0] === failing || args[1] === failing ? { exitCode: 1 } : {};
    const result = await run();
    expect(result.succeeded).toBe(false);
    expect(dockerLines()).not.toContainEqual(expect.stringMatching(/^push/));
    expect(result.artifacts).toEqual([]);
    expect(existsSync(join(source, 'imagedefinitions.json'))).toBe(false);
    expect(result.exported.IMAGE_URI).toBeUndefined();
  });

  test('takes the image of an execution that was faster', async () => {
    let calls = 0;
    described = () => calls++ === 0 ? NOT_FOUND : { stdout: `${DIGEST}\n` };
    docker = ({ args }) => args[0] === 'push' ? { exitCode: 1, stderr: 'tag invalid: The image tag already exists' } : {};
    const result = await run();
    expect(result.succeeded).toBe(true);
    expect(result.exported.IMAGE_DIGEST).toBe(DIGEST);
  });

  test('fails when the image cannot be pushed', async () => {
    docker = ({ args }) => args[0] === 'push' ? { exitCode: 1, stderr: 'denied' } : {};
    const result = await run();
    expect(result.succeeded).toBe(false);
    expect(result.output).toContain('the image was not pushed');
    expect(result.artifacts).toEqual([]);
  });

  test.each([
    ['.Vv/x=', 'v.Vv-x-'],
    ['sha256:abc', 'sha256-abc'],
    ['-a', 'v-a'],
    ['x'.repeat(200), 'x'.repeat(100)],
  ])('makes a tag of %s', async (version, tag) => {
    expect((await run(undefined, { CODEBUILD_RESOLVED_SOURCE_VERSION: version })).exported.IMAGE_TAG).toBe(tag);
    expect((await run(undefined, { CODEBUILD_RESOLVED_SOURCE_VERSION: version, TAG_SUFFIX: '-worker' })).exported.IMAGE_TAG).toBe(`${tag}-worker`);
  });

  test('makes a tag of the build when the source has no version', async () => {
    expect((await run(undefined, { CODEBUILD_RESOLVED_SOURCE_VERSION: '' })).exported.IMAGE_TAG).toBe('build-00000000-0000-0000-0000-000000000000');
  });

  test('hands on target, arguments and secrets, and shows no secret', async () => {
    const result = await run({
      directory: 'web',
      target: 'slim',
      buildArgs: { A: 'with "quotes" and $HOME', B: '2' },
      secrets: { NPM_TOKEN: BuildSecret.fromParameterStore('/npm') },
      registryLogin: { username: BuildSecret.fromParameterStore('/user'), password: BuildSecret.fromParameterStore('/password') },
      cache: BuildCache.none(),
    }, {}, { '/npm': 'secret-of-npm', '/user': 'me', '/password': 'secret-of-docker' });
    expect(result.succeeded).toBe(true);
    expect(dockerLines()[1]).toBe('login --username me --password-stdin https://index.docker.io/v1/');
    expect(programs.calls.filter(({ args }) => args[0] === 'build').map(({ args }) => args)).toEqual([[
      'build', '--tag', `${HOST}/web:${commit}`, '--platform', 'linux/amd64', '--file', 'web/Dockerfile', '--target', 'slim',
      '--build-arg', 'A=with "quotes" and $HOME', '--build-arg', 'B=2', '--secret', 'id=NPM_TOKEN,env=NPM_TOKEN', 'web',
    ]]);
    expect(environment.NPM_TOKEN).toBe('secret-of-npm');
    for (const secret of ['secret-of-npm', 'secret-of-docker', 'token-of-ecr']) {
      expect(result.output).not.toContain(secret);
      expect(programs.log()).not.toContain(secret);
    }
  });

  describe('with a cache in a directory', () => {
    const cached = async () => {
      const CACHE_DIRECTORY = `${source}-cache`;
      const result = await run({ cache: BuildCache.s3() }, { CACHE_DIRECTORY });
      return { result, CACHE_DIRECTORY };
    };
    /** As BuildKit does: an index beside the layers. */
    const exporting: Program = ({ args }) => {
      if (args[0] === 'image') return { stdout: `${HOST}/web@${DIGEST}\n` };
      if (args[1] !== 'build') return {};
      const next = `${environment.CACHE_DIRECTORY}.next`;
      mkdirSync(next, { recursive: true });
      writeFileSync(join(next, 'index.json'), `build ${programs.calls.length}`);
      return {};
    };
    afterEach(() => rmSync(`${source}-cache`, { recursive: true, force: true }));

    test('starts without one and replaces it by each build', async () => {
      docker = exporting;
      const { result, CACHE_DIRECTORY } = await cached();
      expect(result.succeeded).toBe(true);
      expect(dockerLines()[2]).toBe(`buildx build --load --tag ${HOST}/web:${commit} --platform linux/amd64 --file Dockerfile --cache-to type=local,mode=max,dest=${CACHE_DIRECTORY}.next,ignore-error=true .`);
      writeFileSync(join(CACHE_DIRECTORY, 'of-the-first-build'), '');
      const first = readFileSync(join(CACHE_DIRECTORY, 'index.json'), 'utf8');

      await cached();
      expect(dockerLines().at(-3)).toContain(`--cache-from type=local,src=${CACHE_DIRECTORY} --cache-to`);
      expect(readFileSync(join(CACHE_DIRECTORY, 'index.json'), 'utf8')).not.toBe(first);
      expect(existsSync(join(CACHE_DIRECTORY, 'of-the-first-build'))).toBe(false);
      expect(existsSync(`${CACHE_DIRECTORY}.next`)).toBe(false);
    });

    test('keeps the one it has when a new one could not be written', async () => {
      mkdirSync(`${source}-cache`);
      writeFileSync(join(`${source}-cache`, 'index.json'), 'old');
      const { result, CACHE_DIRECTORY } = await cached();
      expect(result.succeeded).toBe(true);
      expect(readFileSync(join(CACHE_DIRECTORY, 'index.json'), 'utf8')).toBe('old');
    });
  });
});
