import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { rightsOf, text } from './pipeline-world';
import { Check, DeliveryPipeline, DeliveryPipelineProps, DeploymentHistory, Encryption, FargateCicdPipeline, Notification, ResourceNames, Source } from '../../src';
import { judge, withAndWithoutFeatureFlags } from '../checkers';
import { lazily } from '../support/lazily';
import { publishedPlace } from '../support/published-place';

const NOTIFICATIONS = [Notification.email('team@example.com')];

type Props = Partial<DeliveryPipelineProps>;

function make(source: (scope: Construct) => Source, props: Props = {}, context = {}) {
  const app = new App({ context });
  const stack = new Stack(app, 'Shop');
  const delivery = new DeliveryPipeline(stack, 'Delivery', { source: source(stack), notifications: NOTIFICATIONS, stages: [{ releases: [{ target: publishedPlace(stack) }] }], ...props });
  return { app, stack, delivery };
}
const templateOf = (...args: Parameters<typeof make>) => Template.fromStack(make(...args).stack);

const only = (template: Template, type: string): any => {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0].Properties;
};
const sourceOf = (template: Template) => only(template, 'AWS::CodePipeline::Pipeline').Stages[0].Actions[0];
const named = (template: Template, type: string, prefix: string): any => Object.entries(template.findResources(type)).find(([id]) => id.startsWith(prefix))![1].Properties;

const repositoryIn = (scope: Construct) => new codecommit.Repository(scope, 'Code', { repositoryName: 'shop-dev' });
const tokenIn = (scope: Construct) => secretsmanager.Secret.fromSecretNameV2(scope, 'Token', 'github/token');
const codeCommit = (scope: Construct) => Source.codeCommit(repositoryIn(scope));
const gitHubToken = (scope: Construct) => Source.gitHubToken('acme/shop', { token: tokenIn(scope) });

