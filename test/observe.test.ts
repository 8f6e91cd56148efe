import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Dashboard, DeploymentHistory, Encryption, FargateCicdPipeline, FargateEnvironment, FargateCicdPipelineProps, FargateEnvironmentProps, Http5xxOrigin, Notification, ResourceNames, ServiceAlarm, Source } from '../src';
import { givenNetwork } from './support/bare-place';
import { lazily } from './support/lazily';
import { Foundation, layFoundation } from '../src/observe/foundation';

const source = Source.gitHub('acme/shop');

function place(props: FargateEnvironmentProps | ((stack: Stack) => FargateEnvironmentProps)): { stack: Stack; template: Template } {
  const stack = new Stack(new App(), 'Shop');
  new FargateEnvironment(stack, 'Place', { network: givenNetwork(stack), ...typeof props === 'function' ? props(stack) : props });
  return { stack, template: Template.fromStack(stack) };
}

const theSmallest = lazily(() => {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack) });
  return Template.fromStack(stack);
});

/** What an alarm says, by its metric. */
const alarmsOf = (template: Template): Record<string, any> => Object.fromEntries(Object.values(template.findResources('AWS::CloudWatch::Alarm'))
  .map(({ Properties }) => [Properties.MetricName ?? Properties.Metrics[0].Label, Properties]));

describe('alarms', () => {
  test.each<[string, object]>([
    ['CPUUtilization', { Namespace: 'AWS/ECS', Threshold: 90, EvaluationPeriods: 3, Period: 60, Statistic: 'Average', ComparisonOperator: 'GreaterThanThreshold' }],
    ['MemoryUtilization', { Namespace: 'AWS/ECS', Threshold: 90, EvaluationPeriods: 3, Period: 60, Statistic: 'Average' }],
    ['HTTPCode_Target_5XX_Count', { Namespace: 'AWS/ApplicationELB', Threshold: 10, EvaluationPeriods: 2, Period: 60, Statistic: 'Sum' }],
    ['TargetResponseTime', { Threshold: 2, EvaluationPeriods: 3, Period: 60, Statistic: 'Average' }],
    ['UnHealthyHostCount', {
      Threshold: 0, EvaluationPeriods: 5,
      Metrics: expect.arrayContaining([expect.objectContaining({ Expression: 'MAX([group0, group1])' }), expect.objectContaining({ MetricStat: expect.objectContaining({ Period: 60, Stat: 'Maximum' }) })]),
    }],
    ['FailedPipelineExecutions', { Namespace: 'AWS/CodePipeline', Threshold: 1, EvaluationPeriods: 1, Period: 300, Statistic: 'Sum', ComparisonOperator: 'GreaterThanOrEqualToThreshold' }],
    ['Errors', { Namespace: 'AWS/Lambda', ComparisonOperator: 'GreaterThanThreshold', Threshold: 0, EvaluationPeriods: 1, Period: 300, Statistic: 'Sum' }],
  ])('%s', (metric, expected) => {
    expect(alarmsOf(theSmallest())[metric]).toMatchObject({ ...expected, TreatMissingData: 'notBreaching', AlarmActions: [{ Ref: expect.stringMatching(/^ShopTopic/) }] });
  });

  test('with numbers and names of one\'s own', () => {
    const { template } = place({
      alarms: [
        ServiceAlarm.cpu({ threshold: 70, evaluationPeriods: 5, datapointsToAlarm: 3, period: Duration.minutes(5), statistic: 'p99', alarmName: 'hot', rollsBack: false }),
        ServiceAlarm.http5xx({ origin: Http5xxOrigin.LOAD_BALANCER }),
      ],
    });
    const { CPUUtilization: cpu, HTTPCode_ELB_5XX_Count: errors } = alarmsOf(template);
    expect(cpu).toMatchObject({ Threshold: 70, EvaluationPeriods: 5, DatapointsToAlarm: 3, Period: 300, ExtendedStatistic: 'p99', AlarmName: 'hot' });
    expect(errors.Dimensions.map(({ Name }: any) => Name)).toEqual(['LoadBalancer']);
    template.hasResourceProperties('AWS::ECS::Service', { DeploymentConfiguration: { Alarms: { AlarmNames: [errors.AlarmName] } } });
  });
});

