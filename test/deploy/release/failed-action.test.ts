import { byCodeDeploy } from '../../support/doubles/fake-codedeploy';
import { deployment } from '../../support/doubles/fake-ecs';
import { awsError, throttled } from '../../support/doubles/fake-service';
import { OwnAction } from '../../support/doubles/own-action';
import { ReleaseWorld, TOPIC } from '../../support/doubles/release-world';

// `ReleaseAction.codePipelineAction()`, and CodePipeline's own action fails.

let world: ReleaseWorld;
let action: OwnAction;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
  action = new OwnAction(world);
});

async function prepare(changes: object = {}): Promise<void> {
  await action.prepare(world.userParameters({ task: 'prepare', commitTime: '2026-01-01T00:00:00Z', ...changes }));
  world.clock.pass(10_000);
}

/** The event that says that the newest action has failed, and what became of it. */
async function fail(...event: Parameters<OwnAction['fail']>) {
  await action.fail(...event);
  const [cause, ...details] = world.history.messages.at(-1)?.Message.split('\n') ?? [];
  return { record: world.history.records.at(-1), cause, details };
}

describe('a deployment that ECS rolled back', () => {
  beforeEach(async () => {
    await prepare();
    action.deploy(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'it crashed' }));
    world.clock.pass(600_000);
  });

  test('is explained, recorded, counted and told', async () => {
    const { record, cause, details } = await fail();

    expect(cause).toBe('production: the ECS circuit breaker rolled the deployment back after 3 failed tasks: it crashed');
    expect(details).toEqual(expect.arrayContaining([
      'CodePipeline says: The deployment failed.', expect.stringMatching(/^Stopped task .*it crashed$/), expect.stringMatching(/^Look at https:.*\/deployments\//), `Image: ${world.next}`,
    ]));
    expect(world.history.messages).toMatchObject([{ TopicArn: TOPIC, Subject: 'Release failed: production' }]);
    expect(record).toMatchObject({
      deploymentId: 'execution-1/production/Deploy-production-1', outcome: 'FAILED', strategy: 'ROLLING', commit: 'c0ffee', commitTime: '2026-01-01T00:00:00Z', digest: world.next,
      previousDigest: world.previous, totalSeconds: 600, reason: 'the ECS circuit breaker rolled the deployment back after 3 failed tasks: it crashed',
      serviceDeployment: expect.stringMatching(/service-deployment\/.*2$/),
    });
    expect(world.history.metrics).toMatchObject([{ FailedDeployments: 1, Place: 'production' }]);
    expect(world.releasedDigest).toBe(world.previous);
    expect(world.ecs.inputs('StopServiceDeployment')).toEqual([]);
    expect(world.pipeline.calls.at(-1)).toMatchObject({ command: 'ListActionExecutions', caller: { accessKeyId: 'function', region: 'us-east-1' } });
  });

  test('is told once, though the event is delivered twice', async () => {
    await fail();
    await fail();
    expect(world.history.messages).toHaveLength(1);
    expect(world.history.records).toHaveLength(1);
  });

  test('is restored by the next release that is proved', async () => {
    await fail();
    world.clock.pass(600_000);
    await world.release({ executionId: 'execution-2' });
    expect(world.history.metrics.at(-1)).toMatchObject({ TimeToRestore: 660 });
  });

  test('is not mistaken for the reason of a retry that got no further', async () => {
    await fail();
    world.pipeline.begin('Deploy-production');
    const { record, cause, details } = await fail({ 'execution-result': { 'external-execution-summary': 'The role is not authorized.' } });
    expect(cause).toBe('production: CodePipeline\'s own action failed: The role is not authorized.');
    expect(details[0]).toBe('It has begun no deployment of the image.');
    expect(record!.deploymentId).toBe('execution-1/production/Deploy-production-2');
  });
});

test('a deployment that is still under way is left a minute, and rolled back then', async () => {
  await prepare();
  action.deploy(deployment.hangs());
  world.clock.pass(3_600_000);
  const { cause } = await fail();
  expect(cause).toMatch(/^production: the deployment was not over after 61 minutes and is being rolled back/);
  expect(world.ecs.inputs('StopServiceDeployment')).toMatchObject([{ stopType: 'ROLLBACK' }]);
});

test('a function with little time does so in time', async () => {
  await prepare();
  action.deploy(deployment.hangs());
  world.clock.pass(3_600_000);
  expect((await fail({}, 30)).cause).toMatch(/ and is being rolled back/);
});

