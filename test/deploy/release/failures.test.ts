import { deployment } from '../../support/doubles/fake-ecs';
import { awsError, throttled } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});
// Whatever the reason: the tag stays where it was, and the first line names the place.
afterEach(() => expect(world.releasedDigest).toBe(world.previous));

const CRASH = {
  stopCode: 'EssentialContainerExited' as const,
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'web', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
};

describe('a deployment that fails', () => {
  test('circuit breaker: says so within seconds, with exit code, reason and the last log lines', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
    world.around.logs.set('/web app/web/task3', Array.from({ length: 20 }, (_, line) => `line ${line}`));
    const began = world.clock.now();

    const { cause, details } = await world.failure();

    expect(cause).toBe('production: the ECS circuit breaker rolled the deployment back after 3 failed tasks: '
      + 'Essential container in task exited (container web exited with code 137)');
    expect(details.split('\n')).toEqual([
      'Stopped task task3: EssentialContainerExited, Essential container in task exited',
      'Container web exited with code 137',
      'Container web reports: OutOfMemoryError: Container killed due to memory usage',
      'Last log lines of web:',
      ...Array.from({ length: 12 }, (_, line) => `  line ${line + 8}`),
      'ECS says: tasks failed to start.',
      'The tag of released images was not moved.',
      'Look at https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop/services/web/deployments/deployment-2?region=eu-west-1',
    ]);
    expect(world.clock.now() - began).toBeLessThanOrEqual(65_000);
  });

  test('failed tasks are counted while it goes on', async () => {
    world.pipeline.functionTimeout = 30;
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH, 600));
    const { summaries } = await world.release();
    expect(summaries).toContain('Deploying: 0 of 2 tasks run, 1 failed');
  });

  test('alarms: names them, and does not blame a task that stopped', async () => {
    world.ecs.scripts.push(deployment.isRolledBackByAlarms(['errors', 'slow']));
    const { cause } = await world.failure();
    expect(cause).toBe('production: alarm errors, slow rolled the deployment back');
  });

  test('alarms: a stopped task is told in the details', async () => {
    const [progress, ...rest] = deployment.isRolledBackByAlarms(['errors']);
    world.ecs.scripts.push([{ ...progress, stops: CRASH }, ...rest]);
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: alarm errors rolled the deployment back');
    expect(details).toContain('exited with code 137');
  });

  test('a task that never starts: the image cannot be pulled', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({
      stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: pull image manifest has been retried 5 time(s)', containers: [],
    }));
    const { cause, details } = await world.failure();
    expect(cause).toContain('after 3 failed tasks: CannotPullContainerError: pull image manifest has been retried');
    expect(details).toContain('There is nothing in the log of the task.');
  });

  test('a task that fails its health checks', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({
      stoppedReason: 'Task failed container health checks', containers: [{ name: 'proxy' }, { name: 'web', healthStatus: 'UNHEALTHY' }],
    }));
    world.around.logs.set('/web app/web/task3', []);
    const { cause, details } = await world.failure();
    expect(cause).toContain('Task failed container health checks (container web fails its health check)');
    expect(details).toContain('no stop code');
    expect(details).toContain('  (none)');
  });

  test('a task about which ECS says nothing', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ containers: undefined }));
    const { cause, details } = await world.failure();
    expect(cause).toMatch(/failed tasks: a task stopped$/);
    expect(details).toContain('no stop code, no reason given');
  });

  test('the latest failed task of this deployment is told, no other', async () => {
    const [first, second, ...rest] = deployment.isGivenUpByTheCircuitBreaker(CRASH);
    const later = { after: 40, change: {}, stops: { stoppedReason: 'the later one' } };
    const scaledIn = { after: 50, change: {}, stops: { stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)' } };
    world.ecs.scripts.push([first, second, later, scaledIn, ...rest]);
    world.ecs.stopped.push({ taskArn: 'task/of-another-revision', taskDefinitionArn: 'another', stoppedReason: 'another', stoppedAt: new Date('2099-01-01') });
    expect((await world.failure()).cause).toMatch(/: the later one$/);
  });

  test('tasks that are still stopping count too', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
    world.ecs.fail('ListTasks', () => {
      const [task] = world.ecs.stopped;
      world.ecs.stopped.push(
        { ...task, taskArn: 'task/no-times', stoppedAt: undefined, stoppedReason: 'without times' },
        { ...task, taskArn: 'task/stopping', stoppedAt: undefined, stoppingAt: new Date(world.clock.now() + 1), stoppedReason: 'it is stopping' },
      );
      return undefined;
    });
    expect((await world.failure()).cause).toMatch(/failed tasks: it is stopping/);
  });

  test('no task at all: the events of the service since the deployment began', async () => {
    world.ecs.service.events = [
      { createdAt: new Date(world.clock.now() + 30_000), message: '(service web) was unable to place a task: no capacity' },
      { createdAt: new Date(world.clock.now() + 20_000), message: '(service web) has started 1 tasks: (task 1)' },
      { createdAt: new Date(world.clock.now() - 20_000), message: '(service web) was unable to do something yesterday' },
    ];
    world.ecs.scripts.push(deployment.isRolledBack({ rollback: { reason: 'Rollback requested by a person' } }));
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: ECS rolled the deployment back: Rollback requested by a person');
    expect(details).toContain('ECS event: (service web) was unable to place a task: no capacity');
    expect(details).not.toMatch(/has started|yesterday/);
  });

  test('what cannot be read is said and hides no cause', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
    world.ecs.fail('ListTasks', awsError('AccessDeniedException', 'no ecs:ListTasks'));
    world.ecs.fail('DescribeServices', () => undefined, () => undefined, () => undefined, awsError('AccessDeniedException', 'no ecs:DescribeServices'));
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: the ECS circuit breaker rolled the deployment back after 3 failed tasks');
    expect(details).toContain('Could not read the stopped tasks: AccessDeniedException, no ecs:ListTasks');
    expect(details).toContain('Could not read the events of the service: AccessDeniedException, no ecs:DescribeServices');
  });

  test('stopped without rollback and without a newer deployment', async () => {
    world.ecs.scripts.push(deployment.isStopped({ deploymentCircuitBreaker: { status: 'TRIGGERED', failureCount: 4, threshold: 3 } }));
    expect((await world.failure()).cause).toBe('production: the ECS circuit breaker stopped the deployment after 4 failed tasks');
  });

  test('stopped for a reason that only ECS knows', async () => {
    world.ecs.scripts.push([{ after: 5, change: { status: 'STOP_REQUESTED' } }, ...deployment.isStopped()]);
    expect((await world.failure()).cause).toBe('production: ECS stopped the deployment: it does not say why');
  });

  test('a rollback that fails', async () => {
    world.ecs.scripts.push(deployment.failsToRollBack());
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: the deployment failed and ECS could not roll it back: look at the service now');
    expect(details).toContain('ECS says: the old tasks did not start either.');
  });

  test('successful, yet rolled back', async () => {
    world.ecs.scripts.push([{ after: 60, change: { status: 'SUCCESSFUL', rollback: { reason: 'late alarm' } } }]);
    expect((await world.failure()).cause).toBe('production: ECS rolled the deployment back: late alarm');
  });

  test('superseded: names the other deployment and its image instead of blaming this one', async () => {
    world.ecs.scripts.push(deployment.hangs());
    world.pipeline.functionTimeout = 60;
    world.pipeline.between = () => {
      world.ecs.deploy(world.place.taskDefinitionArn);
      world.pipeline.between = () => {};
    };
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: another deployment of the service took the place of this release');
    expect(details).toContain(`service-deployment/shop/web/deployment-3 (PENDING) deploys ${world.released.uri}:released.`);
  });

  test('superseded while the release is verified, by a task definition that is deleted already', async () => {
    world.around.health = () => ({ State: 'initial' });
    world.pipeline.functionTimeout = 90;
    world.pipeline.between = () => world.ecs.deploy('arn:aws:ecs:eu-west-1:222222222222:task-definition/gone:1', deployment.hangs());
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: another deployment of the service took the place of this release');
    expect(details).toContain('deploys an image of a deleted task definition');
  });
});

