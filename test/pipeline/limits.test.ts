import { App, Aws, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { LambdaInvokeAction, ManualApprovalAction } from 'aws-cdk-lib/aws-codepipeline-actions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DeliveryPipeline, DeliveryPipelineProps, DeployStage, ImageBuild, IReleaseTarget, PublishedEnvironmentAttributes, Source } from '../../src';
import { watchLimits } from '../../src/pipeline/limits';
import { publishedPlace } from '../support/published-place';

class World {
  readonly app = new App();
  readonly stack = new Stack(this.app, 'Shop');

  readonly place = (id: string, attributes?: Partial<PublishedEnvironmentAttributes>): IReleaseTarget => publishedPlace(this.stack, id, attributes);

  road(stages: DeployStage[], props: Partial<DeliveryPipelineProps> = {}): Template {
    new DeliveryPipeline(this.stack, 'Road', { source: Source.gitHub('acme/shop'), stages, ...props });
    return Template.fromStack(this.stack);
  }
}

/** A stage that releases an image of its own to each place. */
const images = (world: World, count: number): DeployStage => ({
  stageName: 'Production', releases: Array.from({ length: count }, (_, index) => ({ target: world.place(`P${index}`), imageBuild: ImageBuild.dockerfile({ imageName: `s${index}` }) })),
});

describe('limits of CodePipeline', () => {
  const actions = (count: number) => Array.from({ length: count }, (_, index) => new ManualApprovalAction({ actionName: `A${index}` }));
  const found = (fill: (pipeline: codepipeline.Pipeline) => void) => {
    const scope = new Construct(new Stack(new App(), 'Shop'), 'Road');
    const pipeline = new codepipeline.Pipeline(scope, 'Pipeline', { pipelineType: codepipeline.PipelineType.V2 });
    watchLimits(scope, pipeline);
    fill(pipeline);
    return [...scope.node.validate(), ...scope.node.metadata.map(({ data }) => `warning ${data}`)].map((message) => message.replace(/; .*/, ''));
  };

  test.each([
    [44, []],
    [45, ['warning stages: 45 of at most 50 stages in the pipeline']],
    [51, ['stages: got 51 stages in the pipeline']],
  ])('%i stages', (count, messages) => {
    expect(found((pipeline) => actions(count).forEach((action, index) => pipeline.addStage({ stageName: `S${index}`, actions: [action] })))).toEqual(messages);
  });

  test.each([
    [44, []],
    [45, ['warning stages: 45 of at most 50 actions in the stage Many']],
    [51, ['stages: got 51 actions in the stage Many']],
  ])('%i actions in a stage', (count, messages) => {
    expect(found((pipeline) => pipeline.addStage({ stageName: 'Many', actions: actions(count) }))).toEqual(messages);
  });

  test.each([
    [899, []],
    [900, ['warning stages: 900 of at most 1000 actions in the pipeline']],
    [1001, ['stages: got 1001 actions in the pipeline']],
  ])('%i actions in all', (count, messages) => {
    const inAll = found((pipeline) => {
      for (let rest = count; rest > 0; rest -= 40) pipeline.addStage({ stageName: `S${rest}`, actions: actions(Math.min(40, rest)) });
    });
    expect(inAll).toEqual(messages);
  });

  test.each<[string, string, string[]]>([
    ['899 characters', 'x'.repeat(897), []],
    ['900 characters', 'x'.repeat(898), ['warning stages: 900 of at most 1000 characters in UserParameters of the action Ask']],
    ['1,001 characters', 'x'.repeat(999), ['stages: got 1001 characters in UserParameters of the action Ask']],
    ['what CloudFormation fills in, as long as it may become', `${'x'.repeat(850)}${Aws.STACK_ID}${Aws.STACK_ID}`, ['warning stages: 932 of at most 1000 characters in UserParameters of the action Ask']],
    ['what may become too long', `${'x'.repeat(990)}${Aws.STACK_ID}`, ['warning stages: 1000 of at most 1000 characters in UserParameters of the action Ask']],
    ['what CloudFormation fills in alone', Aws.STACK_ID, []],
  ])('UserParameters: %s', (_, text, messages) => {
    // Quotes of the JSON count.
    const userParametersString = text === Aws.STACK_ID ? text : `"${text}"`;
    expect(found((pipeline) => {
      const handler = lambda.Function.fromFunctionName(pipeline, 'Handler', 'ask');
      pipeline.addStage({ stageName: 'Checks', actions: [new LambdaInvokeAction({ actionName: 'Ask', lambda: handler, userParametersString }), ...actions(1)] });
    })).toEqual(messages);
  });
});

test('a release that says too much is found at synth: who shortens what is told', () => {
  const world = new World();
  const target = world.place('A', { parameterName: `/${'x'.repeat(800)}` });
  expect(() => world.road([{ releases: [{ target }] }])).toThrow(/\[Shop\/Road\] stages: got 1\d{3} characters in UserParameters of the action Release-A; allowed 1000; shorten what they name: placeName and externalId of the place/);
});

/** Everything that only CloudFormation knows, as long as it may be. */
const filled = (value: any): any => {
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value !== 'object') return value;
  if (value.Ref?.startsWith('AWS::')) return 'ap-southeast-1';
  if (value.Ref) return 'x'.repeat(60);
  if (value['Fn::GetAtt']) return 'x'.repeat(130);
  if (value['Fn::Join']) return filled(value['Fn::Join'][1]).join(value['Fn::Join'][0]);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, filled(part)]));
};
const length = (value: unknown): number => (typeof value === 'string' ? value : JSON.stringify(value)).length;

