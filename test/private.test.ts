import { App, CfnParameter, Duration, RemovalPolicy, Stack, Tags, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { flat } from './support/template';
import { acknowledge, flatten, inPacks } from '../src/private/acknowledge';
import { DeadLetterQueue } from '../src/private/dead-letter-queue';
import { createFunction } from '../src/private/function';
import { createLogGroup } from '../src/private/log-group';
import { explicitName } from '../src/private/naming';
import { inspect } from '../src/private/problems';
import { guarded, openRoles, ScopedRole } from '../src/private/scoped-role';

const stack = () => new Stack(new App(), 'Shop');

const acknowledged = (construct: Construct): Record<string, string> => Object.assign({}, ...construct.node.metadata
  .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY).map(({ data }) => ({ ...data })));

describe('scoped role', () => {
  const made = () => {
    const scope = stack();
    return { scope, role: new ScopedRole(scope, 'Role', { assumedBy: guarded(scope, 'codebuild.amazonaws.com') }), bucket: new s3.Bucket(scope, 'Bucket') };
  };
  const actions = (scope: Stack) => Object.values(Template.fromStack(scope).findResources('AWS::IAM::ManagedPolicy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action));

  test('more rights than one managed policy takes stand in several', () => {
    const { scope, role } = made();
    const resources = Array.from({ length: 100 }, (_, index) => `arn:aws:iam::${scope.account}:role/${'long'.repeat(15)}-${index}`);
    role.allow({ actions: ['sts:AssumeRole'], resources }, { actions: ['sqs:SendMessage'], resources: [scope.formatArn({ service: 'sqs', resource: 'one' })] });
    const policies = Object.values(Template.fromStack(scope).findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => Properties.PolicyDocument);
    expect(policies.length).toBeGreaterThan(1);
    expect(policies.flatMap(({ Statement }) => Statement.flatMap(({ Resource }: any) => Resource).map(flat))).toEqual([...resources.map((arn) => arn.replace(scope.account, '<AWS::AccountId>')), expect.stringMatching(/:one$/)]);
    for (const policy of policies) expect(JSON.stringify(policy.Statement.map(({ Resource }: any) => [Resource].flat().map(flat))).replace(/<[^>]*>/g, '111111111111').length).toBeLessThan(6_144);
  });

  test('names that CloudFormation gives count as long as they may be', () => {
    const { scope, role } = made();
    const parameters = Array.from({ length: 120 }, (_, index) => new ssm.StringParameter(scope, `Parameter${index}`, { stringValue: 'x' }));
    role.allow({ actions: ['ssm:GetParameter'], resources: parameters.map(({ parameterArn }) => parameterArn) });
    const policies = Object.values(Template.fromStack(scope).findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => Properties.PolicyDocument);
    const lengths = policies.map(({ Statement }) => JSON.stringify(Statement.map((statement: any) => ({ ...statement, Resource: statement.Resource.map(flat) })))
      .replace(/<AWS::\w+>/g, 'ap-southeast-1').replace(/<Parameter[^>]*>/g, 'x'.repeat(60)).length);
    expect(Math.max(...lengths)).toBeLessThan(6_144);
  });

  test('while it is closed, CDK\'s grants are heard and dropped, but for the right to assume exact roles', () => {
    const { scope, role, bucket } = made();
    bucket.grantReadWrite(role);
    role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess'));
    role.attachInlinePolicy(new iam.Policy(scope, 'Unattached', { statements: [new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] })] }));
    const other = new iam.Role(scope, 'Other', { assumedBy: role });
    other.grantAssumeRole(role);
    expect(actions(scope)).toEqual(['sts:AssumeRole']);
    expect(Object.values(Template.fromStack(scope).findResources('AWS::IAM::Role')).flatMap(({ Properties }) => Properties.ManagedPolicyArns ?? [])).toEqual([]);
    expect(Object.values(Template.fromStack(scope).findResources('AWS::S3::BucketPolicy'))).toEqual([]);
  });

  test('once opened it takes whatever the user gives', () => {
    const { scope, role, bucket } = made();
    role.allow({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] });
    openRoles(scope);
    bucket.grantWrite(role);
    role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess'));
    new iam.Policy(scope, 'Attached', { roles: [role], statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] })] });
    expect(actions(scope)).toEqual(expect.arrayContaining(['s3:ListBucket', 's3:PutObject']));
    const template = Template.fromStack(scope);
    template.resourceCountIs('AWS::IAM::Policy', 1);
    expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).toContain('ReadOnlyAccess');
  });

  test('reasons for wildcards follow the logical ids, and only they are written', () => {
    const { scope, role, bucket } = made();
    role.allow({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')], wildcard: 'named elsewhere' },
      { actions: ['s3:ListBucket'], resources: [bucket.bucketArn], wildcard: 'none in it' });
    const policy = role.node.findChild('Rights') as Construct;
    (bucket.node.defaultChild as s3.CfnBucket).overrideLogicalId('Mine');
    expect(acknowledged(policy)).toEqual({ 'Annotation::AwsSolutions-IAM5[Resource::<Mine.Arn>/*]': 'named elsewhere' });
    expect(actions(scope)).toEqual(['s3:GetObject', 's3:ListBucket']);
  });

  test('a role without rights has no policy', () => {
    const { scope } = made();
    Template.fromStack(scope).resourceCountIs('AWS::IAM::ManagedPolicy', 0);
  });

  test('tags, boundaries and what else walks over roles reaches them', () => {
    const { scope, role } = made();
    role.allow({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::a/b'] });
    Tags.of(scope).add('team', 'shop');
    iam.PermissionsBoundary.of(scope).apply(iam.ManagedPolicy.fromAwsManagedPolicyName('Boundary'));
    Template.fromStack(scope).allResourcesProperties('AWS::IAM::Role', { Tags: [{ Key: 'team', Value: 'shop' }], PermissionsBoundary: {} });
  });

  test('a guard names the account, and the resource where it is known', () => {
    const scope = stack();
    const conditions = (principal: iam.ServicePrincipal) => scope.resolve(principal.policyFragment.conditions);
    expect(conditions(guarded(scope, 'codebuild.amazonaws.com'))).toEqual({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
    expect(conditions(guarded(scope, 'codebuild.amazonaws.com', 'arn:aws:x'))).toMatchObject({ ArnLike: { 'aws:SourceArn': 'arn:aws:x' } });
  });
});

describe('acknowledgements', () => {
  test('ids get the prefix under which they are read, and stand beside those of the user', () => {
    const scope = new Construct(stack(), 'Thing');
    acknowledge(scope, { 'AwsSolutions-S1': 'a', 'cfn-guard::CT.S3.PR.2': 'b', 'AwsSolutions-IAM5[Resource::x]': 'c', ...inPacks('Rule', 'd') });
    Validations.of(scope).acknowledge({ id: 'Mine-1', reason: 'mine' });
    expect(acknowledged(scope)).toMatchObject({
      'Annotation::AwsSolutions-S1': 'a', 'cfn-guard::CT.S3.PR.2': 'b', 'Annotation::AwsSolutions-IAM5[Resource::x]': 'c',
      'Annotation::NIST.800.53.R5-Rule': 'd', 'Annotation::PCI.DSS.321-Rule': 'd', 'Annotation::HIPAA.Security-Rule': 'd',
    });
    expect(Object.keys(acknowledged(scope)).some((id) => id.includes('Mine-1'))).toBe(true);
  });

  test('reasons that are a function are computed at each listing: what was listed before is forgotten, what the user added is not', () => {
    const scope = new Construct(stack(), 'Thing');
    let id = 'Before[x]';
    acknowledge(scope, () => ({ [id]: 'ours' }));
    Validations.of(scope).acknowledge({ id: 'mine::1', reason: 'mine' });
    expect(acknowledged(scope)).toEqual({ 'Annotation::Before[x]': 'ours', 'mine::1': 'mine' });
    id = 'CKV_1';
    expect(acknowledged(scope)).toEqual({ 'Annotation::CKV_1': 'ours', 'mine::1': 'mine' });
  });

  test.each([
    ['text ${A} and ${B.Arn}', 'text <A> and <B.Arn>'],
    [{ 'Fn::Join': ['/', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '*']] }, '<Bucket.Arn>/*'],
    [{ Ref: 'AWS::Partition' }, '<AWS::Partition>'],
    [{ 'Fn::Select': [0, 'x'] }, '{"Fn::Select":[0,"x"]}'],
  ])('%j is named %s', (value, name) => {
    expect(flatten(value)).toBe(name);
  });
});

describe('functions, logs and queues', () => {
  class Plain extends lambda.Function {
    constructor(scope: Construct, id: string, props: lambda.FunctionOptions) {
      super(scope, id, { ...props, runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1') });
    }
  }
  const make = (more: object) => {
    const scope = stack();
    const owner = new Construct(scope, 'Owner');
    const made = createFunction(owner, 'Work', Plain, { description: 'Works', timeout: Duration.minutes(1), memorySize: 256, removalPolicy: RemovalPolicy.RETAIN, owner, ...more });
    return { scope, owner, made, template: Template.fromStack(scope) };
  };

  test('asynchronous, tried once, failures kept, traced, with rights to exactly that', () => {
    const { template, made } = make({});
    template.hasResourceProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' }, DeadLetterConfig: {}, MemorySize: 256, Timeout: 60 });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300, DestinationConfig: { OnFailure: {} } });
    const [policy] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
    expect(policy.Properties.PolicyDocument.Statement.map(({ Action }: any) => Action)).toEqual([
      ['logs:CreateLogStream', 'logs:PutLogEvents'], 'sqs:SendMessage', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    ]);
    expect(acknowledged(made.function)).toHaveProperty(['Annotation::CKV_AWS_115']);
  });

  test('variables under our key, which the function may use', () => {
    const scope = stack();
    const key = new kms.Key(scope, 'Key');
    createFunction(scope, 'Work', Plain, {
      description: 'Works', timeout: Duration.minutes(1), memorySize: 256, removalPolicy: RemovalPolicy.RETAIN, owner: scope, key, environment: { PLACE: 'b' }, reservedConcurrentExecutions: 2,
    });
    const template = Template.fromStack(scope);
    template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: {}, ReservedConcurrentExecutions: 2 });
    expect(JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy'))).toContain('kms:Decrypt');
    expect(acknowledged(scope.node.findChild('Work') as Construct)).not.toHaveProperty(['Annotation::CKV_AWS_115']);
  });

  test('without a key, variables have none', () => {
    make({ environment: { PLACE: 'b' } }).template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { PLACE: 'b' } } });
  });

  test('one queue for each construct that the user wrote', () => {
    const { owner } = make({});
    expect(DeadLetterQueue.of(owner)).toBe(DeadLetterQueue.of(owner));
  });

  test('logs shorter than a year and without our key say who chose that', () => {
    const scope = stack();
    const ids = (id: string, more: object) => Object.keys(acknowledged(createLogGroup(scope, id, { removalPolicy: RemovalPolicy.RETAIN, ...more })));
    const key = new kms.Key(scope, 'Key');
    expect(ids('A', { key })).toEqual([]);
    expect(ids('B', { key, retention: 3653 })).toEqual([]);
    expect(ids('C', { key, retention: 7 })).toEqual(['Annotation::CKV_AWS_338', 'cfn-guard::CT.CLOUDWATCH.PR.2']);
    expect(ids('D', {})).toContain('Annotation::CKV_AWS_158');
  });
});