describe('notifications', () => {
  const subscriptionsOf = (template: Template) => Object.values(template.findResources('AWS::SNS::Subscription')).map(({ Properties }) => Properties);

  test('mails and subscribers of one topic, undelivered ones in a queue', () => {
    const { template } = place({
      notifications: [
        Notification.email('a@example.com'),
        Notification.createTopic({ topicName: 'ops', displayName: 'Ops', emails: ['b@example.com'], subscribers: [new subscriptions.UrlSubscription('https://example.com/hook')] }),
        Notification.createTopic(),
      ],
    });
    template.resourceCountIs('AWS::SNS::Topic', 1);
    template.hasResourceProperties('AWS::SNS::Topic', { TopicName: 'ops', DisplayName: 'Ops', KmsMasterKeyId: Match.anyValue() });
    expect(subscriptionsOf(template).map(({ Protocol, Endpoint, RedrivePolicy }) => [Protocol, Endpoint, RedrivePolicy !== undefined])).toEqual([
      ['email', 'a@example.com', true], ['email', 'b@example.com', true], ['https', 'https://example.com/hook', false],
    ]);
  });

  test('an existing topic instead of or beside our own', () => {
    const theirs = (stack: Stack) => new sns.Topic(stack, 'Theirs');
    const alone = place((stack) => ({ notifications: [Notification.topic(theirs(stack))] }));
    alone.template.resourceCountIs('AWS::SNS::Topic', 1);
    const both = place((stack) => ({ notifications: [Notification.topic(theirs(stack)), Notification.email('a@example.com')] }));
    both.template.resourceCountIs('AWS::SNS::Topic', 2);
    expect(alarmsOf(both.template).CPUUtilization.AlarmActions).toHaveLength(2);
    // An existing topic of the app gets a policy that admits the publishers.
    expect(Object.values(alone.template.findResources('AWS::SNS::TopicPolicy'))[0].Properties.PolicyDocument.Statement.map(({ Principal }: any) => Principal.Service))
      .toEqual(['cloudwatch.amazonaws.com', 'codestar-notifications.amazonaws.com', 'events.amazonaws.com']);
  });

  test('nobody listens: a warning that can be acknowledged', () => {
    const warned = (props: FargateEnvironmentProps) =>
      Annotations.fromStack(place({ ...props }).stack).findWarning('*', Match.stringLikeRegexp('nobody listens')).length;
    expect(warned({})).toBe(1);
    expect(warned({ notifications: [Notification.createTopic()] })).toBe(1);
    expect(warned({ notifications: [] })).toBe(0);
    expect(warned({ notifications: [Notification.email('a@example.com')] })).toBe(0);
  });

  test('EventBridge is admitted without a condition, the others for this account only', () => {
    const { template } = place({});
    const [policy] = Object.values(template.findResources('AWS::SNS::TopicPolicy'));
    expect(policy.Properties.PolicyDocument.Statement.map(({ Sid, Condition, Effect }: any) => [Sid, Effect, Object.keys(Condition ?? {})])).toEqual([
      ['AllowPublishThroughSSLOnly', 'Deny', ['Bool']], ['Alarms', 'Allow', ['StringEquals']], ['Notifications', 'Allow', ['StringEquals']], ['Events', 'Allow', []],
    ]);
  });

  test('without a key of ours the topic has none', () => {
    const { template } = place({ encryption: Encryption.awsManaged() });
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
  });
});

