import { deployment } from '../../support/doubles/fake-ecs';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

describe('another deployment', () => {
  test('is waited for, over several invocations', async () => {
    world.pipeline.functionTimeout = 60;
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: `${world.released.uri}:released` }] }), deployment.succeeds(600));
    const result = await world.release();
    expect(result.succeeded).toBe(true);
    expect(result.summaries[0]).toBe('Waiting for another deployment of the service: deployment-2 (IN_PROGRESS)');
    expect(world.runningDigests).toEqual([world.next, world.next]);
  });

  test('and so is a rollback', async () => {
    const began = world.clock.now();
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: 'other' }] }), deployment.isRolledBack());
    expect((await world.release()).succeeded).toBe(true);
    expect(world.ecs.latest.createdAt!.getTime() - began).toBeGreaterThanOrEqual(120_000);
  });

  test('that does not end fails the release', async () => {
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: 'other' }] }), deployment.hangs());
    const { message } = await world.release();
    expect(message).toBe('production: another deployment of the service did not end in time: deployment-2 (IN_PROGRESS)');
    expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
  });
});

describe('the stack of the place', () => {
  test.each(['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'CREATE_IN_PROGRESS'])('is waited for while it is %s, and what it brought is kept', async status => {
    world.pipeline.functionTimeout = 60;
    const end = world.clock.now() + 300_000;
    let updated = false;
    world.around.stackStatus = () => {
      if (world.clock.now() < end) return status;
      if (!updated) {
        const { definition } = world.ecs.definitions.get(world.place.taskDefinitionArn)!;
        world.ecs.deploy(world.ecs.define({ ...definition, cpu: '512' }), deployment.succeeds(30));
      }
      updated = true;
      return 'UPDATE_COMPLETE';
    };
    const result = await world.release();
    expect(result.succeeded).toBe(true);
    expect(result.summaries[0]).toBe(`Waiting for the stack of the place: ${status}`);
    expect(world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition.cpu).toBe('512');
    expect(world.around.calls.find(({ command }) => command === 'DescribeStacks')!.caller).toEqual({ region: 'eu-west-1', accessKeyId: 'release-role' });
  });

  test('is no reason to wait when its last update failed', async () => {
    world.around.stackStatus = () => 'UPDATE_ROLLBACK_FAILED';
    expect(await world.release()).toMatchObject({ succeeded: true, invocations: 1 });
  });

  test('that is changed for ever fails the release', async () => {
    world.around.stackStatus = () => 'UPDATE_IN_PROGRESS';
    expect((await world.failure()).cause).toBe('production: the stack of the place is still being changed: UPDATE_IN_PROGRESS');
    expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(0);
  });

  test('that does not exist is named', async () => {
    world.publish({ stackId: 'arn:aws:cloudformation:eu-west-1:222222222222:stack/gone/1' });
    expect((await world.failure()).cause).toBe('production: the stack of the place does not exist: arn:aws:cloudformation:eu-west-1:222222222222:stack/gone/1');
  });

  test('that begins to change in the moment of the release is not overwritten', async () => {
    world.ecs.fail('RegisterTaskDefinition', () => {
      const { definition } = world.ecs.definitions.get(world.place.taskDefinitionArn)!;
      world.ecs.deploy(world.ecs.define({ ...definition, cpu: '512' }), deployment.succeeds(30));
      return undefined;
    });
    expect((await world.release()).succeeded).toBe(true);
    expect(world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition.cpu).toBe('512');
    expect(world.ecs.deployments.map(({ state }) => state.status)).toEqual(['SUCCESSFUL', 'SUCCESSFUL', 'SUCCESSFUL']);
  });
});

test('what a stack update deploys in the moment of the release is not overwritten either while ECS does not list its deployment yet', async () => {
  world.ecs.fail('RegisterTaskDefinition', () => {
    const { definition } = world.ecs.definitions.get(world.place.taskDefinitionArn)!;
    world.ecs.deploy(world.ecs.define({ ...definition, cpu: '512' }), deployment.succeeds(30));
    world.ecs.appearsAfter = 20;
    return undefined;
  });
  const { succeeded, variables } = await world.release();
  expect(succeeded).toBe(true);
  expect(world.ecs.definitions.get(variables.TaskDefinitionArn)!.definition.cpu).toBe('512');
});

describe('alarms that ring already', () => {
  test('refuse a new image, by name', async () => {
    world.around.ringing.add('slow');
    const { message, succeeded } = await world.release();
    expect(succeeded).toBe(false);
    expect(message.split('\n')[0]).toBe('production: an alarm rings already: slow');
    world.around.ringing.add('errors');
    expect((await world.release()).message).toContain('production: alarms ring already: errors, slow');
    expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
  });

  test('do not bar the way back to an image that has run here', async () => {
    await world.release();
    const bad = world.built.push(['base', 'bad']);
    await world.release({ digest: bad, commit: 'bad' });
    world.around.ringing.add('errors');

    const result = await world.release();

    expect(result).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED' } });
    expect(world.runningDigests).toEqual([world.next, world.next]);
    expect(world.releasedDigest).toBe(world.next);
  });
});

test('AWS answers in pages: what ran 50 deployments ago is known', async () => {
  await world.release();
  for (let count = 0; count < 50; count++) {
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: `${world.released.uri}@${world.previous}` }] }), deployment.succeeds(0));
    world.ecs.unfold();
    world.clock.pass(600_000);
  }
  world.around.ringing.add('errors');
  expect(await world.release()).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED' } });
  expect(Math.max(...world.ecs.inputs('DescribeServiceRevisions').map(({ serviceRevisionArns }) => serviceRevisionArns.length))).toBe(20);
});

describe('the request', () => {
  test.each([
    ['not JSON', 'the request of the release action (UserParameters) is not JSON'],
    ['{}', 'the request of the release action (UserParameters) has no task'],
  ])('that is wrong is refused: %s', async (userParameters, message) => {
    const result = await world.pipeline.act(userParameters);
    expect(result).toMatchObject({ succeeded: false, message, failureType: 'ConfigurationError' });
  });

  test('for an unknown task, or without a digest', async () => {
    expect((await world.release({ task: 'destroy' as never })).message).toContain('asks for the task destroy, which is none of release, prepare, verify');
    expect((await world.release({ digest: '' })).message).toContain('has no digest of an image but ""');
  });
});
