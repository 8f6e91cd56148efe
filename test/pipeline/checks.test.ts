import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Duration, Lazy } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as logs from 'aws-cdk-lib/aws-logs';
import { PipelineWorld, rightsOf, text, WorldOptions } from './pipeline-world';
import { Encryption } from '../../src/common/encryption';
import { ResourceNames } from '../../src/common/resource-names';
import { CheckContext } from '../../src/pipeline/checks/actions/action-recipe';
import { Check } from '../../src/pipeline/checks/check';
import { CheckOrder, ReportFormat } from '../../src/pipeline/checks/check-options';
import { VulnerabilitySeverity } from '../../src/pipeline/checks/image-scan';
import { NpmAuditLevel } from '../../src/pipeline/checks/node';
import { BanditSeverity } from '../../src/pipeline/checks/python';
import { BuildCache } from '../../src/pipeline/image-build/build-cache';
import { BuiltImage } from '../../src/pipeline/parts';
import { BuildSecret } from '../../src/pipeline/project/build-secret';
import { openRoles } from '../../src/private/scoped-role';
import { judge, withAndWithoutFeatureFlags } from '../checkers';
import { BuildResult, runBuild } from '../support/buildspec';
import { FakePrograms, Program } from '../support/doubles/fake-program';

const IMAGE: BuiltImage = { digest: '#{Build.IMAGE_DIGEST}', uri: 'registry/web@#{Build.IMAGE_DIGEST}', artifact: undefined as any };

function bind(check: Check, context: Partial<CheckContext> = {}, world?: WorldOptions) {
  const pipeline = new PipelineWorld(world);
  const bound = check._bind(pipeline.stack, pipeline.parts, { ...pipeline.context, image: IMAGE, ...context });
  pipeline.addStage('Check', bound.action);
  const { template } = pipeline;
  const id = check._name.replace(/[^A-Za-z0-9]/g, '');
  const [[, project]] = Object.entries(template.findResources('AWS::CodeBuild::Project')).filter(([logicalId]) => logicalId.startsWith(id));
  const [stage] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'))[0].Properties.Stages.slice(-1);
  return { pipeline, template, project: project.Properties, action: stage.Actions[0], rights: rightsOf(template, `${id}Role`) };
}

const spec = (check: Check) => JSON.parse(bind(check).project.Source.BuildSpec);
const commands = (check: Check) => {
  const { phases } = spec(check);
  return (['install', 'pre_build', 'build', 'post_build'] as const).flatMap((phase) => phases[phase]?.commands ?? []);
};
const problems = (check: Check) => check._problems.map(({ prop, got, allowed }) => `${prop}: got ${got}; allowed ${allowed}`);

