import { App, Duration, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codepipelineActions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  Approval, Check, CheckOrder, Dashboard, DeliveryPipeline, DeliveryPipelineProps, DeployStage, Encryption,
  FargateCicdPipeline, FargateCicdPipelineProps, FargateEnvironment, LoadBalancer, Notification,
  PipelineAlarm, ReleaseAction, ResourceNames, Source,
} from '../../src';
import { givenNetwork } from '../support/bare-place';
import { lazily } from '../support/lazily';
import { publishedPlace } from '../support/published-place';

const source = Source.gitHub('acme/shop');

function make(props: Partial<FargateCicdPipelineProps> | ((scope: Construct) => Partial<FargateCicdPipelineProps>) = {}): Template {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), ...typeof props === 'function' ? props(stack) : props });
  return Template.fromStack(stack);
}

const smallest = () => make({ network: undefined });
/** At which most tests look. */
const theSmallest = lazily(smallest);

/** The road by itself, to a place of another app, under the same ids. */
function makeRoad({ approval, ...props }: Partial<DeliveryPipelineProps & DeployStage> = {},
  after: (delivery: DeliveryPipeline, stack: Stack) => void = () => undefined): Template {
  const stack = new Stack(new App(), 'Shop');
  const shop = new Construct(stack, 'Shop');
  const stages = [{ stageName: 'Deploy', releases: [{ target: publishedPlace(shop) }], approval }];
  after(new DeliveryPipeline(shop, 'Delivery', { source, stages, ...props }), stack);
  return Template.fromStack(stack);
}

const pipelineOf = (template: Template): any => {
  const found = Object.values(template.findResources('AWS::CodePipeline::Pipeline'));
  expect(found).toHaveLength(1);
  return found[0].Properties;
};

/** Stages and their actions, those of one run order together: `Build: Build + Lint; Deploy: Release > Check`. */
const road = (template: Template): string => pipelineOf(template).Stages.map(({ Name, Actions }: any) => {
  const orders = [...new Set<number>(Actions.map(({ RunOrder }: any) => RunOrder))].sort((a, b) => a - b);
  return `${Name}: ${orders.map((order) => Actions.filter(({ RunOrder }: any) => RunOrder === order).map((action: any) => action.Name).join(' + ')).join(' > ')}`;
}).join('; ');

const actionOf = (template: Template, name: string): any =>
  pipelineOf(template).Stages.flatMap(({ Actions }: any) => Actions).find(({ Name }: any) => Name === name);

const statements = (template: Template, prefix: string): any[] => Object.entries(template.findResources('AWS::IAM::ManagedPolicy'))
  .filter(([id]) => id.startsWith(prefix)).flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);

const actionsIn = (found: any[]): string[] => found.flatMap(({ Action }) => Action);

