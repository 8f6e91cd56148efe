import { byCodeDeploy } from '../../support/doubles/fake-codedeploy';
import { awsError } from '../../support/doubles/fake-service';
import { OwnAction } from '../../support/doubles/own-action';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
  world.byCodeDeploy();
});

const created = () => world.codeDeploy.inputs('CreateDeployment');
const appSpecOf = (input: any) => JSON.parse(input.revision.appSpecContent.content);
const template = (changes: object = {}) => {
  const { definition } = world.ecs.definitions.get(world.place.taskDefinitionArn)!;
  return world.ecs.define({ ...definition, ...changes });
};

test('a release deploys the template\'s task definition with the image, proves it, and then moves the tag', async () => {
  const result = await world.release();

  expect(result).toMatchObject({ succeeded: true });
  expect(result.variables).toMatchObject({ Outcome: 'RELEASED', CodeDeployDeploymentId: 'd-000000001', TaskDefinitionArn: expect.stringContaining('web:2') });
  expect(result.variables).not.toHaveProperty('ServiceDeploymentArn');
  expect(world.runningDigests).toEqual([world.next, world.next]);
  expect(world.releasedDigest).toBe(world.next);
  const [{ description, revision, ...group }] = created();
  expect(group).toEqual({ applicationName: 'shop', deploymentGroupName: 'web' });
  expect(description).toMatch(new RegExp(`^Release of ${world.next}, job .*, execution execution-1$`));
  expect(JSON.parse(revision.appSpecContent.content)).toEqual({
    version: 0,
    Resources: [{
      TargetService: {
        Type: 'AWS::ECS::Service',
        Properties: { TaskDefinition: result.variables.TaskDefinitionArn, LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 8080 } },
      },
    }],
    Hooks: [{ AfterAllowTestTraffic: 'arn:aws:lambda:eu-west-1:222222222222:function:smoke' }],
  });
  expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
});

test('what the template has changed since comes with the release', async () => {
  await world.release();
  const taskDefinitionArn = template({ cpu: '1024' });
  world.byCodeDeploy({ taskDefinitionArn });
  world.ecs.setPrimary(world.ecs.service.taskSets![0].taskDefinition!, 'd-000000001');
  const third = world.built.push(['base', 'app 3']);

  const { variables } = await world.release({ digest: third, commit: 'beef' });

  expect(world.ecs.definitions.get(variables.TaskDefinitionArn)!.definition).toMatchObject({
    cpu: '1024', containerDefinitions: [{ image: `${world.released.uri}@${third}` }, { name: 'proxy' }],
  });
});

describe('the AppSpec repeats', () => {
  test.each([
    ['the capacity providers of the service', { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 2, base: 1 }] }],
    ['those of the task set', { taskSets: [{ status: 'PRIMARY', taskDefinition: 'x', capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 2, base: 1 }] }] }],
  ])('%s', async (_, changes) => {
    Object.assign(world.ecs.service, changes);
    await world.release();
    expect(appSpecOf(created()[0]).Resources[0].TargetService.Properties.CapacityProviderStrategy).toEqual([{ Base: 1, CapacityProvider: 'FARGATE_SPOT', Weight: 2 }]);
  });

  test('a platform version, and what a provider leaves out is nothing', async () => {
    Object.assign(world.ecs.service, { platformVersion: '1.4.0', capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] });
    await world.release();
    expect(appSpecOf(created()[0]).Resources[0].TargetService.Properties).toMatchObject({
      PlatformVersion: '1.4.0', CapacityProviderStrategy: [{ Base: 0, CapacityProvider: 'FARGATE', Weight: 0 }],
    });
  });
});

test('the progress says event, traffic and the time for which old tasks are kept', async () => {
  world.pipeline.functionTimeout = 20;
  world.pipeline.pause = 5;
  world.codeDeploy.scripts.push(byCodeDeploy.succeeds(400));
  const { summaries, succeeded } = await world.release();
  expect(succeeded).toBe(true);
  expect(summaries).toEqual(expect.arrayContaining([
    'Deploying by CodeDeploy, Install, 2 of 2 new tasks run, 0 % of the traffic on them',
    'Deploying by CodeDeploy, AllowTraffic, 2 of 2 new tasks run, 10 % of the traffic on them',
    'Deploying by CodeDeploy, the old tasks are kept for 5 minutes, 2 of 2 new tasks run, 100 % of the traffic on them',
  ]));
  expect(created()).toHaveLength(1);
});

