import { OneOffWorld } from './one-off-world';
import { fate } from '../../support/doubles/fake-one-off-tasks';
import { awsError, throttled } from '../../support/doubles/fake-service';

let world: OneOffWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new OneOffWorld();
});

const started = () => world.ecs.inputs('RunTask');
const registered = () => world.ecs.inputs('RegisterTaskDefinition');

describe('a task beside a service', () => {
  test('runs the new image with the command, in the network of the service, in a family of its own', async () => {
    world.print('web', ['migrated']);
    const { succeeded, summaries, variables } = await world.runTask();
    expect([succeeded, summaries.at(-1)]).toEqual([true, 'web exited with code 0 in production']);
    expect(variables).toEqual({ TaskArn: 'arn:aws:ecs:eu-west-1:222222222222:task/shop/once1' });
    expect(registered()).toHaveLength(1);
    expect(registered()[0]).toMatchObject({
      family: 'web-one-off', cpu: '256',
      containerDefinitions: [
        { name: 'proxy' },
        { name: 'web', image: `${world.released.uri}@${world.next}`, command: ['migrate'], environment: [{ name: 'COLOUR', value: 'green' }], essential: true },
      ],
    });
    expect(registered()[0].containerDefinitions[1]).not.toHaveProperty('healthCheck');
    expect(Object.fromEntries(registered()[0].tags.map(({ key, value }: any) => [key, value]))).toMatchObject({
      'team': 'shop', 'cdk-fargate-cicd:one-off': 'Migrate', 'cdk-fargate-cicd:execution': 'execution-1',
    });
    expect(started()).toEqual([expect.objectContaining({
      cluster: world.ecs.clusterArn, launchType: 'FARGATE', startedBy: 'Migrate', networkConfiguration: world.ecs.service.networkConfiguration,
      tags: expect.arrayContaining([{ key: 'cdk-fargate-cicd:family', value: 'web-one-off' }, { key: 'cdk-fargate-cicd:until', value: '2026-01-15T13:30:00.000Z' }]),
    })]);
    expect(world.ecs.deployments).toHaveLength(1);
    expect(world.releasedDigest).toBe(world.previous);
  });

  test('has the roles, the size, the disk and the platform of the service', async () => {
    const same = {
      taskRoleArn: 'arn:aws:iam::222222222222:role/task', executionRoleArn: 'arn:aws:iam::222222222222:role/execution', cpu: '1024', memory: '2048', ephemeralStorage: { sizeInGiB: 50 },
      networkMode: 'awsvpc', runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' }, requiresCompatibilities: ['FARGATE'],
    };
    Object.assign(world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition, same);
    await world.runTask();
    expect(registered()[0]).toMatchObject(same);
  });

  test('does everything in the place by its release role', async () => {
    await world.runTask();
    expect(new Set(world.ecs.calls.map(({ caller }) => `${caller.accessKeyId} ${caller.region}`))).toEqual(new Set(['release-role eu-west-1']));
  });

  test('keeps command and health check where no command is given, and adds variables', async () => {
    world.settings = { ...world.settings, command: undefined, environment: { COLOUR: 'red', MODE: 'test' } };
    await world.runTask();
    expect(registered()[0].containerDefinitions[1]).toMatchObject({
      command: ['serve'], healthCheck: { command: ['CMD', 'true'] }, environment: [{ name: 'COLOUR', value: 'red' }, { name: 'MODE', value: 'test' }],
    });
  });

  describe('with neighbours', () => {
    const base = () => world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition;
    const awsLogs = { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/web', 'awslogs-stream-prefix': 'app' } };
    const fireLens = { logDriver: 'awsfirelens' as const, options: { Name: 'firehose' } };
    const router = { name: 'log-router', image: 'fluent-bit', essential: true, logConfiguration: awsLogs };

    test('essential ones do not keep it alive, volumes and what it waits for are kept', async () => {
      const volumes = [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-11111111' } }];
      const [web] = base().containerDefinitions!;
      base().containerDefinitions![1].healthCheck = { command: ['CMD', 'true'] };
      Object.assign(web, { essential: false, dependsOn: [{ containerName: 'proxy', condition: 'HEALTHY' }], mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] });
      Object.assign(base(), { volumes });
      expect((await world.runTask()).succeeded).toBe(true);
      expect(registered()[0]).toMatchObject({
        volumes,
        containerDefinitions: [{ name: 'proxy' }, { name: 'web', essential: true, dependsOn: [{ containerName: 'proxy', condition: 'HEALTHY' }], mountPoints: [{ sourceVolume: 'data' }] }],
      });
    });

    test('one that waits for the health of the application does not wait for that of a command, which has none', async () => {
      const [web, proxy] = base().containerDefinitions!;
      base().containerDefinitions = [web, { ...proxy, dependsOn: [{ containerName: 'web', condition: 'HEALTHY' }] }, {
        name: 'agent', image: 'agent', dependsOn: [{ containerName: 'web', condition: 'START' }],
      }];
      expect((await world.runTask()).succeeded).toBe(true);
      expect(registered()[0].containerDefinitions.slice(0, 2).map(({ dependsOn }: any) => dependsOn)).toEqual([[{ containerName: 'web', condition: 'START' }], [{ containerName: 'web', condition: 'START' }]]);
      world.settings = { ...world.settings, command: undefined };
      expect((await world.runTask()).succeeded).toBe(true);
      expect(registered()[1].containerDefinitions[0].dependsOn).toEqual([{ containerName: 'web', condition: 'HEALTHY' }]);
    });

    test.each(['SUCCESS', 'COMPLETE'] as const)('one that waits for its end (%s) has no place beside it', async (condition) => {
      const [web, proxy] = base().containerDefinitions!;
      base().containerDefinitions = [{ ...web, essential: false }, { ...proxy, dependsOn: [{ containerName: 'web', condition }] }];
      expect(await world.failingTask()).toMatchObject({
        cause: expect.stringMatching(/^production: the task definition arn:.*\/web:1 has a container proxy that waits for the end of web, with which a one-off task is over$/), type: 'ConfigurationError',
      });
    });

    test('one of the name of the tests is refused', async () => {
      base().containerDefinitions![1].name = 'tests';
      expect((await world.runTask()).succeeded).toBe(true);
      world.settings = { ...world.settings, tests: { image: 'newman' } };
      expect((await world.failingTask()).cause).toMatch(/has a container tests already: give it another name$/);
    });

    test('an application that ECS starts again when it ends is not started again', async () => {
      base().containerDefinitions![0].restartPolicy = { enabled: true };
      await world.runTask();
      expect(registered()[0].containerDefinitions[1]).not.toHaveProperty('restartPolicy');
    });

    test.each([
      ['FireLens: its log goes where the router writes', [router], awsLogs],
      ['FireLens without a neighbour in the log group of the place: it stays', [{ ...router, logConfiguration: undefined }], fireLens],
    ])('%s', async (_, neighbours, expected) => {
      const [web] = base().containerDefinitions!;
      base().containerDefinitions = [{ ...web, logConfiguration: fireLens }, ...neighbours];
      world.settings = { ...world.settings, tests: { image: 'newman' } };
      world.ecs.oneOff.fates.push(fate.ends({ web: 143, tests: 0 }));
      await world.runTask();
      const logging = Object.fromEntries(registered()[0].containerDefinitions.map(({ name, logConfiguration }: any) => [name, logConfiguration]));
      expect(logging).toMatchObject({ web: expected, tests: expected });
    });

    test('FireLens where no log group is known: it stays', async () => {
      const [web] = base().containerDefinitions!;
      base().containerDefinitions = [{ ...web, logConfiguration: fireLens }, router];
      world.publish({ logGroupName: undefined });
      await world.runTask();
      expect(registered()[0].containerDefinitions.at(-1).logConfiguration).toEqual(fireLens);
    });

    test('a service on Spot: the task runs on plain Fargate, in public subnets with a public address', async () => {
      const network = { awsvpcConfiguration: { subnets: ['subnet-11111119'], securityGroups: ['sg-11111111'], assignPublicIp: 'ENABLED' as const } };
      delete world.ecs.service.launchType;
      Object.assign(world.ecs.service, { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }], networkConfiguration: network });
      expect((await world.runTask()).succeeded).toBe(true);
      expect(started()[0]).toMatchObject({ launchType: 'FARGATE', networkConfiguration: network });
      expect(started()[0]).not.toHaveProperty('capacityProviderStrategy');
    });
  });

  test('is modelled on the template where CodeDeploy deploys', async () => {
    world.byCodeDeploy();
    world.ecs.service.taskSets![0].networkConfiguration = world.ecs.service.networkConfiguration;
    delete world.ecs.service.networkConfiguration;
    expect((await world.runTask()).succeeded).toBe(true);
    expect(started()[0].networkConfiguration.awsvpcConfiguration.subnets).toEqual(['subnet-11111111']);
  });

  test('needs a network, a definition and the container', async () => {
    const { networkConfiguration, taskDefinition } = world.ecs.service;
    delete world.ecs.service.networkConfiguration;
    expect((await world.failingTask()).cause).toBe(`production: the service ${world.ecs.service.serviceArn} has no network of its own that a task on Fargate could run in`);
    Object.assign(world.ecs.service, { networkConfiguration, taskDefinition: 'gone' });
    expect(await world.failingTask()).toMatchObject({ cause: 'production: the task definition gone does not exist any more', type: 'ConfigurationError' });
    Object.assign(world.ecs.service, { taskDefinition });
    world.publish({ containerName: 'other' });
    expect((await world.failingTask()).cause).toBe(`production: the task definition ${taskDefinition} has no container other`);
  });

  test('lives with lists that AWS leaves out, and with a task that is not visible yet', async () => {
    world.ecs.leavesEmptyListsOut = world.around.leavesEmptyListsOut = true;
    world.print('web', []);
    world.ecs.oneOff.hiddenFor = 30;
    const { succeeded } = await world.runTask();
    expect(succeeded).toBe(true);
    expect(world.ecs.inputs('DescribeTasks').length).toBeGreaterThan(6);
  });

  test('a task that is listed may not be visible yet', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.action.functionTimeout = 30;
    await world.action.invoke(world.event('execution-7'));
    world.ecs.leavesEmptyListsOut = true;
    world.ecs.oneOff.hiddenFor = 900;
    await world.sweep('execution-7');
    expect(world.ecs.inputs('DescribeTasks').length).toBeGreaterThan(0);
    expect(world.ecs.inputs('StopTask')).toEqual([]);
  });

  test('goes on over several invocations, with one task', async () => {
    world.action.functionTimeout = 40;
    world.ecs.oneOff.fates.push(fate.ends({ web: 0, proxy: 0 }, 300));
    const { succeeded, invocations, summaries } = await world.runTask();
    expect([succeeded, started().length]).toEqual([true, 1]);
    expect(invocations).toBeGreaterThan(2);
    expect(summaries).toContain('The task runs: RUNNING');
  });

  test('an event that is delivered twice starts one task', async () => {
    world.ecs.oneOff.fates.push(fate.ends({ web: 0 }));
    world.clock.actors = 2;
    const event = world.event();
    const invoke = async () => {
      await world.action.invoke(event);
      world.clock.leave();
    };
    world.ecs.pace = async () => world.clock.sleep(100);
    await Promise.all([invoke(), invoke()]);
    expect([started().length, world.ecs.oneOff.started.length]).toEqual([2, 1]);
  });

  test('follows the task that another invocation has started with other parameters', async () => {
    world.ecs.fail('RunTask', () => undefined);
    const event = world.event();
    await world.action.invoke(event);
    await world.action.invoke(event);
    expect(started()).toHaveLength(2);
    expect(world.ecs.oneOff.started).toHaveLength(1);
  });
});

