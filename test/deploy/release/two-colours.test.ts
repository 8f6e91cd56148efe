import { failureLimit } from '../../../src/deploy/release/tasks/stopped-tasks';
import { deployment, type Script } from '../../support/doubles/fake-ecs';
import { awsError } from '../../support/doubles/fake-service';
import { GREEN_TARGET_GROUP, ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
  world.inTwoColours('BLUE_GREEN');
});

const HOOK = 'arn:aws:lambda:eu-west-1:222222222222:function:smoke-test';
const CRASH = { stopCode: 'EssentialContainerExited' as const, stoppedReason: 'Essential container in task exited' };

/** New tasks crash so many times in a stage, every ten seconds. */
const crashes = (count: number, stops: object = CRASH): Script => [
  { after: 5, change: { status: 'IN_PROGRESS', lifecycleStage: 'SCALE_UP' } },
  ...Array.from({ length: count }, (_, index) => ({ after: 10 * (index + 1), change: {}, stops })),
  { after: 900, change: { status: 'SUCCESSFUL' } },
];

test.each(['BLUE_GREEN', 'LINEAR', 'CANARY'] as const)('%s is followed through its stages', async strategy => {
  world.inTwoColours(strategy);
  world.pipeline.functionTimeout = 20;
  world.pipeline.pause = 10;
  world.ecs.scripts.push(deployment.goesThroughStages());

  const { succeeded, summaries } = await world.release();

  expect(succeeded).toBe(true);
  expect(summaries).toEqual(expect.arrayContaining([
    'Deploying (new tasks start): 0 of 2 tasks run, 0 % of the traffic on the new ones',
    'Deploying (traffic moves): 0 of 2 tasks run, 50 % of the traffic on the new ones',
    'Deploying (bake time, old tasks are kept): 0 of 2 tasks run, 100 % of the traffic on the new ones',
  ]));
  const percents = world.pipeline.inputs('PutJobSuccessResult').map(({ executionDetails }) => executionDetails.percentComplete);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(world.releasedDigest).toBe(world.next);
});

describe('new tasks that keep failing', () => {
  test('end the deployment, as there is no circuit breaker', async () => {
    world.ecs.scripts.push(crashes(9));
    const began = world.clock.now();
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: 3 tasks of the new revision failed, and the deployment is being rolled back: Essential container in task exited');
    expect(details).toContain('Look at https://');
    expect(world.ecs.inputs('StopServiceDeployment')).toEqual([{ serviceDeploymentArn: world.ecs.latest.serviceDeploymentArn, stopType: 'ROLLBACK' }]);
    expect(world.clock.now() - began).toBeLessThan(60_000);
    expect(world.releasedDigest).toBe(world.previous);
  });

  test('also in the bake time', async () => {
    const late = { stoppedReason: 'OutOfMemoryError' };
    world.ecs.scripts.push([...deployment.goesThroughStages().slice(0, -1), ...[250, 260, 270].map(after => ({ after, change: {}, stops: late })), { after: 9000, change: { status: 'SUCCESSFUL' } }]
      .sort((a, b) => a.after - b.after) as Script);
    expect((await world.failure()).cause).toContain('3 tasks of the new revision failed, and the deployment is being rolled back: OutOfMemoryError');
  });

  test.each([[2, 3], [7, 4]])('of %i wanted tasks %i may not fail', async (desiredCount, limit) => {
    world.ecs.service.desiredCount = desiredCount;
    world.ecs.scripts.push(crashes(limit - 1));
    expect((await world.release()).succeeded).toBe(true);
    world = new ReleaseWorld();
    world.inTwoColours('CANARY');
    world.ecs.service.desiredCount = desiredCount;
    world.ecs.scripts.push(crashes(limit));
    expect((await world.failure()).cause).toContain(`production: ${limit} tasks of the new revision failed`);
  });

  test('are counted as the circuit breaker counts them', () => {
    expect([0, 1, 6, 7, 9, 399, 1000].map(failureLimit)).toEqual([3, 3, 3, 4, 5, 200, 200]);
  });

  test.each([{ stoppedReason: 'Scaling activity initiated by deployment ecs-svc/1' }, { stopCode: 'UserInitiated' }, { stopCode: 'SpotInterruption' }])(
    'are not those that something else has stopped: %j', async stops => {
      world.ecs.scripts.push(crashes(9, stops));
      expect((await world.release()).succeeded).toBe(true);
    });

  test('are not counted when ECS does not tell how many it wants, up to three', async () => {
    const [first, ...rest] = crashes(3);
    world.ecs.scripts.push([first, ...rest]);
    world.ecs.fail('UpdateService', () => {
      world.ecs.service.desiredCount = undefined;
      return undefined;
    });
    expect((await world.failure()).cause).toContain('3 tasks of the new revision failed');
  });

  test('under rolling deployments are the business of the circuit breaker', async () => {
    world.publish({ strategy: 'ROLLING' });
    world.around.health = () => ({ State: 'healthy' });
    world.ecs.scripts.push(crashes(9));
    expect((await world.release()).succeeded).toBe(true);
  });

  test('and ECS refuses to stop it', async () => {
    world.ecs.scripts.push(crashes(9));
    world.ecs.fail('StopServiceDeployment', awsError('ConflictException', 'no source revision'));
    expect((await world.failure()).cause).toContain('3 tasks of the new revision failed, and the deployment could not be stopped (no source revision)');
  });
});

