import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { FakeHistory } from './fake-history';

const dynamo = new DynamoDBClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const sns = new SNSClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
let history: FakeHistory;
beforeEach(() => { history = new FakeHistory(); });
afterEach(() => jest.restoreAllMocks());

const Key = { deploymentId: { S: 'place/role' }, timestamp: { N: '0' } };
const update = (job: string, expression: string, now = '1') => dynamo.send(new UpdateItemCommand({
  TableName: 'history', Key, UpdateExpression: expression, ExpressionAttributeValues: { ':job': { S: job }, ':startedAt': { N: '0' }, ':now': { N: now } },
  ConditionExpression: 'attribute_not_exists(job) OR job <> :job', ReturnValues: 'ALL_OLD', ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
}));

test('an item replaces that of the same keys, and is read as plain values', async () => {
  const item = { deploymentId: { S: 'e1/web/j1' }, timestamp: { N: '7' }, imageTags: { L: [{ S: 'a' }] }, scanFindings: { M: { HIGH: { N: '2' } } } };
  for (const outcome of ['FAILED', 'RELEASED']) await dynamo.send(new PutItemCommand({ TableName: 'history', Item: { ...item, outcome: { S: outcome } } }));
  expect(history.records).toEqual([{ deploymentId: 'e1/web/j1', timestamp: 7, imageTags: ['a'], scanFindings: { HIGH: 2 }, outcome: 'RELEASED' }]);
});

test('the state of a place keeps since when releases fail, until one is good, and is no record', async () => {
  const FAILED = 'SET failingSince = if_not_exists(failingSince, :now)';
  await update('j1', FAILED, '1');
  await update('j2', FAILED, '2');
  expect((await update('j3', 'SET job = :job REMOVE failingSince')).Attributes).toMatchObject({ job: { S: 'j2' }, failingSince: { N: '1' } });
  expect((await update('j4', FAILED, '4')).Attributes).not.toHaveProperty('failingSince');
  expect(history.records).toEqual([]);
});

test('the state of a place refuses the same job twice, and says what it holds', async () => {
  await update('j1', 'SET job = :job');
  await expect(update('j1', 'SET job = :job')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: { job: { S: 'j1' } } });
});

test('nothing is refused or answered that was not asked for', async () => {
  await update('j1', 'SET job = :job');
  const plain = { TableName: 'history', Key, UpdateExpression: 'SET job = :job', ExpressionAttributeValues: { ':job': { S: 'j1' }, ':startedAt': { N: '0' } } };
  expect((await dynamo.send(new UpdateItemCommand(plain))).Attributes).toBeUndefined();
  await expect(dynamo.send(new UpdateItemCommand({ ...plain, ConditionExpression: 'attribute_not_exists(job) OR job <> :job' }))).rejects.not.toHaveProperty('Item.job');
});

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
test.each(['', 'x'.repeat(101), 'two\nlines', 'ä'])('the subject %j is refused', async (Subject) => {
  await expect(sns.send(new PublishCommand({ TopicArn: 'topic', Subject, Message: 'm' }))).rejects.toMatchObject({ name: 'InvalidParameterException' });
  expect(history.messages).toEqual([]);
});

test('lines of the standard output are metrics, messages are kept', async () => {
  process.stdout.write('{"Deployments":1}\n');
  await sns.send(new PublishCommand({ TopicArn: 'topic', Subject: 's', Message: 'm' }));
  expect([history.metrics, history.messages]).toEqual([[{ Deployments: 1 }], [{ TopicArn: 'topic', Subject: 's', Message: 'm' }]]);
});
