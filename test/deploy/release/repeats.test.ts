import { deployment } from '../../support/doubles/fake-ecs';
import { awsError, throttled } from '../../support/doubles/fake-service';
import { ReleaseWorld, TABLE } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

const CRASH = { stoppedReason: 'Essential container in task exited' };
const updates = () => world.ecs.inputs('UpdateService').length;

// What AWS itself knows is enough for it: the history may be left out.
describe.each([['with a history', TABLE], ['without a history', '']])('%s, an event that is delivered twice starts one deployment', (_, table) => {
  beforeEach(() => { process.env.STATE_TABLE = table; });

  test('after its release has succeeded', async () => {
    const event = world.pipeline.event(world.userParameters());
    await world.pipeline.invoke(event);
    expect(await world.pipeline.invoke(event)).toBeUndefined();
    expect(updates()).toBe(1);
    expect(world.ecs.deployments).toHaveLength(2);
  });

  test('after its release has failed', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
    const event = world.pipeline.event(world.userParameters());
    expect((await world.pipeline.invoke(event)).failureDetails.message).toContain('circuit breaker');
    world.clock.pass(600_000);
    expect(await world.pipeline.invoke(event)).toBeUndefined();
    expect(updates()).toBe(1);
  });

  test('while its release goes on', async () => {
    world.pipeline.functionTimeout = 60;
    world.ecs.scripts.push(deployment.succeeds(300));
    const event = world.pipeline.event(world.userParameters());
    await world.pipeline.invoke(event);
    expect(await world.pipeline.invoke(event)).toBeUndefined();
    expect(updates()).toBe(1);
  });

  test('at the same moment', async () => {
    const event = world.pipeline.event(world.userParameters());
    const results = await Promise.allSettled([world.pipeline.invoke(event), world.pipeline.invoke(event)]);
    // Both register a revision, and both take the lower one.
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(2);
    expect(new Set(world.ecs.inputs('UpdateService').map(({ taskDefinition }) => taskDefinition)).size).toBe(1);
    expect(world.ecs.deployments).toHaveLength(2);
    expect(world.releasedDigest).toBe(world.next);
  });
});

test('a retry after a release that ECS rolled back starts anew', async () => {
  world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
  expect((await world.release()).succeeded).toBe(false);
  // The retry waits for the end of the rollback.
  const retry = await world.release();
  expect(retry).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED' } });
  expect(updates()).toBe(2);
});

test('a retry after a release whose image runs and whose tag could not move moves the tag', async () => {
  world.ecr.fail('PutImage', () => undefined, awsError('AccessDeniedException', 'not authorized to perform: ecr:PutImage'));
  const { cause, details, type } = await world.failure();
  expect(cause).toBe("production: the image runs, but the tag 'released' of the repository web cannot move: AWS refuses a call of the release: not authorized to perform: ecr:PutImage");
  expect(details).toMatch(/^Until it does, a stack update deploys the image released before\. Retry the release/);
  expect(type).toBe('PermissionError');
  expect(world.releasedDigest).toBe(world.previous);

  expect(await world.release()).toMatchObject({ succeeded: true, variables: { Outcome: 'ALREADY_RUNNING' } });
  expect(world.releasedDigest).toBe(world.next);
  expect(updates()).toBe(1);
});

test('a tag that moves only after AWS has answered again is no failure', async () => {
  world.ecr.fail('PutImage', () => undefined, throttled());
  expect(await world.release()).toMatchObject({ succeeded: true, invocations: 2 });
  expect(world.releasedDigest).toBe(world.next);
});

test('an image that runs already needs no deployment', async () => {
  await world.release();
  const again = await world.release();
  expect(again).toMatchObject({ succeeded: true, variables: { Outcome: 'ALREADY_RUNNING' } });
  expect(again.summaries.at(-1)).toContain('ran in production already: 2 tasks, healthy');
  expect(updates()).toBe(1);
});

test('an image that runs under the tag of released images needs none either', async () => {
  await world.release();
  world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: `${world.released.uri}:released` }] }));
  world.clock.pass(120_000);
  expect((await world.release()).variables.Outcome).toBe('ALREADY_RUNNING');
  expect(updates()).toBe(1);
});

