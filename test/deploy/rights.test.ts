import * as fs from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import {
  Check, DeliveryPipeline, DeployHook, DeployStrategy, FargateCicdPipeline, FargateCicdPipelineProps, FargateEnvironment, ReleaseAction, ReleaseRole, ReleaseRoleRights, Source,
  TaskPlace, TaskReport,
} from '../../src';
import { rightsOf } from '../pipeline/pipeline-world';
import { givenNetwork } from '../support/bare-place';

const DEPLOY = path.join(__dirname, '../../src/deploy');

/** Prefix in IAM of the services whose package has another name. */
const PREFIXES: Record<string, string> = { 'cloudwatch-logs': 'logs', 'elastic-load-balancing-v2': 'elasticloadbalancing' };

/** What the release function does by its own role; all else it does by the release role of the place. */
const OWN = ['codecommit', 'codepipeline', 'dynamodb', 'sns', 'sts'];
const ON_BUILD_REPOSITORY = ['ecr:BatchGetImage', 'ecr:DescribeImageScanFindings', 'ecr:DescribeImages', 'ecr:GetDownloadUrlForLayer'];
const ON_BOTH_REPOSITORIES = ['ecr:BatchGetImage'];
/** The artifact is written with credentials that CodePipeline makes for the one job. */
const BY_THE_JOB = ['s3:PutObject'];

/**
 * What AWS checks beyond the call itself: roles and tags of a registered task definition; revision and configuration of a created deployment.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
 */
const IMPLIED: Record<string, string[]> = {
  'ecs:RegisterTaskDefinition': ['ecs:TagResource', 'iam:PassRole'],
  'ecs:RunTask': ['ecs:TagResource', 'iam:PassRole'],
  'codedeploy:CreateDeployment': ['codedeploy:GetApplicationRevision', 'codedeploy:GetDeploymentConfig', 'codedeploy:RegisterApplicationRevision'],
};

/** Files of the release function, and beside them those of the functions that run one-off tasks. */
const ONE_OFF = '../one-off/';
/** Reports that tasks upload: only where they do, and by the role of the function. */
const UPLOAD = `${ONE_OFF}result/upload.ts`;
/** What was to be deployed by an action that failed: only where CodePipeline's own actions deploy. */
const FAILED_ACTION = 'pipeline/failed-action.ts';
const filesOf = (folder: string): string[] => fs.readdirSync(path.join(DEPLOY, folder), { recursive: true, encoding: 'utf-8' })
  .filter((file) => file.endsWith('.ts')).map((file) => file.split(path.sep).join('/'));
const files = [...filesOf('release'), ...filesOf('one-off').map((file) => `${ONE_OFF}${file}`)];

/** Every command of the SDK that a file sends, as an action of IAM. */
function actionsOf(file: string): string[] {
  const text = fs.readFileSync(path.join(DEPLOY, 'release', file), 'utf-8');
  return [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g)].flatMap(([, names, service]) =>
    [...names.matchAll(/\b(\w+)Command\b/g)].map(([, command]) => `${PREFIXES[service] ?? service}:${command}`));
}

const isOwn = (action: string): boolean => OWN.includes(action.split(':')[0]) || ON_BUILD_REPOSITORY.includes(action);
const sorted = (actions: Iterable<string>): string[] => [...new Set(actions)].sort();
const sent = (wanted: (file: string) => boolean): string[] =>
  sorted(files.filter((file) => ![UPLOAD, FAILED_ACTION].includes(file) && wanted(file)).flatMap(actionsOf)).filter((action) => !BY_THE_JOB.includes(action));

/** Only the engine of ECS asks for deployments and revisions of the service, and only that of CodeDeploy for those of CodeDeploy. */
const ONLY_ECS = ['service/start.ts', 'service/follow.ts', 'service/service-deployment.ts'];
const byEngine: Record<string, (file: string) => boolean> = {
  ecs: (file) => !file.startsWith('code-deploy/'),
  codeDeploy: (file) => !ONLY_ECS.includes(file),
};

/** Of all sources the one that the function asks as well: whose a commit is. */
const sourceIn = (stack: Stack): Source => Source.codeCommit(codecommit.Repository.fromRepositoryName(stack, 'Code', 'shop'));

function synthesized(props: Partial<FargateCicdPipelineProps>): Template {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source: sourceIn(stack), network: givenNetwork(stack), ...props });
  return Template.fromStack(stack);
}

