import type { PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline';
import { continuation } from '../../../src/deploy/release/pipeline/reply';
import { deployment } from '../../support/doubles/fake-ecs';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
let log: jest.SpyInstance;
beforeEach(() => {
  log = jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

test('a release copies the image, deploys it by digest, proves it, and then moves the tag', async () => {
  const result = await world.release();

  expect(result).toMatchObject({ succeeded: true, invocations: 1 });
  expect(world.runningDigests).toEqual([world.next, world.next]);
  expect(world.releasedDigest).toBe(world.next);
  expect(world.released.tags.get('c0ffee')).toBe(world.next);
  expect(result.variables).toEqual({
    Outcome: 'RELEASED',
    ServiceUrl: 'https://web.example',
    ImageDigest: world.next,
    ImageUri: `${world.released.uri}@${world.next}`,
    TaskDefinitionArn: world.ecs.service.taskDefinition,
    ServiceDeploymentArn: world.ecs.latest.serviceDeploymentArn,
  });
});

test('only the image of the one container changes; the revision is based on the one that the service uses', async () => {
  await world.release();

  const { definition, tags } = world.ecs.definitions.get(world.ecs.service.taskDefinition!)!;
  expect(definition).toMatchObject({
    family: 'web',
    cpu: '256',
    containerDefinitions: [
      { name: 'web', image: `${world.released.uri}@${world.next}`, environment: [{ name: 'COLOUR', value: 'green' }] },
      { name: 'proxy', image: 'public.ecr.aws/proxy@sha256:0123' },
    ],
  });
  expect(tags).toEqual([{ key: 'team', value: 'shop' }, { key: 'cdk-fargate-cicd:job', value: expect.any(String) },
    { key: 'cdk-fargate-cicd:execution', value: 'execution-1' }, { key: 'cdk-fargate-cicd:base', value: '1' }]);
});

test('what a stack update changes later is kept by the next release', async () => {
  await world.release();
  const updated = world.ecs.define({ family: 'web', cpu: '1024', containerDefinitions: [{ name: 'web', image: `${world.released.uri}:released` }] });
  world.ecs.deploy(updated, deployment.succeeds(10));
  world.clock.pass(60_000);

  const third = world.built.push(['base', 'app 3']);
  await world.release({ digest: third, commit: 'beef' });

  expect(world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition).toMatchObject({
    cpu: '1024', containerDefinitions: [{ image: `${world.released.uri}@${third}` }],
  });
});

test('sidecars, volumes, shares, limits and log routing stay as they are; only the image of the application changes', async () => {
  const application = {
    name: 'web', cpu: 480, memory: 896, dependsOn: [{ containerName: 'proxy', condition: 'START' as const }], mountPoints: [{ sourceVolume: 'web-uploads', containerPath: '/uploads' }],
    linuxParameters: { tmpfs: [{ containerPath: '/tmp', size: 64, mountOptions: ['nosuid'] }] }, ulimits: [{ name: 'nofile' as const, softLimit: 1, hardLimit: 2 }],
    logConfiguration: { logDriver: 'awsfirelens' as const, options: { Name: 'firehose' } },
  };
  const others = [{ name: 'proxy', image: 'proxy:1', essential: false }, { name: 'log-router', image: 'router:1', firelensConfiguration: { type: 'fluentbit' as const } }];
  const rest = {
    family: 'web', ephemeralStorage: { sizeInGiB: 50 },
    volumes: [{ name: 'web-uploads', efsVolumeConfiguration: { fileSystemId: 'fs-11111111', transitEncryption: 'ENABLED' as const, authorizationConfig: { accessPointId: 'fsap-11111111111111111', iam: 'ENABLED' as const } } }],
  };
  world.ecs.deploy(world.ecs.define({ ...rest, containerDefinitions: [{ ...application, image: `${world.released.uri}:released` }, ...others] }), deployment.succeeds(10));
  world.clock.pass(60_000);

  await world.release();

  expect(world.ecs.definitions.get(world.ecs.service.taskDefinition!)!.definition).toMatchObject({
    ...rest, containerDefinitions: [{ ...application, image: `${world.released.uri}@${world.next}` }, ...others],
  });
});

test('the log says each step and no secret', async () => {
  await world.release();

  const lines: string[] = log.mock.calls.map(([line]) => line);
  expect(lines.map(line => JSON.parse(line).message)).toEqual([
    'Beginning',
    'The image is in the repository of the place',
    'The task definition is registered',
    'The service is updated',
    'Following the service deployment',
    'The service deployment is over',
    'The release is verified',
    'The tag is moved',
    'The release is recorded',
    'Replying to CodePipeline',
  ]);
  expect(lines.join()).not.toContain('secret');
});

test('a release over hours goes on from invocation to invocation', async () => {
  process.env.RELEASE_TIMEOUT_MINUTES = '600';
  world.ecs.scripts.push(deployment.succeeds(8 * 3600));

  const result = await world.release();

  expect(result.succeeded).toBe(true);
  expect(result.invocations).toBeGreaterThan(30);
  expect(result.summaries[0]).toBe('Deploying: 0 of 2 tasks run');
  expect(world.ecs.inputs('UpdateService')).toHaveLength(1);
  expect(world.releasedDigest).toBe(world.next);
});

test('names as long as AWS admits fit into what CodePipeline carries from one invocation to the next', () => {
  const path = `${'c'.repeat(255)}/${'s'.repeat(255)}/0123456789012345678901`;
  const arn = (resource: string) => `arn:aws-us-gov:ecs:us-gov-west-1:222222222222:${resource}`;
  const { input } = continuation('job', {
    job: '01234567-0123-0123-0123-012345678901', startedAt: 1_800_000_000_000, copied: true, deployment: arn(`service-deployment/${path}`), revision: arn(`service-revision/${path}`),
    stage: 'POST_PRODUCTION_TRAFFIC_SHIFT', alreadyRunning: false, wait: { name: 'verification', since: 1_800_000_000_000 },
    facts: { strategy: 'BLUE_GREEN', previousDigest: world.previous, copiedAt: 1_800_000_000_000, deployedAt: 1_800_000_000_000 },
  }, 'Deploying') as PutJobSuccessResultCommand;
  expect(input.continuationToken!.length).toBeLessThanOrEqual(2048);
});

test('a function of 30 seconds suffices', async () => {
  world.pipeline.functionTimeout = 30;
  world.ecs.appearsAfter = 40;

  const result = await world.release();

  expect(result.succeeded).toBe(true);
  expect(result.summaries).toContain('Waiting for ECS to begin the deployment');
  expect(world.ecs.inputs('UpdateService')).toHaveLength(1);
  expect(world.ecs.inputs('RegisterTaskDefinition')).toHaveLength(1);
});

test('a service that is scaled to nothing is deployed, and the action says that nothing proved the image', async () => {
  world.ecs.service.desiredCount = 0;

  const result = await world.release();

  expect(result.variables.Outcome).toBe('NO_TASKS');
  expect(result.summaries.at(-1)).toContain('desired count of the service is 0');
  expect(world.releasedDigest).toBe(world.next);
});

test('without alarms CloudWatch is not asked; without target groups the tasks suffice', async () => {
  world.publish({ alarmNames: [], targetGroupArns: [] });

  expect((await world.release()).succeeded).toBe(true);
  expect(world.around.inputs('DescribeAlarms')).toHaveLength(0);
});

test('the role is assumed under the name of the execution, and everything in the place happens with its rights', async () => {
  await world.release({ executionId: `execution ${'x'.repeat(80)}` });

  const [{ RoleSessionName }] = world.around.inputs('AssumeRole');
  expect(RoleSessionName).toMatch(/^release-execution-x+$/);
  expect(RoleSessionName).toHaveLength(64);
  expect(new Set(world.ecs.calls.map(({ caller }) => `${caller.accessKeyId} ${caller.region}`))).toEqual(new Set(['release-role eu-west-1']));
});
