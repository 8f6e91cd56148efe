import { synthesize } from './synthesize';
import { all, flat, idOf, only } from '../../../test/support/template';

const { template, app } = synthesize();
const keyId = idOf(template, 'AWS::KMS::Key');
const key = { 'Fn::GetAtt': [keyId, 'Arn'] };

describe('the table', () => {
  const table = only(template, 'AWS::DynamoDB::Table');

  test('has a record for each release and time', () => {
    expect(table).toMatchObject({
      TableName: 'release-history-dev',
      KeySchema: [{ AttributeName: 'deploymentId', KeyType: 'HASH' }, { AttributeName: 'timestamp', KeyType: 'RANGE' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    expect(table.AttributeDefinitions).toEqual(expect.arrayContaining([{ AttributeName: 'deploymentId', AttributeType: 'S' }, { AttributeName: 'timestamp', AttributeType: 'N' }]));
  });

  test('can be brought back to any moment and is encrypted with the key', () => {
    expect(table.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    expect(table.SSESpecification).toMatchObject({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key });
  });
});

describe('the key', () => {
  test('rotates and has its alias', () => {
    expect(only(template, 'AWS::KMS::Key').EnableKeyRotation).toBe(true);
    expect(only(template, 'AWS::KMS::Alias')).toMatchObject({ AliasName: 'alias/cicd-pipeline-dev', TargetKeyId: key });
  });

  test.each([
    ['cloudwatch', { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } }],
    // EventBridge says no account to SNS; the key is used for topics of this account only.
    ['events', { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': 'arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:*' } }],
  ])('admits %s for this account only', (publisher, condition) => {
    const statement = only(template, 'AWS::KMS::Key').KeyPolicy.Statement.find(({ Principal }: any) => Principal.Service === `${publisher}.amazonaws.com`);
    expect(statement).toMatchObject({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'] });
    const [[operator, [[fact, value]]]] = Object.entries<any>(statement.Condition).map(([name, pairs]): [string, any] => [name, Object.entries(pairs)]);
    expect({ [operator]: { [fact]: flat(value) } }).toEqual(condition);
  });

  test('admits CloudWatch Logs for log groups of this account only', () => {
    const statement = only(template, 'AWS::KMS::Key').KeyPolicy.Statement.find(({ Principal }: any) => flat(Principal.Service).startsWith('logs.'));
    expect(flat(statement.Condition)).toContain('kms:EncryptionContext:aws:logs:arn');
    expect(flat(statement.Condition.ArnLike['kms:EncryptionContext:aws:logs:arn'])).toContain('<AWS::AccountId>');
  });

  test('encrypts artifacts, table, topic and build logs', () => {
    expect(only(template, 'AWS::SNS::Topic').KmsMasterKeyId).toEqual(key);
    const resources: Record<string, any> = template.toJSON().Resources;
    const uses = Object.values(resources).filter(({ Properties }) => JSON.stringify(Properties ?? {}).includes(keyId)).map(({ Type }) => Type);
    expect(uses).toEqual(expect.arrayContaining(['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::SNS::Topic', 'AWS::Logs::LogGroup']));
  });
});

test('failed builds of these projects are told to the topic', () => {
  const [[, rule]] = all(template, 'AWS::Events::Rule').filter(([, { EventPattern }]) => EventPattern.source[0] === 'aws.codebuild');
  expect(rule.EventPattern.detail).toMatchObject({
    'build-status': expect.arrayContaining(['FAILED']),
    'project-name': all(template, 'AWS::CodeBuild::Project').map(([Ref]) => ({ Ref })),
  });
  expect(rule.Targets.map(({ Arn }: any) => Arn)).toEqual([{ Ref: idOf(template, 'AWS::SNS::Topic') }]);
  expect(only(template, 'AWS::SNS::TopicPolicy').PolicyDocument.Statement).toContainEqual(expect.objectContaining({
    Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish',
  }));
});

test('four tags are on everything', () => {
  const tags = { Environment: 'dev', Project: 'cicd-pipeline', ManagedBy: 'CDK', Team: 'platform' };
  const { Resources } = app.synth().stacks[0].template;
  for (const type of ['KMS::Key', 'S3::Bucket', 'ECR::Repository', 'DynamoDB::Table', 'SNS::Topic', 'CodeBuild::Project', 'CodePipeline::Pipeline']) {
    const found = Object.values<any>(Resources).filter(({ Type }) => Type === `AWS::${type}`);
    expect(found.length).toBeGreaterThan(0);
    for (const { Properties } of found) {
      expect(Object.fromEntries(Properties.Tags.map(({ Key, Value }: any) => [Key, Value]))).toMatchObject(tags);
    }
  }
});