/** What AWS takes of what grows with places and images. */
const LARGEST: [what: string, most: number, type: string, measure: (properties: any) => number[]][] = [
  ['characters of an event pattern', 2_048, 'AWS::Events::Rule', ({ EventPattern }) => [length(EventPattern)]],
  ['targets of an event rule', 5, 'AWS::Events::Rule', ({ Targets }) => [Targets.length]],
  ['characters of a managed policy', 6_144, 'AWS::IAM::ManagedPolicy', ({ PolicyDocument }) => [length(PolicyDocument)]],
  ['characters of who may assume a role', 2_048, 'AWS::IAM::Role', ({ AssumeRolePolicyDocument }) => [length(AssumeRolePolicyDocument)]],
  ['characters of a standard parameter', 4_096, 'AWS::SSM::Parameter', ({ Value }) => [length(Value)]],
  ['characters of the variables of a function', 4_096, 'AWS::Lambda::Function', ({ Environment }) => [length(Environment?.Variables ?? {})]],
  ['characters of the policy of a queue', 8_192, 'AWS::SQS::QueuePolicy', ({ PolicyDocument }) => [length(PolicyDocument)]],
  ['statements in the policy of a queue', 20, 'AWS::SQS::QueuePolicy', ({ PolicyDocument }) => [PolicyDocument.Statement.length]],
  ['conditions in the policy of a queue', 10, 'AWS::SQS::QueuePolicy', ({ PolicyDocument }) => [PolicyDocument.Statement.filter(({ Condition }: any) => Condition).length]],
  ['characters of the policy of a topic', 30_720, 'AWS::SNS::TopicPolicy', ({ PolicyDocument }) => [length(PolicyDocument)]],
  ['characters of the policy of a bucket', 20_480, 'AWS::S3::BucketPolicy', ({ PolicyDocument }) => [length(PolicyDocument)]],
  ['characters of the policy of a key', 32_768, 'AWS::KMS::Key', ({ KeyPolicy }) => [length(KeyPolicy)]],
  ['metrics of a widget', 500, 'AWS::CloudWatch::Dashboard', ({ DashboardBody }) => JSON.parse(DashboardBody).widgets.map(({ properties }: any) => properties.metrics.length)],
  ['widgets of a dashboard', 500, 'AWS::CloudWatch::Dashboard', ({ DashboardBody }) => [JSON.parse(DashboardBody).widgets.length]],
  ['metrics of a dashboard', 2_500, 'AWS::CloudWatch::Dashboard', ({ DashboardBody }) => [JSON.parse(DashboardBody).widgets.reduce((sum: number, { properties }: any) => sum + properties.metrics.length, 0)]],
  ['characters of the buildspec and of the variables of a build', 51_200, 'AWS::CodeBuild::Project', ({ Source: { BuildSpec }, Environment }) => [length(BuildSpec) + length(Environment.EnvironmentVariables ?? [])]],
  ['characters of a configuration of an action', 1_000, 'AWS::CodePipeline::Pipeline', ({ Stages }) =>
    Stages.flatMap(({ Actions }: any) => Actions).flatMap(({ Configuration }: any) => Object.values(Configuration ?? {}).map(length))],
];

describe.each<[string, (world: World) => DeployStage[]]>([
  ['200 places', (world) => [0, 40, 80, 120, 160].map((first) => ({
    stageName: `From${first}`, releases: Array.from({ length: 40 }, (_, index) => ({ target: world.place(`Place${first + index}`) })),
  }))],
  ['26 images', (world) => [images(world, 26)]],
])('a pipeline of %s stays within what AWS takes:', (_, stagesOf) => {
  let resources: [id: string, resource: any][];
  beforeAll(() => {
    const world = new World();
    resources = Object.entries<any>(world.road(stagesOf(world)).toJSON().Resources).map(([id, { Type, Properties = {} }]) => [id, { Type, Properties: filled(Properties) }]);
  });

  test.each(LARGEST)('%s', (_what, most, type, measure) => {
    const measured = resources.filter(([, { Type }]) => Type === type).flatMap(([, { Properties }]) => measure(Properties));
    expect(measured.length).toBeGreaterThan(0);
    expect(Math.max(...measured)).toBeLessThanOrEqual(most);
  });

  test('policies of a role', () => {
    const roles = resources.filter(([, { Type }]) => Type === 'AWS::IAM::ManagedPolicy').map(([id]) => id.replace(/Rights\d*[0-9A-F]{8}$/, ''));
    expect(Math.max(...roles.map((role) => roles.filter((other) => other === role).length))).toBeLessThanOrEqual(10);
  });
});

test('more failed builds than an event pattern can name are those that the pipeline started', () => {
  const failedBuilds = (count: number) => {
    const world = new World();
    const [, rule] = Object.values(world.road([images(world, count)], { checks: [] }).findResources('AWS::Events::Rule'));
    return rule.Properties.EventPattern.detail;
  };
  expect(failedBuilds(12)['project-name']).toHaveLength(12);
  expect(failedBuilds(13)).toEqual({
    'additional-information': { initiator: [{ 'Fn::Join': ['', ['codepipeline/', { Ref: expect.stringMatching(/^RoadPipeline/) }]] }] },
    'build-status': ['FAILED', 'FAULT', 'TIMED_OUT'],
  });
});
