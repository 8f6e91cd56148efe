import { Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { SslPolicy } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as fc from 'fast-check';
import { ModelWorld } from './model-world';
import { STEPS, Story } from './story';
import { KINDS, VARIANTS } from './strategies';
import { changes, REFUSED_UNDER_CODE_DEPLOY, synthesizedPlace, templateOf } from './templates';
import { LoadBalancer } from '../../src';
import { tries } from '../support/effort';

beforeEach(() => void jest.spyOn(console, 'log').mockImplementation());

// Each step of a story is followed by `Story.check`: running digests, the tag, the template's image, where traffic leads, and that the changes of
// the last cdk deploy are in force.
describe.each(Object.entries(KINDS))('%s', (_, place) => {
  test.each(changes)('cdk deploy, %s changed: the image released last runs, and the next release keeps the change', async change => {
    const deploys = [`cdk deploy, ${change} changed, fails`, `cdk deploy, ${change} changed`, 'cdk deploy, nothing changed'];
    await Story.tell([...deploys, 'release an image', ...deploys, 'release an image', `cdk deploy, ${change} changed`, 'release an image'], { place });
  });

  test.each([
    ['a release that fails', ['release an image that crashes']],
    ['a release that alarms roll back', ['release an image that makes an alarm ring']],
    ['a release by CodePipeline\'s own action', ['release an image by CodePipeline\'s own action']],
    ['one that fails', ['release an image that crashes by CodePipeline\'s own action', 'release an image by CodePipeline\'s own action']],
    ['a way back to an earlier image', ['release an image', 'release the image before the last one again']],
    ['a deployment by hand', ['force a new deployment by hand']],
    ['a cdk deploy with which no image runs', ['cdk deploy, a variable changed that no image bears']],
    ['a cdk deploy during a release', ['cdk deploy, CPU changed, during a release']],
    ['a cdk deploy and a release at the same moment', ['cdk deploy, CPU changed, and a release at the same moment']],
    ['two releases at the same moment', ['two releases at the same moment']],
  ])('%s, and a cdk deploy after it', async (___, steps) => {
    await Story.tell(['release an image', ...steps, 'cdk deploy, a variable changed', 'release an image'], { place });
  });
});

test.each(Object.entries(VARIANTS))('%s: the same as blue/green', async (_, place) => {
  await Story.tell([
    'release an image', 'cdk deploy, CPU changed, fails', 'cdk deploy, CPU changed', 'release an image that crashes', 'cdk deploy, CPU changed, during a release',
    'release the image before the last one again', 'cdk deploy, nothing changed', 'release an image',
  ], { place });
});

test.each(changes)('when CloudFormation tells ECS only what has changed: cdk deploy, %s changed', async change => {
  await Story.tell(['release an image', `cdk deploy, ${change} changed, fails`, `cdk deploy, ${change} changed`, 'release an image'], { tellsAll: false });
});

describe('what is done by hand', () => {
  test('a tag that was taken away stops cdk deploy, in both directions; tasks go on, and the next release mends it', async () => {
    const story = await Story.tell(['release an image']);
    const { world } = story;
    const digest = world.released;
    world.repository.tags.delete('released');

    await expect(world.deploy(templateOf('CPU'))).rejects.toMatchObject({ status: 'UPDATE_ROLLBACK_FAILED' });
    expect(world.running).toEqual([digest, digest]);

    await story.releaseGood();
    expect(world.released).toBe(story.expected);
    expect(world.running).toEqual([story.expected, story.expected]);
  });
});

describe('a cdk deploy under CodeDeploy, by itself', () => {
  const place = KINDS.codeDeploy;
  const accepted = changes.filter(change => !REFUSED_UNDER_CODE_DEPLOY.includes(change));

  let world: ModelWorld;
  let created: number;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.deploy(templateOf('nothing', place));
    created = world.stack.events.length;
  });

  /** Types of resources that a stack update has touched. */
  const touched = () => world.stack.events.slice(created).map(({ type }) => type);

  test.each(accepted)('cdk deploy, %s changed: succeeds, deploys nothing and moves no traffic', async change => {
    const tasks = world.ecs.service.desiredCount;
    const digests = new Set(world.running);
    world.repository.tags.set('released', world.repository.push(['released later']));
    expect(await world.deploy(templateOf(change, place))).toBe(true);

    expect(world.ecs.deployments).toHaveLength(1);
    expect(new Set(world.running)).toEqual(digests);
    expect(world.running).toHaveLength(change === 'the desired count' ? 3 : tasks!);
    expect(touched().filter(type => /Listener|TargetGroup$/.test(type))).toEqual(change === 'the health check' ? targetGroups : []);
  });

  const targetGroups = ['AWS::ElasticLoadBalancingV2::TargetGroup', 'AWS::ElasticLoadBalancingV2::TargetGroup'];

  test('cdk deploy, CPU changed: the place publishes the task definition that the next release bases its own on', async () => {
    await world.deploy(templateOf('CPU', place));
    expect(world.ecs.definitions.get(world.place.taskDefinitionArn)!.definition).toMatchObject({
      cpu: '1024', status: 'ACTIVE', containerDefinitions: [{ image: `${world.repository.uri}:released` }],
    });
  });

  test.each(REFUSED_UNDER_CODE_DEPLOY)('cdk deploy, %s changed: is refused by ECS and comes back, with what ran before', async change => {
    const before = { running: world.running, released: world.released };
    expect(await world.deploy(templateOf(change, place))).toBe(false);
    expect(world.stack.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect({ running: world.running, released: world.released }).toEqual(before);
    expect(touched().filter(type => /Listener/.test(type))).toEqual([]);
  });

  test('another TLS policy passes while the traffic is at the first target group; otherwise it comes back, and passes after one more release', async () => {
    const certificate = acm.Certificate.fromCertificateArn(new Stack(), 'Certificate', 'arn:aws:acm:eu-west-1:222222222222:certificate/shop');
    const secured = (sslPolicy: SslPolicy) => synthesizedPlace('nothing', { ...place, loadBalancer: LoadBalancer.internetFacing({ certificate, sslPolicy }) });
    world = new ModelWorld();
    const isWell = () => expect(world.traffic.leadsTo).toEqual([world.traffic.tasks]);
    await world.deploy(secured(SslPolicy.RECOMMENDED_TLS));
    expect(await world.deploy(secured(SslPolicy.TLS13_13))).toBe(true);
    isWell();

    await world.release(world.build());
    created = world.stack.events.length;
    expect(await world.deploy(secured(SslPolicy.RECOMMENDED_TLS))).toBe(false);
    expect(touched()).toEqual(['Custom::TrafficGuard']);
    isWell();

    await world.release(world.build());
    expect(await world.deploy(secured(SslPolicy.RECOMMENDED_TLS))).toBe(true);
    isWell();
  });
});

test('whatever happens, in whatever order, the image released last runs and the tag names it', async () => {
  const stories = fc.record({
    steps: fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 8 }),
    strategy: fc.constantFrom(...Object.keys(KINDS)),
    tellsAll: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(stories, async ({ steps, strategy, tellsAll }) => {
    await Story.tell(steps, { tellsAll, place: KINDS[strategy] });
  }), { numRuns: tries(30) });
});