test('the progress says that somebody must reroute the traffic, and nothing of what CodeDeploy does not tell', async () => {
  world.pipeline.functionTimeout = 20;
  world.codeDeploy.scripts.push([
    { after: 30, info: { status: 'Ready' } }, { after: 100, info: { instanceTerminationWaitTimeStarted: true } }, { after: 160, event: 'Install' }, { after: 250, ends: 'Succeeded' },
  ]);
  world.ecs.service.desiredCount = undefined;
  const { summaries } = await world.release();
  expect(summaries).toEqual(expect.arrayContaining([
    'Deploying by CodeDeploy', 'Deploying by CodeDeploy, waiting for somebody to reroute the traffic', 'Deploying by CodeDeploy, the old tasks are kept for 0 minutes',
  ]));
  expect(summaries.join()).toContain('0 of 0 new tasks run');
});

describe('another deployment', () => {
  const foreign = (script = byCodeDeploy.succeeds(300)) => world.codeDeploy.create({
    ...world.codeDeploy.group,
    revision: {
      revisionType: 'AppSpecContent', appSpecContent: {
        content: JSON.stringify({
          Resources: [{ TargetService: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: template(), LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 1 } } } }], Hooks: [],
        }),
      },
    },
  }, script);

  test('is waited for', async () => {
    world.pipeline.functionTimeout = 60;
    foreign();
    const result = await world.release();
    expect(result.summaries[0]).toBe('Waiting for another deployment of the service: d-000000001 (InProgress)');
    expect(result.succeeded).toBe(true);
    expect(world.runningDigests).toEqual([world.next, world.next]);
  });

  test('is seen behind pages of earlier ones, and what ran 60 deployments ago is known', async () => {
    world.pipeline.functionTimeout = 60;
    await world.release();
    world.clock.pass(600_000);
    for (let count = 0; count < 60; count++) {
      foreign(byCodeDeploy.succeeds(60));
      world.clock.pass(120_000);
      world.codeDeploy.unfold();
    }
    foreign();
    world.around.ringing.add('errors');
    const { succeeded, summaries, variables } = await world.release();
    expect(summaries[0]).toBe('Waiting for another deployment of the service: d-000000062 (InProgress)');
    expect({ succeeded, outcome: variables.Outcome }).toEqual({ succeeded: true, outcome: 'RELEASED' });
    expect(Math.max(...world.codeDeploy.inputs('BatchGetDeployments').map(({ deploymentIds }) => deploymentIds.length))).toBe(25);
  });

  test('that does not end fails the release', async () => {
    foreign(byCodeDeploy.hangs());
    expect((await world.failure()).cause).toBe('production: another deployment of the service did not end in time: d-000000001 (InProgress)');
    expect(created()).toHaveLength(0);
  });

  test('that comes in the same moment is waited for too', async () => {
    world.pipeline.functionTimeout = 60;
    world.codeDeploy.fail('CreateDeployment', () => void foreign());
    const result = await world.release();
    expect(result.succeeded).toBe(true);
    expect(created()).toHaveLength(2);
    expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(1);
  });

  test('of the account may be one too many', async () => {
    world.pipeline.functionTimeout = 30;
    world.codeDeploy.fail('CreateDeployment', ...Array.from({ length: 9 }, () => awsError('DeploymentLimitExceededException', 'too many')));
    const result = await world.release();
    expect(result.summaries).toContain('Waiting for another deployment of the service: CodeDeploy takes no further deployment now');
    expect(result.succeeded).toBe(true);
  });

  test('that another release has just made is waited for until that release has proved it', async () => {
    const healthy = world.clock.now() + 330_000;
    world.around.health = () => ({ State: world.clock.now() < healthy ? 'initial' : 'healthy' });
    const other = world.built.push(['base', 'app 3']);
    world.clock.actors = 2;
    const [first, second] = await Promise.all([
      world.release(), world.clock.sleep(130_000).then(() => world.release({ executionId: 'execution-2', digest: other, commit: 'two' })),
    ].map(release => release.finally(() => world.clock.leave())));
    expect([first.succeeded, second.succeeded]).toEqual([true, true]);
    expect(world.codeDeploy.latest.createTime!.getTime()).toBeGreaterThanOrEqual(healthy);
    expect(world.releasedDigest).toBe(other);
  });

  test('whose release came to nothing is waited for seven minutes', async () => {
    await world.release();
    world.released.tags.set('released', world.previous);
    world.pipeline.functionTimeout = 60;
    const other = world.built.push(['base', 'app 3']);
    const { summaries } = await world.release({ digest: other, commit: 'two' });
    expect(summaries[0]).toBe('Waiting for another deployment of the service: d-000000001 (another release proves it)');
    expect(world.releasedDigest).toBe(other);
  });

  test('that takes the traffic before the release is proved is told', async () => {
    world.around.health = () => {
      world.ecs.setPrimary(world.place.taskDefinitionArn, 'd-other');
      return { State: 'initial' };
    };
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: another deployment of the service took the place of this release');
    expect(details).toContain(`The traffic goes to ${world.released.uri}:released.`);
  });

  test('that takes all tasks away is told too', async () => {
    world.around.health = () => {
      world.ecs.service.taskSets = [];
      return { State: 'initial' };
    };
    expect((await world.failure()).details).toContain('The traffic goes to no tasks that ECS knows of.');
  });
});

