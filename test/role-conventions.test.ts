import * as fs from 'fs';
import * as path from 'path';
import { App, Aspects, CfnResource, Environment, IAspect, Lazy, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import {
  Approval, Check, CodeDeployGroup, DeliveryPipeline, DeployHook, DeployStrategy, ExecuteCommand, FargateCicdPipeline, FargateEnvironment, ReleaseAction, ReleaseRole, ReleaseTrust,
  Scaling, Source,
} from '../src';
import { bare } from './support/bare-place';
import { all, flat, only } from './support/template';

const env = { account: '111111111111', region: 'eu-west-1' };
const source = Source.gitHub('acme/shop');

/** How companies give all roles a path or a prefix. */
const convention = (change: (role: iam.CfnRole) => void): IAspect => ({
  visit: (node: IConstruct) => { if (node instanceof iam.CfnRole) change(node); },
});
const PATH = convention((role) => { role.path = '/team/'; });
const PATH_BY_OVERRIDE = convention((role) => { role.addPropertyOverride('Path', '/team/'); });
/** Of roles that have one; CloudFormation names the others. */
const nameOf = (role: iam.CfnRole): string | undefined => Stack.of(role).resolve(role.roleName);
const PREFIX = convention((role) => { if (nameOf(role)) role.roleName = `acme-${nameOf(role)}`; });
const PREFIX_BY_OVERRIDE = convention((role) => { if (nameOf(role)) role.addPropertyOverride('RoleName', `acme-${nameOf(role)}`); });

const CONVENTIONS: [string, IAspect, string, string][] = [
  ['a path', PATH, 'team/release-', 'team/release-function-*'],
  ['a path by an override', PATH_BY_OVERRIDE, 'team/release-', 'team/release-function-*'],
  ['a prefix', PREFIX, 'acme-release-', 'acme-release-function-*'],
  ['a prefix by an override', PREFIX_BY_OVERRIDE, 'acme-release-', 'acme-release-function-*'],
];

const statements = (template: Template): any[] => all(template, 'AWS::IAM::ManagedPolicy').flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement);
/** ARNs of release roles that functions may take on. */
const assumed = (template: Template): string[] => statements(template).filter(({ Action }) => Action === 'sts:AssumeRole').flatMap(({ Resource }) => [Resource].flat().map(flat))
  .filter((arn) => arn.includes(':role/'));
/** Path and name of a role as it is deployed. */
const deployed = (template: Template, id: RegExp): string => {
  const [, { Path = '/', RoleName }] = all(template, 'AWS::IAM::Role').find(([name]) => id.test(name))!;
  return `${Path.slice(1)}${flat(RoleName)}`;
};

