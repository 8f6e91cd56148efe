import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { DeployStrategy, ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, ReleaseAction, FargateCicdPipeline, Source, Volume } from '../../src';
import { bare } from '../support/bare-place';
import { all, only, rightsOf } from '../support/template';

const env = { account: '111111111111', region: 'eu-west-1' };
const TASK = 'arn:aws:iam::111111111111:role/service-role/task';
const EXECUTION = 'arn:aws:iam::111111111111:role/execution';
const FIXED = { mutable: false };
const ecsTasks = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');

interface Roles { readonly taskRole?: iam.IRole; readonly executionRole?: iam.IRole }

function place(roles: (stack: Stack) => Roles, props: (stack: Stack) => FargateEnvironmentProps = () => ({})) {
  const stack = new Stack(new App(), 'Shop', { env });
  const { container, ...others } = props(stack);
  return { stack, environment: new FargateEnvironment(stack, 'Place', { ...bare(stack), container: { ...container, ...roles(stack) }, ...others }) };
}

const imported = (options?: iam.FromRoleArnOptions) => (scope: Construct): Roles => ({
  taskRole: iam.Role.fromRoleArn(scope, 'Task', TASK, options), executionRole: iam.Role.fromRoleArn(scope, 'Execution', EXECUTION, options),
});

const table = (scope: Construct) => dynamodb.Table.fromTableName(scope, 'Table', 'shop');
const secretOf = (scope: Construct) => ({ DB: ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, 'Db', 'db')) });
const passed = (template: Template): string[] => rightsOf(template, all(template, 'AWS::IAM::Role').find(([id]) => id.startsWith('PlaceReleaseRole'))![0])
  .filter((right) => right.startsWith('iam:PassRole')).map((right) => right.split(' ')[2]);
const warnings = (stack: Stack): string[] => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('fixed-role')).map(({ id, entry }) => `${id} ${entry.data}`);

/** The policy that a warning prints. */
const asked = (warning: string): any[] => JSON.parse(/(\{.*\}) \[ack: /.exec(warning)![1]).Statement;
const actionsOf = (statements: any[]): string[] => statements.flatMap(({ Action }) => Action).sort();

describe('roles by ARN', () => {
  test('are those of the tasks, and get what they need in policies of ours', () => {
    const { stack, environment } = place(imported(), (scope) => ({ container: { metricNamespace: 'Shop', secrets: secretOf(scope) } }));
    table(stack).grantReadData(environment);
    const template = Template.fromStack(stack);
    expect(only(template, 'AWS::ECS::TaskDefinition')).toMatchObject({ TaskRoleArn: TASK, ExecutionRoleArn: EXECUTION });
    expect(environment.taskRole).toMatchObject({ roleArn: TASK, roleName: 'task' });
    expect(all(template, 'AWS::IAM::Role').map(([id]) => id).filter((id) => /^Place(Task|Execution)/.test(id))).toEqual([]);
    template.resourceCountIs('AWS::IAM::Policy', 0);
    const attachedTo = (role: string) => actionsOf(all(template, 'AWS::IAM::ManagedPolicy').filter(([, { Roles }]) => Roles.includes(role)).flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement));
    expect(attachedTo('task')).toEqual(expect.arrayContaining(['cloudwatch:PutMetricData', 'dynamodb:GetItem', 'dynamodb:Query']));
    expect(attachedTo('execution')).toEqual([
      'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetAuthorizationToken', 'ecr:GetDownloadUrlForLayer', 'logs:CreateLogStream', 'logs:PutLogEvents',
      'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue',
    ]);
    expect(warnings(stack)).toEqual([]);
  });

  test('are passed to ECS as they are named, with their paths, and no others', () => {
    const { stack } = place(imported());
    expect(passed(Template.fromStack(stack))).toEqual([TASK, EXECUTION]);
  });

  test('one for both is passed once', () => {
    const { stack } = place((scope) => {
      const taskRole = iam.Role.fromRoleArn(scope, 'Task', TASK);
      return { taskRole, executionRole: taskRole };
    });
    expect(passed(Template.fromStack(stack))).toEqual([TASK]);
  });

  test('are what CodeDeploy and the action of CodePipeline pass', () => {
    const stack = new Stack(new App(), 'Shop', { env });
    new FargateCicdPipeline(stack, 'Shop', {
      source: Source.gitHub('acme/shop'), container: imported()(stack), deployStrategy: DeployStrategy.codeDeploy(), releaseAction: ReleaseAction.codePipelineAction(),
    });
    const passes = all(Template.fromStack(stack), 'AWS::IAM::ManagedPolicy').flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement).filter(({ Action }: any) => Action === 'iam:PassRole');
    expect(passes.length).toBeGreaterThan(2);
    expect(new Set(passes.map(({ Resource }: any) => JSON.stringify(Resource)))).toEqual(new Set([JSON.stringify([TASK, EXECUTION])]));
  });

  test('the service waits for the rights of the task role', () => {
    const { stack, environment } = place(imported());
    table(stack).grantReadData(environment);
    const [{ DependsOn }] = Object.values(Template.fromStack(stack).findResources('AWS::ECS::Service'));
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^PlaceTaskRoleRights/)]));
  });

  test('of which one is given, the other is made', () => {
    const { stack } = place((scope) => ({ executionRole: iam.Role.fromRoleArn(scope, 'Execution', EXECUTION) }));
    const [task, execution] = passed(Template.fromStack(stack));
    expect(task).toMatch(/^<PlaceTaskRole\w+\.Arn>,?$/);
    expect(execution ?? EXECUTION).toBe(EXECUTION);
  });
});