describe('a task with tests beside it', () => {
  beforeEach(() => { world.settings = { ...world.settings, name: 'Integration', command: undefined, tests: { image: 'tests:1', command: ['npm', 'test'], environment: { URL: 'http://localhost' } } }; });

  test('the tests wait for the health of the image, and their exit code decides', async () => {
    world.ecs.oneOff.fates.push(fate.ends({ tests: 0, web: 137 }));
    expect((await world.runTask()).summaries.at(-1)).toBe('tests exited with code 0 in production');
    expect(registered()[0].containerDefinitions[2]).toEqual({
      name: 'tests', image: 'tests:1', essential: true, command: ['npm', 'test'], environment: [{ name: 'URL', value: 'http://localhost' }], logConfiguration: { logDriver: 'awslogs' },
      dependsOn: [{ containerName: 'web', condition: 'HEALTHY' }],
    });
  });

  test('with a command the image is not asked for its health', async () => {
    world.settings = { ...world.settings, command: ['serve', '--test'] };
    await world.runTask();
    expect(registered()[0].containerDefinitions[2].dependsOn).toEqual([{ containerName: 'web', condition: 'START' }]);
  });

  test('an image that ends before them fails', async () => {
    world.ecs.oneOff.fates.push(fate.ends({ web: 1 }));
    expect((await world.failingTask()).cause).toBe('production: web exited with code 1 before tests was over');
  });
});

