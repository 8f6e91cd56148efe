import { handleDirectCall } from '../../../src/deploy/release/pipeline/direct-call';
import { byCodeDeploy } from '../../support/doubles/fake-codedeploy';
import { throttled } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';

// CodePipeline waits 20 minutes for a reply and says nothing of the cause then: each invocation replies before Lambda ends it.

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

const never = async (): Promise<void> => new Promise(() => {});
/** Seconds of an invocation of which a tenth is left when the reply alone has still time; real ones, since a call that hangs lets no clock of the tests go on. */
const SHORT = 4.1;

test('a call that hangs ends the invocation, and the next one goes on', async () => {
  const { functionTimeout } = world.pipeline;
  world.pipeline.functionTimeout = SHORT;
  world.ecs.pace = never;
  const event = world.pipeline.event(world.userParameters());

  const { continuationToken, executionDetails } = await world.pipeline.invoke(event);

  expect(executionDetails.summary).toBe('AWS takes long to answer');
  Object.assign(world.pipeline, { functionTimeout });
  world.ecs.pace = async () => {};
  const result = await world.pipeline.follow(world.pipeline.event(world.userParameters(), { continuationToken }));
  expect(result.succeeded).toBe(true);
  expect(world.releasedDigest).toBe(world.next);
  expect(world.ecs.inputs('UpdateService')).toHaveLength(1);
});

test('a record that hangs does so too, and is one item in the end', async () => {
  world.pipeline.functionTimeout = 60;
  await world.pipeline.invoke(world.pipeline.event(world.userParameters()));
  world.clock.pass(300_000);
  world.pipeline.functionTimeout = SHORT;
  world.history.pace = never;
  const { continuationToken } = await world.pipeline.invoke(world.pipeline.event(world.userParameters()));
  expect(continuationToken).toBeDefined();
  world.history.pace = async () => {};
  world.pipeline.functionTimeout = 60;
  expect((await world.pipeline.follow(world.pipeline.event(world.userParameters(), { continuationToken }))).succeeded).toBe(true);
  expect(world.history.records).toHaveLength(1);
});

test('calls that hang until the time of the release is over fail it', async () => {
  process.env.RELEASE_TIMEOUT_MINUTES = '0';
  world.pipeline.functionTimeout = SHORT;
  world.around.pace = never;
  expect(await world.release()).toMatchObject({ succeeded: false, message: 'the time of the release is over: AWS takes long to answer' });
});

test('a direct call that hangs is to be called again', async () => {
  world.ecs.pace = never;
  const time = { now: () => world.clock.now(), sleep: async () => {}, left: () => SHORT * 1000 };
  expect(await handleDirectCall({ place: 'production', digest: world.next }, 'request-1', time))
    .toEqual({ status: 'IN_PROGRESS', summary: 'AWS takes long to answer; call again with this id', id: 'request-1' });
});

test('no pause before a reply that is due', async () => {
  world.pipeline.functionTimeout = 30;
  const { now } = world.clock;
  const end = now.call(world.clock) + 27_000;
  world.ecs.fail('UpdateService', () => {
    world.clock.pass(end - world.clock.now());
    return throttled();
  });
  expect(await world.release()).toMatchObject({ succeeded: true });
});

describe('what begins while a release waits for something else is waited for too', () => {
  /** A change of the stack, from the second minute to the sixth, that brings another CPU. */
  function changeStack(): void {
    const began = world.clock.now();
    let updated = false;
    world.around.stackStatus = () => {
      const minute = (world.clock.now() - began) / 60_000;
      if (minute < 1) return 'UPDATE_COMPLETE';
      if (minute < 5) return 'UPDATE_IN_PROGRESS';
      if (!updated) {
        updated = true;
        const { definition } = world.ecs.definitions.get(world.place.taskDefinitionArn)!;
        const taskDefinitionArn = world.ecs.define({ ...definition, cpu: '1024' });
        if (world.ecs.service.taskDefinition) world.ecs.deploy(taskDefinitionArn);
        else world.publish({ ...JSON.parse(world.around.parameters.get('/places/web')!), taskDefinitionArn });
      }
      return 'UPDATE_COMPLETE';
    };
  }

  test('by a release that ECS deploys', async () => {
    world.pipeline.functionTimeout = 200;
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: 'other' }] }), [{ after: 150, change: { status: 'ROLLBACK_SUCCESSFUL' } }]);
    changeStack();
    const { succeeded, summaries, variables } = await world.release();
    expect(succeeded).toBe(true);
    expect(summaries).toContain('Waiting for another deployment of the service: the stack of the place is being changed (UPDATE_IN_PROGRESS)');
    expect(world.ecs.definitions.get(variables.TaskDefinitionArn)!.definition.cpu).toBe('1024');
    expect(world.ecs.deployments).toHaveLength(4);
  });

  test('by a release that CodeDeploy deploys, which has registered its revision already', async () => {
    world.byCodeDeploy();
    world.pipeline.functionTimeout = 200;
    world.codeDeploy.fail('CreateDeployment', () => void world.codeDeploy.create({
      ...world.codeDeploy.group, revision: {
        revisionType: 'AppSpecContent', appSpecContent: {
          content: JSON.stringify({
            Resources: [{ TargetService: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: world.place.taskDefinitionArn, LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 1 } } } }],
            Hooks: [],
          }),
        },
      },
    }, byCodeDeploy.succeeds(150)));
    changeStack();
    const { succeeded, summaries, variables } = await world.release();
    expect(succeeded).toBe(true);
    expect(summaries).toContain('Waiting for another deployment of the service: the stack of the place is being changed (UPDATE_IN_PROGRESS)');
    expect(world.ecs.definitions.get(variables.TaskDefinitionArn)!.definition.cpu).toBe('1024');
  });
});
