import { deployment } from '../../support/doubles/fake-ecs';
import { awsError } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});
// Whatever the reason: the tag stays where it was.
afterEach(() => expect(world.releasedDigest).toBe(world.previous));

const CRASH = {
  stopCode: 'EssentialContainerExited' as const,
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'web', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
};

describe('what is missing is named', () => {
  test('the release role', async () => {
    world.around.roles.clear();
    const { cause, type } = await world.failure();
    expect(cause).toBe('production: the release role arn:aws:iam::222222222222:role/release-web does not exist, or does not trust the release function');
    expect(type).toBe('PermissionError');
  });

  test('the parameter, or its content', async () => {
    world.around.parameters.set('/places/web', 'a text');
    expect((await world.failure()).cause).toBe('production: the SSM parameter /places/web in eu-west-1 does not describe a place (it is not JSON)');
    world.around.parameters.clear();
    expect((await world.failure()).cause).toBe('production: the SSM parameter /places/web does not exist in eu-west-1: deploy the stack of the place first');
  });

  test('the cluster', async () => {
    world.publish({ clusterArn: 'arn:aws:ecs:eu-west-1:222222222222:cluster/gone' });
    expect((await world.failure()).cause).toBe('production: the ECS cluster gone does not exist');
  });

  test('the service', async () => {
    world.publish({ serviceArn: 'arn:aws:ecs:eu-west-1:222222222222:service/shop/gone' });
    expect((await world.failure()).cause).toBe('production: the ECS service gone does not exist in the cluster shop');
  });

  test('a service that is being deleted, or that ECS does not deploy itself', async () => {
    world.ecs.service.status = 'DRAINING';
    expect((await world.failure()).cause).toBe('production: the ECS service web is being deleted (DRAINING)');
    world.ecs.service.status = 'ACTIVE';
    world.ecs.service.deploymentController = { type: 'CODE_DEPLOY' };
    expect((await world.failure()).cause).toBe('production: the ECS service web is deployed by CODE_DEPLOY, not by ECS');
  });

  test('the image in the build repository', async () => {
    world.built.manifests.clear();
    const { cause } = await world.failure();
    expect(cause).toBe(`production: the image ${world.next} does not exist in the build repository builds`);
    expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(0);
  });

  test('the build repository, the repository of the place', async () => {
    world.ecr.remove(world.released);
    expect((await world.failure()).cause).toBe('production: the repository web does not exist in account 222222222222');
    world.ecr.remove(world.built);
    expect((await world.failure()).cause).toBe('production: the repository builds does not exist in account 111111111111');
  });

  test('the container', async () => {
    world.publish({ containerName: 'api' });
    expect((await world.failure()).cause).toBe(`production: the task definition ${world.place.taskDefinitionArn} has no container api, only web, proxy`);
  });

  test('the task definition', async () => {
    world.ecs.definitions.clear();
    expect((await world.failure()).cause).toContain('which the service uses, does not exist any more');
  });

  test('a task definition without containers', async () => {
    world.ecs.definitions.get(world.place.taskDefinitionArn)!.definition.containerDefinitions = undefined;
    expect((await world.failure()).cause).toContain('has no container web, only ');
  });

  test('a target group', async () => {
    world.around.targetGroups.clear();
    expect((await world.failure()).cause).toMatch(/^production: the target group arn:.* does not exist$/);
  });

  test('a right', async () => {
    world.ecs.fail('UpdateService', awsError('AccessDeniedException', 'not authorized to perform: ecs:UpdateService'));
    const { cause, type } = await world.failure();
    expect(cause).toBe('production: AWS refuses a call of the release: not authorized to perform: ecs:UpdateService');
    expect(type).toBe('PermissionError');
  });

  test('any other error of AWS comes with its name', async () => {
    world.ecs.fail('UpdateService', awsError('InvalidParameterException', 'Unable to assume the service linked role'));
    expect((await world.failure()).cause).toBe('production: InvalidParameterException: Unable to assume the service linked role');
  });

  test.each(['Beginning', 42])('a thing that is no error is told as it is (%s)', async thing => {
    world.ecs.fail('UpdateService', () => { throw thing; });
    expect((await world.failure()).cause).toBe(`production: Error: ${thing}`);
  });

  test('a deployment or revision that ECS forgets', async () => {
    world.ecs.fail('DescribeServiceDeployments', () => undefined, () => { world.ecs.deployments.length = 0; return undefined; });
    expect((await world.failure()).cause).toMatch(/^production: the service deployment .* does not exist any more$/);
    world = new ReleaseWorld();
    world.ecs.scripts.push(deployment.succeeds(10));
    world.pipeline.functionTimeout = 30;
    world.pipeline.between = () => world.ecs.revisions.clear();
    world.around.health = () => undefined;
    expect((await world.failure()).cause).toMatch(/^production: the service revision .* does not exist any more$/);
  });

  test('a deployment that never begins', async () => {
    world.ecs.appearsAfter = 3600 * 10;
    world.ecs.deployments.forEach(({ state }) => { state.createdAt = new Date(0); });
    expect((await world.failure()).cause).toMatch(/^production: ECS began no deployment of .*web:2, though the service was told to run it$/);
  });
});

describe('lists that AWS leaves out when they are empty', () => {
  beforeEach(() => {
    world.ecs.leavesEmptyListsOut = world.ecr.leavesEmptyListsOut = world.around.leavesEmptyListsOut = true;
  });

  test('are no reason to fail', async () => {
    world.ecs.definitions.get(world.place.taskDefinitionArn)!.tags.length = 0;
    expect((await world.release()).succeeded).toBe(true);
    world.released.tags.set('released', world.previous);
  });

  test('hide no cause', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH), deployment.isStopped());
    world.around.logs.set('/web app/web/task3', []);
    expect((await world.failure()).details).toContain('  (none)');
    world.ecs.stopped.length = 0;
    delete world.ecs.service.events;
    expect((await world.failure()).cause).toBe('production: ECS stopped the deployment: it does not say why');
  });

  test('leave the service without targets, tasks, deployments or revisions', async () => {
    world.around.health = () => undefined;
    expect((await world.failure()).cause).toMatch(/not registered$/);
    world = new ReleaseWorld();
    world.ecs.leavesEmptyListsOut = true;
    world.ecs.fail('DescribeTasks', ...Array.from({ length: 100 }, () => () => { world.ecs.running.length = 0; return undefined; }));
    expect((await world.failure()).cause).toBe('production: no task of the new revision runs');
    world = new ReleaseWorld();
    world.ecs.leavesEmptyListsOut = true;
    world.ecs.revisions.clear();
    expect((await world.release({ task: 'verify' })).message).toContain('another image');
    world = new ReleaseWorld();
    world.ecs.leavesEmptyListsOut = true;
    world.ecs.deployments.length = 0;
    expect((await world.release({ task: 'verify' })).message).toContain('never been deployed');
    world = new ReleaseWorld();
    world.ecs.leavesEmptyListsOut = true;
    world.ecs.fail('DescribeServiceDeployments', () => { world.ecs.deployments.length = 0; return undefined; });
    expect((await world.failure()).cause).toContain('does not exist any more');
  });
});