test('the image to which ECS itself has rolled back is found to run', async () => {
  await world.release();
  const bad = world.built.push(['base', 'bad']);
  world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
  await world.release({ digest: bad, commit: 'bad' });

  const back = await world.release();

  expect(back).toMatchObject({ succeeded: true, variables: { Outcome: 'ALREADY_RUNNING' } });
  expect(updates()).toBe(2);
  expect(world.releasedDigest).toBe(world.next);
});

test('a deployment of the same image that is under way is followed', async () => {
  world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: `${world.released.uri}@${world.next}` }] }));
  expect((await world.release()).variables.Outcome).toBe('RELEASED');
  expect(updates()).toBe(0);
});

test('a newer deployment of the same image takes over, also while the release is verified', async () => {
  world.pipeline.functionTimeout = 30;
  world.around.health = () => ({ State: world.ecs.deployments.length < 4 ? 'initial' : 'healthy' });
  let count = 0;
  world.pipeline.between = () => {
    if (++count === 1 || count === 6) world.ecs.deploy(world.ecs.service.taskDefinition!, deployment.succeeds(30));
  };
  const result = await world.release();
  expect(result.succeeded).toBe(true);
  expect(result.variables.ServiceDeploymentArn).toMatch(/deployment-\d+$/);
  expect(updates()).toBe(1);
});

describe('the first revisions', () => {
  test('of a service that is some minutes old', async () => {
    world.ecs.definitions.get(world.place.taskDefinitionArn)!.definition.registeredAt = world.clock.date();
    expect(await world.release()).toMatchObject({ succeeded: true, invocations: 1 });
  });

  test('of a service that ECS has no history of', async () => {
    world.ecs.deployments.length = 0;
    expect((await world.release()).succeeded).toBe(true);
  });

  test('of a family whose earlier revision is deleted', async () => {
    const old = world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: 'old' }] });
    world.ecs.fail('RegisterTaskDefinition', () => {
      world.ecs.definitions.set(`${old}-kept-for-its-number`, world.ecs.definitions.get(old)!);
      world.ecs.definitions.delete(old);
      return undefined;
    });
    expect((await world.release()).succeeded).toBe(true);
  });
});

describe('throttling', () => {
  test('of a poll is no failure', async () => {
    world.ecs.fail('DescribeServiceDeployments', () => undefined, throttled(), throttled(), awsError('ServerException'));
    expect(await world.release()).toMatchObject({ succeeded: true, invocations: 1 });
  });

  test('of the first poll of a wait is no failure', async () => {
    world.pipeline.functionTimeout = 30;
    world.ecs.fail('ListServiceDeployments', ...Array.from({ length: 5 }, throttled));
    const result = await world.release();
    expect(result.succeeded).toBe(true);
    expect(result.summaries[0]).toBe('Waiting for another deployment of the service: AWS does not tell which');
  });

  test.each([
    throttled(),
    awsError('RequestLimitExceeded'),
    awsError('Whatever', 'server error', { $metadata: { httpStatusCode: 503 } }),
    awsError('Whatever', 'slow down', { $metadata: { httpStatusCode: 429 } }),
    Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  ])('of any other call ends the invocation and not the release: %s', async error => {
    world.ecs.fail('UpdateService', error);
    const result = await world.release();
    expect(result).toMatchObject({ succeeded: true, invocations: 2 });
    expect(result.summaries[0]).toMatch(/^AWS did not answer, trying again: /);
    expect(world.ecs.deployments).toHaveLength(2);
  });

  test('that never ends fails in the end', async () => {
    world.around.fail('AssumeRole', ...Array.from({ length: 1000 }, throttled));
    const { message } = await world.release();
    expect(message).toBe('production: ThrottlingException: Rate exceeded');
  });
});

describe('the reply', () => {
  test('to a job that is over is no error', async () => {
    world.pipeline.fail('PutJobSuccessResult', awsError('JobNotFoundException'));
    await expect(world.pipeline.invoke(world.pipeline.event(world.userParameters()))).resolves.toBeUndefined();
  });

  test('that CodePipeline refuses for another reason is an error of the function', async () => {
    world.pipeline.fail('PutJobSuccessResult', awsError('ValidationException'));
    await expect(world.pipeline.invoke(world.pipeline.event(world.userParameters()))).rejects.toThrow('ValidationException');
  });
});