describe('a task in a cluster', () => {
  test('pulls the build, with the rights of the function', async () => {
    const home = world.inCluster();
    world.around.logs.set('/check one-off/app/once1', ['fine']);
    const { succeeded, summaries } = await world.runTask();
    expect([succeeded, summaries.at(-1)]).toEqual([true, 'app exited with code 0 in shop']);
    expect(registered()[0]).toMatchObject({ family: 'check', containerDefinitions: [{ name: 'app', image: `${world.built.uri}@${world.next}`, environment: [] }] });
    expect(started()[0].networkConfiguration).toEqual({ awsvpcConfiguration: { subnets: home.subnets, securityGroups: home.securityGroups, assignPublicIp: 'ENABLED' } });
    expect(new Set(world.ecs.calls.map(({ caller }) => caller.accessKeyId))).toEqual(new Set(['function']));
    world.settings = { ...world.settings, home: { ...home, assignPublicIp: false } };
    await world.runTask();
    expect(started()[1].networkConfiguration.awsvpcConfiguration.assignPublicIp).toBe('DISABLED');
  });
});

describe('fails with words', () => {
  test('an exit code', async () => {
    world.print('web', Array.from({ length: 30 }, (_, index) => `line ${index + 1}`));
    world.ecs.oneOff.fates.push(fate.ends({ web: 3 }));
    const { cause, details } = await world.failingTask();
    expect(cause).toBe('production: web exited with code 3');
    expect(details.split('\n')).toEqual([
      'Stopped task once1: EssentialContainerExited, Essential container in task exited',
      'Container web exited with code 3',
      'Last log lines of web:',
      ...Array.from({ length: 20 }, (_, index) => `  line ${index + 11}`),
      'Look at https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop/tasks/once1',
      'Log and report: s3://artifacts/shop/log/1',
    ]);
  });

  test('an image that cannot be pulled', async () => {
    world.ecs.oneOff.fates.push(fate.neverPulls());
    const { cause, details } = await world.failingTask();
    expect(cause).toBe('production: the task did not start: CannotPullContainerError: pull image manifest has been retried 5 time(s)');
    expect(details).toContain('Container web reports: CannotPullContainerError');
    expect(details).toContain('There is nothing in the log of the task.');
  });

  test('a task that ECS does not start', async () => {
    world.ecs.oneOff.failures = [{ reason: 'ATTRIBUTE', detail: 'try another' }, { reason: 'MISSING' }];
    expect((await world.failingTask()).cause).toBe('production: ECS did not start the task: ATTRIBUTE, try another; MISSING');
    expect(world.ecs.inputs('StopTask')).toEqual([]);
  });

  test('a task that ECS does not start without a word', async () => {
    world.ecs.oneOff.silent = true;
    expect((await world.failingTask()).cause).toBe('production: ECS did not start the task: it does not say why');
  });

  test('Fargate without room until the time is over', async () => {
    world.ecs.oneOff.failures = [{ reason: 'Capacity is unavailable at this time' }];
    expect((await world.failingTask()).cause).toBe('production: ECS did not start the task: Capacity is unavailable at this time');
    expect(started().length).toBeGreaterThan(20);
  });

  test('but Fargate with room again does not', async () => {
    world.ecs.oneOff.failures = [{ reason: 'Capacity is unavailable at this time', detail: 'try later' }];
    world.action.between = () => { world.ecs.oneOff.failures = []; };
    const { succeeded, summaries } = await world.runTask();
    expect([succeeded, summaries[0]]).toEqual([true, 'Waiting for room on Fargate: Capacity is unavailable at this time, try later']);
  });

  test('a task without a word about itself', async () => {
    world.print('web', []);
    world.ecs.oneOff.fates.push({ endsAfter: 30, tellsNoContainers: true });
    const { cause, details } = await world.failingTask();
    expect(cause).toBe('production: the task did not start: no reason given');
    expect(details).toContain('Stopped task once1: no stop code, no reason given');
    expect(details).toContain('Last log lines of web:\n  (none)');
  });

  test('a log that may not be read', async () => {
    world.ecs.oneOff.fates.push(fate.ends({ web: 1 }));
    world.around.fail('GetLogEvents', awsError('AccessDeniedException', 'no'));
    expect((await world.failingTask()).details).toContain('Could not read the log of the task: AccessDeniedException, no');
  });

  test('an artifact that cannot be written', async () => {
    world.ecs.oneOff.fates.push(fate.ends({ web: 1 }));
    world.around.fail('PutObject', awsError('AccessDenied', 'no'), awsError('AccessDenied', 'no'));
    expect((await world.failingTask()).details).toContain('the artifact could not be written: AccessDenied, no');
    expect((await world.runTask()).summaries.at(-1)).toBe('web exited with code 0 in production; the artifact could not be written: AccessDenied, no');
  });

  test('an error that AWS means', async () => {
    world.ecs.fail('RunTask', awsError('ClientException', 'no such subnet'));
    expect((await world.failingTask()).cause).toBe('production: ClientException: no such subnet');
  });

  test('a conflict without a task', async () => {
    world.ecs.fail('RunTask', awsError('ConflictException', 'busy'));
    expect((await world.failingTask()).cause).toBe('production: ConflictException: busy');
  });
});