describe.each(CONVENTIONS)('roles get %s by an Aspect', (_, aspect, begins, functionRoles) => {
  function two(there: Environment, releaseTrust?: ReleaseTrust) {
    const app = new App();
    Aspects.of(app).add(aspect);
    const place = new Stack(app, 'There', { env: there });
    const target = new FargateEnvironment(place, 'Web', { ...bare(place), releaseTrust });
    const road = new Stack(app, 'Here', { env });
    new DeliveryPipeline(road, 'Delivery', { source, stages: [{ releases: [{ target }], beforeRelease: [Check.task('Migrate')] }] });
    return { place, road };
  }

  test.each<[string, Environment]>([['the same account', env], ['another account', { account: '222222222222', region: 'us-east-1' }]])('the pipeline finds the release role in %s', (__, there) => {
    const { place, road } = two(there, ReleaseTrust.account(env.account, { functionRoles }));
    const name = deployed(Template.fromStack(place), /^WebReleaseRole/);
    expect(name).toMatch(new RegExp(`^${begins}There-Web`));
    const arn = `arn:<AWS::Partition>:iam::${there.account}:role/${name}`;
    const template = Template.fromStack(road);
    expect(new Set(assumed(template))).toEqual(new Set([arn]));
    expect(assumed(template)).toHaveLength(2);
    const release = only(template, 'AWS::CodePipeline::Pipeline').Stages.flatMap(({ Actions }: any) => Actions).find(({ Name }: any) => Name === 'Release-Web');
    expect(flat(release.Configuration.UserParameters)).toContain(`"roleArn":"${arn}"`);
    const [output] = Object.values(Template.fromStack(place).findOutputs('*', { Description: 'For a pipeline of another CDK app' })).map(({ Value }) => flat(Value)).filter((value) => value.startsWith('arn:'));
    expect(output).toBe(arn);
    const trust = all(Template.fromStack(place), 'AWS::IAM::Role').find(([id]) => id.startsWith('WebReleaseRole'))![1].AssumeRolePolicyDocument.Statement[0];
    expect(flat(trust.Condition.ArnLike['aws:PrincipalArn'])).toBe(`arn:<AWS::Partition>:iam::${env.account}:role/${functionRoles}`);
  });

  test('a place that would not trust the function is refused, with its name', () => {
    const { road } = two(env);
    expect(() => Template.fromStack(road)).toThrow(new RegExp("releaseTrust: the place Web trusts roles named 'release-function-\\*', and the role of the function that releases there is "
      + `'${begins.replace('release-', 'release-function-')}Here-Delivery[\\w-]*'; give it a ReleaseTrust with functionRoles that match`));
  });

  test.each([['before', false], ['behind', true]])('a Stage of places %s that of the pipeline: refused is %s', (where, refused) => {
    const app = new App();
    const [first, second] = ['First', 'Second'].map((id) => new Stage(app, id, { env }));
    const [there, here] = where === 'before' ? [first, second] : [second, first];
    Aspects.of(there).add(aspect);
    const place = new Stack(there, 'There');
    const target = new FargateEnvironment(place, 'Web', bare(place));
    new DeliveryPipeline(new Stack(here, 'Here'), 'Delivery', { source, stages: [{ releases: [{ target }] }] });
    const written = expect(() => app.synth());
    if (refused) written.toThrow(new RegExp(`the release role gets the name '${begins}.*' by an Aspect, when a pipeline has been told 'release-.*'; put the Stage of the place before that of the pipeline`));
    else written.not.toThrow();
  });

  test.each([
    ['names one role', ReleaseTrust.role('arn:aws:iam::111111111111:role/team/whatever')],
    ['says names that are not known yet', ReleaseTrust.account(env.account, { functionRoles: Lazy.string({ produce: () => functionRoles }) })],
  ])('a place that %s is left alone', (__, releaseTrust) => {
    const stack = new Stack(new App(), 'Shop', { env });
    Aspects.of(stack).add(aspect);
    new FargateCicdPipeline(stack, 'Shop', { source, releaseTrust, ...bare(stack) });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });

  test('a release role for a service that exists tells its ARN', () => {
    const stack = new Stack(new App(), 'Theirs', { env });
    Aspects.of(stack).add(aspect);
    const { roleArn } = new ReleaseRole(stack, 'Releases', { cluster: 'shop', service: 'web', taskFamily: 'web', passableRoleArns: ['arn:aws:iam::111111111111:role/task'] });
    const template = Template.fromStack(stack);
    expect(flat(stack.resolve(roleArn))).toBe(`arn:<AWS::Partition>:iam::111111111111:role/${deployed(template, /^ReleasesReleaseRole/)}`);
  });
});

