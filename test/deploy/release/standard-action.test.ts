import { unzipSync } from 'fflate';
import { SECRET } from '../../support/doubles/fake-codepipeline';
import { deployment } from '../../support/doubles/fake-ecs';
import { OwnAction } from '../../support/doubles/own-action';
import { ReleaseWorld } from '../../support/doubles/release-world';

let world: ReleaseWorld;
let action: OwnAction;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
  action = new OwnAction(world);
});

const prepare = async (more?: object) => action.prepare(world.userParameters({ task: 'prepare' }), more);
const verify = () => world.release({ task: 'verify' });

describe('before CodePipeline\'s own action', () => {
  test('the image is copied and the artifact names it by digest', async () => {
    const result = await prepare({ encryptionKey: { id: 'key-1', type: 'KMS' } });

    expect(result).toMatchObject({
      succeeded: true,
      variables: { Outcome: 'PREPARED', ImageUri: `${world.released.uri}@${world.next}`, ImageDigest: world.next, ServiceUrl: 'https://web.example' },
    });
    const [{ Body, ...object }] = world.around.objects;
    expect(object).toEqual({
      Bucket: 'artifacts', Key: 'web/files.zip', ContentType: 'application/zip', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1',
    });
    expect(Object.keys(unzipSync(Body))).toEqual(['imagedefinitions.json']);
    expect(Buffer.from(unzipSync(Body)['imagedefinitions.json']).toString())
      .toBe(`[{"name":"web","imageUri":"${world.released.uri}@${world.next}"}]`);
    expect(world.releasedDigest).toBe(world.previous);
    expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
  });

  test('equal content makes equal bytes, and without a key the bucket decides on the encryption', async () => {
    await prepare();
    world.clock.pass(86_400_000);
    await prepare();
    const [first, second] = world.around.objects;
    expect(Buffer.compare(first.Body, second.Body)).toBe(0);
    expect(first).not.toHaveProperty('ServerSideEncryption');
  });

  test('the artifact is written with the credentials of the job, which nobody logs', async () => {
    await prepare();
    expect(world.around.calls.find(({ command }) => command === 'PutObject')!.caller.accessKeyId).toBe('artifacts');
    expect(JSON.stringify((console.log as jest.Mock).mock.calls)).not.toContain(SECRET);
  });

  test('an action without output artifact is refused', async () => {
    expect((await prepare({ outputArtifacts: [] })).message).toBe('production: the action has no output artifact to write to');
  });

  test('another deployment is waited for, and alarms that ring refuse it', async () => {
    world.pipeline.functionTimeout = 60;
    world.ecs.deploy(world.ecs.define({ family: 'web', containerDefinitions: [] }), deployment.succeeds(200));
    expect((await prepare()).invocations).toBeGreaterThan(1);
    world.around.ringing.add('errors');
    expect((await prepare()).message).toContain('production: an alarm rings already: errors');
  });
});

describe('after CodePipeline\'s own action', () => {
  test('the release is proved and the tag moves', async () => {
    await prepare();
    action.deploy();
    const result = await verify();
    expect(result).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED', TaskDefinitionArn: world.ecs.service.taskDefinition } });
    expect(world.releasedDigest).toBe(world.next);
    expect(world.ecs.inputs('UpdateService')).toHaveLength(0);
  });

  test('it may take several invocations', async () => {
    world.pipeline.functionTimeout = 30;
    await prepare();
    action.deploy(deployment.succeeds(300));
    expect((await verify()).invocations).toBeGreaterThan(1);
    expect(world.releasedDigest).toBe(world.next);
  });

  test('a deployment that was over before is proved too', async () => {
    await prepare();
    action.deploy();
    world.clock.pass(600_000);
    expect((await verify()).variables.Outcome).toBe('RELEASED');
  });

  test('a deployment that failed is explained', async () => {
    await prepare();
    action.deploy(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'it crashed' }));
    world.clock.pass(600_000);
    expect((await verify()).message).toContain('production: the ECS circuit breaker rolled the deployment back after 3 failed tasks: it crashed');
    expect(world.releasedDigest).toBe(world.previous);
  });

  test('a service that deploys another image is told', async () => {
    await prepare();
    expect((await verify()).message).toContain(`production: the service deploys another image than ${world.next}: ${world.released.uri}:released`);
    world.ecs.definitions.clear();
    expect((await verify()).message).toContain('its task definition is deleted');
    world.ecs.deployments.length = 0;
    expect((await verify()).message).toBe('production: the service has never been deployed, so there is nothing to verify');
  });
});