/** All that the policies of a role allow, by the id of the role. */
function allowed(template: Template, id: RegExp): string[] {
  const roles = Object.keys(template.findResources('AWS::IAM::Role')).filter((role) => id.test(role));
  expect(roles).toHaveLength(1);
  return sorted(Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
    .filter(({ Properties }) => Properties.Roles?.some(({ Ref }: { Ref: string }) => Ref === roles[0]))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action)));
}

const withImplied = (actions: string[]): string[] => sorted(actions.flatMap((action) => [action, ...IMPLIED[action] ?? []]));

describe.each<[string, keyof typeof byEngine, DeployStrategy]>([
  ['rolling', 'ecs', DeployStrategy.rolling()],
  ['blue/green', 'ecs', DeployStrategy.blueGreen({ testListener: { port: 9090 }, hooks: [DeployHook.httpCheck()] })],
  ['linear', 'ecs', DeployStrategy.linear({})],
  ['canary', 'ecs', DeployStrategy.canary({})],
  ['CodeDeploy', 'codeDeploy', DeployStrategy.codeDeploy({})],
])('the rights of a release, %s', (_, engine, deployStrategy) => {
  const template = synthesized({ deployStrategy });
  const calls = sent(byEngine[engine]);

  test('the release role may do what the function does in the place, and nothing else', () => {
    const inPlace = calls.filter((action) => !isOwn(action) || ON_BOTH_REPOSITORIES.includes(action));
    expect(allowed(template, /EnvironmentReleaseRole/)).toEqual(withImplied(inPlace));
  });

  // Where direct calls find places.
  const itself = sorted([...sent((file) => byEngine[engine](file) && !file.startsWith(ONE_OFF)).filter(isOwn), 'ssm:GetParameter']);
  const ofFunction = (made: Template) => allowed(made, /ReleaseFunction.*Role/).filter((action) => itself.some((own) => own.split(':')[0] === action.split(':')[0]));

  test('the role of the function may do what the function does itself, and nothing else', () => {
    expect(ofFunction(template)).toEqual(itself);
  });

  test('where CodePipeline\'s own action deploys, it may read what that was to deploy as well', () => {
    const own = synthesized({ deployStrategy, releaseAction: ReleaseAction.codePipelineAction() });
    expect(ofFunction(own)).toEqual(sorted([...itself, ...actionsOf(FAILED_ACTION)]));
  });
});

describe.each<[string, keyof typeof byEngine, Partial<ReleaseRoleRights>]>([
  ['by ECS', 'ecs', {}],
  ['by CodeDeploy', 'codeDeploy', { codeDeploy: { application: 'shop', deploymentGroup: 'web' } }],
])('the rights of a release to a service that exists, %s', (_, engine, changes) => {
  const calls = sent(byEngine[engine]);
  const service = { cluster: 'arn:aws:ecs:us-east-1:222222222222:cluster/shop', service: 'web' };
  /** What only places of the library have. */
  const ONLY_OURS = ['ssm:GetParameter', 'cloudformation:DescribeStacks'];
  const rightsWith = (more: Partial<ReleaseRoleRights>): string[] => {
    const { permissions } = ReleaseRole.policies({ ...service, taskFamily: 'web', passableRoleArns: ['arn:aws:iam::222222222222:role/task'], ...changes, ...more });
    return sorted(JSON.parse(permissions).Statement.flatMap(({ Action }: { Action: string[] }) => Action));
  };
  const inPlace = withImplied(calls.filter((action) => !isOwn(action) || ON_BOTH_REPOSITORIES.includes(action))).filter((action) => !ONLY_OURS.includes(action));

  test('the release role may do what the function does there, and nothing else', () => {
    expect(rightsWith({ repositoryArn: 'arn:aws:ecr:us-east-1:222222222222:repository/web', logGroupName: '/web', alarmNames: ['errors'] })).toEqual(inPlace);
  });

  test('without repository, log and alarms it may do as much less', () => {
    expect(rightsWith({})).toEqual(inPlace.filter((action) => !/^(ecr|logs|cloudwatch):/.test(action)));
  });

  test('the function reads the description itself', () => {
    const stack = new Stack(new App(), 'Road');
    const target = FargateEnvironment.fromAttributes(stack, 'Web', { ...service, releaseRoleArn: 'arn:aws:iam::222222222222:role/release' });
    new DeliveryPipeline(stack, 'Delivery', { source: sourceIn(stack), stages: [{ releases: [{ target }] }] });
    const itself = [...calls.filter(isOwn), 'ssm:GetParameter'];
    const services = sorted(itself.map((action) => action.split(':')[0]));
    expect(allowed(Template.fromStack(stack), /DeliveryReleaseFunctionRole/).filter((action) => services.includes(action.split(':')[0]))).toEqual(sorted(itself));
  });
});

