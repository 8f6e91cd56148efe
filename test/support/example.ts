import { App, CfnResource, TagManager } from 'aws-cdk-lib';
import { lazily } from './lazily';
import { flat } from './template';
import { flagSets, judge } from '../checkers';

/** An example app, as far as the rules for all of them must know it. */
export interface Example {
  /** What the name of the stack begins with; of an app with several stacks, that of the first. */
  readonly name: string;
  /** Region, where the app names one. */
  readonly region?: string;
  /** Account, where the app names one. */
  readonly account?: string;
  /** The other stacks of the app, by what their names begin with. */
  readonly others?: Record<string, { readonly region: string; readonly account: string }>;
  /** Types of what the others name and this one does not make. */
  readonly without?: string[];
  /** Names that an example must have exactly as they are. */
  readonly withoutSuffix?: string[];
  /** What `cdk synth` does with the context of `cdk.json` and what comes on top of it. */
  synthesize(context: Record<string, unknown>): { readonly app: App };
}

/** What every example app must show, whatever it builds. */
export function holdsForEveryExample({ synthesize, name, region = 'unknown-region', account = 'unknown-account', others, without = [], withoutSuffix = [] }: Example): void {
  const stands = { [name]: { region, account }, ...others };
  // An app takes seconds: each serves several tests, which change nothing. One set of flags has the shortest suffix, the other the longest.
  const apps = flagSets.map(({ flags, context }, index) => ({
    flags,
    suffix: SUFFIXES[index],
    example: lazily(() => synthesize(context).app),
    again: lazily(() => synthesize({ ...context, environmentSuffix: 'dev' }).app),
    suffixed: lazily(() => synthesize({ ...context, environmentSuffix: SUFFIXES[index], tags: TAGS }).app),
  }));

  test('feature flags change no name, so that what holds for a suffix with one set of them holds with the other', () => {
    const [plain, flagged] = apps.map(({ example }) => Object.values(resourcesOf(example())).flatMap(nameOf));
    expect(plain).toEqual(flagged);
  });

  describe.each(apps)('$flags', ({ example, again, suffix, suffixed }) => {
    test('nobody has anything against it', () => {
      expect(judge(example())).toEqual([]);
    });

    test('is the same twice', () => {
      expect(JSON.stringify(resourcesOf(again()))).toBe(JSON.stringify(resourcesOf(example())));
    });

    test.each([['dev', example], [suffix, suffixed]])('every explicit name ends with the suffix %s and fits', (environmentSuffix, app) => {
      expect(app().synth().stacks.map(({ stackName }) => stackName).sort()).toEqual(Object.keys(stands).map((stack) => `${stack}-${environmentSuffix}`).sort());
      const named = Object.values(resourcesOf(app())).flatMap(nameOf).filter(([, given]) => !withoutSuffix.includes(given));
      expect(named.map(([type]) => type)).toEqual(expect.arrayContaining(NAMED.filter((type) => !without.includes(type) && (type !== 'AWS::ECS::Cluster' || withoutSuffix.length === 0))));
      expect(named.filter(([, given]) => !given.endsWith(`-${environmentSuffix}`))).toEqual([]);
      expect(named.filter(([type, given]) => given.length > (LONGEST[type] ?? 255))).toEqual([]);
    });

    test('nothing is left behind when it is deleted', () => {
      const resources = Object.entries(resourcesOf(example()));
      expect(resources.filter(([, { DeletionPolicy, UpdateReplacePolicy }]) => [DeletionPolicy, UpdateReplacePolicy].some((policy) => (policy ?? 'Delete') !== 'Delete'))).toEqual([]);
      expect(resources.filter(([, { Properties }]) => Properties?.DeletionProtectionEnabled || Properties?.EnableTerminationProtection)).toEqual([]);
    });

    test('buckets and repositories are emptied when they are deleted', () => {
      const resources = resourcesOf(example());
      const buckets = Object.keys(resources).filter((id) => resources[id].Type === 'AWS::S3::Bucket');
      const emptied = Object.entries(resources).filter(([, { Type }]) => Type === 'Custom::EmptyBucket').map(([id, { Properties }]) => id.replace(/[^/]+$/, Properties.BucketName.Ref));
      expect(emptied.sort()).toEqual(buckets.sort());
      const repositories = Object.values(resources).filter(({ Type }) => Type === 'AWS::ECR::Repository');
      expect(repositories.map(({ Properties }) => Properties.EmptyOnDelete)).toEqual(repositories.map(() => true));
    });

    test('every log group ends some day', () => {
      const groups = Object.values(resourcesOf(example())).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
      expect(groups.length).toBeGreaterThan(0);
      expect(groups.filter(({ Properties }) => !(Properties.RetentionInDays > 0))).toEqual([]);
    });

    test('tags reach everything that can have them', () => {
      const app = suffixed();
      // Tags are handed down when the app is synthesized.
      app.synth();
      const taggable = app.node.findAll().filter((construct): construct is CfnResource => CfnResource.isCfnResource(construct) && TagManager.of(construct) !== undefined);
      expect(taggable.length).toBeGreaterThan(50);
      const wanted = Object.entries({ Environment: suffix, ...TAGS });
      const has = (resource: CfnResource, [tag, value]: [string, string]) => TagManager.of(resource)!.tagValues()[tag] === value;
      expect(taggable.filter((resource) => !wanted.every((tag) => has(resource, tag))).map(({ node }) => node.path)).toEqual([]);
    });

    test('asks nobody for anything at synth', () => {
      expect(example().synth().manifest.missing ?? []).toEqual([]);
    });

    test('stands where it should', () => {
      const found = example().synth().stacks.map(({ stackName, environment }) => [stackName, { region: environment.region, account: environment.account }]);
      expect(found.sort()).toEqual(Object.entries(stands).map(([stack, environment]) => [`${stack}-dev`, environment]).sort());
    });
  });
}

/** The shortest and one of the longest. */
const SUFFIXES = ['a', 'production-eu-12'];
/** No name takes notice of them. */
const TAGS = { Project: 'tea', Team: 'a', CostCentre: '42' };

/** Resources of all stacks, by the name of the stack and their logical id. */
const resourcesOf = (app: App): Record<string, any> => Object.fromEntries(app.synth().stacks.flatMap(({ stackName, template }) =>
  Object.entries<any>(template.Resources).map(([id, resource]) => [`${stackName}/${id}`, resource])));

const NAME_PROPERTIES: Record<string, string> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::CodeBuild::Project': 'Name',
  'AWS::CodeCommit::Repository': 'RepositoryName',
  'AWS::CodeDeploy::Application': 'ApplicationName',
  'AWS::CodeDeploy::DeploymentGroup': 'DeploymentGroupName',
  'AWS::CodePipeline::Pipeline': 'Name',
  'AWS::DynamoDB::Table': 'TableName',
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
  'AWS::CodeDeploy::Application': 100,
  'AWS::CodeDeploy::DeploymentGroup': 100,
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