describe('every check', () => {
  const every: Array<[string, Check]> = [
    ['commands', Check.commands('Hello', { commands: ['echo hello'] })],
    ['nodeTests', Check.nodeTests()],
    ['npmAudit', Check.npmAudit()],
    ['eslint', Check.eslint()],
    ['pythonTests', Check.pythonTests()],
    ['bandit', Check.bandit()],
    ['imageScan', Check.imageScan()],
  ];

  test.each(every)('%s is small, unprivileged, of one hour, and has a literal buildspec', (_, check) => {
    const { project, action } = bind(check);
    expect(project).toMatchObject({ Environment: { ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: false }, TimeoutInMinutes: 60, Cache: { Type: 'NO_CACHE' } });
    expect(typeof project.Source.BuildSpec).toBe('string');
    expect(action.ActionTypeId).toMatchObject({ Category: 'Test', Provider: 'CodeBuild' });
    expect(action.OutputArtifacts).toBeUndefined();
    expect(check._problems).toEqual([]);
  });

  test.each(every)('%s may not write artifacts', (_, check) => {
    const { rights } = bind(check);
    expect(rights.filter((right) => right.startsWith('s3:')).map((right) => right.split(' ')[0])).toEqual(['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:GetObject', 's3:GetObjectVersion']);
  });

  withAndWithoutFeatureFlags((context) => {
    test.each([['a key', Encryption.customerManaged()], ['keys of AWS', Encryption.awsManaged()]])('nothing against any, with %s', (_, encryption) => {
      const pipeline = new PipelineWorld({ context, encryption });
      const known = { ...pipeline.context, image: IMAGE };
      pipeline.addStage('Check', ...every.map(([, check]) => check._bind(pipeline.stack, pipeline.parts, known).action));
      openRoles(pipeline.stack);
      expect(every.map(([, { _name }]) => pipeline.stack.node.tryFindChild(_name))).not.toContain(undefined);
      expect(judge(pipeline.app).filter((finding) => every.some(([, { _name }]) => finding.includes(` Shop/${_name}/`)))).toEqual([]);
    });
  });

  test('takes what the user chose', () => {
    const { project, template, rights } = bind(Check.commands('Hello', {
      commands: ['echo hello'],
      computeType: codebuild.ComputeType.LARGE,
      buildImage: codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5,
      timeout: Duration.minutes(5),
      environment: { COLOUR: 'blue' },
      secrets: { SONAR: BuildSecret.fromParameterStore('/sonar') },
      logRetention: logs.RetentionDays.TWO_WEEKS,
      logGroupName: '/checks/hello',
      projectName: 'hello',
    }), {}, { names: ResourceNames.suffixed({ suffix: 'dev' }) });
    expect(project).toMatchObject({
      Name: 'hello-dev',
      TimeoutInMinutes: 5,
      Environment: {
        ComputeType: 'BUILD_GENERAL1_LARGE',
        Image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
        EnvironmentVariables: [{ Name: 'COLOUR', Type: 'PLAINTEXT', Value: 'blue' }, { Name: 'SONAR', Type: 'PARAMETER_STORE', Value: '/sonar' }],
      },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/checks/hello-dev', RetentionInDays: 14 });
    expect(rights).toContainEqual(expect.stringMatching(/^ssm:GetParameters .*:parameter\/sonar$/));
  });

  test('may run in an image of the user', () => {
    const buildImage = codebuild.LinuxBuildImage.fromDockerRegistry('public.ecr.aws/docker/library/python:3.13');
    const { pipeline, project } = bind(Check.commands('Hello', { commands: ['pytest'], buildImage }));
    expect(project.Environment.Image).toBe('public.ecr.aws/docker/library/python:3.13');
    expect(judge(pipeline.app).filter((finding) => / Shop\/Hello\//.test(finding))).toEqual([]);
  });

  test('gets a name by suffix that tells stages apart', () => {
    expect(bind(Check.npmAudit(), {}, { names: ResourceNames.suffixed({ suffix: 'dev' }) }).project.Name).toBe('project-shop-shop-npm-audit-dev');
  });

  test('gets variables of the run', () => {
    const { action } = bind(Check.commands('Smoke', { commands: ['curl $SERVICE_URL'] }), { environment: { SERVICE_URL: 'https://shop.example' }, runOrder: 3 });
    expect(JSON.parse(action.Configuration.EnvironmentVariables)).toEqual([{ name: 'SERVICE_URL', type: 'PLAINTEXT', value: 'https://shop.example' }]);
    expect(action.RunOrder).toBe(3);
  });

  test('writes reports into groups of its own', () => {
    const { project, rights } = bind(Check.commands('Hello', {
      commands: ['echo hello'],
      reports: [
        { name: 'test-results', files: ['test-results/**/*.xml'] },
        { name: 'coverage-results', files: ['coverage/**/*.xml'], format: ReportFormat.COBERTURA_XML },
      ],
    }));
    expect(JSON.parse(project.Source.BuildSpec).reports).toEqual({
      'test-results': { 'files': ['test-results/**/*.xml'], 'file-format': 'JUNITXML' },
      'coverage-results': { 'files': ['coverage/**/*.xml'], 'file-format': 'COBERTURAXML' },
    });
    const group = (name: string) => expect.stringMatching(new RegExp(`arn:<AWS::Partition>:codebuild:<AWS::Region>:<AWS::AccountId>:report-group/<HelloProject[^>]*>-${name}`));
    expect(rights.filter((right) => right.startsWith('codebuild:')).map((right) => right.split(' ')[0])).toEqual([
      'codebuild:BatchPutCodeCoverages', 'codebuild:BatchPutTestCases', 'codebuild:CreateReport', 'codebuild:CreateReportGroup', 'codebuild:UpdateReport',
    ]);
    for (const name of ['test-results', 'coverage-results']) expect(rights).toContainEqual(group(name));
  });

  test.each<[Check, CheckOrder, boolean]>([
    [Check.npmAudit(), CheckOrder.WITH_BUILD, false],
    [Check.npmAudit({ stage: 'Security-Scan' }), CheckOrder.AFTER_BUILD, false],
    [Check.npmAudit({ stage: 'Security-Scan', order: CheckOrder.BEFORE_BUILD }), CheckOrder.BEFORE_BUILD, false],
    [Check.imageScan(), CheckOrder.AFTER_BUILD, true],
  ])('%# knows its place', (check, order, needsImage) => {
    expect([check._order, check._needsImage]).toEqual([order, needsImage]);
  });

  test('has a name and a stage', () => {
    expect(every.map(([, check]) => check._name)).toEqual(['Hello', 'NodeTests', 'NpmAudit', 'Eslint', 'PythonTests', 'Bandit', 'ImageScan']);
    expect(Check.eslint({ actionName: 'Lint', stage: 'Security-Scan' })).toMatchObject({ _name: 'Lint', _stage: 'Security-Scan' });
  });
});

describe('inputs', () => {
  const commandsCheck = (options: any) => Check.commands('Hello', { commands: ['true'], ...options });

  test('tokens pass', () => {
    const token = Lazy.string({ produce: () => 'x' });
    expect(problems(Check.commands(token, { commands: [token], stage: token, projectName: token }))).toEqual([]);
    expect(problems(Check.nodeTests({ scripts: [token], nodeVersion: token, directory: token, installCommand: token }))).toEqual([]);
    expect(problems(Check.pythonTests({ pythonVersion: token, directory: token, requirementsFile: token, installCommands: [token], commands: [token] }))).toEqual([]);
    expect(problems(Check.bandit({ directories: [token] }))).toEqual([]);
  });

  test.each<[Check, string]>([
    [Check.commands('my check', { commands: ['true'] }), 'actionName: got my check; allowed 1 to 100 of'],
    [Check.commands(undefined as any, { commands: ['true'] }), 'actionName: got ; allowed'],
    [Check.commands('Hello', {} as any), 'commands: got ; allowed at least one'],
    [Check.commands('Hello', { commands: [' '] }), 'commands[0]: got  ; allowed a text that is not empty'],
    [Check.commands('Hello', { commands: 'true' as any }), 'commands: got true; allowed'],
    [Check.commands('Hello', { commands: [undefined as any] }), 'commands[0]: got ; allowed'],
    [commandsCheck({ cache: BuildCache.local() }), 'cachedDirectories: got undefined; allowed at least one directory beside cache'],
    [commandsCheck({ cache: BuildCache.registry() }), 'cache: got BuildCache.registry(); allowed BuildCache.local(), .s3() or .none()'],
    [commandsCheck({ cache: 'local' }), 'cache: got local; allowed a BuildCache'],
    [commandsCheck({ stage: 'a b' }), 'stage: got a b'],
    [Check.eslint({ actionName: 'x'.repeat(101) }), 'actionName: got xxx'],
    [commandsCheck({ stage: 'Tests', order: CheckOrder.WITH_BUILD }), 'order: got WITH_BUILD; allowed BEFORE_BUILD or AFTER_BUILD'],
    [commandsCheck({ order: 'LATER' }), 'order: got LATER; allowed BEFORE_BUILD, WITH_BUILD, AFTER_BUILD'],
    [commandsCheck({ timeout: Duration.minutes(1) }), 'timeout: got 1 minute; allowed 5 minutes to 8 hours'],
    [commandsCheck({ reports: [{ files: ['x'] }] }), 'reports[0].name: got '],
    [commandsCheck({ reports: [{ name: 'tests' }] }), 'reports[0].files: got ; allowed at least one'],
    [commandsCheck({ reports: [{ name: 'tests', files: ['x'], format: 'XML' }] }), 'reports[0].format: got XML; allowed JUNITXML, COBERTURAXML'],
    [commandsCheck({ reports: [undefined] }), 'reports[0].name: got '],
    [Check.imageScan({ order: CheckOrder.WITH_BUILD }), 'order: got WITH_BUILD; allowed AFTER_BUILD for a check of the image'],
    [Check.imageScan({ severities: [] }), 'severities: got ; allowed at least one'],
    [Check.imageScan({ severities: ['SEVERE' as any] }), 'severities[0]: got SEVERE; allowed LOW, MEDIUM, HIGH, CRITICAL, UNKNOWN'],
    [Check.imageScan({ waiverFile: 'a b.yaml' }), 'waiverFile: got a b.yaml'],
    [Check.imageScan({ waiverFile: '../waivers.yaml' }), 'waiverFile: got ../waivers.yaml'],
    [Check.imageScan({ waiverFile: '.trivyignore' }), 'waiverFile: got .trivyignore'],
    [Check.nodeTests({ scripts: [] }), 'scripts: got ; allowed at least one'],
    [Check.nodeTests({ scripts: ['a; b'] }), 'scripts[0]: got a; b; allowed the name of a script'],
    [Check.nodeTests({ scripts: [undefined as any] }), 'scripts[0]: got ; allowed'],
    [Check.nodeTests({ nodeVersion: 'new' }), 'nodeVersion: got new'],
    [Check.nodeTests({ directory: '/x' }), 'directory: got /x'],
    [Check.nodeTests({ installCommand: '' }), 'installCommand: got '],
    [Check.npmAudit({ level: 'severe' as any }), 'level: got severe; allowed low, moderate, high, critical'],
    [Check.eslint({ files: [] }), 'files: got ; allowed at least one'],
    [Check.eslint({ files: ["it's"] }), "files[0]: got it's"],
    [Check.eslint({ files: [undefined as any] }), 'files[0]: got ; allowed'],
    [Check.pythonTests({ pythonVersion: '3.8' }), "pythonVersion: got 3.8; allowed 3.9 or newer, or 'latest'"],
    [Check.pythonTests({ pythonVersion: '2.7' }), 'pythonVersion: got 2.7; allowed'],
    [Check.pythonTests({ directory: '../x' }), 'directory: got ../x; allowed a path below the root of the source'],
    [Check.pythonTests({ requirementsFile: "it's.txt" }), "requirementsFile: got it's.txt; allowed"],
    [Check.pythonTests({ requirementsFile: '' }), 'requirementsFile: got ; allowed'],
    [Check.pythonTests({ commands: [] }), 'commands: got ; allowed at least one'],
    [Check.pythonTests({ commands: ['pytest', undefined as any] }), 'commands[1]: got ; allowed a text'],
    [Check.pythonTests({ installCommands: [' '] }), 'installCommands[0]: got  ; allowed a text'],
    [Check.bandit({ severity: 'severe' as any }), 'severity: got severe; allowed low, medium, high'],
    [Check.bandit({ directories: [] }), 'directories: got ; allowed at least one'],
    [Check.bandit({ directories: 'src' as any }), 'directories: got src; allowed at least one'],
    [Check.bandit({ directories: [undefined as any] }), 'directories[0]: got ; allowed a path'],
    [Check.bandit({ directories: ['/src'] }), 'directories[0]: got /src; allowed a path'],
    [Check.bandit({ pythonVersion: 'new' }), 'pythonVersion: got new'],
  ])('%#', (check, problem) => {
    expect(problems(check)).toContainEqual(expect.stringContaining(problem));
  });
});

describe('what runs', () => {
  let source: string;
  beforeEach(() => { source = mkdtempSync(join(tmpdir(), 'source-')); });
  afterEach(() => rmSync(source, { recursive: true }));

  async function run(check: Check, programs: Record<string, Program>, overrides: Record<string, string> = {}): Promise<{ result: BuildResult; lines: string[] }> {
    const fakes = await FakePrograms.start(programs);
    try {
      const result = await runBuild({ buildspec: bind(check).project.Source.BuildSpec, directory: source, overrides: { PATH: fakes.path, ...overrides } });
      return { result, lines: fakes.calls.map(({ program, args }) => [program, ...args].join(' ')) };
    } finally {
      await fakes.stop();
    }
  }

  describe('Check.commands', () => {
    test('is what it says, in order, and stops at the first that fails', async () => {
      const check = Check.commands('Hello', { installCommands: ['tool install'], commands: ['tool a', 'tool b', 'tool c'], runtimes: { python: '3.12' } });
      expect(spec(check).phases.install).toEqual({ 'runtime-versions': { python: '3.12' }, 'commands': ['tool install'] });
      const { result, lines } = await run(check, { tool: ({ args }) => ({ exitCode: args[0] === 'b' ? 1 : 0 }) });
      expect(result.succeeded).toBe(false);
      expect(lines).toEqual(['tool install', 'tool a', 'tool b']);
    });

    test('has no install phase without need, and one without commands for a runtime', () => {
      expect(spec(Check.commands('Hello', { commands: ['true'] })).phases).toEqual({ build: { commands: ['true'] } });
      expect(spec(Check.commands('Hello', { commands: ['true'], runtimes: { python: '3.12' } })).phases.install).toEqual({ 'runtime-versions': { python: '3.12' } });
    });

    test('has an install phase of commands alone', () => {
      expect(spec(Check.commands('Hello', { commands: ['true'], installCommands: ['tool install'] })).phases.install).toEqual({ commands: ['tool install'] });
    });

    test('keeps what it is told to keep', () => {
      expect(spec(Check.commands('Hello', { commands: ['true'], cache: BuildCache.s3(), cachedDirectories: ['/root/.cache/pip'] })).cache).toEqual({ paths: ['/root/.cache/pip/**/*'] });
      expect(spec(Check.commands('Hello', { commands: ['true'], cache: BuildCache.none(), cachedDirectories: ['/root/.cache/pip'] })).cache).toBeUndefined();
    });
  });

  describe('the Node.js family', () => {
    test('nodeTests runs scripts', async () => {
      const check = Check.nodeTests({ scripts: ['test:unit', 'test:integration', 'lint'], nodeVersion: '24', cache: BuildCache.local() });
      expect(spec(check).phases.install['runtime-versions']).toEqual({ nodejs: '24' });
      const { result, lines } = await run(check, { npm: () => ({}) });
      expect(result.succeeded).toBe(true);
      expect(lines).toEqual(['npm ci', 'npm run test:unit', 'npm run test:integration', 'npm run lint']);
    });

    test('by default', () => {
      expect(commands(Check.nodeTests())).toEqual(['npm ci', 'npm run test']);
      expect(commands(Check.npmAudit())).toEqual(['npm ci', 'npm audit --audit-level=high']);
      expect(commands(Check.npmAudit({ level: NpmAuditLevel.CRITICAL, devDependencies: false }))).toEqual(['npm ci', 'npm audit --audit-level=critical --omit=dev']);
      expect(commands(Check.eslint())).toEqual(['npm ci', "npx eslint '.'"]);
    });

    test('eslint gets its globs as they are, in the folder of the package', async () => {
      mkdirSync(join(source, 'my web/lib/deep'), { recursive: true });
      writeFileSync(join(source, 'my web/lib/a.ts'), '');
      const folders: string[] = [];
      const { lines } = await run(Check.eslint({ files: ['lib/**/*.ts', 'bin'], directory: 'my web', installCommand: 'npm install' }), {
        npm: () => ({}),
        npx: ({ directory }) => { folders.push(directory); return {}; },
      });
      expect(lines).toEqual(['npm install', 'npx eslint lib/**/*.ts bin']);
      expect(folders).toEqual([expect.stringMatching(/my web$/)]);
    });
  });

  describe('Check.pythonTests', () => {
    const pytest = (exitCode: number): Program => ({ args, directory }) => {
      for (const option of args.filter((arg) => arg.includes('.xml'))) {
        const file = join(directory, option.replace(/^.*[=:]/, ''));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, '<xml/>');
      }
      return { exitCode: args.includes('pytest') && !args.includes('pip') ? exitCode : 0 };
    };
    const RUN = 'python -m pytest --junitxml=test-results/pytest.xml --cov --cov-report=xml:coverage/coverage.xml';

    test('installs the requirements with pytest, runs it and shows both reports', async () => {
      writeFileSync(join(source, 'requirements.txt'), '');
      const { result, lines } = await run(Check.pythonTests(), { python: pytest(0) });
      expect(result.succeeded).toBe(true);
      expect(lines).toEqual(['python -m pip install --requirement requirements.txt pytest pytest-cov', RUN]);
      expect(result.reports).toEqual({
        'test-results': { format: 'JUNITXML', files: ['test-results/pytest.xml'] }, 'coverage-results': { format: 'COBERTURAXML', files: ['coverage/coverage.xml'] },
      });
      expect(spec(Check.pythonTests()).phases.install['runtime-versions']).toEqual({ python: '3.13' });
    });

    test('fails when a test fails, with reports', async () => {
      const { result, lines } = await run(Check.pythonTests(), { python: pytest(1) });
      expect(result.succeeded).toBe(false);
      expect(lines).toEqual(['python -m pip install pytest pytest-cov', RUN]);
      expect(result.reports['test-results'].files).toHaveLength(1);
    });

    test('fails when the requirements cannot be installed', async () => {
      const { result, lines } = await run(Check.pythonTests({ requirementsFile: 'requirements-dev.txt' }), { python: ({ args }) => ({ exitCode: args.includes('pip') ? 1 : 0 }) });
      expect(result.succeeded).toBe(false);
      expect(lines).toEqual(['python -m pip install --requirement requirements-dev.txt pytest pytest-cov']);
    });

    test('runs in its folder, with the version, cache and preparations of the user', async () => {
      mkdirSync(join(source, 'my shop'));
      const check = Check.pythonTests({ directory: 'my shop', pythonVersion: '3.9', installCommands: ['tool prepare'], cache: BuildCache.s3() });
      expect(spec(check)).toMatchObject({ phases: { install: { 'runtime-versions': { python: '3.9' } } }, cache: { paths: ['/root/.cache/pip/**/*'] } });
      const { result, lines } = await run(check, { python: pytest(0), tool: () => ({}) });
      expect(lines).toEqual(['tool prepare', 'python -m pip install pytest pytest-cov', RUN]);
      expect(result.reports['coverage-results'].files).toEqual(['my shop/coverage/coverage.xml']);
    });

    test('runs other commands, whose reports the user names', async () => {
      const check = Check.pythonTests({ commands: ['tox run', 'tox report'], reports: [{ name: 'tox', files: ['tox.xml'] }] });
      expect(Object.keys(spec(check).reports)).toEqual(['tox']);
      const { lines } = await run(check, { python: () => ({}), tox: () => ({}) });
      expect(lines.slice(1)).toEqual(['tox run', 'tox report']);
    });
  });

  describe('Check.bandit', () => {
    const says = (exitCode: number, { lines = 12, skipped = 0 } = {}): Program => ({ args }) => {
      writeFileSync(args[args.indexOf('--output') + 1], `Issue: none\n\tTotal lines of code: ${lines}\nFiles skipped (${skipped}):\n`);
      return { exitCode };
    };
    const scan = async (check: Check, bandit: Program) => run(check, { python: () => ({}), bandit });

    test('installs one version, looks at everything, shows what it found', async () => {
      const { result, lines } = await scan(Check.bandit(), says(0));
      expect(`${result.succeeded} ${result.output}`).toMatch(/^true[^]*Total lines of code: 12/);
      expect(lines).toEqual(['python -m pip install bandit==1.9.4', 'bandit --recursive --severity-level medium --format txt --output /tmp/bandit.txt .']);
    });

    test('looks where it is told, from the severity it is told', async () => {
      mkdirSync(join(source, 'web/my src'), { recursive: true });
      writeFileSync(join(source, 'web/main.py'), '');
      const { result, lines } = await scan(Check.bandit({ directory: 'web', directories: ['my src', 'main.py'], severity: BanditSeverity.HIGH }), says(0));
      expect(result.succeeded).toBe(true);
      expect(lines[1]).toBe('bandit --recursive --severity-level high --format txt --output /tmp/bandit.txt my src main.py');
    });

    test.each<[string, Program, string]>([
      ['Bandit finds something', says(1), 'Issue: none'],
      ['Bandit fails', () => ({ exitCode: 2 }), 'bandit.txt'],
      ['Bandit fails silently', () => ({}), 'bandit.txt'],
      ['there is no Python', says(0, { lines: 0 }), "no Python in '.'"],
      ['a file cannot be read', says(0, { skipped: 1 }), 'not every file could be read'],
    ])('fails when %s', async (_, bandit, output) => {
      const { result } = await scan(Check.bandit(), bandit);
      expect(result.succeeded).toBe(false);
      expect(result.output).toContain(output);
    });

    test('fails when a folder is missing', async () => {
      const { result, lines } = await scan(Check.bandit({ directories: ['.', 'src'] }), says(0));
      expect(result.succeeded).toBe(false);
      expect(result.output).toContain('bandit: src is missing');
      expect(lines).toHaveLength(1);
    });
  });

  describe('Check.imageScan', () => {
    const JUNIT = '<testsuites><testsuite tests="1" failures="1"><testcase name="CVE"><failure/></testcase></testsuite></testsuites>';
    const trivy = (exitCode: number, junit: string): Program => ({ args }) => {
      const output = args[args.indexOf('--output') + 1];
      if (args[0] === 'image') {
        if (exitCode < 2) writeFileSync(output, '{}');
        return { exitCode };
      }
      if (args.includes('template')) writeFileSync(join(source, output), junit);
      return args.includes('table') ? { stdout: 'THE TABLE\n' } : {};
    };
    const scan = async (check: Check, program: Program) => {
      rmSync('/tmp/image-scan.json', { force: true });
      return run(check, { trivy: program }, { IMAGE_URI: 'registry/web@sha256:1' });
    };

    test('runs Trivy itself, pinned, with rights to read the repository', () => {
      const { project, rights, action } = bind(Check.imageScan());
      expect(project.Environment).toMatchObject({
        Image: 'public.ecr.aws/aquasecurity/trivy@sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969', PrivilegedMode: false,
      });
      expect(rights.filter((right) => right.startsWith('ecr:')).map((right) => right.replace(/[A-F0-9]{8}\./, '.'))).toEqual([
        'ecr:BatchCheckLayerAvailability <Repository.Arn>', 'ecr:BatchGetImage <Repository.Arn>', 'ecr:GetAuthorizationToken *', 'ecr:GetDownloadUrlForLayer <Repository.Arn>',
      ]);
      expect(JSON.parse(text(action.Configuration.EnvironmentVariables))).toEqual([{ name: 'IMAGE_URI', type: 'PLAINTEXT', value: IMAGE.uri }]);
    });

    test('fails on findings, and shows them', async () => {
      const { result, lines } = await scan(Check.imageScan(), trivy(1, JUNIT));
      expect(result.succeeded).toBe(false);
      expect(lines[0]).toBe('trivy image --no-progress --scanners vuln --severity HIGH,CRITICAL --exit-code 1 --db-repository public.ecr.aws/aquasecurity/trivy-db:2 '
        + '--java-db-repository public.ecr.aws/aquasecurity/trivy-java-db:1 --format json --output /tmp/image-scan.json registry/web@sha256:1');
      expect(result.output).toContain('THE TABLE');
      expect(result.reports['image-scan']).toEqual({ format: 'JUNITXML', files: ['image-scan.xml'] });
      expect(readFileSync(join(source, 'image-scan.xml'), 'utf8')).toBe(JUNIT);
    });

    test('succeeds without findings, and its report says so', async () => {
      const { result } = await scan(Check.imageScan({ severities: [VulnerabilitySeverity.CRITICAL], unfixed: false }), trivy(0, '<testsuites name="trivy"></testsuites>'));
      expect(`${result.succeeded} ${result.output}`).toMatch(/^true/);
      expect(readFileSync(join(source, 'image-scan.xml'), 'utf8')).toContain('<testcase name="no findings of CRITICAL"');
      expect(result.output).toContain('--severity CRITICAL --exit-code 1 --ignore-unfixed');
    });

    test('fails when Trivy fails, with no report out of the source', async () => {
      writeFileSync(join(source, 'image-scan.xml'), JUNIT);
      const { result } = await scan(Check.imageScan(), trivy(2, JUNIT));
      expect(result.succeeded).toBe(false);
      expect(existsSync(join(source, 'image-scan.xml'))).toBe(false);
    });

    test('fails when the findings cannot be shown', async () => {
      const { result } = await scan(Check.imageScan(), (call) => call.args[0] === 'convert' ? { exitCode: 1 } : trivy(0, '')(call));
      expect(result.succeeded).toBe(false);
    });

    test('waives what the source says', async () => {
      writeFileSync(join(source, '.trivyignore.yaml'), '');
      expect((await scan(Check.imageScan(), trivy(0, JUNIT))).lines[0]).toContain(' --ignorefile .trivyignore.yaml registry/web');
      mkdirSync(join(source, 'security'));
      writeFileSync(join(source, 'security/waivers.yaml'), '');
      expect((await scan(Check.imageScan({ waiverFile: 'security/waivers.yaml' }), trivy(0, JUNIT))).lines[0]).toContain(' --ignorefile security/waivers.yaml registry/web');
    });

    test('fails when a waiver file is named that is not there', async () => {
      const { result, lines } = await scan(Check.imageScan({ waiverFile: 'waivers.yaml' }), trivy(0, JUNIT));
      expect(result.succeeded).toBe(false);
      expect(result.output).toContain('the waiver file waivers.yaml is missing');
      expect(lines).toEqual([]);
    });
  });
});