test('a stage without end is rolled back when the time of the release is over', async () => {
  world.ecs.scripts.push(deployment.goesThroughStages(3600).slice(0, 3));
  expect((await world.failure()).cause).toBe('production: the deployment was not over after 60 minutes and is being rolled back');
});

describe('a hook', () => {
  const until = (stage: 'POST_TEST_TRAFFIC_SHIFT' | 'PRE_SCALE_UP', last: Script): Script => [
    { after: 5, change: { status: 'IN_PROGRESS', lifecycleStage: stage, lifecycleHookDetails: [{ hookId: 'hook/1', targetArn: HOOK, status: 'IN_PROGRESS' }] } }, ...last,
  ];

  test('that runs, or waits for somebody, is in the progress', async () => {
    world.pipeline.functionTimeout = 30;
    const [first, ...rest] = until('POST_TEST_TRAFFIC_SHIFT', [
      { after: 50, change: { lifecycleHookDetails: [{ hookId: 'hooks/approve', status: 'AWAITING_ACTION' }] } },
      { after: 80, change: { lifecycleHookDetails: [{ status: 'AWAITING_ACTION' }] } },
      { after: 200, change: { status: 'SUCCESSFUL' } },
    ]);
    world.ecs.scripts.push([first, ...rest]);
    const { summaries } = await world.release();
    expect(summaries).toEqual(expect.arrayContaining([
      'Deploying (test traffic has moved): 0 of 2 tasks run, waiting for the hook smoke-test',
      'Deploying (test traffic has moved): 0 of 2 tasks run, waiting for the hook approve',
    ]));
    expect(summaries.join()).toContain('waiting for the hook without name');
  });

  test.each([['FAILED', 'failed'], ['TIMED_OUT', 'did not answer in time']] as const)('that is %s is named', async (status, how) => {
    world.ecs.scripts.push(until('POST_TEST_TRAFFIC_SHIFT', deployment.isRolledBack({ lifecycleHookDetails: [{ targetArn: HOOK, status }], statusReason: 'a hook failed.' })));
    const { cause, details } = await world.failure();
    expect(cause).toBe(`production: the hook smoke-test ${how} in the stage POST_TEST_TRAFFIC_SHIFT, and ECS rolled the deployment back`);
    expect(details).toContain('The hook writes to the log group /aws/lambda/smoke-test, unless it has another.');
    expect(details).toContain('ECS says: a hook failed.');
  });

  test('that ECS does not name is found by its stage', async () => {
    const says = { statusReason: 'Service deployment rolled back because a lifecycle hook failed.', lifecycleHookDetails: undefined };
    const lifecycleHooks = [{ hookTargetArn: HOOK, lifecycleStages: ['PRE_SCALE_UP' as const] }, { hookTargetArn: `${HOOK}2` }];
    world.ecs.scripts.push(until('PRE_SCALE_UP', deployment.isRolledBack({ ...says, deploymentConfiguration: { lifecycleHooks } })));
    expect((await world.failure()).cause).toBe('production: the hook smoke-test failed in the stage PRE_SCALE_UP, and ECS rolled the deployment back');
    world.clock.pass(600_000);
    world.ecs.scripts.push(deployment.isRolledBack(says, 3));
    expect((await world.failure()).cause).toBe('production: a hook failed, and ECS rolled the deployment back');
  });
});

describe('afterwards', () => {
  test('a task must be healthy in one of the target groups', async () => {
    world.ecs.scripts.push(deployment.goesThroughStages());
    world.around.health = (_, targetGroup) => targetGroup === GREEN_TARGET_GROUP ? { State: 'unhealthy', Reason: 'Target.Timeout' } : undefined;
    const { cause } = await world.failure();
    expect(cause).toMatch(/^production: not all tasks are healthy in the load balancer: task task\d in target group green: unhealthy, Target.Timeout$/);
  });

  test('a task that is in none is told', async () => {
    world.ecs.scripts.push(deployment.goesThroughStages());
    world.around.health = () => undefined;
    expect((await world.failure()).cause).toMatch(/in target group web: not registered$/);
  });

  test('the same under rolling deployments: a place has both groups from birth, and ECS puts a task into one', async () => {
    world.inTwoColours('ROLLING');
    expect((await world.release()).succeeded).toBe(true);
    expect(world.releasedDigest).toBe(world.next);
  });
});

test('another deployment moves it to STOPPED: the image is not blamed', async () => {
  world.pipeline.functionTimeout = 60;
  world.ecs.scripts.push(deployment.goesThroughStages(100));
  let once = false;
  world.pipeline.between = () => {
    if (!once) world.ecs.deploy(world.place.taskDefinitionArn);
    once = true;
  };
  expect((await world.failure()).cause).toBe('production: another deployment of the service took the place of this release');
});