describe('repeats', () => {
  test('an event that is delivered twice at the same moment makes one deployment', async () => {
    const event = world.pipeline.event(world.userParameters());
    await Promise.all([world.pipeline.invoke(event), world.pipeline.invoke(event)]);
    expect(world.codeDeploy.deployments).toHaveLength(1);
    expect(world.releasedDigest).toBe(world.next);
  });

  test('an event that is delivered again after a failure starts nothing', async () => {
    world.codeDeploy.scripts.push(byCodeDeploy.failsIn('Install', 'HEALTH_CONSTRAINTS', 'not healthy'));
    const event = world.pipeline.event(world.userParameters());
    await world.pipeline.invoke(event);
    world.clock.pass(600_000);
    await world.pipeline.invoke(event);
    expect(created()).toHaveLength(1);
  });

  test('a retried action goes on with the deployment that is under way', async () => {
    world.pipeline.functionTimeout = 60;
    world.codeDeploy.scripts.push(byCodeDeploy.succeeds(300));
    await world.pipeline.invoke(world.pipeline.event(world.userParameters()));
    expect((await world.release()).variables.Outcome).toBe('RELEASED');
    expect(created()).toHaveLength(1);
  });

  test('a retry after a failure waits for the rollback and starts anew', async () => {
    world.codeDeploy.scripts.push(byCodeDeploy.failsIn('Install', 'HEALTH_CONSTRAINTS', 'not healthy'));
    await world.failure();
    const retry = await world.release();
    expect(retry).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED', CodeDeployDeploymentId: 'd-000000003' } });
    expect(world.releasedDigest).toBe(world.next);
  });

  test('an image that runs as the template wants it needs no deployment; a changed template does', async () => {
    await world.release();
    expect((await world.release()).variables.Outcome).toBe('ALREADY_RUNNING');
    expect(created()).toHaveLength(1);
    world.publish({ ...JSON.parse(world.around.parameters.get('/places/web')!), taskDefinitionArn: template({ cpu: '1024' }) });
    expect((await world.release()).variables.Outcome).toBe('RELEASED');
    expect(created()).toHaveLength(2);
    expect((await world.release()).variables).toMatchObject({ Outcome: 'ALREADY_RUNNING', CodeDeployDeploymentId: 'd-000000002' });
  });

  test('a rollback of the stage releases the earlier digest and moves the tag back', async () => {
    await world.release();
    const second = world.built.push(['base', 'app 3']);
    await world.release({ digest: second, commit: 'two' });
    expect(world.releasedDigest).toBe(second);
    await world.release();
    expect(world.releasedDigest).toBe(world.next);
    expect(world.runningDigests).toEqual([world.next, world.next]);
  });
});

describe('alarms that ring already', () => {
  test('refuse a new image', async () => {
    world.around.ringing.add('errors');
    expect((await world.failure()).cause).toBe('production: an alarm rings already: errors');
    expect(created()).toHaveLength(0);
  });

  test('do not bar the way back, nor stop it', async () => {
    await world.release();
    const second = world.built.push(['base', 'app 3']);
    await world.release({ digest: second, commit: 'two' });
    world.around.ringing.add('errors');
    expect((await world.release()).succeeded).toBe(true);
    expect(created().map(({ overrideAlarmConfiguration }) => overrideAlarmConfiguration)).toEqual([undefined, undefined, { enabled: false }]);
  });
});