describe('the smallest pipeline', () => {
  const template = theSmallest();

  test('source, build, scan, release', () => {
    expect(road(template)).toBe('Source: Source; Build: Build; Check: ImageScan; Deploy: Release-Shop');
    expect(pipelineOf(template).PipelineType).toBe('V2');
  });

  test('pushes to main start it, over a connection that waits for a handshake', () => {
    expect(pipelineOf(template).Triggers).toEqual([{
      ProviderType: 'CodeStarSourceConnection', GitConfiguration: { SourceActionName: 'Source', Push: [{ Branches: { Includes: ['main'] } }] },
    }]);
    expect(actionOf(template, 'Source').Configuration).toMatchObject({ BranchName: 'main', DetectChanges: false });
    const [connection] = Object.values(template.findResources('AWS::CodeConnections::Connection'));
    expect(connection.Properties.ProviderType).toBe('GitHub');
    expect(connection.Properties.ConnectionName.length).toBeLessThanOrEqual(32);
    expect(Object.keys(template.findOutputs('*')).some((id) => id.includes('ConnectionHandshake'))).toBe(true);
  });

  test('one key, one topic, one dashboard for place and road', () => {
    for (const type of ['AWS::KMS::Key', 'AWS::SNS::Topic', 'AWS::CloudWatch::Dashboard']) template.resourceCountIs(type, 1);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 7);
  });

  test('builds are kept under tags that never move, artifacts for thirty days', () => {
    const repository = Object.entries(template.findResources('AWS::ECR::Repository')).find(([id]) => id.startsWith('ShopDeliveryRepository'))![1].Properties;
    expect(repository.ImageTagMutability).toBe('IMMUTABLE');
    expect(JSON.parse(repository.LifecyclePolicy.LifecyclePolicyText).rules).toMatchObject([{ selection: { tagStatus: 'any', countNumber: 50 } }]);
    const bucket = Object.entries(template.findResources('AWS::S3::Bucket')).find(([id]) => id.startsWith('ShopDeliveryArtifacts'))![1].Properties;
    expect(bucket.LifecycleConfiguration.Rules).toMatchObject([{ ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }]);
  });

  test('the release function has an hour for a release and fifteen minutes for a call, and may assume one role', () => {
    const [, release] = Object.entries(template.findResources('AWS::Lambda::Function')).find(([id]) => id.startsWith('ShopDeliveryReleaseFunction'))!;
    expect(release.Properties).toMatchObject({ Timeout: 900, MemorySize: 1024, Environment: { Variables: { RELEASE_TIMEOUT_MINUTES: '60' } } });
    expect(release.Properties).not.toHaveProperty('ReservedConcurrentExecutions');
    expect(statements(template, 'ShopDeliveryReleaseFunctionRole').filter(({ Action }) => Action === 'sts:AssumeRole')).toHaveLength(1);
    const settings = Object.entries(template.findResources('AWS::Lambda::EventInvokeConfig')).find(([id]) => id.startsWith('ShopDeliveryReleaseFunction'))![1].Properties;
    expect(settings).toMatchObject({ MaximumRetryAttempts: 0 });
  });

  test('failures of pipeline and builds are told, with a dead-letter queue that only these rules reach', () => {
    const rules = Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties);
    expect(rules.map(({ EventPattern }) => EventPattern.detail.state ?? EventPattern.detail['build-status'])).toEqual([['FAILED'], ['FAILED', 'FAULT', 'TIMED_OUT']]);
    expect(rules[1].EventPattern.detail['project-name']).toHaveLength(2);
    expect(rules.every(({ Targets: [target] }) => target.DeadLetterConfig && target.InputTransformer)).toBe(true);
    const queue = Object.entries(template.findResources('AWS::SQS::QueuePolicy')).find(([id]) => id.startsWith('ShopDelivery'))![1].Properties;
    expect(queue.PolicyDocument.Statement.filter(({ Sid }: any) => /^Failed/.test(Sid)).map(({ Sid, Condition }: any) => [Sid, Object.keys(Condition)]))
      .toEqual([['FailedExecutions', ['ArnEquals']], ['FailedBuilds', ['ArnEquals']]]);
  });

  test('outputs', () => {
    expect(Object.keys(template.findOutputs('*')).map((id) => id.replace(/^Shop(Environment|Delivery)?|[0-9A-F]{8}$/g, '')).sort()).toEqual([
      'AlbDnsName', 'ArtifactBucketName', 'BuildProjectName', 'ConnectionHandshake', 'DashboardUrl', 'DeploymentTableName', 'EcrRepositoryUri', 'EcsClusterArn', 'EcsServiceArn', 'KmsKeyId',
      'LambdaFunctionArn', 'PipelineArn', 'PipelineName', 'PipelineUrl', 'PlaceParameterName', 'ReleaseFunctionRoleArn', 'ReleaseRoleArn', 'ReleasedImagesUri', 'ServiceUrl', 'SnsTopicArn', 'StateTableName', 'ValidationLambdaArn', 'VpcId',
    ]);
  });

  test('two synths are byte-identical', () => {
    expect(JSON.stringify(smallest().toJSON())).toBe(JSON.stringify(template.toJSON()));
  });

  // A change here replaces a customer's load balancer, network or data: ids of constructs are API.
  test('logical ids of what holds state', () => {
    const STATEFUL = /KMS::Key|SNS::Topic$|S3::Bucket$|EC2::(VPC|Subnet|EIP|NatGateway)$|ECS::(Cluster|Service)|ECR::Repository|::LoadBalancer$|TargetGroup$|::Listener|DynamoDB|Logs::LogGroup|CodePipeline::|Connection$|SSM::/;
    const ids = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>).filter(([, { Type }]) => STATEFUL.test(Type)).map(([id]) => id).sort();
    expect(ids).toEqual([
      'ShopAccessLogs5FC26275',
      'ShopDeliveryArtifacts1A164A4B',
      'ShopDeliveryBuildCacheRepository95E8AFBA',
      'ShopDeliveryBuildLogs61F28C3D',
      'ShopDeliveryChecksImageScanLogs0EC1823D',
      'ShopDeliveryConnection7DB87190',
      'ShopDeliveryHistoryC40B98AA',
      'ShopDeliveryPipeline3E09B4ED',
      'ShopDeliveryPlaces1593F0DEC',
      'ShopDeliveryReleaseFunctionLogsA205B2AD',
      'ShopDeliveryRepository64F364D9',
      'ShopEnvironmentAlternateTargetGroupB81D38D3',
      'ShopEnvironmentCluster8DEB6977',
      'ShopEnvironmentFirstImageFunctionLogs289DB38F',
      'ShopEnvironmentLoadBalancerA5BEE274',
      'ShopEnvironmentLoadBalancerHttp9493D466',
      'ShopEnvironmentLoadBalancerHttpTrafficE80D0437',
      'ShopEnvironmentLogs2725F65F',
      'ShopEnvironmentNetworkFlowLogs1E830D34',
      'ShopEnvironmentNetworkPrivateSubnet1Subnet3AADC605',
      'ShopEnvironmentNetworkPrivateSubnet2Subnet6DE4EC59',
      'ShopEnvironmentNetworkPublicSubnet1EIP93768E4D',
      'ShopEnvironmentNetworkPublicSubnet1NATGateway93EAC72E',
      'ShopEnvironmentNetworkPublicSubnet1Subnet77515064',
      'ShopEnvironmentNetworkPublicSubnet2SubnetAEAE4F5C',
      'ShopEnvironmentNetworkVpc1AA2B9C7',
      'ShopEnvironmentPlace1E7E13FE',
      'ShopEnvironmentRepository4C9514C7',
      'ShopEnvironmentServiceC180F8BB',
      'ShopEnvironmentTargetGroup981A9B34',
      'ShopKeyA44BF252',
      'ShopTopicA4D2D261',
    ]);
  });
});

