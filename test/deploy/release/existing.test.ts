import type { DescribedPlace } from '../../../src/deploy/published-place';
import { byCodeDeploy } from '../../support/doubles/fake-codedeploy';
import type { FakeRepository } from '../../support/doubles/fake-ecr';
import { deployment } from '../../support/doubles/fake-ecs';
import { GREEN_TARGET_GROUP, ReleaseWorld, setEnvironment } from '../../support/doubles/release-world';

const PARAMETER = 'arn:aws:ssm:us-east-1:111111111111:parameter/cdk-fargate-cicd/place-staging';
const OWN = 'arn:aws:ecr:eu-west-1:222222222222:repository/web';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
  world.around.parameters.clear();
  Object.assign(world.ecs.service, { launchType: 'FARGATE', loadBalancers: [{ targetGroupArn: world.place.targetGroupArns![0], containerName: 'proxy', containerPort: 8080 }] });
  const { containerDefinitions } = world.ecs.definitions.get(world.place.taskDefinitionArn)!.definition;
  containerDefinitions![0].logConfiguration = { logDriver: 'awslogs', options: { 'awslogs-group': '/theirs', 'awslogs-stream-prefix': 'web' } };
  describePlace();
});

/** Says what is known of the service, changed in these respects. */
function describePlace(changes: Partial<DescribedPlace> = {}): void {
  const { clusterArn, serviceArn } = world.place;
  world.around.parameters.set(PARAMETER, JSON.stringify({ clusterArn, serviceArn, containerName: 'web', alarmNames: [], url: '', ...changes }));
}

const release = async (changes: object = {}) => world.release({ parameterName: PARAMETER, ...changes });
const cause = async () => (await world.failure({ parameterName: PARAMETER })).cause;

/** Hands the service over to CodeDeploy. */
function handOver(): void {
  world.ecs.handOver();
  world.around.health = (_, group) => group === GREEN_TARGET_GROUP ? { State: 'healthy' } : undefined;
  const [balanced] = world.ecs.service.loadBalancers!;
  world.ecs.service.loadBalancers = [];
  world.ecs.service.taskSets![0].loadBalancers = [balanced];
  describePlace({ codeDeploy: { ...world.codeDeploy.group, hooks: { AfterAllowTraffic: 'ask' } } });
}

/** What CodeDeploy was told last. */
const told = () => JSON.parse(world.codeDeploy.inputs('CreateDeployment').at(-1).revision.appSpecContent.content);

