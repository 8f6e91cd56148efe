import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Check, DeliveryPipeline, DeliveryPipelineProps, DeployStage, FargateCicdPipeline, Notification, ResourceNames, Source, StageCondition, StageFailure } from '../../src';
import { publishedPlace } from '../support/published-place';
import { all, flat, rightsOf, stagesOf } from '../support/template';

const source = Source.gitHub('acme/shop');
const WINDOW = StageCondition.deploymentWindow({ cron: '* * 9-16 ? * MON-THU *', timeZone: 'Europe/Berlin' });

function alarmIn(scope: Construct, alarmName?: string): cloudwatch.Alarm {
  return new cloudwatch.Alarm(scope, 'Errors', { alarmName, metric: new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Errors' }), threshold: 1, evaluationPeriods: 1 });
}

/** A road with one stage that is made so. */
function road(make: (scope: Stack) => Partial<DeployStage>, stack = new Stack(new App(), 'Shop'), props: Partial<DeliveryPipelineProps> = {}): Template {
  new DeliveryPipeline(stack, 'Delivery', { source, stages: [{ releases: [{ target: publishedPlace(stack) }], ...make(stack) }], ...props });
  return Template.fromStack(stack);
}

const lastStage = (template: Template): any => stagesOf(template).at(-1);

describe('conditions', () => {
  test('none, and nothing else, unless they are asked for', () => {
    expect(Object.keys(lastStage(road(() => ({}))))).toEqual(['Actions', 'Name']);
    expect(Object.keys(lastStage(road(() => ({ conditions: { before: [], after: undefined } }))))).toEqual(['Actions', 'Name']);
  });

  test('a deployment window before the stage, which needs no rights', () => {
    const stage = lastStage(road(() => ({ conditions: { before: [WINDOW, StageCondition.deploymentWindow({ cron: '* * * 1W * ?' })] } })));
    expect(stage.BeforeEntry).toEqual({
      Conditions: [{
        Result: 'FAIL',
        Rules: [
          {
            Name: 'Deploy-Web-before-1', RuleTypeId: { Category: 'Rule', Owner: 'AWS', Provider: 'DeploymentWindow', Version: '1' },
            Configuration: { Cron: '* * 9-16 ? * MON-THU *', TimeZone: 'Europe/Berlin' },
          },
          expect.objectContaining({ Name: 'Deploy-Web-before-2', Configuration: { Cron: '* * * 1W * ?', TimeZone: 'UTC' } }),
        ],
      }],
    });
    expect(stage).not.toHaveProperty('OnSuccess');
  });

  test('an alarm after the stage, looked at by a role that may do only that', () => {
    const template = road((scope) => ({ conditions: { after: [StageCondition.alarm(alarmIn(scope), { waitTime: Duration.minutes(30) })] } }));
    const [{ Result, Rules: [rule] }] = lastStage(template).OnSuccess.Conditions;
    const [[id]] = all(template, 'AWS::CloudWatch::Alarm').filter(([, { Namespace }]) => Namespace === 'Shop');
    expect(Result).toBe('FAIL');
    expect(rule).toMatchObject({
      Name: 'Deploy-Web-after-1', RuleTypeId: { Provider: 'CloudWatchAlarm' }, Configuration: { AlarmName: { Ref: id }, AlarmStates: 'ALARM', WaitTime: '30' },
    });
    const role = rule.RoleArn['Fn::GetAtt'][0];
    expect(rightsOf(template, role)).toEqual([`cloudwatch:DescribeAlarms on arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:<${id}>`]);
    const [, pipeline] = all(template, 'AWS::CodePipeline::Pipeline')[0];
    const pipelineRole = pipeline.RoleArn['Fn::GetAtt'][0];
    expect(rightsOf(template, pipelineRole)).toContain(`sts:AssumeRole on <${role}.Arn>`);
    expect(template.toJSON().Resources[role].Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': [pipelineRole, 'Arn'] } } },
    ]);
  });

  test('beside checks of whatever name', () => {
    const checks = ['Before', 'After', 'Notifications', 'Conditions'].map((name) => Check.commands(name, { commands: ['make'] }));
    const conditions = { before: [WINDOW], after: [WINDOW] };
    expect(lastStage(road((scope) => ({ checks, conditions, notifications: [Notification.topic(new sns.Topic(scope, 'OnCall'))] }))).Actions).toHaveLength(5);
  });

  test('an alarm at once, without waiting', () => {
    const template = road((scope) => ({ conditions: { before: [StageCondition.alarm(alarmIn(scope))] } }));
    expect(lastStage(template).BeforeEntry.Conditions[0].Rules[0].Configuration).not.toHaveProperty('WaitTime');
  });

  test('an alarm of another stack by its name: no export', () => {
    const app = new App();
    const [there, here] = [new Stack(app, 'There'), new Stack(app, 'Here')];
    const template = road(() => ({ conditions: { before: [StageCondition.alarm(alarmIn(there, 'shop-errors'))] } }), here);
    expect(lastStage(template).BeforeEntry.Conditions[0].Rules[0].Configuration.AlarmName).toBe('shop-errors');
    expect(JSON.stringify(template.toJSON())).not.toContain('ImportValue');
  });

  test('names of rules are unique and short enough, however long the name of the stage', () => {
    const name = lastStage(road(() => ({ stageName: 'x'.repeat(100), conditions: { before: [WINDOW] } }))).BeforeEntry.Conditions[0].Rules[0].Name;
    expect(name).toMatch(/^x{91}-before-1$|^x+-before-1$/);
    expect(name.length).toBe(100);
  });
});

describe('when something in a stage fails', () => {
  const failing = (onFailure?: StageFailure) => {
    const { OnFailure, OnSuccess } = lastStage(road(() => ({ onFailure, conditions: { after: [WINDOW] } })));
    return [OnFailure, OnSuccess.Conditions[0].Result];
  };

  test.each<[string, StageFailure | undefined, unknown[]]>([
    ['the pipeline stops', undefined, [undefined, 'FAIL']],
    ['the pipeline stops, by choice', StageFailure.stop(), [undefined, 'FAIL']],
    ['what failed is tried once more', StageFailure.retry(), [{ Result: 'RETRY', RetryConfiguration: { RetryMode: 'FAILED_ACTIONS' } }, 'FAIL']],
    ['all places go back', StageFailure.rollBack(), [{ Result: 'ROLLBACK' }, 'ROLLBACK']],
  ])('%s', (_, onFailure, expected) => {
    expect(failing(onFailure)).toEqual(expected);
  });
});

describe('who is told that a stage failed', () => {
  const rulesOf = (template: Template) => all(template, 'AWS::Events::Rule').map(([, rule]) => rule);

  test('those whom the stage names, beside those of the pipeline', () => {
    const template = road((scope) => ({ stageName: 'Live', notifications: [Notification.topic(new sns.Topic(scope, 'OnCall'))] }));
    const [rule, ...more] = rulesOf(template).filter(({ EventPattern }) => EventPattern['detail-type'][0] === 'CodePipeline Stage Execution State Change');
    expect(more).toEqual([]);
    expect(rule.EventPattern).toMatchObject({ source: ['aws.codepipeline'], detail: { pipeline: [{ Ref: expect.stringMatching(/^DeliveryPipeline/) }], stage: ['Live'], state: ['FAILED'] } });
    expect(rule.Targets.map(({ Arn }: any) => flat(Arn))).toEqual([expect.stringMatching(/^<OnCall/)]);
    expect(JSON.stringify(rule.Targets[0].InputTransformer)).toMatch(/Stage <detail-stage> of pipeline <detail-pipeline> failed/);
    expect(rule.Targets[0].DeadLetterConfig).toBeDefined();
    expect(rulesOf(template)).toHaveLength(3);
  });

  test('a topic of the stage, with the key of the pipeline', () => {
    const template = road(() => ({ notifications: [Notification.email('oncall@example.com')] }), undefined, { resourceNames: ResourceNames.suffixed({ suffix: 'dev' }) });
    const topics = all(template, 'AWS::SNS::Topic');
    expect(topics.map(([, { TopicName }]) => TopicName).sort()).toEqual(['topic-delivery-dev', 'topic-delivery-stage-deploy-web-dev']);
    expect(topics.every(([, { KmsMasterKeyId }]) => KmsMasterKeyId['Fn::GetAtt'][0].startsWith('DeliveryKey'))).toBe(true);
  });

  test('nobody else, with an empty list', () => {
    expect(rulesOf(road(() => ({ notifications: [] })))).toHaveLength(2);
  });
});

test('the own stage of a FargateCicdPipeline has conditions and a rule for failure', () => {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source, releaseConditions: { before: [WINDOW] }, onReleaseFailure: StageFailure.rollBack() });
  expect(lastStage(Template.fromStack(stack))).toMatchObject({ Name: 'Deploy', BeforeEntry: { Conditions: [{ Result: 'FAIL' }] }, OnFailure: { Result: 'ROLLBACK' } });
});