describe('source', () => {
  const arn = 'arn:aws:codeconnections:eu-west-1:111111111111:connection/00000000-0000-0000-0000-000000000000';
  const pushes = (template: Template) => pipelineOf(template).Triggers[0].GitConfiguration.Push;

  test('an existing connection, another branch', () => {
    const template = makeRoad({ source: Source.gitHub('acme/shop', { branch: 'live', connectionArn: arn }) });
    template.resourceCountIs('AWS::CodeConnections::Connection', 0);
    expect(actionOf(template, 'Source').Configuration).toMatchObject({ ConnectionArn: arn, FullRepositoryId: 'acme/shop', BranchName: 'live' });
    expect(statements(template, 'ShopDeliverySourceRole')[0]).toMatchObject({ Action: ['codeconnections:UseConnection', 'codestar-connections:UseConnection'], Resource: arn });
    expect(pushes(template)).toEqual([{ Branches: { Includes: ['live'] } }]);
  });

  test('a source that starts nothing by itself', () => {
    class Silent extends Source {
      constructor() {
        super();
      }

      _bind(...parts: Parameters<Source['_bind']>) {
        return { ...source._bind(...parts), trigger: undefined };
      }
    }
    expect(pipelineOf(makeRoad({ source: new Silent() }))).not.toHaveProperty('Triggers');
  });

  test.each<[string, object, object[]]>([
    ['paths', { triggerOnPaths: ['src/**'] }, [{ Branches: { Includes: ['main'] }, FilePaths: { Includes: ['src/**'] } }]],
    ['tags', { triggerOnTags: ['v*'] }, [{ Tags: { Includes: ['v*'] } }]],
    ['both', { triggerOnPaths: ['src/**'], triggerOnTags: ['v*'] }, [{ Tags: { Includes: ['v*'] } }, { Branches: { Includes: ['main'] }, FilePaths: { Includes: ['src/**'] } }]],
  ])('started by %s', (_, options, push) => {
    expect(pushes(makeRoad({ source: Source.gitHub('acme/shop', options) }))).toEqual(push);
  });
});