describe('a service without a repository of its own', () => {
  test('runs the image from the build repository, and nothing is copied or tagged', async () => {
    const { succeeded, variables, message } = await release();
    expect({ succeeded, message }).toMatchObject({ succeeded: true });
    expect(variables).toMatchObject({ Outcome: 'RELEASED', ImageUri: `${world.built.uri}@${world.next}`, ServiceUrl: '' });
    expect(world.runningDigests).toEqual([world.next, world.next]);
    expect(world.ecr.calls.map(({ command }) => command).filter((command) => !['BatchGetImage', 'DescribeImages', 'DescribeImageScanFindings'].includes(command))).toEqual([]);
    expect(world.ecr.calls.every(({ caller }) => caller.accessKeyId === 'function')).toBe(true);
    expect(world.releasedDigest).toBe(world.previous);
    expect(world.built.tags.get('released')).toBeUndefined();
  });

  test('is described by a parameter beside the pipeline, which the function reads with its own rights', async () => {
    await release();
    expect(world.around.calls.filter(({ command }) => command === 'GetParameter').map(({ input, caller }) => ({ ...input, ...caller }))).toEqual([
      { Name: PARAMETER, region: 'us-east-1', accessKeyId: 'function' },
    ]);
    expect(world.around.inputs('DescribeStacks')).toEqual([]);
  });

  test('keeps all of its task definition but the image, and its family', async () => {
    await release();
    const [registered] = world.ecs.inputs('RegisterTaskDefinition');
    expect(registered).toMatchObject({ family: 'web', cpu: '256', containerDefinitions: [{ name: 'web', image: `${world.built.uri}@${world.next}` }, { name: 'proxy' }] });
  });

  test('records what ran before, when its digest is known', async () => {
    await release();
    expect(world.history.records.at(-1)!.previousDigest).toBeUndefined();
    const second = world.built.push(['base', 'app 3']);
    await release({ digest: second, executionId: 'execution-2' });
    expect(world.history.records.at(-1)!.previousDigest).toBe(world.next);
  });

  test('may be released to again at once: no tag lags behind', async () => {
    await release();
    const before = world.clock.now();
    const { succeeded } = await release({ digest: world.built.push(['base', 'app 3']), executionId: 'execution-2' });
    expect(succeeded).toBe(true);
    expect(world.clock.now() - before).toBeLessThan(3 * 60_000);
  });

  test('needs no deployment for the image that it runs', async () => {
    await release();
    const { variables } = await release({ executionId: 'execution-2' });
    expect(variables).toMatchObject({ Outcome: 'ALREADY_RUNNING' });
    expect(world.ecs.inputs('UpdateService')).toHaveLength(1);
  });

  test('fails with its log and without a word about a tag', async () => {
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ stopCode: 'EssentialContainerExited', stoppedReason: 'it ended', containers: [{ name: 'web', exitCode: 1 }] }));
    world.around.logs.set('/theirs web/web/task3', ['no such table']);
    const { details } = await world.failure({ parameterName: PARAMETER });
    expect(details).toContain('no such table');
    expect(details).not.toContain('tag');
  });

  test.each([undefined, { logDriver: 'awsfirelens' as const }, { logDriver: 'awslogs' as const, options: { 'awslogs-group': '/theirs' } }])('fails without a log that can be read: %j', async (logConfiguration) => {
    world.ecs.definitions.get(world.place.taskDefinitionArn)!.definition.containerDefinitions![0].logConfiguration = logConfiguration;
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'it ended' }));
    expect((await world.failure({ parameterName: PARAMETER })).details).toContain('The container web has no log in CloudWatch with a stream for each task.');
  });

  test('must be healthy in the target groups that it names, or in those that are given', async () => {
    world.around.health = (_, group) => group === GREEN_TARGET_GROUP ? { State: 'healthy' } : undefined;
    expect(await cause()).toContain('not registered');
    world.ecs.service.loadBalancers![0].advancedConfiguration = { alternateTargetGroupArn: GREEN_TARGET_GROUP } as never;
    expect((await release({ executionId: 'execution-2' })).succeeded).toBe(true);
    delete world.ecs.service.loadBalancers;
    describePlace({ targetGroupArns: [world.place.targetGroupArns![0]] });
    expect((await release({ executionId: 'execution-3' })).message).toContain('not registered');
    describePlace({ targetGroupArns: [GREEN_TARGET_GROUP] });
    expect((await release({ executionId: 'execution-4' })).succeeded).toBe(true);
  });

  test('may have no load balancer', async () => {
    delete world.ecs.service.loadBalancers;
    world.around.health = () => undefined;
    expect((await release()).succeeded).toBe(true);
  });

  test('is followed by the strategy that it has', async () => {
    world.ecs.service.deploymentConfiguration = { strategy: 'CANARY' };
    world.ecs.scripts.push(deployment.goesThroughStages());
    await release();
    expect(world.history.records.at(-1)!.strategy).toBe('CANARY');
  });

  test('is not touched while its alarms ring', async () => {
    describePlace({ alarmNames: ['errors'] });
    world.around.ringing.add('errors');
    expect(await cause()).toBe('production: an alarm rings already: errors');
  });

  test('pulls in China from where registries are there', async () => {
    setEnvironment({ ECR_REPOSITORY: 'arn:aws-cn:ecr:us-east-1:111111111111:repository/builds' });
    expect((await release({ task: 'release' })).variables!.ImageUri).toBe(`111111111111.dkr.ecr.us-east-1.amazonaws.com.cn/builds@${world.next}`);
  });
});