describe('a deployment that fails', () => {
  afterEach(() => expect(world.releasedDigest).toBe(world.previous));

  test('in a hook: names function and event', async () => {
    world.codeDeploy.scripts.push(byCodeDeploy.failsIn('AfterAllowTestTraffic', 'HOOK_EXECUTION_FAILURE', 'The hook failed', { errorCode: 'ScriptFailed', message: 'returned Failed' }));
    const { cause, details } = await world.failure();
    expect(cause).toBe('production: the hook smoke failed in the lifecycle event AfterAllowTestTraffic, and CodeDeploy rolls the deployment back');
    expect(details.split('\n')).toEqual([
      'CodeDeploy says: HOOK_EXECUTION_FAILURE, The hook failed',
      'Lifecycle event AfterAllowTestTraffic: ScriptFailed, returned Failed',
      'Rollback: The rollback is in progress. (d-000000002)',
      'The tag of released images was not moved.',
      'Look at https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-000000001?region=eu-west-1',
    ]);
  });

  test('by an alarm', async () => {
    world.codeDeploy.scripts.push(byCodeDeploy.failsIn('AllowTraffic', 'ALARM_ACTIVE', 'One or more alarms have been activated: errors'));
    expect((await world.failure()).cause).toBe('production: an alarm stopped the deployment: One or more alarms have been activated: errors');
  });

  test('otherwise: says in which event, and what the tasks say', async () => {
    const [first, last] = byCodeDeploy.failsIn('Install', 'HEALTH_CONSTRAINTS', 'The tasks did not become healthy');
    world.codeDeploy.scripts.push([first, { after: 20, stops: { stoppedReason: 'Essential container in task exited' } }, last]);
    const { cause } = await world.failure();
    expect(cause).toBe('production: CodeDeploy gave the deployment up in the lifecycle event Install: The tasks did not become healthy: Essential container in task exited');
  });

  test('without a word', async () => {
    world.codeDeploy.scripts.push([{ after: 10, ends: 'Failed' }]);
    expect((await world.failure()).cause).toBe('production: CodeDeploy gave the deployment up: it does not say why');
  });

  test.each([['a person stopped it', 'the deployment was stopped: a person stopped it'], [undefined, 'the deployment was stopped: it does not say why']])('by hand: %s', async (message, cause) => {
    world.codeDeploy.scripts.push(byCodeDeploy.isStopped(message));
    expect((await world.failure()).cause).toBe(`production: ${cause}`);
  });

  test('whose rollback has no deployment yet', async () => {
    world.codeDeploy.scripts.push([{ after: 10, ends: 'Failed' }]);
    const roll = jest.spyOn(world.codeDeploy as any, 'rollBack').mockImplementation(({ info }: any) => { info.rollbackInfo = { rollbackMessage: 'It cannot be rolled back.' }; });
    expect((await world.failure()).details).toContain('Rollback: It cannot be rolled back. (no deployment)');
    roll.mockRestore();
  });

  test('new tasks that keep crashing end it before CodeDeploy would', async () => {
    world.codeDeploy.scripts.push([...byCodeDeploy.hangs(), ...[10, 20, 30].map(after => ({ after, stops: { stoppedReason: 'it crashed' } }))]);
    const { cause } = await world.failure();
    expect(cause).toBe('production: 3 new tasks failed, and the deployment is being rolled back: it crashed');
    expect(world.codeDeploy.inputs('StopDeployment')).toEqual([{ deploymentId: 'd-000000001', autoRollbackEnabled: true }]);
  });

  test('without end is rolled back when the time of the release is over; or it is said that it could not be stopped', async () => {
    world.codeDeploy.scripts.push(byCodeDeploy.hangs());
    expect((await world.failure()).cause).toBe('production: the deployment was not over after 60 minutes and is being rolled back');
    world = new ReleaseWorld();
    world.byCodeDeploy();
    world.codeDeploy.scripts.push(byCodeDeploy.hangs());
    world.codeDeploy.fail('StopDeployment', awsError('Whatever', 'no'));
    expect((await world.failure()).cause).toBe('production: the deployment was not over after 60 minutes and could not be stopped (no)');
  });

  test('as its group, its application or its service is not there', async () => {
    world.byCodeDeploy({ codeDeploy: { ...world.codeDeploy.group, deploymentGroupName: 'gone', containerPort: 1, hooks: {} } });
    expect((await world.failure()).cause).toBe('production: the deployment group gone of the CodeDeploy application shop does not exist');
    world.byCodeDeploy({ codeDeploy: undefined });
    expect((await world.failure()).cause).toBe('production: the place is deployed by CodeDeploy, but does not publish its deployment group: deploy its stack again');
    world.byCodeDeploy();
    world.ecs.service.deploymentController = undefined;
    expect((await world.failure()).cause).toBe('production: the ECS service web is deployed by ECS, not by CODE_DEPLOY');
    world.ecs.service.deploymentController = { type: 'CODE_DEPLOY' };
    world.codeDeploy.fail('ListDeployments', awsError('InvalidTimeRangeException', 'wrong'));
    expect((await world.failure()).cause).toBe('production: InvalidTimeRangeException: wrong');
    world.codeDeploy.fail('CreateDeployment', awsError('InvalidRevisionException', 'wrong'));
    expect((await world.failure()).cause).toBe('production: InvalidRevisionException: wrong');
    world.codeDeploy.fail('BatchGetDeploymentTargets', awsError('InvalidDeploymentIdException', 'wrong'));
    expect((await world.failure()).cause).toBe('production: InvalidDeploymentIdException: wrong');
  });
});