describe('a deployment without end', () => {
  test('is rolled back when the time of the release is over', async () => {
    world.ecs.scripts.push(deployment.hangs());
    const { cause, invocations } = await world.failure();
    expect(cause).toBe('production: the deployment was not over after 60 minutes and is being rolled back');
    expect(invocations).toBeGreaterThan(3);
    expect(world.ecs.inputs('StopServiceDeployment')).toEqual([{ serviceDeploymentArn: world.ecs.latest.serviceDeploymentArn, stopType: 'ROLLBACK' }]);
  });

  test('and it is said when ECS refuses to stop it', async () => {
    process.env.RELEASE_TIMEOUT_MINUTES = '5';
    world.ecs.scripts.push(deployment.hangs());
    world.ecs.fail('StopServiceDeployment', awsError('ConflictException', 'no source revision'));
    expect((await world.failure()).cause).toBe('production: the deployment was not over after 5 minutes and could not be stopped (no source revision)');
  });

  test('even when AWS does not tell about it', async () => {
    process.env.RELEASE_TIMEOUT_MINUTES = '5';
    world.ecs.scripts.push(deployment.hangs());
    const end = world.clock.now() + 300_000;
    const silent = () => world.clock.now() < end || world.ecs.inputs('StopServiceDeployment').length === 0 ? throttled() : undefined;
    world.ecs.fail('DescribeServiceDeployments', () => undefined, ...Array.from({ length: 1000 }, () => silent));
    expect((await world.failure()).cause).toBe('production: the deployment was not over after 5 minutes and is being rolled back');
  });
});