describe('a service with a repository of its own', () => {
  beforeEach(() => describePlace({ repositoryArn: OWN, url: 'https://web.example' }));

  test('gets a copy, and the tag moves', async () => {
    const { variables } = await release();
    expect(variables).toMatchObject({ Outcome: 'RELEASED', ImageUri: `${world.released.uri}@${world.next}`, ServiceUrl: 'https://web.example' });
    expect(world.releasedDigest).toBe(world.next);
    expect(world.history.records.at(-1)!.previousDigest).toBe(world.previous);
  });

  describe('whose tag cannot move', () => {
    const FIXED = "the tag 'released' of the repository web cannot move: exclude it from the immutability of tags";

    test('gets no release: nothing has been changed', async () => {
      world.released.props.mutableTags!.length = 0;
      expect(await cause()).toBe(`production: ${FIXED}`);
      expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(0);
      expect(world.released.manifests.has(world.next)).toBe(false);
    });

    test('says so at the end, when it was allowed to move at the beginning', async () => {
      world.ecs.fail('UpdateService', () => { world.released.props.mutableTags!.length = 0; return undefined; });
      expect(await cause()).toBe(`production: the image runs, but ${FIXED}`);
    });

    const except = (...filters: string[]) => filters.map(filter => ({ filterType: 'WILDCARD', filter }));
    test.each<[string, boolean, NonNullable<FakeRepository['said']>]>([
      ['all move', true, { imageTagMutability: 'MUTABLE' }],
      ['nothing is said', true, {}],
      ['none moves', false, { imageTagMutability: 'IMMUTABLE' }],
      ['it is excepted by its name', true, { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: except('latest', 'released') }],
      ['it is excepted by a pattern', true, { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: except('rel*d') }],
      ['others are excepted', false, { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: except('release', 'r.leased') }],
      ['only it does not move', false, { imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: except('re*') }],
      ['only others do not move', true, { imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: except('v*') }],
    ])('where %s, that it may move is %s', async (_, moves, said) => {
      world.released.said = said;
      expect((await release()).succeeded).toBe(moves);
    });
  });

  test('tells any other failure of the tag as it is', async () => {
    world.ecr.fail('PutImage', () => undefined, new Error('no'));
    expect(await cause()).toBe("production: the image runs, but the tag 'released' of the repository web cannot move: Error: no");
  });
});

describe('a service that CodeDeploy deploys', () => {
  beforeEach(() => {
    handOver();
    world.codeDeploy.usually = () => byCodeDeploy.succeeds();
    const { setPrimary } = world.ecs;
    world.ecs.setPrimary = (...args) => {
      setPrimary.apply(world.ecs, args);
      world.ecs.service.taskSets![0].loadBalancers = [{ targetGroupArn: GREEN_TARGET_GROUP, containerName: 'proxy', containerPort: 8080 }];
    };
  });

  test('gets a deployment of what runs now with another image, behind the container that it had', async () => {
    const { succeeded, message } = await release();
    expect({ succeeded, message }).toMatchObject({ succeeded: true });
    const { Resources: [{ TargetService: { Properties } }], Hooks } = told();
    expect(Properties).toMatchObject({ LoadBalancerInfo: { ContainerName: 'proxy', ContainerPort: 8080 } });
    expect(world.ecs.definitions.get(Properties.TaskDefinition)!.definition.containerDefinitions![0].image).toBe(`${world.built.uri}@${world.next}`);
    expect(Hooks).toEqual([{ AfterAllowTraffic: 'ask' }]);
    expect(world.runningDigests).toEqual([world.next, world.next]);
  });

  test('needs no deployment for the image that it runs', async () => {
    await release();
    expect((await release({ executionId: 'execution-2' })).variables).toMatchObject({ Outcome: 'ALREADY_RUNNING' });
    expect(world.codeDeploy.inputs('CreateDeployment')).toHaveLength(1);
  });

  test('may be released to again at once', async () => {
    await release();
    const next = world.built.push(['base', 'app 3']);
    expect((await release({ digest: next, executionId: 'execution-2' })).succeeded).toBe(true);
    expect(world.runningDigests).toEqual([next, next]);
  });

  test('is refused without a load balancer', async () => {
    world.ecs.service.taskSets![0].loadBalancers = undefined;
    expect(await cause()).toBe('production: the ECS service web has no load balancer whose traffic CodeDeploy could move');
  });

  test('is refused without its deployment group', async () => {
    describePlace({ codeDeploy: { applicationName: 'shop', deploymentGroupName: 'gone', hooks: {} } });
    expect(await cause()).toBe('production: the deployment group gone of the CodeDeploy application shop does not exist');
  });

  test('is refused when it is taken for one that ECS deploys', async () => {
    describePlace();
    expect(await cause()).toBe('production: the ECS service web is deployed by CODE_DEPLOY, not by ECS');
  });

  test('is refused before its first deployment', async () => {
    world.ecs.service.taskSets = undefined;
    expect(await cause()).toBe('production: the ECS service web uses no task definition: nothing has been deployed to it yet');
  });
});