describe('stages', () => {
  test('checks in order of first mention, gates, earlier places and checks of the running service', () => {
    const commands = { commands: ['make test'] };
    const template = make((scope) => ({
      checks: [
        Check.commands('Lint', { ...commands, order: CheckOrder.BEFORE_BUILD }), Check.commands('Unit', commands), Check.imageScan(),
        Check.commands('Load', { ...commands, stage: 'Slow' }), Check.commands('More', { ...commands, stage: 'Slow' }),
      ],
      earlierStages: [{
        releases: [{ target: new FargateEnvironment(scope, 'Staging') }, { target: new FargateEnvironment(scope, 'Demo') }],
        checks: [Check.commands('Smoke', commands)],
      }],
      approval: Approval.manual({ comment: 'Go?', reviewUrl: 'https://staging.example.com', timeout: Duration.days(1), stage: 'Gate' }),
      releaseChecks: [Check.commands('Smoke', commands), Check.commands('Alive', commands)],
      stageName: 'Live',
    }));
    expect(road(template)).toBe('Source: Source; Precheck: Lint; Build: Build + Unit; Check: ImageScan; Slow: Load + More; '
      + 'Deploy-Staging: Release-Staging + Release-Demo > Smoke; Gate: Approve; Live: Release-Shop > Smoke + Alive');
    expect(actionOf(template, 'Approve')).toMatchObject({ TimeoutInMinutes: 1440, Configuration: { CustomData: 'Go?', ExternalEntityLink: 'https://staging.example.com' } });
    const smokes = pipelineOf(template).Stages.flatMap(({ Actions }: any) => Actions).filter(({ Name }: any) => Name === 'Smoke');
    expect(smokes.map(({ Configuration }: any) => Configuration.EnvironmentVariables)).toEqual([
      '[{"name":"SERVICE_URL","type":"PLAINTEXT","value":"#{Deploy-Staging-Staging-release.ServiceUrl}"}]',
      '[{"name":"SERVICE_URL","type":"PLAINTEXT","value":"#{Live-Shop-release.ServiceUrl}"}]',
    ]);
    const [, builds] = Object.values(template.findResources('AWS::Events::Rule'));
    expect(builds.Properties.EventPattern.detail['project-name']).toHaveLength(9);
  });

  test('places of one name in two stages: variables and artifacts keep apart', () => {
    const template = make((scope) => ({
      releaseAction: ReleaseAction.codePipelineAction(),
      earlierStages: ['One', 'Two'].map((stageName) => ({ stageName, releases: [{ target: new FargateEnvironment(new Construct(scope, stageName), 'Web') }] })),
    }));
    const all = pipelineOf(template).Stages.flatMap(({ Actions }: any) => Actions);
    const unique = (names: string[]) => { expect([...new Set(names)]).toEqual(names); return names; };
    expect(unique(all.map(({ Namespace }: any) => Namespace).filter(Boolean))).toContain('Two-Web-prepare');
    expect(unique(all.flatMap(({ OutputArtifacts = [] }: any) => OutputArtifacts.map(({ Name }: any) => Name)))).toContain('Two-Web-Definitions');
  });

  test('the gate asks the topic of the pipeline, or one of its own', () => {
    const notified = (template: Template) => actionOf(template, 'Approve').Configuration.NotificationArn.Ref;
    expect(notified(makeRoad({ approval: Approval.manual() }))).toMatch(/^ShopDeliveryTopic/);
    const own = makeRoad({ approval: Approval.manual({ notify: Notification.email('boss@example.com') }) });
    expect(notified(own)).toMatch(/^ShopDeliveryStagesDeployApprovalTopic/);
    expect(actionsIn(statements(own, 'ShopDeliveryStagesDeployApprovalRole'))).toEqual(['sns:Publish', 'kms:Decrypt', 'kms:GenerateDataKey']);
    expect(actionOf(own, 'Approve')).not.toHaveProperty('TimeoutInMinutes');
  });

  test('a gate shows the service of the release before, unless it names a page', () => {
    const gates = make((scope) => ({
      earlierStages: ['One', 'Two'].map((stageName) => ({
        stageName, releases: [{ target: new FargateEnvironment(scope, stageName) }], approval: Approval.manual(),
      })),
      approval: Approval.manual({ reviewUrl: 'https://example.com' }),
    }));
    const links = pipelineOf(gates).Stages.flatMap(({ Actions }: any) => Actions).filter(({ Name }: any) => Name === 'Approve')
      .map(({ Configuration }: any) => Configuration.ExternalEntityLink);
    expect(links).toEqual([undefined, '#{One-One-release.ServiceUrl}', 'https://example.com']);
  });

  test('a gate that nobody hears of is a warning', () => {
    const stack = new Stack(new App(), 'Shop');
    new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), notifications: [], approval: Approval.manual(), encryption: Encryption.awsManaged() });
    const template = Template.fromStack(stack);
    expect(actionOf(template, 'Approve')).not.toHaveProperty('Configuration.NotificationArn');
    template.resourceCountIs('AWS::Events::Rule', 0);
    template.resourceCountIs('AWS::SNS::Topic', 0);
    expect(stack.node.findAll().flatMap(({ node }) => node.metadata).map(({ data }) => String(data))).toEqual(
      expect.arrayContaining([expect.stringContaining('approval: nobody is told that it waits')]));
  });

  test('unencrypted, the gate needs no key', () => {
    const template = makeRoad({ approval: Approval.manual(), encryption: Encryption.awsManaged() });
    expect(actionsIn(statements(template, 'ShopDeliveryStagesDeployApprovalRole'))).toEqual(['sns:Publish']);
  });
});