describe('with CodePipeline\'s own action', () => {
  let action: OwnAction;
  beforeEach(() => { action = new OwnAction(world); });
  const prepare = (digest = world.next) => action.prepare(world.userParameters({ task: 'prepare', digest, commit: '' }));

  test('the artifact holds the task definition with the image by digest, and the AppSpec', async () => {
    expect((await prepare()).variables.Outcome).toBe('PREPARED');
    expect(action.files['taskdef.json']).toMatchObject({ family: 'web', cpu: '256', containerDefinitions: [{ image: `${world.released.uri}@${world.next}` }, { name: 'proxy' }] });
    expect(action.files['appspec.yaml'].Resources[0].TargetService.Properties).toMatchObject({ TaskDefinition: '<TASK_DEFINITION>', LoadBalancerInfo: { ContainerPort: 8080 } });
    expect(created()).toHaveLength(0);
  });

  test('afterwards the release is proved and the tag moves', async () => {
    await prepare();
    action.deployByCodeDeploy();
    expect(await world.release({ task: 'verify' })).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED', CodeDeployDeploymentId: 'd-000000001' } });
    expect(world.releasedDigest).toBe(world.next);
    const second = world.built.push(['base', 'app 3']);
    await prepare(second);
    action.deployByCodeDeploy();
    expect((await world.release({ task: 'verify', digest: second, commit: 'two' })).variables.CodeDeployDeploymentId).toBe('d-000000002');
  });

  test('the failure of the action\'s deployment is explained, and none at all is told', async () => {
    expect((await world.release({ task: 'verify' })).message).toBe('production: CodeDeploy has not deployed the service in the last hours, so there is nothing to verify');
    await prepare();
    action.deployByCodeDeploy(byCodeDeploy.failsIn('AllowTraffic', 'ALARM_ACTIVE', 'errors'));
    expect((await world.release({ task: 'verify' })).message).toContain('production: an alarm stopped the deployment: errors');
  });

  test('another deployment is waited for, and alarms that ring refuse it', async () => {
    world.pipeline.functionTimeout = 60;
    await prepare();
    action.deployByCodeDeploy(byCodeDeploy.succeeds(300));
    expect((await prepare()).summaries[0]).toBe('Waiting for another deployment of the service: d-000000001 (InProgress)');
    world.around.ringing.add('slow');
    expect((await prepare()).message).toContain('production: an alarm rings already: slow');
  });
});

test('lists that AWS leaves out are no reason to fail', async () => {
  world.codeDeploy.leavesEmptyListsOut = true;
  expect((await world.release()).succeeded).toBe(true);
  expect((await world.release()).variables.Outcome).toBe('ALREADY_RUNNING');
});