describe('the rights of a one-off task', () => {
  const stack = new Stack(new App(), 'Shop');
  const place = TaskPlace.inCluster({
    cluster: ecs.Cluster.fromClusterArn(stack, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'),
    subnetIds: ['subnet-11111111'], securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'TheirGroup', 'sg-11111111')],
  });
  new FargateCicdPipeline(stack, 'Shop', { source: Source.gitHub('acme/shop'), network: givenNetwork(stack), checks: [Check.task('There', { place })], beforeRelease: [Check.task('Migrate')] });
  const template = Template.fromStack(stack);
  const EVERY_FUNCTION = ['kms:Decrypt', 'logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
  const REPLIES = ['codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult'];

  test('in a cluster of its own the function may do what it does there, and nothing else', () => {
    // The definition that the task is modelled on is read by code of the release.
    const calls = [...sent((file) => file.startsWith(ONE_OFF)), 'ecs:DescribeTaskDefinition'];
    expect(allowed(template, /ChecksThereFunctionRole/)).toEqual(sorted([...withImplied(calls), ...REPLIES, ...EVERY_FUNCTION]));
  });

  test('where its report is uploaded it may also take on the role that signs, and look for the report', () => {
    const uploading = new Stack(new App(), 'Uploading');
    new FargateCicdPipeline(uploading, 'Shop', { source: Source.gitHub('acme/shop'), network: givenNetwork(uploading), beforeRelease: [Check.task('Migrate', { report: TaskReport.uploaded() })] });
    const more = actionsOf(UPLOAD).map((action) => action.replace('ListObjectsV2', 'ListBucket'));
    const before = allowed(template, /BeforeDeployMigrateFunctionRole/);
    expect(allowed(Template.fromStack(uploading), /BeforeDeployMigrateFunctionRole/)).toEqual(sorted([...before, ...more]));
    expect(allowed(Template.fromStack(uploading), /BeforeDeployMigrateUploadRole/)).toEqual(['kms:GenerateDataKey', 's3:PutObject']);
  });

  test('it starts that family in that cluster, and stops nothing else', () => {
    const rights = rightsOf(template, 'ShopDeliveryChecksThereFunctionRole');
    const ARN = 'arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>';
    const CLUSTER = '{"ecs:cluster":"arn:aws:ecs:eu-west-1:111111111111:cluster/theirs"}';
    expect(rights.filter((right) => /^\S+(RunTask|StopTask|PassRole) /.test(right))).toEqual([
      `ecs:RunTask ${ARN}:task-definition/one-off-Shop-Delivery-Checks-There-319BF61A:* if {"ArnEquals":${CLUSTER}}`,
      `ecs:StopTask ${ARN}:task/theirs/* if {"StringEquals":{"aws:ResourceTag/cdk-fargate-cicd:family":"one-off-Shop-Delivery-Checks-There-319BF61A"}}`,
      expect.stringMatching(/^iam:PassRole <ShopDeliveryChecksThereTaskRole\w+\.Arn>, <ShopDeliveryChecksThereExecutionRole\w+\.Arn> if \{"StringEquals":\{"iam:PassedToService":"ecs-tasks.amazonaws.com"\}\}$/),
    ]);
  });

  test('beside a service the function may assume the release role, which does the rest', () => {
    expect(allowed(template, /BeforeDeployMigrateFunctionRole/)).toEqual(sorted(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'sts:AssumeRole', ...REPLIES, ...EVERY_FUNCTION]));
  });
});

test('every command is found', () => {
  const all = files.flatMap((file) => [...fs.readFileSync(path.join(DEPLOY, 'release', file), 'utf-8').matchAll(/new (\w+)Command\(/g)].map(([, command]) => command));
  expect(all.length).toBeGreaterThan(30);
  expect(sorted(files.flatMap(actionsOf).map((action) => action.split(':')[1]))).toEqual(sorted(all));
});
