import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { DeliveryPipeline, FargateEnvironment, PublishedEnvironmentAttributes, ReleaseAction, ReleaseTrust, Source } from '../../src';
import { all, flat, stagesOf } from '../support/template';

const source = Source.gitHub('acme/shop');
const TOOLS = { account: '111111111111', region: 'us-east-1' };
const ROLE = 'arn:aws:iam::222222222222:role/release-Live-Web-eu-west-1';
const attributes = { releaseRoleArn: ROLE, parameterName: '/cdk-fargate-cicd/place-Live-Web' };

function road(changes: Partial<PublishedEnvironmentAttributes> = {}, releaseAction?: ReleaseAction): Template {
  const stack = new Stack(new App(), 'Road', { env: TOOLS });
  const target = FargateEnvironment.fromPublished(stack, 'Live', { ...attributes, ...changes });
  new DeliveryPipeline(stack, 'Delivery', { source, stages: [{ releases: [{ target }] }], releaseAction });
  return Template.fromStack(stack);
}

const requestIn = (template: Template): any => JSON.parse(flat(stagesOf(template).at(-1).Actions[0].Configuration.UserParameters));

describe('a place of another app', () => {
  test('is found by the two outputs that its stack has', () => {
    const place = new FargateEnvironment(new Stack(new App(), 'Live', { env: { account: '222222222222', region: 'eu-west-1' } }), 'Web', {
      releaseTrust: ReleaseTrust.account(TOOLS.account),
    });
    const outputs = Object.fromEntries(Object.entries(Template.fromStack(Stack.of(place)).findOutputs('*')).map(([id, { Value }]) => [id.replace(/^Web|[0-9A-F]{8}$/g, ''), flat(Value)]));
    const found = { releaseRoleArn: outputs.ReleaseRoleArn.replace('<AWS::Partition>', 'aws'), parameterName: outputs.PlaceParameterName };
    const [beside, elsewhere] = [place._releaseTarget(), requestIn(road({ ...found, region: 'eu-west-1' }))];
    expect(elsewhere).toMatchObject({ place: 'Live', parameterName: beside.parameterName, region: 'eu-west-1' });
    expect(elsewhere.roleArn).toBe(found.releaseRoleArn);
  });

  test('stands in the region of the stack unless it says another, and may want to hear an external id', () => {
    expect(requestIn(road()).region).toBe('us-east-1');
    expect(requestIn(road({ region: 'eu-west-1', externalId: 'shop' }))).toMatchObject({ region: 'eu-west-1', externalId: 'shop' });
  });

  test('is nothing in the template but names', () => {
    const template = road();
    expect(all(template, 'AWS::SSM::Parameter').map(([id]) => id)).toEqual([expect.stringMatching(/^DeliveryPlaces1/)]);
    expect(all(template, 'AWS::IAM::ManagedPolicy').flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement).filter(({ Action, Resource }) => Action === 'sts:AssumeRole' && Resource === ROLE)).toHaveLength(1);
  });

  test('gets images of its architecture', () => {
    const [, build] = all(road({ cpuArchitecture: ecs.CpuArchitecture.ARM64 }), 'AWS::CodeBuild::Project')[0];
    expect(build.Environment.Type).toBe('ARM_CONTAINER');
  });

  test("is not for CodePipeline's own action, whose rights name resources of the place", () => {
    expect(() => road({}, ReleaseAction.codePipelineAction())).toThrow("stages[0].releases[0].target: got 'a place of another app'; allowed places in the stack of the pipeline with ReleaseAction.codePipelineAction()");
  });

  test('in another partition is out of reach', () => {
    expect(() => road({ region: 'cn-north-1' })).toThrow("got 'a place in the region cn-north-1'; allowed places in the partition aws of the pipeline");
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['releaseRoleArn', { releaseRoleArn: 'release' }, "got 'release'; allowed arn:<partition>:iam::<account>:role/<name>"],
    ['releaseRoleArn', { releaseRoleArn: undefined }, 'got null; allowed arn:<partition>'],
    ['parameterName', { parameterName: 'place' }, "got 'place'; allowed the name of an SSM parameter"],
    ['parameterName', { parameterName: undefined }, 'got null; allowed the name of an SSM parameter'],
    ['region', { region: 'Europe' }, "got 'Europe'; allowed a region; write for example 'eu-west-1'"],
    ['externalId', { externalId: 'a b' }, "got 'a b'; allowed 2 to 128"],
    ['cpuArchitecture', { cpuArchitecture: 'ARM64' }, "got 'ARM64'; allowed an ecs.CpuArchitecture"],
  ])('says what is wrong with %s: %j', (prop, changes, line) => {
    expect(() => road(changes as never)).toThrow(`PublishedEnvironment at 'Road/Live' has 1 problem:\n  ${prop}: ${line}`);
  });

  test('needs attributes', () => {
    expect(() => FargateEnvironment.fromPublished(new Stack(), 'Live', undefined as never)).toThrow('attributes: got undefined; allowed releaseRoleArn and parameterName; write them in braces');
  });
});
