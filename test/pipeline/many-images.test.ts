import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { text } from './pipeline-world';
import { Check, CheckOrder, DeliveryPipeline, DeliveryPipelineProps, DeployStage, FargateEnvironment, FargateEnvironmentProps, FargatePlatform, ImageBuild, ReleaseAction, Source } from '../../src';
import { resolved, synthesized } from '../support/resolved';
import { actionOf, all, flat, projectOf, stagesOf } from '../support/template';

const imageOf = (name: string, options = {}): ImageBuild => ImageBuild.dockerfile({ directory: `services/${name}`, imageName: name, ...options });

class Fleet {
  readonly stack = new Stack(new App(), 'Shop');
  private readonly platform = new FargatePlatform(this.stack, 'Platform');
  private priority = 0;

  place(id: string, props: FargateEnvironmentProps = {}): FargateEnvironment {
    const { network, cluster, encryption } = this.platform;
    return new FargateEnvironment(this.stack, id, {
      network, cluster, encryption, loadBalancer: this.platform.route({ path: `/${id}*`, priority: ++this.priority }), ...props,
    });
  }

  road(stages: DeployStage[], props: Partial<DeliveryPipelineProps> = {}, look = resolved): Template {
    new DeliveryPipeline(this.stack, 'Road', { source: Source.gitHub('acme/shop'), stages, ...props });
    return look(this.stack);
  }
}

const actionsOf = (template: Template): Record<string, string[]> =>
  Object.fromEntries(stagesOf(template).map(({ Name, Actions }) => [Name, Actions.map((action: any) => action.Name)]));

