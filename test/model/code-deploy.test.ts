import { ModelWorld } from './model-world';
import { STRATEGIES } from './strategies';
import { changes, REFUSED_UNDER_CODE_DEPLOY, templateOf } from './templates';

const place = STRATEGIES.codeDeploy;
const accepted = changes.filter(change => !REFUSED_UNDER_CODE_DEPLOY.includes(change));

let world: ModelWorld;
let created: number;
beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
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