describe('release action', () => {
  test('CodePipeline\'s own: prepared before, proven after, with the documented rights', () => {
    const template = make({ releaseAction: ReleaseAction.codePipelineAction() });
    expect(road(template)).toContain('Deploy: Prepare-Shop > Deploy-Shop > Verify-Shop');
    expect(actionOf(template, 'Deploy-Shop')).toMatchObject({
      ActionTypeId: { Category: 'Deploy', Provider: 'ECS' }, Configuration: { FileName: 'imagedefinitions.json' }, InputArtifacts: actionOf(template, 'Prepare-Shop').OutputArtifacts,
    });
    const rights = statements(template, 'ShopDeliveryStagesDeployShopDeployRole');
    expect(actionsIn(rights)).not.toContain('ecs:*');
    expect(rights.find(({ Action }) => Action === 'iam:PassRole')).toMatchObject({ Condition: { StringEquals: { 'iam:PassedToService': ['ecs.amazonaws.com', 'ecs-tasks.amazonaws.com'] } } });
    expect(actionsIn(statements(template, 'ShopDeliveryStagesDeployShopPrepareRole'))).toEqual(['lambda:InvokeFunction', 's3:PutObject', 'kms:Decrypt', 'kms:GenerateDataKey']);
  });

  test('without a key nobody may use one', () => {
    const template = make({ releaseAction: ReleaseAction.codePipelineAction(), encryption: Encryption.awsManaged(), network: undefined });
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy'))).not.toContain('kms:');
    expect(Object.keys(template.findOutputs('*')).some((id) => id.includes('KmsKeyId'))).toBe(false);
    template.allResourcesProperties('AWS::ECR::Repository', { EncryptionConfiguration: { EncryptionType: 'AES256' } });
  });

  test('settings of the function', () => {
    const template = makeRoad({
      releaseAction: ReleaseAction.releaseFunction({ releaseTimeout: Duration.hours(6), memorySize: 512, timeout: Duration.minutes(5), reservedConcurrentExecutions: 3 }),
    });
    const [, release] = Object.entries(template.findResources('AWS::Lambda::Function')).find(([id]) => id.startsWith('ShopDeliveryReleaseFunction'))!;
    expect(release.Properties).toMatchObject({ Timeout: 300, MemorySize: 512, ReservedConcurrentExecutions: 3, Environment: { Variables: { RELEASE_TIMEOUT_MINUTES: '360' } } });
  });
});

describe('what is turned off or named', () => {
  test('empty lists mean none', () => {
    const template = make({ checks: [], alarms: [], pipelineAlarms: [], notifications: [], releaseChecks: [], earlierStages: [], dashboard: Dashboard.none() });
    expect(road(template)).toBe('Source: Source; Build: Build; Deploy: Release-Shop');
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::SNS::Topic', 'AWS::CloudWatch::Dashboard', 'AWS::Events::Rule']) template.resourceCountIs(type, 0);
    expect(Object.keys(template.findOutputs('*')).some((id) => /SnsTopicArn|DashboardUrl/.test(id))).toBe(false);
  });

  test('names and numbers', () => {
    const template = make({ pipelineName: 'shop', repositoryName: 'shop/builds', imageCount: 7, artifactDays: 3, pipelineAlarms: [PipelineAlarm.failedExecutions({ alarmName: 'red' })] });
    expect(pipelineOf(template).Name).toBe('shop');
    template.hasResourceProperties('AWS::ECR::Repository', { RepositoryName: 'shop/builds' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'red' });
  });

  test('with a suffix', () => {
    const template = make({ resourceNames: ResourceNames.suffixed({ suffix: 'dev' }), pipelineName: 'shop' });
    expect(pipelineOf(template).Name).toBe('shop-dev');
    template.hasResourceProperties('AWS::CodeBuild::Project', { Name: 'project-shop-build-dev' });
  });
});

