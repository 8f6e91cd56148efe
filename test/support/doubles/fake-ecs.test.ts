import {
  DescribeServiceDeploymentsCommand, DescribeServiceRevisionsCommand, DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient,
  ListServiceDeploymentsCommand, ListTasksCommand, RegisterTaskDefinitionCommand, StopServiceDeploymentCommand, UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { deployment } from './fake-ecs';
import { ReleaseWorld } from './release-world';

// As the API reference and the developer guide say: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html

let world: ReleaseWorld;
let client: ECSClient;
beforeEach(() => {
  world = new ReleaseWorld();
  client = new ECSClient({ region: 'eu-west-1' });
});

const container = (image: string) => ({ name: 'web', image });
const register = async (image = 'web@sha256:1', more: object = {}) =>
  (await client.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [container(image)], tags: [], ...more }))).taskDefinition!;
const update = (taskDefinition?: string, more: object = {}) =>
  client.send(new UpdateServiceCommand({ cluster: world.ecs.clusterArn, service: 'web', taskDefinition, ...more }));
const deployNext = async () => update((await register()).taskDefinitionArn);
const list = async (more: object = {}) => client.send(new ListServiceDeploymentsCommand({ service: 'web', ...more }));
const latest = async () => (await client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [world.ecs.latest.serviceDeploymentArn!] }))).serviceDeployments![0];
const service = async () => (await client.send(new DescribeServicesCommand({ cluster: world.ecs.clusterArn, services: [world.ecs.service.serviceArn!] }))).services![0];
const tasks = async (desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING') => (await client.send(new ListTasksCommand({ cluster: world.ecs.clusterArn, desiredStatus }))).taskArns!;

describe('a deployment', () => {
  test('begins with another task definition, and unfolds with time', async () => {
    const { taskDefinitionArn } = await register();
    await update(taskDefinitionArn);
    expect(await latest()).toMatchObject({ status: 'PENDING', createdAt: world.clock.date() });
    expect(world.ecs.running.map(task => task.taskDefinitionArn)).toEqual([world.place.taskDefinitionArn, world.place.taskDefinitionArn]);
    world.clock.pass(5_000);
    expect((await latest()).status).toBe('IN_PROGRESS');
    world.clock.pass(55_000);
    expect(await latest()).toMatchObject({ status: 'SUCCESSFUL', finishedAt: world.clock.date() });
    expect(world.ecs.running.map(task => task.taskDefinitionArn)).toEqual([taskDefinitionArn, taskDefinitionArn]);
  });

  test('does not begin when nothing changes', async () => {
    await update(world.place.taskDefinitionArn);
    await update(undefined, { healthCheckGracePeriodSeconds: 7 });
    expect(world.ecs.deployments).toHaveLength(1);
    expect((await service()).healthCheckGracePeriodSeconds).toBe(7);
  });

  test('ends the one that is under way', async () => {
    await deployNext();
    const { serviceDeploymentArn } = world.ecs.latest;
    await deployNext();
    const { serviceDeployments: [first] = [] } = await client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [serviceDeploymentArn!] }));
    expect(first).toMatchObject({ status: 'STOPPED', finishedAt: world.clock.date() });
  });

  test('that the circuit breaker gives up goes back to what ran before', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'it crashed' }));
    await deployNext();
    world.clock.pass(30_000);
    expect((await latest()).deploymentCircuitBreaker).toEqual({ status: 'MONITORING', failureCount: 1, threshold: 3 });
    expect(await tasks('STOPPED')).toHaveLength(1);
    world.clock.pass(30_000);
    expect(await latest()).toMatchObject({ status: 'ROLLBACK_IN_PROGRESS', rollback: { serviceRevisionArn: expect.stringMatching(/service-revision\/shop\/web\/1$/) } });
    expect((await service()).taskDefinition).toBe(world.place.taskDefinitionArn);
    world.clock.pass(60_000);
    expect((await latest()).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(world.runningDigests).toEqual([world.previous, world.previous]);
  });

  test('that is stopped by hand is rolled back, once', async () => {
    world.ecs.scripts.push(deployment.hangs());
    await deployNext();
    const stop = () => client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: world.ecs.latest.serviceDeploymentArn }));
    await stop();
    expect((await latest()).status).toBe('ROLLBACK_IN_PROGRESS');
    world.clock.pass(60_000);
    expect((await latest()).status).toBe('ROLLBACK_SUCCESSFUL');
    await expect(stop()).rejects.toMatchObject({ name: 'ConflictException' });
  });

  test('moves traffic stage by stage', async () => {
    world.ecs.scripts.push(deployment.goesThroughStages(10));
    await deployNext();
    const seen: unknown[] = [];
    for (let stage = 0; stage < 10; stage++) {
      world.clock.pass(10_000);
      const { lifecycleStage, targetServiceRevision, status } = await latest();
      seen.push([status, lifecycleStage, targetServiceRevision!.requestedProductionTrafficWeight]);
    }
    expect(seen[0]).toEqual(['IN_PROGRESS', 'PRE_SCALE_UP', 0]);
    expect(seen[5]).toEqual(['IN_PROGRESS', 'PRODUCTION_TRAFFIC_SHIFT', 50]);
    expect(seen[9]).toEqual(['SUCCESSFUL', 'CLEAN_UP', 100]);
  });

  test('is refused to UpdateService where CodeDeploy deploys', async () => {
    world.byCodeDeploy();
    await expect(deployNext()).rejects.toThrow('CODE_DEPLOY deployment controller');
    await expect(update(undefined, { desiredCount: 3 })).resolves.toMatchObject({ service: { desiredCount: 3 } });
  });
});