describe('CodeCommit', () => {
  const ofCodeCommit = lazily(() => templateOf(codeCommit));

  test('is fetched, not polled', () => {
    const action = sourceOf(ofCodeCommit());
    expect(action.ActionTypeId).toMatchObject({ Category: 'Source', Owner: 'AWS', Provider: 'CodeCommit' });
    expect(action).toMatchObject({ Name: 'Source', Namespace: 'Source', OutputArtifacts: [{ Name: 'Source' }] });
    expect(action.Configuration).toEqual({ RepositoryName: { 'Fn::GetAtt': [expect.stringMatching(/^Code/), 'Name'] }, BranchName: 'main', PollForSourceChanges: false });
    expect(only(ofCodeCommit(), 'AWS::CodePipeline::Pipeline').Triggers).toBeUndefined();
  });

  test('a push to the branch starts the pipeline, and no other event does', () => {
    const template = templateOf((scope) => Source.codeCommit(repositoryIn(scope), { branch: 'live' }));
    expect(sourceOf(template).Configuration.BranchName).toBe('live');
    const rule = named(template, 'AWS::Events::Rule', 'DeliveryPush');
    expect(rule.EventPattern).toEqual({
      'source': ['aws.codecommit'],
      'detail-type': ['CodeCommit Repository State Change'],
      'resources': [{ 'Fn::GetAtt': [expect.stringMatching(/^Code/), 'Arn'] }],
      'detail': { event: ['referenceCreated', 'referenceUpdated'], referenceType: ['branch'], referenceName: ['live'] },
    });
    expect(rule.Targets).toEqual([{
      Id: 'Target0',
      Arn: expect.objectContaining({ 'Fn::Join': expect.anything() }),
      RoleArn: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryPipelineEventsRole/), 'Arn'] },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryDeadLetters/), 'Arn'] } },
    }]);
    expect(text(rule.Targets[0].Arn)).toMatch(/^arn:<AWS::Partition>:codepipeline:<AWS::Region>:<AWS::AccountId>:<DeliveryPipeline[A-F0-9]{8}>$/);
    const { Statement } = named(template, 'AWS::SQS::QueuePolicy', 'DeliveryDeadLetters').PolicyDocument;
    expect(Statement).toContainEqual(expect.objectContaining({ Sid: 'Push', Action: 'sqs:SendMessage', Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringMatching(/Push/), 'Arn'] } } } }));
  });

  test('the role of the rule may start this pipeline, for rules of this account', () => {
    const template = ofCodeCommit();
    expect(rightsOf(template, 'DeliveryPipelineEventsRole').map((right) => right.replace(/:<Delivery.*/, ''))).toEqual([
      'codepipeline:StartPipelineExecution arn:<AWS::Partition>:codepipeline:<AWS::Region>:<AWS::AccountId>',
    ]);
    const [trust] = named(template, 'AWS::IAM::Role', 'DeliveryPipelineEventsRole').AssumeRolePolicyDocument.Statement;
    expect(trust).toMatchObject({ Action: 'sts:AssumeRole', Principal: { Service: 'events.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } });
    expect(text(trust.Condition.ArnLike['aws:SourceArn'])).toBe('arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/*');
  });

  test('the role of the action may fetch this repository and store what it fetched', () => {
    const rights = rightsOf(ofCodeCommit(), 'DeliverySourceRole').map((right) => right.replace(/[A-F0-9]{8}\b/g, ''));
    expect(rights).toEqual([
      'codecommit:CancelUploadArchive <Code.Arn>', 'codecommit:GetBranch <Code.Arn>', 'codecommit:GetCommit <Code.Arn>',
      'codecommit:GetUploadArchiveStatus <Code.Arn>', 'codecommit:UploadArchive <Code.Arn>',
      'kms:Decrypt <DeliveryKey.Arn>', 'kms:GenerateDataKey <DeliveryKey.Arn>',
      's3:GetBucketLocation <DeliveryArtifacts.Arn>', 's3:GetObject <DeliveryArtifacts.Arn>/*', 's3:GetObjectVersion <DeliveryArtifacts.Arn>/*',
      's3:PutObject <DeliveryArtifacts.Arn>/*',
    ]);
  });

  test('the release is told the commit', () => {
    expect(JSON.stringify(ofCodeCommit().toJSON())).toContain('#{Source.CommitId}');
  });

  test.each<[string, boolean, (scope: Construct) => Source, DeploymentHistory | undefined]>([
    ['may ask whose it is, for the history', true, codeCommit, undefined],
    ['asks nobody without a history', false, codeCommit, DeploymentHistory.none()],
    ['asks nobody of other sources', false, gitHubToken, undefined],
  ])('the release function %s', (_, asks, source, history) => {
    const template = templateOf(source, { history });
    const rights = rightsOf(template, 'DeliveryReleaseFunctionRole').filter((right) => right.startsWith('codecommit:'));
    expect(rights.map((right) => right.replace(/[A-F0-9]{8}/, ''))).toEqual(asks ? ['codecommit:GetCommit <Code.Arn>'] : []);
    const { CODECOMMIT_REPOSITORY: repository } = named(template, 'AWS::Lambda::Function', 'DeliveryReleaseFunction').Environment.Variables;
    expect(repository).toEqual(asks ? { 'Fn::GetAtt': [expect.stringMatching(/^Code/), 'Name'] } : undefined);
  });

  test('may exist already', () => {
    const template = templateOf((scope) => Source.codeCommit(codecommit.Repository.fromRepositoryName(scope, 'Code', 'shop')));
    template.resourceCountIs('AWS::CodeCommit::Repository', 0);
    expect(sourceOf(template).Configuration.RepositoryName).toBe('shop');
  });

  test('a rule that the user adds takes the same role', () => {
    const { stack, delivery } = make(codeCommit);
    new events.Rule(stack, 'Nightly', { schedule: events.Schedule.rate(Duration.days(1)), targets: [new targets.CodePipeline(delivery.pipeline)] });
    const [nightly, push] = ['Nightly', 'DeliveryPush'].map((id) => named(Template.fromStack(stack), 'AWS::Events::Rule', id));
    expect(nightly.Targets[0].RoleArn).toEqual(push.Targets[0].RoleArn);
  });

  test.each([
    ['region', 'arn:aws:codecommit:us-east-1:111111111111:shop', 'a repository in the region us-east-1', 'one in the region of the pipeline, eu-west-1'],
    ['account', 'arn:aws:codecommit:eu-west-1:222222222222:shop', 'a repository in the account 222222222222', 'one in the account of the pipeline, 111111111111'],
  ])('of another %s is refused', (_, arn, got, allowed) => {
    const stack = new Stack(new App(), 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
    const source = Source.codeCommit(codecommit.Repository.fromRepositoryArn(stack, 'Code', arn));
    expect(() => new FargateCicdPipeline(stack, 'Shop', { source })).toThrow(`source.repository: got '${got}'; allowed ${allowed}; put the pipeline beside the repository`);
  });
});

describe('GitHub with a token', () => {
  const ofToken = lazily(() => templateOf(gitHubToken));

  test('is fetched with what the secret holds, by reference', () => {
    const template = ofToken();
    const action = sourceOf(template);
    expect(action.ActionTypeId).toMatchObject({ Category: 'Source', Owner: 'ThirdParty', Provider: 'GitHub' });
    expect(action).toMatchObject({ Name: 'Source', Namespace: 'Source', OutputArtifacts: [{ Name: 'Source' }] });
    expect(action.RoleArn).toBeUndefined();
    expect(action.Configuration).toMatchObject({ Owner: 'acme', Repo: 'shop', Branch: 'main', PollForSourceChanges: false });
    expect(text(action.Configuration.OAuthToken)).toMatch(/^{{resolve:secretsmanager:arn:<AWS::Partition>:secretsmanager:.*:secret:github\/token:SecretString:::}}$/);
    expect(only(template, 'AWS::CodePipeline::Pipeline')).toMatchObject({ PipelineType: 'V2' });
  });

  test('takes one field of the secret, and another branch', () => {
    const action = sourceOf(templateOf((scope) => Source.gitHubToken('acme/shop', { token: tokenIn(scope), tokenField: 'github', branch: 'live' })));
    expect(text(action.Configuration.OAuthToken)).toContain(':SecretString:github::}}');
    expect(action.Configuration.Branch).toBe('live');
  });

  test('GitHub tells of pushes to the branch, signed with a secret of the webhook\'s own', () => {
    const template = ofToken();
    const webhook = only(template, 'AWS::CodePipeline::Webhook');
    expect(webhook).toMatchObject({
      Authentication: 'GITHUB_HMAC',
      Filters: [{ JsonPath: '$.ref', MatchEquals: 'refs/heads/{Branch}' }],
      TargetAction: 'Source',
      TargetPipeline: { Ref: expect.stringMatching(/^DeliveryPipeline/) },
      RegisterWithThirdParty: true,
    });
    expect(text(webhook.AuthenticationConfiguration.SecretToken)).toMatch(/^{{resolve:secretsmanager:<DeliveryWebhookSecret[A-F0-9]{8}>:SecretString:::}}$/);
    template.hasResourceProperties('AWS::SecretsManager::Secret', { GenerateSecretString: { ExcludePunctuation: true, PasswordLength: 40 }, KmsKeyId: Match.anyValue() });
  });

  test('the key goes with the choice', () => {
    const template = templateOf(gitHubToken, { encryption: Encryption.awsManaged() });
    expect(only(template, 'AWS::SecretsManager::Secret').KmsKeyId).toBeUndefined();
  });

  test('the secret of the webhook goes with the stack: it can be made again', () => {
    const [secret] = Object.values(ofToken().findResources('AWS::SecretsManager::Secret'));
    expect(secret.DeletionPolicy).toBeUndefined();
  });
});

describe('GitHub over a connection', () => {
  test('the name of a new connection ends with the suffix', () => {
    const template = templateOf(() => Source.gitHub('acme/shop'), { resourceNames: ResourceNames.suffixed({ suffix: 'sixteen-letters1' }) });
    const { ConnectionName } = only(template, 'AWS::CodeConnections::Connection');
    expect(ConnectionName).toMatch(/^git-.+-sixteen-letters1$/);
    expect(ConnectionName.length).toBeLessThanOrEqual(32);
  });

  describe('is copied, or cloned with its history', () => {
    const templates = [undefined, true].map((fullClone) => templateOf(() => Source.gitHub('acme/shop', { fullClone }), { checks: [Check.npmAudit()] }));
    const cloning = (template: Template, role: string) => rightsOf(template, role).map((right) => right.replace(/[A-F0-9]{8}/, '')).filter((right) => right.includes(':UseConnection'));
    const release = (template: Template) => JSON.parse(text(only(template, 'AWS::CodePipeline::Pipeline').Stages.at(-1).Actions[0].Configuration.UserParameters));

    test('the artifact', () => {
      expect(templates.map((template) => sourceOf(template).Configuration.OutputArtifactFormat)).toEqual([undefined, 'CODEBUILD_CLONE_REF']);
    });

    test.each(['DeliveryBuildRole', 'DeliveryChecksNpmAuditRole'])('%s may clone with this connection, if it must', (role) => {
      const rights = ['codeconnections', 'codestar-connections'].map((prefix) => `${prefix}:UseConnection <DeliveryConnection.ConnectionArn>`);
      expect(templates.map((template) => cloning(template, role))).toEqual([[], rights]);
    });

    test('the release is told the author, where the build knows it', () => {
      expect(templates.map((template) => release(template).author)).toEqual([undefined, '#{Build.COMMIT_AUTHOR}']);
    });
  });
});

test('unresolved tokens pass, and reach the template as references', () => {
  const parameter = (stack: Construct) => (id: string) => new CfnParameter(stack, id).valueAsString;
  const { Owner, Branch, OAuthToken } = sourceOf(templateOf((scope) => {
    const of = parameter(scope);
    return Source.gitHubToken(of('Repo'), { token: tokenIn(scope), tokenField: of('Field'), branch: of('Branch') });
  })).Configuration;
  expect([Owner, Branch]).toEqual([{ 'Fn::Select': [0, { 'Fn::Split': ['/', { Ref: 'Repo' }] }] }, { Ref: 'Branch' }]);
  expect(text(OAuthToken)).toContain(':SecretString:<Field>::}}');

  const template = templateOf((scope) => Source.codeCommit(repositoryIn(scope), { branch: parameter(scope)('Branch') }));
  expect(sourceOf(template).Configuration.BranchName).toEqual({ Ref: 'Branch' });
  expect(named(template, 'AWS::Events::Rule', 'DeliveryPush').EventPattern.detail.referenceName).toEqual([{ Ref: 'Branch' }]);
});

describe('nothing against', () => {
  withAndWithoutFeatureFlags((context) => {
    test.each<[string, (scope: Construct) => Source, Props]>([
      ['CodeCommit', codeCommit, {}],
      ['CodeCommit, keys of AWS', codeCommit, { encryption: Encryption.awsManaged() }],
      ['a token', gitHubToken, {}],
      ['a token, keys of AWS', gitHubToken, { encryption: Encryption.awsManaged() }],
    ])('%s', (_, source, props) => {
      expect(judge(make(source, props, context).app)).toEqual([]);
    });
  });
});
