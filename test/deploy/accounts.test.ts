import { App, Environment, Lazy, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as pipelines from 'aws-cdk-lib/pipelines';
import { Construct } from 'constructs';
import { DeliveryPipeline, DeployStage, FargateCicdPipeline, FargateEnvironment, FargateEnvironmentProps, ReleaseTrust, ResourceNames, Source } from '../../src';
import { givenNetwork } from '../support/bare-place';
import { flat } from '../support/template';

const source = Source.gitHub('acme/shop');
const TOOLS = { account: '111111111111', region: 'us-east-1' };
const EUROPE = { account: '222222222222', region: 'eu-west-1' };
const trustsTools = { releaseTrust: ReleaseTrust.account(TOOLS.account) };

function place(scope: Construct, id: string, env: Environment | undefined, props: FargateEnvironmentProps = trustsTools): FargateEnvironment {
  const stack = new Stack(scope, id, { env });
  return new FargateEnvironment(stack, 'Web', { network: givenNetwork(stack), ...props });
}

function road(scope: Construct, env: Environment | undefined, stages: DeployStage[]): DeliveryPipeline {
  return new DeliveryPipeline(new Stack(scope, 'Road', { env }), 'Delivery', { source, stages });
}

const templateOf = (construct: Construct): Template => Template.fromStack(Stack.of(construct));
const releaseRoleOf = (construct: Construct): any =>
  Object.values(templateOf(construct).findResources('AWS::IAM::Role')).find(({ Properties }) => /^Releases images to /.test(Properties.Description))!.Properties;
const mayAssume = (delivery: DeliveryPipeline): string[] => Object.entries(templateOf(delivery).findResources('AWS::IAM::ManagedPolicy'))
  .filter(([id]) => id.startsWith('DeliveryReleaseFunctionRole')).flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
  .filter(({ Action }) => Action === 'sts:AssumeRole').flatMap(({ Resource }) => Resource).map(flat);
const requestTo = (delivery: DeliveryPipeline, name: string): any => JSON.parse(flat(
  Object.values(templateOf(delivery).findResources('AWS::CodePipeline::Pipeline'))[0].Properties.Stages.flatMap(({ Actions }: any) => Actions)
    .find(({ Name }: any) => Name === name).Configuration.UserParameters));
const placesOf = (delivery: DeliveryPipeline): any => JSON.parse(flat(
  Object.entries(templateOf(delivery).findResources('AWS::SSM::Parameter')).find(([id]) => id.startsWith('DeliveryPlaces1'))![1].Properties.Value));

describe('a place in another account and region', () => {
  const app = new App();
  const target = place(app, 'Europe', EUROPE, { ...trustsTools, resourceNames: ResourceNames.suffixed({ suffix: 'dev' }) });
  const delivery = road(app, TOOLS, [{ releases: [{ target }] }]);
  const roleArn = `arn:<AWS::Partition>:iam::222222222222:role/${releaseRoleOf(target).RoleName}`;

  test('has a role and a parameter whose names are the same on both sides, region and suffix included', () => {
    expect(releaseRoleOf(target).RoleName).toMatch(/^release-.*-eu-west-1-dev$/);
    expect(releaseRoleOf(target).RoleName.length).toBeLessThanOrEqual(64);
    const parameter = Object.values(templateOf(target).findResources('AWS::SSM::Parameter'))[0].Properties.Name;
    expect(requestTo(delivery, 'Release-Web')).toMatchObject({ roleArn, parameterName: parameter, region: 'eu-west-1' });
    expect(placesOf(delivery)).toEqual({ Web: [roleArn, parameter, 'eu-west-1'] });
  });

  test('is all that the function may assume there', () => {
    expect(mayAssume(delivery)).toEqual([roleArn]);
  });

  test('trusts release functions of the account that it names, and nobody else', () => {
    const [{ Principal, Condition, ...rest }, ...more] = releaseRoleOf(target).AssumeRolePolicyDocument.Statement;
    expect([rest, more]).toEqual([{ Effect: 'Allow', Action: 'sts:AssumeRole' }, []]);
    expect(flat(Principal.AWS)).toBe('arn:<AWS::Partition>:iam::111111111111:root');
    expect(flat(Condition.ArnLike['aws:PrincipalArn'])).toBe('arn:<AWS::Partition>:iam::111111111111:role/release-function-*');
    const { RoleName } = Object.values(templateOf(delivery).findResources('AWS::IAM::Role')).find(({ Properties }) => /^release-function-/.test(Properties.RoleName))!.Properties;
    expect(RoleName).toMatch(/-us-east-1$/);
  });

  test('is deployed before the pipeline, and only the order binds the stacks', () => {
    const assembly = app.synth();
    expect(assembly.getStackByName('Road').dependencies.map(({ id }) => id)).toContain('Europe');
    expect(assembly.getStackByName('Europe').dependencies.map(({ id }) => id)).not.toContain('Road');
    for (const { template } of assembly.stacks) {
      expect(JSON.stringify(template)).not.toContain('ImportValue');
      expect(Object.values<any>(template.Outputs).filter(({ Export }) => Export)).toEqual([]);
    }
  });

  test('never mentions the pipeline', () => {
    expect(JSON.stringify(templateOf(target).toJSON())).not.toMatch(/Road|Delivery/);
  });
});

test('one pipeline goes to three places, each with a role of its own', () => {
  const app = new App();
  const targets = [place(app, 'Staging', { account: '333333333333', region: 'us-east-1' }), place(app, 'Europe', EUROPE), place(app, 'America', { ...EUROPE, region: 'us-west-2' })];
  const names = ['staging', 'europe', 'america'];
  const delivery = road(app, TOOLS, targets.map((target, index) => ({ stageName: names[index], releases: [{ target }] })));
  expect(new Set(mayAssume(delivery)).size).toBe(3);
  expect(mayAssume(delivery).map((arn) => arn.match(/::(\d+):role.*(\w{2}-\w+-\d)$/)!.slice(1))).toEqual([
    ['333333333333', 'us-east-1'], ['222222222222', 'eu-west-1'], ['222222222222', 'us-west-2'],
  ]);
});

test('places of one stack class stand side by side under names of their own', () => {
  const app = new App();
  const releases = ['north', 'south'].map((placeName, index) => ({ target: place(app, placeName, { ...EUROPE, region: ['eu-west-1', 'eu-north-1'][index] }, { ...trustsTools, placeName }) }));
  const delivery = road(app, TOOLS, [{ stageName: 'Live', releases }]);
  expect(Object.entries(placesOf(delivery)).map(([name, [, , region]]: any) => [name, region])).toEqual([['south', 'eu-north-1'], ['north', 'eu-west-1']]);
  expect([requestTo(delivery, 'Release-north').region, requestTo(delivery, 'Release-south').region]).toEqual(['eu-west-1', 'eu-north-1']);
});

test('a further environment changes no template of another one', () => {
  const templates = (withThird: boolean) => {
    const app = new App();
    const targets = [place(app, 'Staging', TOOLS), place(app, 'Europe', EUROPE), ...withThird ? [place(app, 'America', { ...EUROPE, region: 'us-west-2' })] : []];
    road(app, TOOLS, targets.map((target, index) => ({ stageName: `Stage${index}`, releases: [{ target }] })));
    const assembly = app.synth();
    return ['Staging', 'Europe'].map((name) => JSON.stringify(assembly.getStackByName(name).template));
  };
  expect(templates(true)).toEqual(templates(false));
});

describe('stacks that name neither account nor region', () => {
  test('are taken for stacks of one environment: account and region of whoever deploys', () => {
    const app = new App();
    const target = place(app, 'Here', undefined, {});
    const delivery = road(app, undefined, [{ releases: [{ target }] }]);
    expect(mayAssume(delivery)).toEqual([`arn:<AWS::Partition>:iam::<AWS::AccountId>:role/${flat(releaseRoleOf(target).RoleName)}`]);
    expect(flat(releaseRoleOf(target).RoleName)).toMatch(/-<AWS::Region>$/);
    expect(requestTo(delivery, 'Release-Web').region).toBe('<AWS::Region>');
  });
});

describe('whom a place trusts', () => {
  const trustOf = (releaseTrust?: ReleaseTrust, env: Environment | undefined = EUROPE) =>
    releaseRoleOf(place(new App(), 'Europe', env, { releaseTrust })).AssumeRolePolicyDocument.Statement;
  const statement = (account: string, conditions: object = {}) => ({
    Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: expect.anything() },
    Condition: { ArnLike: { 'aws:PrincipalArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${account}:role/release-function-*`]] } }, ...conditions },
  });

  test('its own account when nothing is said', () => {
    expect(trustOf()).toEqual([statement('222222222222')]);
    expect(flat(trustOf(undefined, {})[0].Principal.AWS)).toContain('<AWS::AccountId>');
  });

  test('an account that tells an external id', () => {
    const releaseTrust = ReleaseTrust.account('111111111111', { externalId: 'shop' });
    expect(trustOf(releaseTrust)).toEqual([statement('111111111111', { StringEquals: { 'sts:ExternalId': 'shop' } })]);
    const app = new App();
    const delivery = road(app, TOOLS, [{ releases: [{ target: place(app, 'Europe', EUROPE, { releaseTrust }) }] }]);
    expect(requestTo(delivery, 'Release-Web').externalId).toBe('shop');
    expect(placesOf(delivery).Web[3]).toBe('shop');
  });

  test('named accounts while they belong to an organization', () => {
    const member = { StringEquals: { 'aws:PrincipalOrgID': 'o-0123456789' } };
    expect(trustOf(ReleaseTrust.organization('o-0123456789', { accounts: ['111111111111', '333333333333'] })))
      .toEqual([statement('111111111111', member), statement('333333333333', member)]);
    expect(JSON.stringify(trustOf(ReleaseTrust.organization('o-0123456789', { accounts: ['111111111111'] })))).not.toMatch(/"AWS":"\*"/);
  });

  test('the role of one pipeline, which need not exist yet', () => {
    const arn = 'arn:aws:iam::111111111111:role/release-function-Road-us-east-1';
    const [{ Principal, Condition }] = trustOf(ReleaseTrust.role(arn));
    expect(flat(Principal.AWS)).toBe('arn:<AWS::Partition>:iam::111111111111:root');
    expect(Condition).toEqual({ ArnLike: { 'aws:PrincipalArn': arn } });
  });

  test('the role of one pipeline whose ARN is known later', () => {
    const [{ Principal, Condition }] = trustOf(ReleaseTrust.role(Lazy.string({ produce: () => 'arn:aws:iam::111111111111:role/release-function-a' })));
    expect(JSON.stringify(Principal)).toContain('111111111111');
    expect(Condition.ArnLike['aws:PrincipalArn']).toBe('arn:aws:iam::111111111111:role/release-function-a');
  });
});

describe('in a stage of CDK Pipelines', () => {
  class Shop extends Stage {
    constructor(scope: Construct, id: string) {
      super(scope, id);
      const target = place(this, 'Europe', EUROPE);
      road(this, TOOLS, [{ releases: [{ target }] }]);
      const small = new Stack(this, 'Small', { env: TOOLS });
      new FargateCicdPipeline(small, 'Shop', { source, network: givenNetwork(small) });
    }
  }
  const app = new App();
  const stack = new Stack(app, 'Deployer', { env: TOOLS });
  const synth = new pipelines.ShellStep('Synth', {
    input: pipelines.CodePipelineSource.codeCommit(codecommit.Repository.fromRepositoryName(stack, 'Apps', 'apps'), 'main'), commands: ['npx cdk synth'],
  });
  const deployer = new pipelines.CodePipeline(stack, 'Pipeline', { synth, crossAccountKeys: true });
  deployer.addStage(new Shop(app, 'Live'));
  deployer.buildPipeline();

  test('the places are deployed before the road', () => {
    const { Stages } = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'))[0].Properties;
    const order = Object.fromEntries(Stages.find(({ Name }: any) => Name === 'Live').Actions.map(({ Name, RunOrder }: any) => [Name, RunOrder]));
    expect(order['Europe.Prepare']).toBeLessThan(order['Europe.Deploy']);
    expect(order['Europe.Deploy']).toBeLessThan(order['Road.Prepare']);
    expect(order['Small.Prepare']).toBe(1);
  });

  test('the road finds them under the names that they have in the stage', () => {
    const live = app.node.findChild('Live') as Stage;
    const [europe, roads] = ['Europe', 'Road'].map((id) => live.node.findChild(id) as Stack);
    expect(europe.stackName).toBe('Live-Europe');
    expect(mayAssume(roads.node.findChild('Delivery') as DeliveryPipeline)).toEqual([`arn:<AWS::Partition>:iam::222222222222:role/${releaseRoleOf(europe).RoleName}`]);
  });
});