describe('after construction', () => {
  test('a user\'s action stands in the pipeline, and the pipeline may assume its role', () => {
    const template = makeRoad({}, (delivery, stack) => {
      const theirs = new lambda.Function(stack, 'Theirs', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = 1') });
      delivery.pipeline.addStage({ stageName: 'After', actions: [new codepipelineActions.LambdaInvokeAction({ actionName: 'Theirs', lambda: theirs })] });
    });
    expect(road(template)).toContain('; After: Theirs');
    const role = actionOf(template, 'Theirs').RoleArn['Fn::GetAtt'][0];
    const assumed = statements(template, 'ShopDeliveryRoleRights').filter(({ Action }) => Action === 'sts:AssumeRole').flatMap(({ Resource }) => Resource);
    expect(assumed).toContainEqual({ 'Fn::GetAtt': [role, 'Arn'] });
    expect(template.findResources('AWS::IAM::Role')[role].Properties.AssumeRolePolicyDocument.Statement[0].Principal.AWS).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^ShopDeliveryRole/), 'Arn'] });
  });

  test('the pipeline may assume every role of its actions and nothing else of CDK\'s', () => {
    const template = theSmallest();
    const roles = pipelineOf(template).Stages.flatMap(({ Actions }: any) => Actions).map(({ RoleArn }: any) => RoleArn);
    const assumed = statements(template, 'ShopDeliveryRoleRights').filter(({ Action }) => Action === 'sts:AssumeRole').flatMap(({ Resource }) => Resource);
    expect(assumed).toEqual(expect.arrayContaining(roles));
    expect(assumed).toHaveLength(roles.length);
    expect(actionsIn(statements(template, 'ShopDelivery')).filter((action) => action.includes('*'))).toEqual([]);
    template.resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('a new pipeline runs at once: its actions and projects have their rights by then', () => {
    const template = make({ approval: Approval.manual(), checks: [Check.task('Integration'), Check.imageScan()] });
    const [{ DependsOn }] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'));
    const roles = [
      ...pipelineOf(template).Stages.flatMap(({ Actions }: any) => Actions).map(({ RoleArn }: any) => RoleArn['Fn::GetAtt'][0]),
      ...Object.values(template.findResources('AWS::CodeBuild::Project')).map(({ Properties }) => Properties.ServiceRole['Fn::GetAtt'][0]),
    ];
    const policies = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([, { Properties }]) => roles.includes(Properties.Roles[0].Ref)).map(([id]) => id);
    expect(new Set(roles).size).toBe(policies.length);
    expect(DependsOn).toEqual(expect.arrayContaining(policies));
  });

  test('grants to a project may speak of the pipeline, which waits for what the library granted only', () => {
    const template = makeRoad({}, (delivery) => {
      delivery.buildProject.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['codepipeline:GetPipelineState'], resources: [delivery.pipeline.pipelineArn] }));
    });
    const [[id, { DependsOn }]] = Object.entries(template.findResources('AWS::CodePipeline::Pipeline'));
    const policies = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([each]) => each.startsWith('ShopDeliveryBuildRoleRights'));
    expect(policies.map(([policy, resource]) => [DependsOn.includes(policy), JSON.stringify(resource).includes(`"${id}"`)])).toEqual([[true, false], [false, true]]);
  });

  test('grants to a project arrive', () => {
    const template = makeRoad({}, (delivery, stack) => {
      secretsmanager.Secret.fromSecretNameV2(stack, 'Npm', 'npm').grantRead(delivery.buildProject);
    });
    expect(actionsIn(statements(template, 'ShopDeliveryBuildRoleRights'))).toContain('secretsmanager:GetSecretValue');
  });
});