describe('dashboard', () => {
  /** Titles in the body, with what stands between the texts left out. */
  const body = (template: Template): string => {
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    return dashboard.Properties.DashboardBody['Fn::Join'][1].filter((part: unknown) => typeof part === 'string').join('');
  };
  const titles = (template: Template) => [...body(template).matchAll(/"title":"([^"]*)"/g)].map(([, title]) => title);

  test('of place and road', () => {
    const template = theSmallest();
    expect(titles(template)).toEqual(['ECS CPU Utilization', 'ECS Memory Utilization', 'ALB Metrics', 'HTTP Errors', 'Running Tasks', 'Pipeline Executions', 'Deployment Frequency', 'Change Failure Rate', 'Lead Time for Changes', 'Time to Restore']);
    expect([...body(template).matchAll(/"width":6/g)]).toHaveLength(4);
    // Which metrics a widget shows, by its title.
    const shown = (title: string) => [...body(template).split('"type":"metric"').find((widget) => widget.includes(`"title":"${title}"`))!.matchAll(/"cdk-fargate-cicd","(\w+)","Place","Shop","ReleaseFunction"/g)]
      .map(([, name]) => name);
    expect(['Deployment Frequency', 'Change Failure Rate', 'Lead Time for Changes', 'Time to Restore'].map(shown))
      .toEqual([['Deployments'], ['FailedDeployments', 'Deployments'], ['LeadTime'], ['TimeToRestore']]);
    expect(body(template)).toContain('"yAxis":"right"');
    expect([...body(template).matchAll(/"width":8/g)]).toHaveLength(6);
  });

  test('of a place alone, with titles and name of one\'s own', () => {
    const { template } = place({
      dashboard: Dashboard.standard({ dashboardName: 'shop', titles: { cpu: 'A', memory: 'B', loadBalancer: 'C', errors: 'D', tasks: 'E', pipeline: 'F' } }),
    });
    expect(titles(template)).toEqual(['A', 'B', 'C', 'D', 'E']);
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'shop' });
  });

  test('with a title for the pipeline', () => {
    const stack = new Stack(new App(), 'Shop');
    new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), dashboard: Dashboard.standard({ titles: { pipeline: 'F', deployments: 'G', failureRate: 'H', leadTime: 'I', timeToRestore: 'J' } }) });
    expect(titles(Template.fromStack(stack)).slice(-5)).toEqual(['F', 'G', 'H', 'I', 'J']);
  });
});

describe('foundation', () => {
  test('tags reach everything, also through the construct that joins place and road', () => {
    const stack = new Stack(new App(), 'Shop');
    new FargateCicdPipeline(stack, 'Shop', { source, tags: { team: 'shop' } });
    const template = Template.fromStack(stack).toJSON();
    const tagged = Object.values<any>(template.Resources).filter(({ Properties }) => JSON.stringify(Properties?.Tags ?? '').includes('team'));
    for (const type of ['AWS::KMS::Key', 'AWS::ECS::Service', 'AWS::CodePipeline::Pipeline', 'AWS::S3::Bucket', 'AWS::ECR::Repository', 'AWS::EC2::VPC', 'AWS::IAM::Role']) {
      const all = Object.values<any>(template.Resources).filter(({ Type }) => Type === type);
      expect([type, tagged.filter(({ Type }) => Type === type).length]).toEqual([type, all.length]);
    }
  });

  test('is laid once: what an enclosing construct laid is taken over', () => {
    const stack = new Stack(new App(), 'Shop');
    const laid: Foundation = layFoundation(stack, {});
    expect(layFoundation(stack, { _foundation: laid })).toBe(laid);
  });
});

