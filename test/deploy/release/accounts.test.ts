import { handleDirectCall } from '../../../src/deploy/release/pipeline/direct-call';
import { FakeService } from '../../support/doubles/fake-service';
import { ADDRESSES, ReleaseWorld, ROLE } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

const TOOLS = 'function in us-east-1';
const PLACE = 'release-role in eu-west-1';

/** Who sent which commands, and where to. */
function callers(...services: FakeService[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { command, caller } of services.flatMap(({ calls }) => calls)) {
    const who = `${caller.accessKeyId} in ${caller.region}`;
    found[who] = [...new Set([...found[who] ?? [], command])].sort();
  }
  return found;
}

describe('from a pipeline in one account and region to a place in another', () => {
  test('reads the builds by its own rights, copies and deploys by those of the release role, and records at home', async () => {
    expect((await world.release()).succeeded).toBe(true);
    expect([world.built.props.account, world.released.props.account]).toEqual(['111111111111', '222222222222']);
    expect([world.releasedDigest, ...world.runningDigests]).toEqual([world.next, world.next, world.next]);
    expect(callers(world.ecr)).toEqual({
      [TOOLS]: ['BatchGetImage', 'DescribeImageScanFindings', 'DescribeImages', 'GetDownloadUrlForLayer'],
      [PLACE]: ['BatchCheckLayerAvailability', 'BatchGetImage', 'CompleteLayerUpload', 'DescribeRepositories', 'InitiateLayerUpload', 'PutImage', 'UploadLayerPart'],
    });
    expect(Object.keys(callers(world.ecs))).toEqual([PLACE]);
    expect(callers(world.around)).toEqual({ [TOOLS]: ['AssumeRole'], [PLACE]: ['DescribeAlarms', 'DescribeStacks', 'DescribeTargetHealth', 'GetParameter'] });
    expect(Object.keys(callers(world.history))).toEqual([TOOLS]);
    expect(Object.keys(callers(world.pipeline))).toEqual([TOOLS]);
  });

  test('only what the place has not is carried over the border', async () => {
    await world.release();
    expect(world.ecr.downloads).toHaveLength(2);
    expect(world.ecr.downloads.every((download) => download.startsWith('https://layers.example/'))).toBe(true);
  });

  test('does nothing with the rights of another place', async () => {
    world.around.roles.set('arn:aws:iam::333333333333:role/release-web', 'another-role');
    const { cause } = await world.failure({ roleArn: 'arn:aws:iam::333333333333:role/release-web' });
    expect(cause).toMatch(/another-role is not among the (readers|writers) of web/);
    expect(world.ecs.inputs('UpdateService')).toEqual([]);
  });
});

describe('a release role that wants to hear an external id', () => {
  beforeEach(() => world.around.externalIds.set(ROLE, 'shop'));

  test('hears it from the action', async () => {
    expect((await world.release({ externalId: 'shop' })).succeeded).toBe(true);
    expect(world.around.inputs('AssumeRole').map(({ ExternalId }) => ExternalId)).toEqual(['shop']);
  });

  test('hears it in a direct call', async () => {
    world.around.parameters.set(ADDRESSES, JSON.stringify({ production: [ROLE, '/places/web', 'eu-west-1', 'shop'] }));
    const time = { now: () => world.clock.now(), sleep: async (pause: number) => world.clock.pass(pause), left: () => 900_000 };
    expect(await handleDirectCall({ place: 'production', digest: world.next }, 'request-1', time)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('refuses who does not know it', async () => {
    expect((await world.failure({ externalId: 'tea' })).cause).toContain('does not exist, or does not trust the release function');
    expect(world.ecr.inputs('BatchGetImage')).toEqual([]);
  });

  test('is told when the request has none that is a text', async () => {
    expect((await world.failure({ externalId: 7 as never })).cause).toBe('the request of the release action (UserParameters) has the externalId 7, which is no text');
  });
});