describe('several images in one pipeline', () => {
  const [orders, users] = [imageOf('orders'), imageOf('users')];
  const fleet = new Fleet();
  const template = fleet.road([
    { stageName: 'Staging', releases: [{ target: fleet.place('StagingOrders'), imageBuild: orders }, { target: fleet.place('StagingUsers'), imageBuild: users }] },
    {
      stageName: 'Production',
      releases: [{ target: fleet.place('Orders'), imageBuild: orders }, { target: fleet.place('Users'), imageBuild: users, action: ReleaseAction.codePipelineAction() }],
    },
  ], { checks: [Check.nodeTests(), Check.imageScan()], imageCount: 10 });

  test('are tried each as a task where they are released first, and handed to no check that looks at none in particular', () => {
    const fleetOfTasks = new Fleet();
    const handler = lambda.Function.fromFunctionName(fleetOfTasks.stack, 'Ask', 'ask');
    const tried = fleetOfTasks.road(
      [{ releases: [{ target: fleetOfTasks.place('Orders'), imageBuild: orders }, { target: fleetOfTasks.place('Users'), imageBuild: users }] }],
      { checks: [Check.task('Integration'), Check.invokeFunction('Ask', handler)] },
    );
    const [,, check] = stagesOf(tried);
    expect(check.Actions.map(({ Name, Configuration }: any) => [Name, JSON.parse(Configuration.UserParameters).digest])).toEqual([
      ['Integration-orders', '#{Build-orders.IMAGE_DIGEST}'], ['Integration-users', '#{Build-users.IMAGE_DIGEST}'], ['Ask', undefined],
    ]);
    const told = all(tried, 'AWS::Lambda::Function').filter(([id]) => /ChecksIntegration(orders|users)Function/.test(id)).map(([, { Environment }]) => text(Environment.Variables.SETTINGS));
    expect(told.map((settings) => /"place":"(\w+)"/.exec(settings)?.[1])).toEqual(['Orders', 'Users']);
  });

  test('are built once each, side by side, and scanned each', () => {
    expect(actionsOf(template)).toEqual({
      Source: ['Source'],
      Build: ['Build-orders', 'Build-users', 'NodeTests'],
      Check: ['ImageScan-orders', 'ImageScan-users'],
      Staging: ['Release-StagingOrders', 'Release-StagingUsers'],
      Production: ['Release-Orders', 'Prepare-Users', 'Deploy-Users', 'Verify-Users'],
    });
    expect(stagesOf(template)[1].Actions.map(({ RunOrder }: any) => RunOrder)).toEqual([1, 1, 1]);
  });

  test('stand in one repository, told apart by their tags, and as many of each are kept', () => {
    const suffixes = ['orders', 'users'].map((name) => projectOf(template, 'Build', `Build-${name}`).Environment.EnvironmentVariables.find(({ Name }: any) => Name === 'TAG_SUFFIX').Value);
    expect(suffixes).toEqual(['-orders', '-users']);
    const builds = all(template, 'AWS::ECR::Repository').filter(([id]) => id.startsWith('RoadRepository'));
    expect(JSON.parse(builds[0][1].LifecyclePolicy.LifecyclePolicyText).rules[0].selection.countNumber).toBe(20);
    // Layers of one are of no use to the other, and only one of two writers would leave its own.
    expect(all(template, 'AWS::ECR::Repository').filter(([id]) => /Cache/.test(id))).toHaveLength(2);
  });

  test('go where they belong', () => {
    const imageIn = (stage: string, action: string) => JSON.stringify(actionOf(template, stage, action).Configuration).match(/#\{([^.]+)\.IMAGE_DIGEST\}/)?.[1];
    expect([['Staging', 'Release-StagingOrders'], ['Staging', 'Release-StagingUsers'], ['Production', 'Release-Orders'], ['Production', 'Prepare-Users'],
      ['Check', 'ImageScan-orders'], ['Check', 'ImageScan-users']].map(([stage, action]) => imageIn(stage, action)))
      .toEqual(['Build-orders', 'Build-users', 'Build-orders', 'Build-users', 'Build-orders', 'Build-users']);
  });
});

test('a release without an image of its own gets that of the pipeline', () => {
  const fleet = new Fleet();
  const template = fleet.road([{ releases: [{ target: fleet.place('Web') }, { target: fleet.place('Worker'), imageBuild: ImageBuild.dockerfile({ target: 'worker' }) }] }]);
  expect(actionsOf(template)).toMatchObject({ 'Build': ['Build', 'Build-Worker'], 'Check': ['ImageScan', 'ImageScan-Worker'], 'Deploy-Web': ['Release-Web', 'Release-Worker'] });
});

describe('refused', () => {
  const image = imageOf('a');
  test.each<[string, (fleet: Fleet) => DeployStage['releases'], Partial<DeliveryPipelineProps>, string]>([
    ['no image build', (fleet) => [{ target: fleet.place('A'), imageBuild: 'a' as never }], {}, "stages[0].releases[0].imageBuild: got 'a'; allowed an ImageBuild"],
    ['no action', (fleet) => [{ target: fleet.place('A'), action: null as never }], {}, 'stages[0].releases[0].action: got null; allowed a ReleaseAction'],
    ['settings of an own action', (fleet) => [{ target: fleet.place('A'), action: ReleaseAction.releaseFunction({ memorySize: 512 }) }], {},
      'stages[0].releases[0].action: got ["memorySize"]; allowed no settings: one release function serves the whole pipeline'],
    ['two images of one name', (fleet) => [{ target: fleet.place('A'), imageBuild: imageOf('x') }, { target: fleet.place('B'), imageBuild: imageOf('x') }], {},
      "stages: got 'Build-x twice'; allowed each name once; give the image build another imageName"],
    ['a check of that name', (fleet) => [{ target: fleet.place('A'), imageBuild: imageOf('x') }], { checks: [Check.commands('Build-x', { commands: ['make'], order: CheckOrder.WITH_BUILD })] },
      "stages: got 'Build-x twice'"],
    ['an image for nobody', (fleet) => [{ target: fleet.place('A'), imageBuild: image }], { imageBuild: imageOf('b') }, "imageBuild: got 'an image that is released nowhere'"],
    ['one image for two architectures', (fleet) => [
      { target: fleet.place('A'), imageBuild: image }, { target: fleet.place('B', { container: { cpuArchitecture: ecs.CpuArchitecture.ARM64 } }), imageBuild: image },
    ], {}, "stages: got 'places of several architectures'"],
  ])('%s', (_, releases, props, message) => {
    const fleet = new Fleet();
    expect(() => fleet.road([{ releases: releases(fleet) }], props)).toThrow(message);
  });

  test('and two images for two architectures are not', () => {
    const fleet = new Fleet();
    expect(() => fleet.road([{
      releases: [
        { target: fleet.place('A'), imageBuild: imageOf('a') }, { target: fleet.place('B', { container: { cpuArchitecture: ecs.CpuArchitecture.ARM64 } }), imageBuild: imageOf('b') },
      ],
    }], {}, synthesized)).not.toThrow();
  });
});

test('what runs before releases has the image of each release', () => {
  const fleet = new Fleet();
  const template = fleet.road([{
    stageName: 'Production', beforeRelease: [Check.task('Migrate')],
    releases: [{ target: fleet.place('Orders'), imageBuild: imageOf('orders') }, { target: fleet.place('Users'), imageBuild: imageOf('users') }],
  }]);
  const tasks = stagesOf(template).find(({ Name }) => Name === 'Production')!.Actions.filter(({ Name }: any) => /Migrate/.test(Name));
  const builds = stagesOf(template).find(({ Name }) => Name === 'Build')!.Actions;
  const digests = builds.map(({ Namespace }: any) => `#{${Namespace}.IMAGE_DIGEST}`);
  expect(digests).toHaveLength(2);
  expect(tasks.map(({ Name, Configuration }: any) => [Name, digests.filter((digest: string) => flat(Configuration.UserParameters).includes(digest))])).toEqual([
    ['Migrate-Orders', [digests[0]]], ['Migrate-Users', [digests[1]]],
  ]);
});

test('templates grow by the same with each service', () => {
  const sizeOf = (count: number) => {
    const fleet = new Fleet();
    // Names of one length, so that characters can be compared.
    const services = Array.from({ length: count }, (_, index) => `svc${100 + index}`);
    const template = fleet.road([{ stageName: 'Production', releases: services.map((name) => ({ target: fleet.place(name), imageBuild: imageOf(name) })) }]).toJSON();
    return { resources: Object.keys(template.Resources).length, characters: JSON.stringify(template).length };
  };
  const [two, four, six] = [2, 4, 6].map(sizeOf);
  expect(six.resources - four.resources).toBe(four.resources - two.resources);
  expect((six.characters - four.characters) / (four.characters - two.characters)).toBeCloseTo(1, 1);
});
