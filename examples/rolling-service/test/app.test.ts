import { App, CfnResource, TagManager } from 'aws-cdk-lib';
import { flat, Synthesized, synthesize } from './synthesize';
import { judge, withAndWithoutFeatureFlags } from '../../../test/checkers';

withAndWithoutFeatureFlags((context) => {
  test('nobody has anything against it', () => {
    expect(judge(synthesize(context).app)).toEqual([]);
  });

  test('is the same twice', () => {
    const [once, twice] = [synthesize(context), synthesize(context)].map(({ template }) => template.toJSON());
    expect(once).toEqual(twice);
  });

  test.each(['dev', 'a', 'production-eu-12'])('every explicit name ends with the suffix %s and fits', (environmentSuffix) => {
    const { stack, app } = synthesize({ ...context, environmentSuffix });
    expect(stack.stackName).toBe(`rolling-service-${environmentSuffix}`);
    const named = Object.values(resourcesOf(app)).flatMap(nameOf);
    expect(named.map(([type]) => type)).toEqual(expect.arrayContaining(NAMED));
    for (const [type, name] of named) expect([type, name]).toEqual([type, expect.stringMatching(new RegExp(`-${environmentSuffix}$`))]);
    for (const [type, name] of named) expect([type, name, name.length <= (LONGEST[type] ?? 255)]).toEqual([type, name, true]);
  });

  test('nothing is left behind when it is deleted', () => {
    for (const [id, { DeletionPolicy, UpdateReplacePolicy, Properties = {} }] of Object.entries(resourcesOf(synthesize(context).app))) {
      expect([id, DeletionPolicy ?? 'Delete', UpdateReplacePolicy ?? 'Delete']).toEqual([id, 'Delete', 'Delete']);
      expect([id, Properties.DeletionProtectionEnabled, Properties.EnableTerminationProtection]).toEqual([id, undefined, undefined]);
    }
  });

  test('buckets and repositories are emptied when they are deleted', () => {
    const resources = resourcesOf(synthesize(context).app);
    const buckets = Object.keys(resources).filter((id) => resources[id].Type === 'AWS::S3::Bucket');
    const emptied = Object.values(resources).filter(({ Type }) => Type === 'Custom::EmptyBucket').map(({ Properties }) => Properties.BucketName.Ref);
    expect(emptied.sort()).toEqual(buckets.sort());
    const repositories = Object.values(resources).filter(({ Type }) => Type === 'AWS::ECR::Repository');
    expect(repositories.map(({ Properties }) => Properties.EmptyOnDelete)).toEqual([true, true]);
  });

  test('every log group ends some day', () => {
    const groups = Object.values(resourcesOf(synthesize(context).app)).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBeGreaterThan(0);
  });

  test('tags reach everything that can have them', () => {
    const { app } = synthesize({ ...context, tags: { Project: 'tea', Team: 'a', CostCentre: '42' } });
    const taggable = app.node.findAll().filter((construct): construct is CfnResource => CfnResource.isCfnResource(construct) && TagManager.of(construct) !== undefined);
    expect(taggable.length).toBeGreaterThan(60);
    for (const resource of taggable) {
      expect([resource.node.path, TagManager.of(resource)!.tagValues()]).toEqual([
        resource.node.path, expect.objectContaining({ Environment: 'dev', Project: 'tea', Team: 'a', CostCentre: '42' }),
      ]);
    }
  });

  test('asks nobody for anything at synth', () => {
    expect(synthesize(context).app.synth().manifest.missing ?? []).toEqual([]);
  });

  test('stands in us-east-1 of any account', () => {
    expect(synthesize(context).app.synth().getStackByName('rolling-service-dev').environment).toMatchObject({ region: 'us-east-1', account: 'unknown-account' });
  });
});

const resourcesOf = (app: App): Record<string, any> => {
  const [stack] = app.synth().stacks;
  return stack.template.Resources;
};

const NAME_PROPERTIES: Record<string, string> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::CodeBuild::Project': 'Name',
  'AWS::CodePipeline::Pipeline': 'Name',
  'AWS::ECR::Repository': 'RepositoryName',
  'AWS::ECS::Cluster': 'ClusterName',
  'AWS::ECS::Service': 'ServiceName',
  'AWS::ECS::TaskDefinition': 'Family',
  'AWS::ElasticLoadBalancingV2::LoadBalancer': 'Name',
  'AWS::ElasticLoadBalancingV2::TargetGroup': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SSM::Parameter': 'Name',
};

/** What the service allows; region names have at most 16 characters. */
const LONGEST: Record<string, number> = {
  'AWS::CodePipeline::Pipeline': 100,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': 32,
  'AWS::ElasticLoadBalancingV2::TargetGroup': 32,
  'AWS::IAM::Role': 64 - 16 + '<AWS::Region>'.length,
  'AWS::Lambda::Function': 64,
};

/** What must have an explicit name. */
const NAMED = [
  'AWS::CodePipeline::Pipeline', 'AWS::CodeBuild::Project', 'AWS::ECS::Cluster', 'AWS::ECS::Service', 'AWS::ECR::Repository', 'AWS::SNS::Topic',
  'AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::ECS::TaskDefinition', 'AWS::ElasticLoadBalancingV2::LoadBalancer',
];

/** Everything of the types that must have a name, and whatever else has one. */
function nameOf({ Type, Properties = {} }: any): Array<[string, string]> {
  const name = Properties[NAME_PROPERTIES[Type]];
  return name !== undefined || NAMED.includes(Type) ? [[Type, flat(name ?? '')]] : [];
}

test('sizes come from the context, as numbers or as texts of the command line', () => {
  const { template }: Synthesized = synthesize({ cpu: '512', memoryMiB: 1024, desiredCount: '3', branch: 'release' });
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '512', Memory: '1024' });
  template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 3 });
});