describe('a long message', () => {
  const LINK = 'Look at https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop/services/web/deployments/deployment-2?region=eu-west-1';

  test('is cut, its first line and its last one stay', async () => {
    const containers = Array.from({ length: 10 }, (_, index) => ({ name: `sidecar${index}`, reason: 'y'.repeat(1000) }));
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ ...CRASH, containers: [...CRASH.containers, ...containers] }));
    const { cause, details } = await world.failure();
    expect(cause).toContain('circuit breaker');
    expect(details).toMatch(/yyy\.\.\.\n/);
    expect(details.endsWith(`\n${LINK}`)).toBe(true);
    expect(cause.length + 1 + details.length).toBe(5000);
  });

  test('of a container does not hide the rest, here and in a message to a topic, which takes 256 KB', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker(CRASH));
    world.around.logs.set('/web app/web/task3', Array.from({ length: 12 }, () => 'x'.repeat(100_000)));
    const { details } = await world.failure();
    expect(details.split('\n').filter(line => line === `  ${'x'.repeat(300)}`)).toHaveLength(12);
    expect(details).toContain('\nECS says: tasks failed to start.\nThe tag of released images was not moved.\nLook at https://');
    expect(world.history.messages[0].Message.length).toBeLessThan(10_000);
  });

  test('of one line is cut as well', async () => {
    world.ecs.fail('UpdateService', awsError('InvalidParameterException', 'z'.repeat(10_000)));
    expect((await world.failure()).cause).toMatch(/^production: InvalidParameterException: z{4900,}\.\.\.$/);
  });
});

test.each([
  ['arn:aws-cn:ecs:cn-north-1:222222222222:service/shop/web', 'https://cn-north-1.console.amazonaws.cn/'],
  ['arn:aws-us-gov:ecs:us-gov-west-1:222222222222:service/shop/web', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
])('the console has other addresses in other partitions: %s', async (serviceArn, address) => {
  const region = serviceArn.split(':')[3];
  world.ecs.service.serviceArn = serviceArn;
  world.publish({ serviceArn, repositoryUri: world.released.uri });
  Object.assign(world.released.props, { region });
  world.ecs.scripts.push(deployment.failsToRollBack());
  expect((await world.failure({ region })).details).toContain(`Look at ${address}`);
});