describe('history', () => {
  const road = (props: Partial<FargateCicdPipelineProps> | ((stack: Stack) => Partial<FargateCicdPipelineProps>) = {}): Template => {
    const stack = new Stack(new App(), 'Shop');
    new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), ...typeof props === 'function' ? props(stack) : props });
    return Template.fromStack(stack);
  };
  const variables = (template: Template) => Object.values(template.findResources('AWS::Lambda::Function'))
    .map(({ Properties }) => Properties.Environment.Variables).find(({ ECR_REPOSITORY }) => ECR_REPOSITORY);
  const outputs = (template: Template) => Object.keys(template.findOutputs('*')).join(' ');
  /** Statements of the release function's role, by their actions. */
  const rights = (template: Template): Record<string, any> => Object.fromEntries(Object.entries(template.findResources('AWS::IAM::ManagedPolicy'))
    .filter(([id]) => id.includes('ReleaseFunctionRole'))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .map((statement: any) => [[statement.Action].flat().join(' '), statement]));

  test('is a table by default, encrypted, protected, restorable', () => {
    const template = road();
    template.hasResource('AWS::DynamoDB::Table', {
      Properties: {
        TableName: Match.absent(),
        KeySchema: [{ AttributeName: 'deploymentId', KeyType: 'HASH' }, { AttributeName: 'timestamp', KeyType: 'RANGE' }],
        AttributeDefinitions: [{ AttributeName: 'deploymentId', AttributeType: 'S' }, { AttributeName: 'timestamp', AttributeType: 'N' }],
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
        DeletionProtectionEnabled: true,
        TimeToLiveSpecification: Match.absent(),
      },
      DeletionPolicy: 'Retain',
    });
    const { PLACES, ...others } = variables(template);
    expect(others).toMatchObject({
      STATE_TABLE: { Ref: expect.stringContaining('History') }, SNS_TOPIC_ARN: { Ref: expect.stringContaining('Topic') }, ENVIRONMENT_SUFFIX: '', RECORD_EXPIRY_SECONDS: '', PIPELINE_NAME: '',
    });
    expect(JSON.stringify(template.findResources('AWS::SSM::Parameter')[PLACES.Ref].Properties.Value)).toContain('"{\\"Shop\\":[\\"arn:');
    expect(outputs(template)).toMatch(/ValidationLambdaArn.*DeploymentTableName.*StateTableName/);
  });

  test('the function may write to it and publish, and no more', () => {
    const found = rights(road());
    expect(found['dynamodb:PutItem dynamodb:UpdateItem'].Resource).toEqual({ 'Fn::GetAtt': [expect.stringContaining('History'), 'Arn'] });
    expect(found['sns:Publish'].Resource).toEqual({ Ref: expect.stringContaining('Topic') });
    expect(found['kms:Decrypt kms:GenerateDataKey'].Resource).toEqual({ 'Fn::GetAtt': [expect.stringContaining('Key'), 'Arn'] });
    expect(found['kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo'].Condition.StringEquals).toEqual({
      'kms:ViaService': [
        { 'Fn::Join': ['', ['dynamodb.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
        { 'Fn::Join': ['', ['dynamodb.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] },
      ],
    });
  });

  test('with a name, an expiry and a suffix', () => {
    const template = road({
      history: DeploymentHistory.table({ tableName: 'deployments', expiry: Duration.days(730) }), resourceNames: ResourceNames.suffixed({ suffix: 'dev' }), removalPolicy: RemovalPolicy.DESTROY,
    });
    template.hasResource('AWS::DynamoDB::Table', {
      Properties: { TableName: 'deployments-dev', DeletionProtectionEnabled: Match.absent(), TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } }, DeletionPolicy: 'Delete',
    });
    const { PIPELINE_NAME, ...others } = variables(template);
    expect(others).toMatchObject({ ENVIRONMENT_SUFFIX: 'dev', RECORD_EXPIRY_SECONDS: '63072000' });
    expect(PIPELINE_NAME).toMatch(/^pipeline-[a-z-]+-dev$/);
  });

  test('with a key of its own, beside keys of AWS', () => {
    const template = road((stack) => ({ history: DeploymentHistory.table({ key: new kms.Key(stack, 'Theirs') }), encryption: Encryption.awsManaged() }));
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Theirs'), 'Arn'] } } });
    road({ encryption: Encryption.awsManaged() }).hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEEnabled: true, KMSMasterKeyId: Match.absent() } });
  });

  test('none, and nobody to tell', () => {
    const template = road({ history: DeploymentHistory.none(), notifications: [] });
    template.resourceCountIs('AWS::DynamoDB::Table', 0);
    expect(variables(template)).toMatchObject({ STATE_TABLE: '', SNS_TOPIC_ARN: '' });
    expect(Object.keys(rights(template)).join(' ')).not.toMatch(/dynamodb|sns:/);
    expect(outputs(template)).not.toContain('TableName');
  });
});
