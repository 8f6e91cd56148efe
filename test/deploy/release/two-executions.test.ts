import * as fc from 'fast-check';
import { byCodeDeploy } from '../../support/doubles/fake-codedeploy';
import { deployment, type Script } from '../../support/doubles/fake-ecs';
import { ReleaseWorld } from '../../support/doubles/release-world';
import { tries } from '../../support/effort';

beforeEach(() => { jest.spyOn(console, 'log').mockImplementation(); });

const SCRIPTS: Array<() => Script> = [
  () => deployment.succeeds(), () => deployment.succeeds(400), () => deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'crash' }), () => deployment.isRolledBack({}, 200),
];

/** Each call to ECS takes so many turns of the event loop, over and over. */
function pace(world: ReleaseWorld, turns: number[]): void {
  let call = 0;
  world.ecs.pace = async () => {
    for (let turn = turns[call++ % turns.length]; turn > 0; turn--) await new Promise(setImmediate);
  };
}

/** Deployments that were started by releases while another one was not over. */
function watchForOverlaps(world: ReleaseWorld): string[] {
  const overlaps: string[] = [];
  const deploy = world.ecs.deploy.bind(world.ecs);
  jest.spyOn(world.ecs, 'deploy').mockImplementation((taskDefinition, script) => {
    world.ecs.unfold();
    const under = world.ecs.deployments.find(({ state }) => !/SUCCESSFUL|STOPPED|FAILED/.test(state.status!));
    if (under) overlaps.push(`${taskDefinition} during ${under.state.serviceDeploymentArn}`);
    return script ? deploy(taskDefinition, script) : deploy(taskDefinition);
  });
  return overlaps;
}

test('two executions at once never interleave, and the tag names what runs', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.nat(5), { minLength: 7, maxLength: 40 }), fc.array(fc.nat(SCRIPTS.length - 1), { maxLength: 3 }), fc.nat(60), fc.boolean(), fc.boolean(), fc.boolean(),
    async (turns, scripts, appearsAfter, short, same, recorded) => {
      jest.restoreAllMocks();
      jest.spyOn(console, 'log').mockImplementation();
      const world = new ReleaseWorld();
      // The history is no lock.
      if (!recorded) process.env.STATE_TABLE = '';
      if (short) world.pipeline.functionTimeout = 90;
      world.ecs.appearsAfter = appearsAfter;
      world.ecs.scripts.push(...scripts.map(index => SCRIPTS[index]()));
      const other = world.built.push(['base', 'app 3']);
      const overlaps = watchForOverlaps(world);
      pace(world, turns);
      world.clock.actors = 2;
      const act = (changes: Parameters<typeof world.release>[0]) => world.release(changes).finally(() => world.clock.leave());

      const results = await Promise.all([
        act({ executionId: 'execution-1', commit: 'one' }), act({ executionId: 'execution-2', commit: 'two', digest: same ? world.next : other }),
      ]);

      expect(overlaps).toEqual([]);
      expect(world.ecs.inputs('UpdateService').length).toBeLessThanOrEqual(2);
      // Nothing is under way any more, and what runs is what the tag names.
      world.clock.pass(600_000);
      world.ecs.unfold();
      expect(new Set(world.runningDigests)).toEqual(new Set([world.releasedDigest]));
      expect(results.some(({ succeeded }) => succeeded)).toBe(world.releasedDigest !== world.previous);
    },
  ), { numRuns: tries(10), seed: 4 });
}, 60_000);

test('an event that is delivered twice starts one deployment, however the two invocations interleave', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(5), { minLength: 7, maxLength: 40 }), fc.nat(30), async (turns, appearsAfter) => {
    jest.restoreAllMocks();
    jest.spyOn(console, 'log').mockImplementation();
    const world = new ReleaseWorld();
    world.ecs.appearsAfter = appearsAfter;
    pace(world, turns);
    world.clock.actors = 2;
    const event = world.pipeline.event(world.userParameters());
    const invoke = () => world.pipeline.invoke(event).finally(() => world.clock.leave());

    await Promise.all([invoke(), invoke()]);

    expect(world.ecs.deployments).toHaveLength(2);
    expect(world.releasedDigest).toBe(world.next);
  }), { numRuns: tries(10), seed: 4 });
}, 60_000);

test('the later one waits and says for what', async () => {
  const world = new ReleaseWorld();
  world.pipeline.functionTimeout = 60;
  world.ecs.scripts.push(deployment.succeeds(400));
  const other = world.built.push(['base', 'app 3']);
  await world.pipeline.invoke(world.pipeline.event(world.userParameters({ executionId: 'execution-1' })));

  const later = await world.release({ executionId: 'execution-2', digest: other, commit: 'two' });

  expect(later.summaries[0]).toBe('Waiting for another deployment of the service: deployment-2 (IN_PROGRESS)');
  expect(later.succeeded).toBe(true);
  expect(world.ecs.deployments.map(({ state }) => state.status)).toEqual(['SUCCESSFUL', 'SUCCESSFUL', 'SUCCESSFUL']);
});

