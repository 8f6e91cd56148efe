import { ModelWorld } from '../model-world';
import { ModelRegistry } from './registry';
import { ServiceProvider } from './service-provider';
import { deployment } from '../../support/doubles/fake-ecs';
import { templateOf } from '../templates';

let world: ModelWorld;
beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ModelWorld();
});

describe('the service, as CloudFormation handles it', () => {
  const properties = (more = {}) => ({ TaskDefinition: world.ecs.define({ family: 'web', containerDefinitions: [{ name: 'app', image: 'image@sha256:1' }] }), DesiredCount: 2, ...more });
  const provider = async (tellsAll: boolean) => {
    const made = new ServiceProvider(world.ecs, world.clock, tellsAll);
    const before = properties();
    const { id } = await made.create(before);
    return { made, before, id };
  };

  test.each(['TaskDefinition', 'NetworkConfiguration', 'LoadBalancers'])('a changed %s begins a deployment', async name => {
    const { made, before, id } = await provider(true);
    await made.update(id, { ...before, [name]: name === 'TaskDefinition' ? properties().TaskDefinition : {} }, before);
    expect(world.ecs.deployments).toHaveLength(2);
  });

  test('grace period, alarms and desired count begin none; the count is followed at once', async () => {
    const { made, before, id } = await provider(true);
    await made.update(id, { ...before, DesiredCount: 3, HealthCheckGracePeriodSeconds: 90, DeploymentConfiguration: {} }, before);
    expect(world.ecs.deployments).toHaveLength(1);
    expect(world.ecs.running.map(({ containers }) => containers![0].imageDigest)).toEqual(['sha256:1', 'sha256:1', 'sha256:1']);
    await made.update(id, { ...before, DesiredCount: 1 }, before);
    expect(world.ecs.running).toHaveLength(1);
  });

  test.each([[true, 3], [false, 2]])('told everything (%s), a service that a release has changed is deployed by any update', async (tellsAll, count) => {
    const { made, before, id } = await provider(tellsAll);
    world.ecs.deploy(properties().TaskDefinition, deployment.succeeds(0));
    await made.update(id, { ...before, HealthCheckGracePeriodSeconds: 90 }, before);
    expect(world.ecs.deployments).toHaveLength(count);
  });

  test('a deployment that ECS rolls back fails the update, and the next one begins with what ran before', async () => {
    const { made, before, id } = await provider(true);
    world.ecs.scripts.push(deployment.isRolledBack());
    const network = { ...before, NetworkConfiguration: {} };
    await expect(made.update(id, network, before)).rejects.toThrow('the deployment of the service ended as ROLLBACK_SUCCESSFUL');
    await made.update(id, before, network);
    expect(world.ecs.deployments).toHaveLength(2);
  });

  test('a service that never becomes steady fails after three hours, and is gone', async () => {
    world.ecs.scripts.push(deployment.hangs());
    const before = world.clock.now();
    await expect(provider(true)).rejects.toThrow('the service did not become steady in time');
    expect(world.clock.now() - before).toBe(3 * 3_600_000);
    expect(world.ecs.service.status).toBe('INACTIVE');
  });

  test.each(['NetworkConfiguration', 'LoadBalancers', 'TaskDefinition', 'DesiredCount'])('a changed %s is refused by a service that CodeDeploy deploys', async name => {
    const made = new ServiceProvider(world.ecs, world.clock, true);
    const before = { ...properties({ DeploymentController: { Type: 'CODE_DEPLOY' } }), TaskDefinition: 'web' };
    const { id } = await made.create(before);
    await expect(made.update(id, { ...before, [name]: 'another' }, before)).rejects.toThrow(`Unable to update ${name} on services with a CODE_DEPLOY deployment controller`);
    await made.update(id, before, { ...before, [name]: 'another' });
    expect(world.ecs.deployments).toHaveLength(1);
  });

  test('a task definition that was deregistered cannot be deployed', async () => {
    const { made, before, id } = await provider(true);
    const { TaskDefinition } = properties();
    world.ecs.definitions.get(TaskDefinition)!.definition.status = 'INACTIVE';
    await expect(made.update(id, { ...before, TaskDefinition }, before)).rejects.toThrow('TaskDefinition is inactive');
  });
});

describe('images', () => {
  const digestsOf = async () => {
    await world.deploy(templateOf('nothing'));
    return { first: world.released!, second: world.repository.push(['other']) };
  };

  test('moving a tag changes nothing that runs, nor what is added to it; the next deployment takes the tag as it is then', async () => {
    const { first, second } = await digestsOf();
    world.repository.tags.set('released', second);
    expect(world.running).toEqual([first, first]);
    world.ecs.scale(3);
    expect(world.running).toEqual([first, first, first]);
    world.forceNewDeployment();
    expect(world.running).toEqual([second, second, second]);
  });

  test('what ECS rolls back to has the digest that it had, whatever the tag is now', async () => {
    const { first, second } = await digestsOf();
    world.repository.tags.set('released', second);
    world.ecs.scripts.push(deployment.isRolledBack());
    world.forceNewDeployment();
    expect(world.running).toEqual([first, first]);
  });
});

describe('registry', () => {
  const uri = 'https://222222222222.dkr.ecr.eu-west-1.amazonaws.com/v2';
  const ask = (path: string, init: RequestInit = {}, token = world.ecr.token) =>
    new ModelRegistry(world.ecr).answer(`${uri}/${path}`, { method: 'PUT', headers: { authorization: `Basic ${token}` }, ...init });

  beforeEach(() => void world.ecr.repository({ account: '222222222222', region: 'eu-west-1', name: 'web', mutableTags: ['released'] }));

  test('refuses a wrong password, an unknown repository, a wrong digest and a manifest whose layers are missing', async () => {
    const manifest = JSON.stringify({ layers: [{ digest: 'sha256:missing' }] });
    expect(ask('web/manifests/x', {}, 'wrong')!.status).toBe(401);
    expect(ask('other/manifests/x')!.status).toBe(404);
    expect(ask('web/blobs/upload?digest=sha256:0', { body: Buffer.from('x') })!.status).toBe(400);
    expect(await ask('web/manifests/x', { body: Buffer.from(manifest) })!.json()).toEqual({ errors: [{ code: 'LayersNotFoundException' }] });
  });

  test('moves the one tag that may move, and no other', () => {
    const put = (tag: string, text: string) => ask(`web/manifests/${tag}`, { body: Buffer.from(JSON.stringify({ text })) })!.status;
    expect(['1', '1', '2'].map(text => put('released', text))).toEqual([201, 201, 201]);
    expect(['1', '1', '2'].map(text => put('commit', text))).toEqual([201, 201, 405]);
  });
});