describe('roles that are made beforehand, by iam.Role.customizeRoles', () => {
  function shop(customize: (stack: Stack) => void, releaseTrust?: ReleaseTrust) {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env });
    customize(stack);
    new FargateCicdPipeline(stack, 'Shop', { source, releaseTrust, beforeRelease: [Check.task('Migrate')] });
    return { app, stack };
  }
  const withNames = (usePrecreatedRoles: Record<string, string>) =>
    shop((stack) => iam.Role.customizeRoles(stack, { usePrecreatedRoles }), ReleaseTrust.account(env.account, { functionRoles: 'made-*' }));

  /** What the CDK writes for whoever makes the roles. */
  function report({ app }: { app: App }): any[] {
    try {
      app.synth();
    } catch {
      // Strict validation of templates is not content with roles that have no name yet; the report is written before.
    }
    return JSON.parse(fs.readFileSync(path.join(app.outdir, 'iam-policy-report.json'), 'utf-8')).roles;
  }

  const paths = shop(() => undefined).stack.node.findAll().filter((node) => node instanceof iam.Role).map(({ node }) => node.path);
  const names = Object.fromEntries(paths.map((each, index) => [each, `made-${index}`]));
  const made = withNames(names);
  const template = Template.fromStack(made.stack);
  const roles = report(made);
  const roleAt = (end: string) => roles.find(({ roleConstructPath }) => roleConstructPath.endsWith(end));

  test('before they have names, the report tells what to make, and the CDK which names are missing', () => {
    const nameless = shop((stack) => iam.Role.customizeRoles(stack));
    const wanted = report(nameless).filter(({ missing }) => missing);
    expect(wanted.map(({ roleConstructPath }) => roleConstructPath).sort()).toEqual([...paths].sort());
    const trust = wanted.find(({ roleConstructPath }) => roleConstructPath.endsWith('/ReleaseRole')).assumeRolePolicy[0];
    expect(JSON.stringify(trust.Condition.ArnLike['aws:PrincipalArn'])).toContain(':iam::111111111111:role/release-function-*');
    const errors = nameless.stack.node.findAll().flatMap(({ node }) => node.metadata.filter(({ type }) => type === 'aws:cdk:error'));
    expect(errors).toHaveLength(paths.length);
  });

  test('the stack makes none, and no policy', () => {
    expect(paths.length).toBeGreaterThan(15);
    expect(Object.values(template.toJSON().Resources as Record<string, CfnResource & { Type: string }>).filter(({ Type }) => Type.startsWith('AWS::IAM::'))).toEqual([]);
    expect(JSON.stringify(template.toJSON())).not.toContain('missing role');
  });

  test('each role is reported with the rights that it must have', () => {
    expect(roles.filter(({ managedPolicyStatements, identityPolicyStatements }) => managedPolicyStatements.length + identityPolicyStatements.length === 0)
      .map(({ roleConstructPath }) => roleConstructPath)).toEqual([
      'Shop/Shop/Environment/TaskRole',
      // A role linked to a service, which the CDK names and nobody makes.
      'Shop/Shop/Delivery/History/ScalingRole',
    ]);
    expect(roleAt('ReleaseRole').managedPolicyStatements.flatMap(({ Action }: any) => Action)).toEqual(expect.arrayContaining(['ecs:UpdateService', 'iam:PassRole', 'ecr:PutImage']));
  });

  test('the release function takes on the release role that exists', () => {
    const arn = `arn:(PARTITION):iam::111111111111:role/${names['Shop/Shop/Environment/ReleaseRole']}`;
    expect(roleAt('ReleaseFunctionRole').managedPolicyStatements.filter(({ Action }: any) => Action === 'sts:AssumeRole').map(({ Resource }: any) => Resource)).toEqual([arn]);
    const release = only(template, 'AWS::CodePipeline::Pipeline').Stages.flatMap(({ Actions }: any) => Actions).find(({ Name }: any) => Name.startsWith('Release'));
    expect(flat(release.Configuration.UserParameters)).toContain(`:role/${names['Shop/Shop/Environment/ReleaseRole']}"`);
  });

  test('the tasks have the roles that exist', () => {
    const { TaskRoleArn, ExecutionRoleArn } = only(template, 'AWS::ECS::TaskDefinition');
    expect([TaskRoleArn, ExecutionRoleArn].map(flat)).toEqual(['TaskRole', 'ExecutionRole'].map((id) => `arn:<AWS::Partition>:iam::111111111111:role/${names[`Shop/Shop/Environment/${id}`]}`));
  });

  test('no corner of the library makes a role of its own then', () => {
    const everything = (usePrecreatedRoles?: Record<string, string>) => {
      const stack = new Stack(new App(), 'Shop', { env });
      if (usePrecreatedRoles) iam.Role.customizeRoles(stack, { usePrecreatedRoles });
      const releaseTrust = usePrecreatedRoles && ReleaseTrust.account(env.account, { functionRoles: 'made-*' });
      new FargateCicdPipeline(stack, 'Shop', {
        source: Source.codeCommit(codecommit.Repository.fromRepositoryName(stack, 'Code', 'shop')), releaseTrust, executeCommand: ExecuteCommand.audited(),
        deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }), releaseAction: ReleaseAction.codePipelineAction(),
        approval: Approval.manual(), releaseChecks: [Check.http()], removalPolicy: RemovalPolicy.DESTROY, scaling: Scaling.onCpu(),
      });
      new FargateEnvironment(stack, 'Other', { deployStrategy: DeployStrategy.codeDeploy({}) });
      const service = { cluster: 'shop', service: 'web', passableRoleArns: ['arn:aws:iam::111111111111:role/task'] };
      new ReleaseRole(stack, 'Releases', { ...service, taskFamily: 'web' });
      new CodeDeployGroup(stack, 'Deployments', {
        ...service, listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shop/0/0',
        targetGroupArns: ['b', 'g'].map((name) => `arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/${name}/0`),
      });
      return stack;
    };
    const every = everything().node.findAll().filter((node) => node instanceof iam.Role).map(({ node }) => node.path);
    expect(every.length).toBeGreaterThan(30);
    const { Resources } = Template.fromStack(everything(Object.fromEntries(every.map((each, index) => [each, `made-${index}`])))).toJSON() as { Resources: Record<string, { Type: string }> };
    expect(Object.entries(Resources).filter(([, { Type }]) => Type.startsWith('AWS::IAM::')).map(([id]) => id)).toEqual([]);
  });

  test('a role that is given by its ARN is reported with what it needs', () => {
    const app = new App();
    const stack = new Stack(app, 'Given', { env });
    iam.Role.customizeRoles(stack);
    new FargateEnvironment(stack, 'Web', { ...bare(stack), container: { executionRole: iam.Role.fromRoleArn(stack, 'Theirs', 'arn:aws:iam::111111111111:role/theirs') } });
    const { managedPolicyStatements } = report({ app }).find(({ roleConstructPath }) => roleConstructPath === 'Given/Theirs');
    expect(managedPolicyStatements.flatMap(({ Action }: any) => Action)).toEqual(expect.arrayContaining(['ecr:BatchGetImage', 'logs:PutLogEvents']));
  });

  test('a function whose name no place trusts is refused', () => {
    const { stack } = withNames({ ...names, 'Shop/Shop/Delivery/ReleaseFunctionRole': 'other' });
    expect(() => Template.fromStack(stack)).toThrow(/the place Shop trusts roles named 'made-\*', and the role of the function that releases there is 'other'/);
  });
});
