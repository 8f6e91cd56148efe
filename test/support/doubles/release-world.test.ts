import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { GREEN_TARGET_GROUP, ReleaseWorld, ROLE, STACK } from './release-world';

let world: ReleaseWorld;
beforeEach(() => { world = new ReleaseWorld(); });
afterEach(() => jest.restoreAllMocks());
const settings = { region: 'eu-west-1' };

test('only a role that is there is assumed, by those who say its external id', async () => {
  const assume = (RoleArn: string, ExternalId?: string) => new STSClient(settings).send(new AssumeRoleCommand({ RoleArn, ExternalId, RoleSessionName: 's' }));
  expect((await assume(ROLE)).Credentials!.AccessKeyId).toBe('release-role');
  await expect(assume(`${ROLE}-gone`)).rejects.toMatchObject({ name: 'AccessDenied' });
  world.around.externalIds.set(ROLE, 'secret');
  await expect(assume(ROLE)).rejects.toMatchObject({ name: 'AccessDenied' });
  expect((await assume(ROLE, 'secret')).Credentials).toBeDefined();
});

test('of the alarms that are asked for, those that ring are told', async () => {
  world.around.ringing.add('cpu').add('of-another-place');
  const { MetricAlarms } = await new CloudWatchClient(settings).send(new DescribeAlarmsCommand({ AlarmNames: ['cpu', 'memory'], StateValue: 'ALARM' }));
  expect(MetricAlarms).toEqual([{ AlarmName: 'cpu' }]);
});

test('a log is read backwards, page by page', async () => {
  world.around.logs.set('group stream', ['one', 'two', 'three']);
  const read = (nextToken?: string) => new CloudWatchLogsClient(settings).send(new GetLogEventsCommand({ logGroupName: 'group', logStreamName: 'stream', limit: 2, nextToken }));
  const last = await read();
  expect(last.events).toEqual([{ message: 'two' }, { message: 'three' }]);
  expect((await read(last.nextBackwardToken)).events).toEqual([{ message: 'one' }]);
  world.around.logs.clear();
  await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('the running tasks are healthy targets, unless the test says otherwise', async () => {
  const client = new ElasticLoadBalancingV2Client(settings);
  const health = async (TargetGroupArn: string) => (await client.send(new DescribeTargetHealthCommand({ TargetGroupArn }))).TargetHealthDescriptions!;
  expect((await health(GREEN_TARGET_GROUP)).map(({ TargetHealth }) => TargetHealth!.State)).toEqual(['healthy', 'healthy']);
  world.around.health = () => undefined;
  expect(await health(GREEN_TARGET_GROUP)).toEqual([]);
  await expect(health('gone')).rejects.toMatchObject({ name: 'TargetGroupNotFoundException' });
});

test('a parameter or a stack that nobody made is not found', async () => {
  await expect(new SSMClient(settings).send(new GetParameterCommand({ Name: '/gone' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
  const describeStack = (StackName: string) => new CloudFormationClient(settings).send(new DescribeStacksCommand({ StackName }));
  await expect(describeStack('gone')).rejects.toMatchObject({ name: 'ValidationError' });
  expect((await describeStack(STACK)).Stacks![0].StackStatus).toBe('UPDATE_COMPLETE');
});