describe('apart', () => {
  const apart = (env?: { account: string; region: string }) => {
    const app = new App();
    const places = new Stack(app, 'Places', { env });
    const target = new FargateEnvironment(places, 'Web', { loadBalancer: LoadBalancer.internal(), network: givenNetwork(places) });
    const roads = new Stack(app, 'Roads', { env });
    const delivery = new DeliveryPipeline(roads, 'Delivery', { source, stages: [{ releases: [{ target }], approval: Approval.manual() }] });
    return { app, places, roads, delivery };
  };

  test('the place exports nothing and never mentions the road; only the order binds them', () => {
    const { places, roads, app } = apart();
    const [place, way] = [Template.fromStack(places).toJSON(), Template.fromStack(roads).toJSON()];
    expect(Object.values<any>(place.Outputs).filter(({ Export }) => Export)).toEqual([]);
    expect(JSON.stringify(place)).not.toMatch(/Roads|Delivery|ImportValue/);
    expect(JSON.stringify(way)).not.toContain('ImportValue');
    expect(app.synth().getStackByName('Roads').dependencies.map(({ id }) => id)).toContain('Places');
    expect(road(Template.fromStack(roads))).toBe('Source: Source; Build: Build; Check: ImageScan; Approve-Deploy-Web: Approve; Deploy-Web: Release-Web');
  });

  test('road alone has its own key, topic, dashboard and outputs', () => {
    const { delivery, roads } = apart();
    const template = Template.fromStack(roads);
    for (const type of ['AWS::KMS::Key', 'AWS::SNS::Topic', 'AWS::CloudWatch::Dashboard']) template.resourceCountIs(type, 1);
    expect(delivery.dashboard).toBeDefined();
    expect(delivery.alarms).toHaveLength(2);
  });

  test('stacks that name account and region synthesize without lookups', () => {
    const { app } = apart({ account: '111111111111', region: 'eu-west-1' });
    const both = new Stack(app, 'Both', { env: { account: '111111111111', region: 'eu-west-1' } });
    new FargateCicdPipeline(both, 'Shop', { source });
    expect(app.synth().manifest.missing ?? []).toEqual([]);
  });

  test('places in other stages of the app wait for nobody', () => {
    const app = new App();
    const place = new Stack(new Stage(app, 'Live'), 'Places');
    const target = new FargateEnvironment(place, 'Web');
    const roads = new Stack(app, 'Roads');
    new DeliveryPipeline(roads, 'Delivery', { source, stages: [{ releases: [{ target }] }] });
    expect(roads.dependencies).toEqual([]);
  });

  test('two pipelines in one stack', () => {
    const stack = new Stack(new App(), 'Shop');
    const network = givenNetwork(stack);
    for (const id of ['Web', 'Worker']) new FargateCicdPipeline(stack, id, { source, network, notifications: [Notification.topic(sns.Topic.fromTopicArn(stack, `${id}Topic`, 'arn:aws:sns:eu-west-1:111111111111:ops'))] });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CodePipeline::Pipeline', 2);
    template.resourceCountIs('AWS::SNS::Topic', 0);
    const names = Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => JSON.stringify(Properties.RoleName)).filter(Boolean);
    expect(new Set(names).size).toBe(names.length);
    const connections = Object.values(template.findResources('AWS::CodeConnections::Connection')).map(({ Properties }) => Properties.ConnectionName);
    expect(new Set(connections).size).toBe(2);
  });
});

describe('removal', () => {
  const policies = (template: Template) => Object.values(template.toJSON().Resources as Record<string, any>)
    .filter(({ DeletionPolicy, UpdateReplacePolicy }) => /Retain/.test(`${DeletionPolicy}${UpdateReplacePolicy}`));

  test('DESTROY leaves nothing behind', () => {
    const template = make({ removalPolicy: RemovalPolicy.DESTROY, network: undefined });
    expect(policies(template)).toEqual([]);
    template.resourceCountIs('Custom::EmptyBucket', 2);
    template.allResourcesProperties('AWS::ECR::Repository', { EmptyOnDelete: true });
  });

  test('RETAIN keeps key, buckets, repositories and logs', () => {
    expect(policies(theSmallest()).map(({ Type }) => Type).sort()).toEqual([
      'AWS::DynamoDB::Table', ...Array(3).fill('AWS::ECR::Repository'), 'AWS::KMS::Key', ...Array(6).fill('AWS::Logs::LogGroup'), ...Array(2).fill('AWS::S3::Bucket'),
    ]);
  });
});
