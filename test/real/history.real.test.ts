import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { ReleaseFailure } from '../../src/deploy/release/failure';
import { announce } from '../../src/deploy/release/history/announce';
import { type Ended, record } from '../../src/deploy/release/history/record';
import { motoDescribe, startMoto, stopMoto } from '../support/moto';

motoDescribe('the history against an emulated AWS', () => {
  let server: ChildProcess;
  let listener: Server;
  const heard: string[] = [];

  beforeAll(async () => {
    server = await startMoto();
    Object.assign(process.env, {
      STATE_TABLE: 'history', ECR_REPOSITORY: 'arn:aws:ecr:us-east-1:123456789012:repository/builds', ENVIRONMENT_SUFFIX: '', RECORD_EXPIRY_SECONDS: '86400', PLACES: '{}',
    });
    await new DynamoDBClient({}).send(new CreateTableCommand({
      TableName: 'history', BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'deploymentId', KeyType: 'HASH' }, { AttributeName: 'timestamp', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'deploymentId', AttributeType: 'S' }, { AttributeName: 'timestamp', AttributeType: 'N' }],
    }));
    const sns = new SNSClient({});
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'ops' }));
    process.env.SNS_TOPIC_ARN = TopicArn;
    listener = createServer(async (request, response) => {
      const body: Buffer[] = [];
      for await (const part of request) body.push(part as Buffer);
      heard.push((JSON.parse(Buffer.concat(body).toString()) as { Subject: string }).Subject);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: `http://127.0.0.1:${(listener.address() as { port: number }).port}` }));
    jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  }, 60_000);
  afterAll(async () => {
    listener.close();
    await stopMoto(server);
  });

  const ended = (job: string, startedAt: number, now: number, result: Ended['result']): Ended => ({
    request: {
      task: 'release', place: 'production', roleArn: 'arn:aws:iam::123456789012:role/release', parameterName: '/p', region: 'us-east-1', digest: `sha256:${'0'.repeat(64)}`,
      commit: 'c0ffee', executionId: 'e1',
    },
    progress: { job, startedAt }, time: { now: () => now, sleep, left: () => 60_000 }, log: () => {}, result,
  });
  const good: Ended['result'] = { summary: 'it runs', variables: { Outcome: 'RELEASED', ServiceUrl: 'u', ImageDigest: 'd', ImageUri: 'i' } };

  test('a failure, its second delivery and the restoring release are two records, one message and a time to restore', async () => {
    const failed = ended('job-1', 1_000, 2_000, new ReleaseFailure('it crashed', ['exit code 1']));
    const first = await record(failed);
    expect(first).toMatchObject({ outcome: 'FAILED', repeated: false });
    await announce(failed, first);
    expect(await record({ ...failed, progress: { ...failed.progress, startedAt: 9_000 } })).toMatchObject({ repeated: true });
    expect(await record(ended('job-2', 10_000, 62_000, good))).toMatchObject({ outcome: 'RELEASED', restoredAfter: 60 });

    const { Items } = await new DynamoDBClient({}).send(new ScanCommand({ TableName: 'history' }));
    expect(Items!.map(({ deploymentId, timestamp, outcome }) => [deploymentId.S, timestamp.N, outcome?.S]).sort()).toEqual([
      ['e1/production/job-1', '1000', 'FAILED'], ['e1/production/job-2', '10000', 'RELEASED'], ['place/arn:aws:iam::123456789012:role/release/production', '0', undefined],
    ]);
    expect(heard.filter((subject) => subject?.startsWith('Release'))).toEqual(['Release failed: production']);
  }, 60_000);
});
