import { throttled } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});
// Whatever the reason: the tag stays where it was.
afterEach(() => expect(world.releasedDigest).toBe(world.previous));

describe('what is wrong afterwards is found', () => {
  test('the revision has another digest', async () => {
    world.ecs.fail('DescribeServiceDeployments', () => undefined);
    jest.spyOn(world.ecr, 'resolve').mockReturnValue(world.previous);
    expect((await world.failure()).cause).toMatch(new RegExp(`the service revision \\d+ runs the wrong image: ${world.previous} instead of ${world.next}`));
  });

  test('a task has another digest', async () => {
    world.ecs.disturbTask = task => ({ ...task, containers: [{ ...task.containers![0], imageDigest: world.previous }] });
    expect((await world.failure()).cause).toMatch(/the task task\d runs the wrong image/);
  });

  test('a task tells no digest', async () => {
    world.ecs.disturbTask = task => ({ ...task, containers: undefined });
    expect((await world.failure()).cause).toMatch(/^production: ECS does not tell which image the task task\d runs$/);
  });

  test('no task runs', async () => {
    world.ecs.disturbTask = task => ({ ...task, lastStatus: 'DEPROVISIONING' });
    expect((await world.failure()).cause).toBe('production: no task of the new revision runs');
  });

  test('targets are unhealthy', async () => {
    world.around.health = () => ({ State: 'unhealthy', Reason: 'Target.ResponseCodeMismatch', Description: 'codes: [500]' });
    const { cause, details } = await world.failure();
    expect(cause).toMatch(/^production: not all tasks are healthy in the load balancer: task task\d in target group web: unhealthy, Target.ResponseCodeMismatch, codes: \[500\]$/);
    expect(details).toMatch(/^task task\d in target group web: unhealthy/);
    expect(details).toContain('Look at https://');
  });

  test('tasks are not registered in the target group', async () => {
    world.around.health = () => undefined;
    expect((await world.failure()).cause).toMatch(/in target group web: not registered$/);
  });

  test('a task without network is not in the target group', async () => {
    world.ecs.disturbTask = task => ({ ...task, containers: task.containers!.map(container => ({ ...container, networkInterfaces: undefined })) });
    expect((await world.failure()).cause).toMatch(/not registered$/);
  });

  test('AWS does not answer at all', async () => {
    world.ecs.fail('ListTasks', ...Array.from({ length: 200 }, throttled));
    expect((await world.failure()).cause).toBe('production: AWS did not answer while the release was verified');
  });

  test('the copy is gone before the tag moves', async () => {
    world.around.health = task => {
      world.released.manifests.delete(world.next);
      return { State: task ? 'healthy' : 'unused' };
    };
    expect((await world.failure()).cause).toBe(`production: the image ${world.next} is not in the repository of the place, web`);
  });

  test('a task of another revision that is on its way out proves nothing and is no failure', async () => {
    world.ecs.fail('ListTasks', () => {
      world.ecs.running.push({ ...world.ecs.running[0], taskArn: 'task/old', taskDefinitionArn: world.place.taskDefinitionArn, containers: [{ name: 'web', imageDigest: world.previous }] });
      return undefined;
    });
    expect((await world.release()).summaries.at(-1)).toContain('2 tasks, healthy');
    world.released.tags.set('released', world.previous);
  });

  test('targets that become healthy in time are no failure', async () => {
    const until = world.clock.now() + 200_000;
    world.around.health = () => ({ State: world.clock.now() < until ? 'initial' : 'healthy' });
    expect((await world.release()).succeeded).toBe(true);
    world.released.tags.set('released', world.previous);
  });
});