describe('the task is stopped', () => {
  test('when its time is over', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.print('web', ['still busy']);
    const { cause, details } = await world.failingTask();
    expect(cause).toBe('production: the task was not over after 30 minutes and was stopped');
    expect(details).toContain('  still busy');
    expect(world.ecs.inputs('StopTask')[0]).toMatchObject({ task: expect.stringMatching(/once1$/), reason: 'cdk-fargate-cicd: its time is over' });
  });

  test.each([['starts', {}, 'PENDING'], ['is seen', { hiddenFor: 36_000 }, 'not visible yet']])('when it never %s', async (_, disturbance, state) => {
    world.ecs.oneOff.fates.push({});
    Object.assign(world.ecs.oneOff, disturbance);
    expect((await world.failingTask()).cause).toBe(`production: the task was still ${state} after 30 minutes and was stopped`);
    expect(world.ecs.inputs('StopTask')).toHaveLength(1);
  });

  test('when it cannot be followed any more', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.ecs.fail('DescribeTasks', awsError('AccessDeniedException', 'no more'));
    expect((await world.failingTask()).cause).toContain('AWS refuses a call of the release: no more');
    expect(world.ecs.inputs('StopTask')[0].reason).toBe('cdk-fargate-cicd: the action has failed');
  });

  test('not when AWS refuses for a moment', async () => {
    world.ecs.fail('RunTask', throttled());
    const { succeeded, summaries } = await world.runTask();
    expect([succeeded, world.ecs.inputs('StopTask')]).toEqual([true, []]);
    expect(summaries[0]).toBe('AWS did not answer, trying again: Rate exceeded');
  });

  test.each(['UserInitiated', 'SpotInterruption', 'TerminationNotice'] as const)('by somebody else (%s): that is no success, whatever the exit code', async (stopCode) => {
    world.ecs.oneOff.fates.push({ ...fate.ends({ web: 0 }), stopCode, stoppedReason: 'Task stopped by user' });
    expect((await world.failingTask()).cause).toBe('production: the task was stopped: Task stopped by user');
  });

  test('not when CodePipeline does not take the reply: another invocation may follow it', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.action.functionTimeout = 30;
    world.action.fail('PutJobSuccessResult', awsError('JobNotFoundException'));
    expect(await world.action.invoke(world.event())).toBeUndefined();
    expect(world.ecs.inputs('StopTask')).toEqual([]);
  });

  test('in a sweep, two minutes after its time', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.action.functionTimeout = 30;
    await world.action.invoke(world.event());
    world.clock.pass(31 * 60_000);
    await world.sweep();
    expect(world.ecs.inputs('StopTask')).toEqual([]);
    world.clock.pass(2 * 60_000);
    await world.sweep();
    expect(world.ecs.inputs('StopTask')[0].reason).toBe('cdk-fargate-cicd: its time is over');
  });

  test('when its execution is stopped, and no other', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.action.functionTimeout = 30;
    await world.action.invoke(world.event('execution-7'));
    await world.sweep('execution-8');
    expect(world.ecs.inputs('StopTask')).toEqual([]);
    await world.sweep('execution-7');
    expect(world.ecs.inputs('StopTask')[0].reason).toBe('cdk-fargate-cicd: the execution execution-7 was stopped');
    world.clock.pass(60_000);
    await world.sweep('execution-7');
    expect(world.ecs.inputs('StopTask')).toHaveLength(1);
  });

  test('but none of the family that somebody else has started', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.ecs.oneOff.run({ clientToken: 'theirs', startedBy: 'somebody', taskDefinition: 'web-one-off:7' }, { family: 'web-one-off', containerDefinitions: [] });
    world.clock.pass(86_400_000);
    await world.sweep();
    await world.sweep('execution-7');
    expect(world.ecs.inputs('DescribeTasks').length).toBeGreaterThan(0);
    expect(world.ecs.inputs('StopTask')).toEqual([]);
  });

  test('when it was started by an invocation that was under way while its execution was stopped', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.clock.actors = 2;
    world.ecs.pace = async () => world.clock.sleep(1_500);
    world.action.functionTimeout = 60;
    const invocation = world.action.invoke(world.event('execution-7')).then(() => world.clock.leave());
    await world.clock.sleep(5_000);
    await world.sweep('execution-7');
    world.clock.leave();
    await invocation;
    expect(world.ecs.inputs('StopTask').map(({ reason }: any) => reason)).toEqual(['cdk-fargate-cicd: the execution execution-7 was stopped']);
  });

  test('not when its execution was retried after that', async () => {
    world.clock.actors = 2;
    const stopped = world.sweep('execution-7').then(() => world.clock.leave());
    await world.clock.sleep(10_000);
    world.ecs.oneOff.fates.push(fate.ends({ web: 0 }, 300));
    const { succeeded } = await world.runTask('execution-7');
    world.clock.leave();
    await stopped;
    expect([succeeded, world.ecs.inputs('StopTask')]).toEqual([true, []]);
  });

  test('and a stop that fails is written down only', async () => {
    world.ecs.oneOff.fates.push(fate.runsForEver());
    world.ecs.fail('StopTask', awsError('AccessDeniedException', 'no'));
    expect((await world.failingTask()).cause).toContain('was not over after 30 minutes');
  });

  test('a sweep of a place that is not there finds nothing; other errors are errors', async () => {
    world.around.parameters.clear();
    await world.sweep();
    expect(console.log).toHaveBeenCalledWith(expect.stringContaining('There is nothing to look at'));
    world.publish();
    world.ecs.fail('ListTasks', awsError('ServerException', 'broken'));
    await expect(world.sweep()).rejects.toThrow('broken');
  });
});