test('a deployment that succeeds nevertheless is told, and the retry of the stage proves it', async () => {
  await prepare();
  action.deploy(deployment.succeeds(630));
  world.clock.pass(600_000);
  const { cause, details } = await fail({ 'execution-result': undefined });
  expect(cause).toBe('production: CodePipeline\'s own action failed: it does not say why');
  expect(details.slice(0, 2)).toEqual([
    'But its deployment has succeeded. Retry the stage: that proves what runs, and moves the tag.', expect.stringMatching(/^Look at https:.*\/deployments\//),
  ]);
  expect(world.releasedDigest).toBe(world.previous);
  expect((await world.release({ task: 'verify' })).succeeded).toBe(true);
  expect(world.releasedDigest).toBe(world.next);
});

test('another deployment that came meanwhile is not taken for the action\'s', async () => {
  await prepare();
  world.pipeline.begin('Deploy-production');
  world.ecs.deploy(world.ecs.service.taskDefinition!, deployment.hangs());
  const { details } = await fail();
  expect(details[0]).toBe('It has begun no deployment of the image.');
  expect(world.ecs.inputs('StopServiceDeployment')).toEqual([]);
});

describe('with CodeDeploy', () => {
  beforeEach(async () => {
    world.byCodeDeploy();
    await prepare();
  });

  test('the deployment that the action names is explained, not the rollback that followed', async () => {
    const id = action.deployByCodeDeploy(byCodeDeploy.failsIn('AllowTraffic', 'ALARM_ACTIVE', 'errors'));
    world.clock.pass(600_000);
    const { record, cause, details } = await fail({ 'execution-result': { 'external-execution-summary': `Deployment ${id} failed`, 'external-execution-id': id } });
    expect(cause).toBe('production: an alarm stopped the deployment: errors');
    expect(details).toContain(`CodePipeline says: Deployment ${id} failed`);
    expect(record).toMatchObject({ outcome: 'FAILED', strategy: 'CODE_DEPLOY', serviceDeployment: id });
    expect(world.codeDeploy.deployments.length).toBeGreaterThan(1);
  });

  test('without a name it is the one that has ended since, and no rollback', async () => {
    const id = action.deployByCodeDeploy(byCodeDeploy.failsIn('AllowTraffic', 'ALARM_ACTIVE', 'errors'));
    world.clock.pass(600_000);
    world.codeDeploy.unfold();
    world.clock.pass(600_000);
    expect((await fail()).record!.serviceDeployment).toBe(id);
    expect(world.codeDeploy.latest).toMatchObject({ creator: 'codeDeployRollback', status: 'Succeeded' });
  });

  test('one that is under way is ended when the action names it, and left alone when it may be somebody else\'s', async () => {
    const id = action.deployByCodeDeploy(byCodeDeploy.hangs());
    world.clock.pass(60_000);
    expect((await fail()).details[0]).toBe('It has begun no deployment of the image.');
    expect(world.codeDeploy.inputs('StopDeployment')).toEqual([]);
    expect((await fail({ 'action-execution-id': 'second', 'execution-result': { 'external-execution-id': id } })).cause).toMatch(/and is being rolled back$/);
    expect(world.codeDeploy.inputs('StopDeployment')).toEqual([{ deploymentId: id, autoRollbackEnabled: true }]);
  });
});

test('of a stage that was retried the newest preparation counts, of two stages that of its own', async () => {
  await prepare();
  const third = world.built.push(['base', 'app 3']);
  await prepare({ digest: third });
  world.pipeline.begin('Prepare-production', { stageName: 'Elsewhere' });
  world.pipeline.begin('Prepare-production', { pipelineExecutionId: 'execution-0' });
  action.deploy(deployment.isRolledBack());
  world.clock.pass(600_000);
  expect((await fail()).record).toMatchObject({ digest: third, outcome: 'FAILED' });
});

test('an action that CodePipeline does not list yet began when its preparation was over', async () => {
  await prepare();
  action.deploy(deployment.isRolledBack());
  world.clock.pass(60_000);
  const { record } = await fail({ 'action-execution-id': 'not-listed' });
  expect(record).toMatchObject({ outcome: 'FAILED', totalSeconds: 70, serviceDeployment: expect.stringMatching(/service-deployment\/.*2$/) });
});

describe('what belongs to no release', () => {
  test.each([['an action of somebody else', { action: 'Deploy-docs' }], ['an action with nothing before it', { stage: 'Elsewhere' }]])('%s is left alone', async (_, changes) => {
    await prepare();
    world.pipeline.begin('Deploy-docs');
    expect((await fail(changes)).record).toBeUndefined();
    expect(world.history.messages).toEqual([]);
  });

  test('no list at all is none either', async () => {
    await prepare();
    world.pipeline.leavesEmptyListsOut = true;
    expect((await fail({ 'execution-id': 'execution-0' })).record).toBeUndefined();
  });
});

describe('when AWS does not tell', () => {
  test.each([
    ['throttled', () => throttled(), 'Nothing more is known: ThrottlingException: Rate exceeded.'],
    ['refused', () => awsError('AccessDeniedException', 'not authorized'), 'Nothing more is known: AWS refuses a call of the release: not authorized.'],
  ])('%s, the release is recorded with the words of CodePipeline', async (_, error, why) => {
    await prepare();
    action.deploy(deployment.isRolledBack());
    world.clock.pass(60_000);
    world.ecs.fail('ListServiceDeployments', error());
    const { record, cause, details } = await fail();
    expect(cause).toBe('production: CodePipeline\'s own action failed: The deployment failed.');
    expect(details[0]).toBe(why);
    expect(record).toMatchObject({ outcome: 'FAILED', digest: world.next });
  });

  test('a failure to follow that is no verdict is no verdict', async () => {
    await prepare();
    action.deploy(deployment.isRolledBack());
    world.clock.pass(60_000);
    world.ecs.fail('DescribeServiceDeployments', awsError('InvalidParameterException', 'wrong'));
    expect((await fail()).details[0]).toBe('Nothing more is known: InvalidParameterException: wrong.');
  });

  test('a call that hangs does not outlast the function', async () => {
    await prepare();
    world.pipeline.begin('Deploy-production');
    world.ecs.pace = async () => new Promise(() => {});
    expect((await fail({}, 4.1)).details[0]).toBe('Nothing more is known: Error: AWS takes long to answer.');
  });

  test('which actions there were, the invocation fails and its event goes to the dead-letter queue', async () => {
    await prepare();
    world.pipeline.fail('ListActionExecutions', awsError('AccessDeniedException', 'not authorized'));
    await expect(fail()).rejects.toThrow('not authorized');
  });
});