describe('links to the console', () => {
  const linksIn = (region: string | undefined) => {
    const stack = new Stack(new App(), 'Shop', { env: region ? { account: '111111111111', region } : undefined });
    // China has no connections that a stack could make.
    new FargateCicdPipeline(stack, 'Shop', { source: region?.startsWith('cn-') ? Source.codeCommit(new codecommit.Repository(stack, 'Code', { repositoryName: 'shop' })) : source });
    const template = Template.fromStack(stack);
    const outputs = Object.entries(template.findOutputs('*')).filter(([id]) => /PipelineUrl|DashboardUrl|Handshake/.test(id)).map(([, { Value }]) => flat(Value));
    const [, rule] = all(template, 'AWS::Events::Rule').find(([, { EventPattern }]) => EventPattern.source[0] === 'aws.codepipeline')!;
    return [...outputs, JSON.stringify(rule.Targets[0].InputTransformer.InputTemplate)];
  };

  test.each([
    ['eu-west-1', 4, 'console.aws.amazon.com'], ['cn-north-1', 3, 'console.amazonaws.cn'], ['us-gov-west-1', 4, 'console.amazonaws-us-gov.com'], [undefined, 4, 'console.aws.amazon.com'],
  ])('in %s all %d lead to %s', (region, count, domain) => {
    expect(linksIn(region).map((link) => /\.(console\.[a-z.-]+)\//.exec(link)?.[1])).toEqual(Array(count).fill(domain));
  });
});