describe('roles that the app makes', () => {
  test.each(['the same stack', 'another stack'])('in %s', (where) => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env });
    const theirs = where === 'the same stack' ? stack : new Stack(app, 'Roles', { env });
    const taskRole = new iam.Role(theirs, 'Theirs', { assumedBy: ecsTasks });
    const environment = new FargateEnvironment(stack, 'Place', { ...bare(stack), container: { taskRole } });
    table(stack).grantReadData(environment);
    const template = Template.fromStack(stack);
    const role = where === 'the same stack' ? { Ref: Match.stringLikeRegexp('^Theirs') } : { 'Fn::ImportValue': Match.stringLikeRegexp('Theirs') };
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', { Roles: [role], PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['dynamodb:GetItem']) })]) } });
    expect(Template.fromStack(theirs).findResources('AWS::IAM::Policy')).toEqual({});
  });

  test('are used by others as ever', () => {
    const { stack, environment: { taskRole } } = place((scope) => ({ taskRole: new iam.Role(scope, 'Theirs', { assumedBy: ecsTasks }) }));
    const person = new iam.Role(stack, 'Person', { assumedBy: new iam.AccountRootPrincipal() });
    taskRole.grantPassRole(person);
    taskRole.grantAssumeRole(person);
    taskRole.grant(person, 'iam:GetRole');
    taskRole.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess'));
    taskRole.attachInlinePolicy(new iam.Policy(stack, 'Inline', { statements: [new iam.PolicyStatement({ actions: ['s3:ListAllMyBuckets'], resources: ['*'] })] }));
    expect((taskRole as iam.Role).addToPolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: ['arn:aws:sns:eu-west-1:111111111111:t'] }))).toBe(true);
    const template = Template.fromStack(stack);
    const [id] = all(template, 'AWS::IAM::Role').find(([name]) => name.startsWith('Theirs'))!;
    expect(actionsOf(all(template, 'AWS::IAM::Policy').filter(([name]) => name.startsWith('Person')).flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement))).toEqual(
      ['iam:GetRole', 'iam:PassRole', 'sts:AssumeRole']);
    expect(template.toJSON().Resources[id].Properties.ManagedPolicyArns).toHaveLength(1);
    template.hasResourceProperties('AWS::IAM::Policy', { Roles: [{ Ref: id }], PolicyDocument: { Statement: [Match.objectLike({ Action: 's3:ListAllMyBuckets' })] } });
    expect(rightsOf(template, id)).toEqual(['sns:Publish on arn:aws:sns:eu-west-1:111111111111:t']);
  });
});

describe.each<[string, (scope: Construct) => Roles]>([
  ['mutable: false', imported(FIXED)],
  ['withoutPolicyUpdates', (scope) => {
    const { taskRole, executionRole } = { taskRole: new iam.Role(scope, 'Task', { assumedBy: ecsTasks }), executionRole: new iam.Role(scope, 'Execution', { assumedBy: ecsTasks }) };
    return { taskRole: taskRole.withoutPolicyUpdates(), executionRole: executionRole.withoutPolicyUpdates() };
  }],
])('roles that cannot be changed: %s', (_, roles) => {
  test('get nothing, and it is said what each must allow, with what the user grants later', () => {
    const { stack, environment } = place(roles, (scope) => ({
      executeCommand: ExecuteCommand.audited(),
      container: {
        secrets: secretOf(scope),
        volumes: [Volume.efs(efs.FileSystem.fromFileSystemAttributes(scope, 'Files', { fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-11111111') }), '/uploads')],
      },
    }));
    table(stack).grantReadData(environment);
    const template = Template.fromStack(stack);
    expect(all(template, 'AWS::IAM::ManagedPolicy').filter(([id]) => /^Place(Task|Execution)Role/.test(id))).toEqual([]);
    template.resourceCountIs('AWS::IAM::Policy', 0);
    const [execution, task] = warnings(stack).sort();
    expect(task).toMatch(/^\/Shop\/Place\/TaskRole container\.taskRole: nothing can be added to (arn:aws:iam::111111111111:role\/service-role\/task|<Task\w+\.Arn>), so it must allow by itself: \{/);
    expect(actionsOf(asked(task))).toEqual(expect.arrayContaining(['dynamodb:GetItem', 'elasticfilesystem:ClientMount', 'ssmmessages:OpenDataChannel']));
    expect(execution).toMatch(/^\/Shop\/Place\/ExecutionRole container\.executionRole: nothing can be added to/);
    expect(actionsOf(asked(execution))).toEqual([
      'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetAuthorizationToken', 'ecr:GetDownloadUrlForLayer', 'logs:CreateLogStream', 'logs:PutLogEvents',
      'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue',
    ]);
    expect(execution).toMatch(/"Resource":"<PlaceRepository\w+\.Arn>"/);
  });

  test('and need nothing are fine', () => {
    const { stack } = place((scope) => ({ taskRole: roles(scope).taskRole }));
    expect(warnings(stack)).toEqual([]);
  });

  test('a warning can be acknowledged', () => {
    const { stack, environment } = place(roles);
    Annotations.fromStack(stack).hasWarning('/Shop/Place/ExecutionRole', Match.stringLikeRegexp('fixed-role'));
    expect(environment.node.findChild('ExecutionRole')).toBeDefined();
  });
});

test('what a fixed role leaves to the policies of resources stands there, and is not asked for', () => {
  const { stack, environment } = place((scope) => ({ taskRole: iam.Role.fromRoleArn(scope, 'Task', TASK, { mutable: false, addGrantsToResources: true }) }));
  new s3.Bucket(stack, 'Uploads').grantRead(environment);
  Template.fromStack(stack).hasResourceProperties('AWS::S3::BucketPolicy', { PolicyDocument: { Statement: [Match.objectLike({ Principal: { AWS: TASK } })] } });
  expect(warnings(stack)).toEqual([]);
});