describe('what is missing is named', () => {
  test('the parameter, or its content', async () => {
    world.around.parameters.set(PARAMETER, 'a text');
    expect(await cause()).toBe(`production: the SSM parameter ${PARAMETER} in us-east-1 does not describe a place (it is not JSON)`);
    world.around.parameters.clear();
    expect(await cause()).toBe(`production: the SSM parameter ${PARAMETER} does not exist in us-east-1: deploy the stack of the place first`);
  });

  test('the cluster, the service, the role', async () => {
    describePlace({ clusterArn: 'arn:aws:ecs:eu-west-1:222222222222:cluster/gone' });
    expect(await cause()).toBe('production: the ECS cluster gone does not exist');
    describePlace({ serviceArn: 'arn:aws:ecs:eu-west-1:222222222222:service/shop/gone' });
    expect(await cause()).toBe('production: the ECS service gone does not exist in the cluster shop');
    world.around.roles.clear();
    expect(await cause()).toMatch(/^production: the release role arn:.* does not exist, or does not trust the release function$/);
  });

  test.each([
    [{ launchType: 'EC2' as const }, 'EC2'],
    [{ launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }, { capacityProvider: 'boxes' }] }, 'boxes'],
  ])('another launch type: %j', async (changes, kind) => {
    Object.assign(world.ecs.service, changes);
    expect(await cause()).toBe(`production: the ECS service web runs on ${kind}, not on FARGATE`);
    expect(world.ecs.inputs('RegisterTaskDefinition')).toEqual([]);
  });

  test('nothing, on Fargate Spot', async () => {
    Object.assign(world.ecs.service, { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }] });
    expect((await release()).succeeded).toBe(true);
  });

  test('another controller', async () => {
    world.ecs.service.deploymentController = { type: 'EXTERNAL' };
    expect(await cause()).toBe('production: the ECS service web is deployed by EXTERNAL, not by ECS');
  });

  test('the container, before anything is changed', async () => {
    describePlace({ containerName: 'api' });
    expect(await cause()).toBe(`production: the task definition ${world.place.taskDefinitionArn} has no container api, only web, proxy`);
    expect(world.ecs.inputs('RegisterTaskDefinition')).toEqual([]);
  });

  test('the task definition', async () => {
    world.ecs.definitions.clear();
    expect(await cause()).toBe(`production: the task definition ${world.place.taskDefinitionArn}, which the service uses, does not exist any more`);
  });

  test('a target group', async () => {
    world.around.targetGroups.clear();
    expect(await cause()).toMatch(/^production: the target group arn:.* does not exist$/);
  });
});
