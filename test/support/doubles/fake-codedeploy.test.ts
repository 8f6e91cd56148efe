import {
  BatchGetDeploymentsCommand, BatchGetDeploymentTargetsCommand, CodeDeployClient, CreateDeploymentCommand, GetDeploymentCommand, ListDeploymentsCommand, StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import { byCodeDeploy } from './fake-codedeploy';
import { ReleaseWorld } from './release-world';

let world: ReleaseWorld;
let client: CodeDeployClient;
beforeEach(() => {
  world = new ReleaseWorld();
  world.byCodeDeploy();
  client = new CodeDeployClient({ region: 'eu-west-1' });
});

const appSpec = (changes: object = {}, properties: object = {}) => JSON.stringify({
  Resources: [{
    TargetService: {
      Type: 'AWS::ECS::Service',
      Properties: { TaskDefinition: world.place.taskDefinitionArn, LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 80 }, ...properties },
    },
  }],
  Hooks: [],
  ...changes,
});
const create = (content = appSpec(), group: object = {}) => client.send(new CreateDeploymentCommand({
  ...world.codeDeploy.group, ...group, revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
}));
const look = async (deploymentId?: string) => (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo!;
const targetOf = async (deploymentId: string, id = 'shop:web') =>
  (await client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: [id] }))).deploymentTargets![0].ecsTarget!;

test('one deployment at a time', async () => {
  await create();
  await expect(create()).rejects.toThrow('already has an active Deployment');
  world.clock.pass(300_000);
  await expect(create()).resolves.toEqual({ deploymentId: 'd-000000002' });
});

test.each([
  ['another container', () => appSpec({}, { LoadBalancerInfo: { ContainerName: 'api', ContainerPort: 80 } })],
  ['no port', () => appSpec({}, { LoadBalancerInfo: { ContainerName: 'web' } })],
  ['a task definition that does not exist', () => appSpec({}, { TaskDefinition: 'gone' })],
  ['a hook in an event that takes none', () => appSpec({ Hooks: [{ Install: 'function' }] })],
])('an AppSpec with %s is refused', async (_, content) => {
  await expect(create(content())).rejects.toMatchObject({ name: expect.stringMatching('InvalidRevisionException') });
});

test.each([
  [{ applicationName: 'gone' }, 'ApplicationDoesNotExistException'], [{ deploymentGroupName: 'gone' }, 'DeploymentGroupDoesNotExistException'],
  [{ description: 'x'.repeat(257) }, 'DescriptionTooLongException'], [{ revision: { revisionType: 'S3' } }, 'InvalidRevisionException'],
])('%j is refused', async (input, name) => {
  await expect(client.send(new CreateDeploymentCommand({ ...world.codeDeploy.group, ...input } as never))).rejects.toMatchObject({ name });
  if (!('revision' in input)) return;
  await expect(client.send(new ListDeploymentsCommand({ applicationName: 'gone' }))).rejects.toMatchObject({ name: 'ApplicationDoesNotExistException' });
});

test('traffic, task sets and events follow the script', async () => {
  const taskDefinition = world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'web', image: `${world.released.uri}:released` }] });
  const { deploymentId } = await create(appSpec({}, { TaskDefinition: taskDefinition }));
  await expect(targetOf(deploymentId!)).rejects.toMatchObject({ name: 'DeploymentNotStartedException' });
  world.clock.pass(61_000);
  const target = await targetOf(deploymentId!);
  expect(target.lifecycleEvents!.map(({ status }) => status)).toEqual([...Array(6).fill('Succeeded'), 'InProgress', 'Pending']);
  expect(target.taskSetsInfo![1]).toMatchObject({ taskSetLabel: 'Green', trafficWeight: 10 });
  expect(world.ecs.service.taskSets!.map(({ status }) => status)).toEqual(['PRIMARY', 'ACTIVE']);
  world.clock.pass(60_000);
  expect((await look(deploymentId)).status).toBe('Succeeded');
  expect(world.ecs.service.taskSets).toMatchObject([{ status: 'PRIMARY', externalId: deploymentId, taskDefinition }]);
  await expect(targetOf(deploymentId!, 'shop:other')).rejects.toMatchObject({ name: 'DeploymentTargetDoesNotExistException' });
});

test.each([['a failure', byCodeDeploy.failsIn('Install', 'TIMEOUT', 'too long'), 'Failed'], ['a stop', byCodeDeploy.hangs(), 'Stopped']])(
  '%s is rolled back by a deployment of CodeDeploy\'s own', async (_, script, status) => {
    world.codeDeploy.scripts.push(script);
    const before = world.ecs.service.taskSets!.slice();
    const { deploymentId } = await create();
    world.clock.pass(10_000);
    if (status === 'Stopped') {
      await expect(client.send(new StopDeploymentCommand({ deploymentId }))).rejects.toThrow('the tests want a rollback');
      await client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
    }
    world.clock.pass(60_000);
    expect(await look(deploymentId)).toMatchObject({ status, rollbackInfo: { rollbackDeploymentId: 'd-000000002' } });
    expect(await look('d-000000002')).toMatchObject({ creator: 'codeDeployRollback', rollbackInfo: { rollbackTriggeringDeploymentId: deploymentId } });
    await expect(client.send(new StopDeploymentCommand({ deploymentId }))).rejects.toMatchObject({ name: 'DeploymentAlreadyCompletedException' });
    world.clock.pass(61_000);
    expect((await look('d-000000002')).status).toBe('Succeeded');
    expect(world.ecs.service.taskSets).toEqual(before);
  });

test('lists come in pages, by time and status', async () => {
  for (let count = 0; count < 3; count++) {
    await create();
    world.clock.pass(300_000);
  }
  const list = (more: object) => client.send(new ListDeploymentsCommand({ ...world.codeDeploy.group, createTimeRange: { start: new Date(0) }, ...more }));
  expect(await list({})).toEqual({ deployments: ['d-000000001', 'd-000000002'], nextToken: '2' });
  expect((await list({ nextToken: '2' })).deployments).toEqual(['d-000000003']);
  expect((await list({ includeOnlyStatuses: ['Failed'] })).deployments).toEqual([]);
  expect((await list({ createTimeRange: { start: world.clock.date() } })).deployments).toEqual([]);
  await expect(client.send(new ListDeploymentsCommand({ ...world.codeDeploy.group, deploymentGroupName: 'gone' }))).rejects.toMatchObject({ name: 'DeploymentGroupDoesNotExistException' });
  await expect(client.send(new BatchGetDeploymentsCommand({ deploymentIds: [] }))).rejects.toMatchObject({ name: 'BatchLimitExceededException' });
  await expect(look('d-gone')).rejects.toMatchObject({ name: 'DeploymentDoesNotExistException' });
});
