import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Check, DeliveryPipeline, Encryption, FargateCicdPipeline, FargateCicdPipelineProps, FargateEnvironment, LoadBalancer, ReleaseAction, ResourceNames, Source, TaskPlace, TaskReport } from '../../../src';
import { rightsOf, text } from '../../pipeline/pipeline-world';
import { givenNetwork } from '../../support/bare-place';
import { rightsOf as rightsOfRole } from '../../support/template';

const source = Source.gitHub('acme/shop');

function shop(props: Partial<FargateCicdPipelineProps> | ((scope: Stack) => Partial<FargateCicdPipelineProps>)): Template {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), ...typeof props === 'function' ? props(stack) : props });
  return Template.fromStack(stack);
}

/** `<run order> <name>` of the actions of a stage. */
function actionsOf(template: Template, stageName: string): string[] {
  const [{ Properties: { Stages } }] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'));
  const stage = Stages.find(({ Name }: { Name: string }) => Name === stageName);
  return stage.Actions.map(({ Name, RunOrder }: { Name: string; RunOrder: number }) => `${RunOrder} ${Name}`);
}

const functionsOf = (template: Template) => Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: Match.stringLikeRegexp('^Runs the one-off task') } }))
  .map(({ Properties }) => Properties);
const settingsOf = ({ Environment: { Variables } }: any) => JSON.parse(text(Variables.SETTINGS));

test('before a release it stands first, and a check of the image after the build', () => {
  const template = shop({
    checks: [Check.task('Integration', { stage: 'Integration-Test' }), Check.imageScan()], beforeRelease: [Check.task('Migrate'), Check.commands('Freeze', { commands: ['make'] })],
    releaseChecks: [Check.commands('Smoke', { commands: ['make'] })],
  });
  expect(actionsOf(template, 'Integration-Test')).toEqual(['1 Integration']);
  expect(actionsOf(template, 'Deploy')).toEqual(['1 Migrate', '1 Freeze', '2 Release-Shop', '3 Smoke']);
});

test("CodePipeline's own action waits for it as well", () => {
  expect(actionsOf(shop({ releaseAction: ReleaseAction.codePipelineAction(), beforeRelease: [Check.task('Migrate')] }), 'Deploy'))
    .toEqual(['1 Migrate', '2 Prepare-Shop', '3 Deploy-Shop', '4 Verify-Shop']);
});

test('what the function is told', () => {
  const template = shop({
    checks: [Check.task('Integration', { command: ['npm', 'test'], environment: { MODE: 'test' }, tests: { image: 'tests:1' }, timeout: Duration.hours(2) })], beforeRelease: [Check.task('Migrate')],
  });
  const [integration, migrate] = functionsOf(template);
  expect(settingsOf(integration)).toEqual({
    name: 'Integration', place: 'Shop', command: ['npm', 'test'], environment: { MODE: 'test' }, tests: { image: 'tests:1' },
    home: { roleArn: expect.stringContaining(':role/release-Shop-Environment'), parameterName: expect.stringContaining('/place-Shop-Environment'), region: '<AWS::Region>' },
  });
  expect(integration.Environment.Variables.RELEASE_TIMEOUT_MINUTES).toBe('120');
  expect(settingsOf(migrate)).toEqual({ name: 'Migrate', place: 'Shop', home: settingsOf(integration).home });
  expect(migrate.Environment.Variables.RELEASE_TIMEOUT_MINUTES).toBe('30');
});

test('the action writes its artifact, with the key where there is one', () => {
  const rights = (encryption: Encryption) => rightsOf(shop({ encryption, checks: [Check.task('Integration')] }), 'ShopDeliveryChecksIntegrationActionRole').map((right) => right.split(' ')[0]);
  expect(rights(Encryption.awsManaged())).toEqual(['lambda:InvokeFunction', 's3:PutObject']);
  expect(rights(Encryption.customerManaged())).toEqual(['kms:Decrypt', 'kms:GenerateDataKey', 'lambda:InvokeFunction', 's3:PutObject']);
});

test('a report that is uploaded: an address is signed by a role that may write reports of this check and nothing else', () => {
  const template = shop({ encryption: Encryption.customerManaged(), checks: [Check.task('Integration', { report: TaskReport.uploaded() })] });
  const [{ Environment: { Variables }, Role }] = functionsOf(template);
  expect(JSON.parse(text(Variables.REPORT_UPLOADS))).toEqual({
    bucket: expect.stringContaining('Artifacts'), prefix: 'junit/Checks/Integration/', region: '<AWS::Region>', roleArn: expect.stringContaining('UploadRole'),
  });
  const [[signer, { Properties: { AssumeRolePolicyDocument } }]] = Object.entries(template.findResources('AWS::IAM::Role', { Properties: { Description: Match.stringLikeRegexp('^Signs') } }));
  expect(AssumeRolePolicyDocument.Statement).toEqual([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: Role } }]);
  expect(rightsOfRole(template, signer).sort()).toEqual([expect.stringMatching(/^kms:GenerateDataKey on <[^<]*Key/), expect.stringMatching(/^s3:PutObject on <[^<]*Artifacts[^<]*>\/junit\/Checks\/Integration\/\*$/)]);
  expect(rightsOfRole(template, Role['Fn::GetAtt'][0])).toEqual(expect.arrayContaining([
    expect.stringMatching(new RegExp(`^sts:AssumeRole on <${signer}`)),
    expect.stringMatching(/^s3:GetObject on <[^<]*Artifacts[^<]*>\/junit\/Checks\/Integration\/\*$/),
    expect.stringMatching(/^s3:ListBucket on <[^<]*Artifacts[^<]*> if .*s3:prefix.*junit\/Checks\/Integration\/\*/),
    expect.stringMatching(/^kms:Decrypt on/),
  ]));
});

