import { synthesize } from './synthesize';
import { all, flat, idOf, only } from '../../../test/support/template';

const { template } = synthesize();
const cluster = { Ref: idOf(template, 'AWS::ECS::Cluster') };
const service = { 'Fn::GetAtt': [idOf(template, 'AWS::ECS::Service'), 'Name'] };
const balancer = { 'Fn::GetAtt': [idOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer'), 'LoadBalancerFullName'] };
const pipeline = { Ref: idOf(template, 'AWS::CodePipeline::Pipeline') };
const topic = { Ref: idOf(template, 'AWS::SNS::Topic') };

const ofService = [{ Name: 'ClusterName', Value: cluster }, { Name: 'ServiceName', Value: service }];
const ofBalancer = [{ Name: 'LoadBalancer', Value: balancer }];

test.each([
  ['ecs-cpu-alarm', 'AWS/ECS', 'CPUUtilization', 'Average', ofService, 'GreaterThanThreshold', 80, 2, 60],
  ['ecs-memory-alarm', 'AWS/ECS', 'MemoryUtilization', 'Average', ofService, 'GreaterThanThreshold', 80, 2, 60],
  ['pipeline-execution-failures', 'AWS/CodePipeline', 'FailedPipelineExecutions', 'Sum', [{ Name: 'PipelineName', Value: pipeline }],
    'GreaterThanOrEqualToThreshold', 1, 1, 300],
  ['alb-5xx-errors', 'AWS/ApplicationELB', 'HTTPCode_ELB_5XX_Count', 'Sum', ofBalancer, 'GreaterThanThreshold', 10, 2, 300],
  ['alb-target-response-time', 'AWS/ApplicationELB', 'TargetResponseTime', 'Average', ofBalancer, 'GreaterThanThreshold', 5, 3, 60],
])('the alarm %s looks at %s %s and tells the topic', (name, Namespace, MetricName, Statistic, Dimensions, ComparisonOperator, Threshold, EvaluationPeriods, Period) => {
  const [[, alarm]] = all(template, 'AWS::CloudWatch::Alarm').filter(([, { AlarmName }]) => AlarmName === `${name}-dev`);
  expect(alarm).toMatchObject({ Namespace, MetricName, Statistic, Dimensions, ComparisonOperator, Threshold, EvaluationPeriods, Period, AlarmActions: [topic] });
});

test('there are no other alarms', () => template.resourceCountIs('AWS::CloudWatch::Alarm', 5));

describe('the dashboard', () => {
  const dashboard = only(template, 'AWS::CloudWatch::Dashboard');
  const { widgets } = JSON.parse(flat(dashboard.DashboardBody));
  const metricsOf = (title: string): string[] => widgets.find(({ properties }: any) => properties.title === title).properties.metrics
    .map((metric: any[]) => `${metric[1]} ${metric[metric.length - 1].stat ?? 'Average'}`);

  test('has its name', () => expect(dashboard.DashboardName).toBe('ecs-dashboard-dev'));

  test.each([
    ['ECS CPU Utilization', ['CPUUtilization Average', 'CPUUtilization Maximum']],
    ['ECS Memory Utilization', ['MemoryUtilization Average', 'MemoryUtilization Maximum']],
    ['ALB Metrics', ['TargetResponseTime Average', 'RequestCount Sum']],
  ])('shows "%s"', (title, metrics) => expect(metricsOf(title)).toEqual(metrics));
});

describe('the topic', () => {
  test('has its name and mails the operations team', () => {
    expect(only(template, 'AWS::SNS::Topic')).toMatchObject({ TopicName: 'deployment-notifications-dev', DisplayName: 'Deployment Notifications' });
    expect(only(template, 'AWS::SNS::Subscription')).toMatchObject({ Protocol: 'email', Endpoint: 'operations@example.com', TopicArn: topic });
  });

  test.each(['cloudwatch', 'events', 'codestar-notifications'])('its policy and its key admit %s', (publisher) => {
    const principal = { Service: `${publisher}.amazonaws.com` };
    expect(only(template, 'AWS::SNS::TopicPolicy').PolicyDocument.Statement).toContainEqual(expect.objectContaining({
      Effect: 'Allow', Principal: principal, Action: 'sns:Publish', Resource: topic,
    }));
    expect(only(template, 'AWS::KMS::Key').KeyPolicy.Statement).toContainEqual(expect.objectContaining({
      Effect: 'Allow', Principal: principal, Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    }));
  });
});

test.each([
  'pipelineArn', 'pipelineUrl', 'ecrRepositoryUri', 'albDnsName', 'dashboardUrl', 'ecsClusterArn', 'ecsServiceArn', 'vpcId', 'snsTopicArn',
])('the output %s is there and described', (name) => {
  const outputs = Object.entries(template.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
  expect(outputs).toHaveLength(1);
  expect(outputs[0][1].Description).toMatch(/\w/);
});

test.each([['pipelineUrl', '/codesuite/codepipeline/pipelines/'], ['dashboardUrl', '/cloudwatch/home?region=us-east-1#dashboards/dashboard/']])(
  'the output %s leads into the console', (name, path) => {
    const [[, { Value }]] = Object.entries(template.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
    expect(flat(Value)).toContain(`https://us-east-1.console.aws.amazon.com${path}`);
  });