describe('task definitions', () => {
  test('are numbered within their family, and the family alone means the latest', async () => {
    expect([(await register()).revision, (await register()).revision, (await register(undefined, { family: 'other' })).revision]).toEqual([2, 3, 1]);
    const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'web' }));
    expect(taskDefinition!.revision).toBe(3);
    await expect(client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'gone' }))).rejects.toMatchObject({ name: 'ClientException' });
  });

  test('show their tags to those who ask for them', async () => {
    const { taskDefinitionArn: taskDefinition } = await register(undefined, { tags: [{ key: 'team', value: 'shop' }] });
    expect((await client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).tags).toBeUndefined();
    expect((await client.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }))).tags).toEqual([{ key: 'team', value: 'shop' }]);
  });

  test.each([
    ['what only ECS writes', { revision: 7 }, 'ClientException'], ['tags of AWS', { tags: [{ key: 'aws:x', value: 'y' }] }, 'InvalidParameterException'],
  ])('with %s are refused', async (_, more, name) => {
    await expect(register(undefined, more)).rejects.toMatchObject({ name });
  });
});

describe('digests', () => {
  const revision = async () => {
    const { arn } = world.ecs.latest.targetServiceRevision!;
    return (await client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [arn!] }))).serviceRevisions![0];
  };

  test('are established with the first task, and stay when the tag moves', async () => {
    world.released.push(['base', 'app 3'], { tag: 'released' });
    await update(undefined, { desiredCount: 3 });
    expect(world.runningDigests).toEqual([world.previous, world.previous, world.previous]);
    world.ecs.scripts.push(deployment.isRolledBack());
    await deployNext();
    world.clock.pass(120_000);
    expect((await latest()).status).toBe('ROLLBACK_SUCCESSFUL');
    expect(world.runningDigests).toEqual([world.previous, world.previous, world.previous]);
  });

  test('are not established without a task', async () => {
    await update(undefined, { desiredCount: 0 });
    await update((await register(`${world.released.uri}:released`)).taskDefinitionArn);
    world.clock.pass(60_000);
    expect([(await latest()).status, (await revision()).containerImages]).toEqual(['SUCCESSFUL', []]);
  });

  test('are asked for twenty revisions at most', async () => {
    await expect(client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: Array(21).fill('x') }))).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('lists', () => {
  test('come in pages', async () => {
    await deployNext();
    await deployNext();
    const first = await list();
    const second = await list({ nextToken: first.nextToken });
    expect([first.serviceDeployments!.length, second.serviceDeployments!.length, second.nextToken]).toEqual([2, 1, undefined]);
    await update(undefined, { desiredCount: 3 });
    const { taskArns, nextToken } = await client.send(new ListTasksCommand({ cluster: world.ecs.clusterArn, desiredStatus: 'RUNNING' }));
    expect([taskArns!.length, nextToken]).toEqual([2, '2']);
    expect((await client.send(new DescribeTasksCommand({ tasks: taskArns }))).tasks).toHaveLength(2);
  });

  test('leave out deployments of another state, older ones, and those that are not listed yet', async () => {
    const before = world.clock.date();
    await deployNext();
    expect((await list({ status: ['SUCCESSFUL'] })).serviceDeployments).toHaveLength(1);
    expect((await list({ createdAt: { after: before } })).serviceDeployments).toHaveLength(1);
    world.ecs.appearsAfter = 10;
    expect((await list({ createdAt: { after: before } })).serviceDeployments).toEqual([]);
    world.clock.pass(10_000);
    expect((await list({ createdAt: { after: before } })).serviceDeployments).toHaveLength(1);
  });
});

test('a service that is not there, and a cluster', async () => {
  await expect(client.send(new DescribeServicesCommand({ cluster: world.ecs.clusterArn, services: ['gone'] })))
    .resolves.toEqual({ services: [], failures: [{ arn: 'gone', reason: 'MISSING' }] });
  await expect(client.send(new DescribeServicesCommand({ cluster: 'gone', services: ['x'] }))).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
});