test('a report that is printed takes no role and no right', () => {
  const template = shop({ checks: [Check.task('Integration', { report: TaskReport.printed() })] });
  expect(functionsOf(template)[0].Environment.Variables).not.toHaveProperty('REPORT_UPLOADS');
  template.resourcePropertiesCountIs('AWS::IAM::Role', { Description: Match.stringLikeRegexp('^Signs') }, 0);
});

test.each<[string, Duration | undefined, number]>([
  ['nothing said', undefined, 0], ['an hour', Duration.hours(1), 0], ['more than an hour', Duration.minutes(61), 1],
  ['a time that is known at deployment', Duration.minutes(Lazy.number({ produce: () => 90 })), 0],
])('an address is good for an hour: %s', (_, timeout, warnings) => {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), encryption: Encryption.awsManaged(), checks: [Check.task('Integration', { report: TaskReport.uploaded(), timeout })] });
  expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('good for an hour'))).toHaveLength(warnings);
});

test('it runs in each place of the stage, or where it is told to', () => {
  const stack = new Stack(new App(), 'Shop');
  const [east, west] = ['East', 'West'].map((id) => new FargateEnvironment(stack, id, { loadBalancer: LoadBalancer.internal() }));
  const beforeRelease = [Check.task('Migrate'), Check.task('Seed', { place: TaskPlace.ofService(west) }), Check.commands('Freeze', { commands: ['make'] })];
  new DeliveryPipeline(stack, 'Road', { source, checks: [], stages: [{ stageName: 'Production', releases: [{ target: east }, { target: west }], beforeRelease }] });
  const template = Template.fromStack(stack);
  expect(actionsOf(template, 'Production').slice(0, 4)).toEqual(['1 Migrate-East', '1 Migrate-West', '1 Seed', '1 Freeze']);
  expect(functionsOf(template).map(settingsOf).map(({ name, place }) => `${name} ${place}`)).toEqual(['Migrate East', 'Migrate West', 'Seed West']);
});

test('in a cluster it has a definition, roles and logs of its own', () => {
  const template = shop((scope) => ({
    checks: [Check.task('There', {
      place: TaskPlace.inCluster({
        cluster: ecs.Cluster.fromClusterArn(scope, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'),
        subnetIds: ['subnet-11111111'], securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-11111111')], assignPublicIp: true,
        cpu: 1024, memoryLimitMiB: 4096, taskRole: iam.Role.fromRoleArn(scope, 'TheirRole', 'arn:aws:iam::111111111111:role/theirs'),
      }),
    })],
    container: { cpuArchitecture: ecs.CpuArchitecture.ARM64 },
  }));
  // The URI of the repository is made of functions of CloudFormation, so this is no JSON yet.
  const settings = text(functionsOf(template)[0].Environment.Variables.SETTINGS);
  expect(settings).toContain('"name":"There","place":"theirs","home":{"clusterArn":"arn:aws:ecs:eu-west-1:111111111111:cluster/theirs"');
  expect(settings).toContain('"subnets":["subnet-11111111"],"securityGroups":["sg-11111111"],"assignPublicIp":true');
  template.hasResourceProperties('AWS::ECS::TaskDefinition', {
    Family: Match.stringLikeRegexp('^one-off-'), Cpu: '1024', Memory: '4096', TaskRoleArn: 'arn:aws:iam::111111111111:role/theirs', RuntimePlatform: { CpuArchitecture: 'ARM64' },
  });
});

test('the family of that definition ends with the suffix, where names do', () => {
  const template = shop((scope) => ({
    resourceNames: ResourceNames.suffixed({ suffix: 'dev' }),
    checks: [Check.task('There', {
      place: TaskPlace.inCluster({
        cluster: ecs.Cluster.fromClusterArn(scope, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'),
        subnetIds: ['subnet-11111111'], securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-11111111')],
      }),
    })],
  }));
  template.hasResourceProperties('AWS::ECS::TaskDefinition', { Family: Match.stringLikeRegexp('^one-off-.*-dev$') });
});

test('a cluster of another region is refused', () => {
  const stack = new Stack(new App(), 'Shop', { env: { account: '111111111111', region: 'us-east-1' } });
  const place = TaskPlace.inCluster({
    cluster: ecs.Cluster.fromClusterArn(stack, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'), subnetIds: ['subnet-11111111'],
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-11111111')],
  });
  expect(() => new FargateCicdPipeline(stack, 'Shop', { source, checks: [Check.task('There', { place })] }))
    .toThrow('checks[0].place.cluster: got \'a cluster of eu-west-1\'; allowed a cluster of us-east-1, the region of the stack; take one of the same region');
});

test('EventBridge calls the function every five minutes and when the pipeline is stopped, and may do so', () => {
  const template = shop({ checks: [Check.task('Integration')] });
  const rules = Object.entries(template.findResources('AWS::Events::Rule')).filter(([, { Properties }]) => /one-off/.test(Properties.Description));
  expect(rules.map(([, { Properties: { ScheduleExpression, EventPattern } }]) => ScheduleExpression ?? EventPattern)).toEqual([
    'rate(5 minutes)',
    { 'source': ['aws.codepipeline'], 'detail-type': ['CodePipeline Pipeline Execution State Change'], 'detail': { pipeline: [expect.anything()], state: ['STOPPED', 'CANCELED'] } },
  ]);
  for (const [id] of rules) {
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com', SourceArn: { 'Fn::GetAtt': [id, 'Arn'] }, Action: 'lambda:InvokeFunction' });
  }
});