describe('explicit names', () => {
  test('fit, tell paths apart, and end with region and suffix where they are told to', () => {
    const scope = stack();
    const place = new Construct(new Construct(scope, 'A'.repeat(80)), 'Place');
    expect(explicitName(place, 'release', 64).length).toBeLessThanOrEqual(64);
    expect(explicitName(place, 'release', 64)).not.toBe(explicitName(new Construct(scope, 'Place'), 'release', 64));
    expect(explicitName(place, 'release', 64, { suffix: '-dev' })).toMatch(/-dev$/);
    expect(scope.resolve(explicitName(place, 'release', 64, { perRegion: true, suffix: '-dev' })))
      .toEqual({ 'Fn::Join': ['', [expect.stringMatching(/^release-.{0,35}-$/), { Ref: 'AWS::Region' }, '-dev']] });
  });
});

describe('inspection', () => {
  const problems = (look: Parameters<typeof inspect>[0]) => inspect(look).problems.map(({ prop, allowed }) => `${prop}: ${allowed}`);

  test('absent values and tokens pass every check', () => {
    const scope = stack();
    const number = new CfnParameter(scope, 'Number', { type: 'Number' }).valueAsNumber;
    for (const value of [undefined, number]) {
      expect(problems((look) => {
        look.number('a', value, 1, 2, ''); look.integer('a', value, 1, 2, ''); look.oneOf('a', value, [1], '');
        look.seconds('a', value === undefined ? undefined : Duration.seconds(number), 1, 2, '');
        look.matches('a', value as never, /x/, '', ''); look.notEmpty('a', value as never, ''); look.each('a', value as never, () => undefined); look.kind('a', value as never, 'x', '', '');
      })).toEqual([]);
    }
  });

  test('units of durations', () => {
    expect(problems((look) => look.seconds('a', Duration.seconds(90), 60, 120, 'x', 60))).toEqual(['a: 1 minute to 2 minutes, a multiple of 1 minute']);
    expect(problems((look) => look.seconds('a', Duration.minutes(2), 60, 120, 'x', 60))).toEqual([]);
  });

  test('findings of what stands below keep their path', () => {
    expect(problems((look) => look.include('outer', [{ prop: 'inner', got: 1, allowed: 'x', cure: '' }, { prop: '', got: 1, allowed: 'y', cure: '' }])))
      .toEqual(['outer.inner: x', 'outer: y']);
    expect(problems((look) => look.include('outer', undefined))).toEqual([]);
  });
});