test('one that comes while the other is proved waits too: a rollback of its own must not leave an image behind that the tag does not name', async () => {
  const world = new ReleaseWorld();
  world.ecs.scripts.push(deployment.succeeds(), deployment.isRolledBack());
  const healthy = world.clock.now() + 300_000;
  world.around.health = () => ({ State: world.clock.now() < healthy ? 'initial' : 'healthy' });
  const other = world.built.push(['base', 'app 3']);
  world.clock.actors = 2;
  world.pipeline.functionTimeout = 200;

  const [first, second] = await Promise.all([
    world.release({ executionId: 'execution-1' }), world.clock.sleep(100_000).then(() => world.release({ executionId: 'execution-2', digest: other, commit: 'two' })),
  ].map(release => release.finally(() => world.clock.leave())));

  expect(first.succeeded).toBe(true);
  expect(second.summaries[0]).toBe('Waiting for another deployment of the service: deployment-2 (another release proves it)');
  expect(second.succeeded).toBe(false);
  expect(world.releasedDigest).toBe(world.next);
  world.clock.pass(600_000);
  world.ecs.unfold();
  expect(world.runningDigests).toEqual([world.next, world.next]);
});

test('CodeDeploy takes one at a time: the same holds there', async () => {
  const ends = [() => byCodeDeploy.succeeds(), () => byCodeDeploy.succeeds(400), () => byCodeDeploy.failsIn('AllowTraffic', 'ALARM_ACTIVE', 'errors')];
  await fc.assert(fc.asyncProperty(
    fc.array(fc.nat(5), { minLength: 7, maxLength: 40 }), fc.array(fc.nat(2), { maxLength: 3 }), fc.nat(200), fc.nat(280), async (turns, scripts, later, ill) => {
      jest.restoreAllMocks();
      jest.spyOn(console, 'log').mockImplementation();
      const world = new ReleaseWorld();
      world.byCodeDeploy();
      world.codeDeploy.scripts.push(...scripts.map(index => ends[index]()));
      const other = world.built.push(['base', 'app 3']);
      const healthyFrom = new Map<string, number>();
      world.around.health = ({ taskArn }) => {
        if (!healthyFrom.has(taskArn!)) healthyFrom.set(taskArn!, world.clock.now() + ill * 1000);
        return { State: world.clock.now() < healthyFrom.get(taskArn!)! ? 'initial' : 'healthy' };
      };
      pace(world, turns);
      world.clock.actors = 2;

      const results = await Promise.all([
        world.release({ executionId: 'execution-1', commit: 'one' }),
        world.clock.sleep(later * 1000).then(() => world.release({ executionId: 'execution-2', commit: 'two', digest: other })),
      ].map(release => release.finally(() => world.clock.leave())));

      world.clock.pass(600_000);
      world.codeDeploy.unfold();
      const released = results.some(({ succeeded }) => succeeded);
      expect(released).toBe(world.releasedDigest !== world.previous);
      expect(new Set(world.runningDigests)).toEqual(new Set([world.releasedDigest]));
    },
  ), { numRuns: tries(6), seed: 4 });
}, 60_000);

test('a release that was about to deploy and came to nothing is waited for five minutes', async () => {
  const world = new ReleaseWorld();
  world.pipeline.functionTimeout = 60;
  world.ecs.define({ family: 'web', containerDefinitions: [] }, [{ key: 'cdk-fargate-cicd:job', value: 'another' }]);
  const began = world.clock.now();
  const result = await world.release();
  expect(result.summaries[0]).toBe('Waiting for another deployment of the service: another release is about to deploy web:2');
  expect(result.succeeded).toBe(true);
  expect(world.ecs.latest.createdAt!.getTime() - began).toBeGreaterThan(300_000);
  expect(world.ecs.latest.createdAt!.getTime() - began).toBeLessThan(360_000);
});

test('a retried action of the same execution goes on with the deployment that is under way', async () => {
  const world = new ReleaseWorld();
  world.pipeline.functionTimeout = 60;
  world.ecs.scripts.push(deployment.succeeds(400));
  await world.pipeline.invoke(world.pipeline.event(world.userParameters()));

  const retried = await world.release();

  expect(retried).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED' } });
  expect(world.ecs.inputs('UpdateService')).toHaveLength(1);
  expect(world.releasedDigest).toBe(world.next);
});

test('a rollback of the stage releases the earlier digest and moves the tag back', async () => {
  const world = new ReleaseWorld();
  await world.release({ executionId: 'execution-1', commit: 'one' });
  const second = world.built.push(['base', 'app 3']);
  await world.release({ executionId: 'execution-2', digest: second, commit: 'two' });
  expect(world.releasedDigest).toBe(second);

  const back = await world.release({ executionId: 'execution-1', commit: 'one' });

  expect(back).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED', ImageDigest: world.next } });
  expect(world.releasedDigest).toBe(world.next);
  expect(world.runningDigests).toEqual([world.next, world.next]);
});
