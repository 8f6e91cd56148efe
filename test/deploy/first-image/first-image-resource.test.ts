import { BatchDeleteImageCommand, BatchGetImageCommand, ECRClient, RepositoryNotFoundException } from '@aws-sdk/client-ecr';
import { FakeRegistry } from './fake-registry';
import { type FirstImageEvent, type FirstImageProperties, FirstImageResource } from '../../../src/deploy/first-image/first-image-resource';
import { firstImage } from '../../../src/deploy/first-image/image';

const PUSHED = /^the first image sha256:\w{64} was put under web\/released$/;
const RELEASED = 'web/released holds a released image: nothing to do';

let fake: FakeRegistry;
beforeEach(async () => { fake = await new FakeRegistry().start(); });
afterEach(async () => fake.stop());

describe('Create', () => {
  test('puts the first image where nothing is', async () => {
    expect(await create(web())).toMatch(PUSHED);
    expect(fake.tags.get('web/released')).toBe(digestWith('80'));
  });

  test('puts it again where a first image is, as a repeated event does', async () => {
    await create(web());
    expect(await create(web({ Ports: ['8080'] }))).toMatch(PUSHED);
    expect(fake.tags.get('web/released')).toBe(digestWith('8080'));
  });

  test('completes what was pushed half', async () => {
    fake.trouble(/^PUT .*\/manifests\/released/, 1, response => response.writeHead(400).end());
    await expect(create(web())).rejects.toThrow('HTTP status 400');
    const before = fake.requests.length;

    expect(await create(web())).toMatch(PUSHED);
    expect(fake.requests.slice(before).filter(request => request.startsWith('POST'))).toEqual([]);
  });

  test('leaves a released image alone', async () => {
    const released = fake.release('web', 'released');
    expect(await create(web())).toBe(RELEASED);
    expect(fake.tags.get('web/released')).toBe(released);
    expect(fake.requests).toEqual([]);
  });

  test('leaves an image alone that is released while the first image is on its way', async () => {
    let released;
    fake.trouble(/^PUT .*\/manifests\/sha256/, 1, response => {
      released = fake.release('web', 'released');
      response.writeHead(503).end();
    });
    expect(await create(web())).toBe(RELEASED);
    expect(fake.tags.get('web/released')).toBe(released);
  });

  test('takes an image with other annotations, or built on top of a first image, for a released one', async () => {
    fake.release('web', 'released', JSON.stringify({ annotations: { other: 'true' }, manifests: [] }));
    expect(await create(web())).toBe(RELEASED);
  });

  test('says that the repository is missing', async () => {
    fake.ecr.on(BatchGetImageCommand).rejects(missingRepository());
    fake.trouble(/^POST/, Infinity, response => response.writeHead(404).end('NAME_UNKNOWN'));
    await expect(create(web())).rejects.toThrow('HTTP status 404 NAME_UNKNOWN');
  });

  test('says what ECR refuses', async () => {
    fake.ecr.on(BatchGetImageCommand).rejects(new Error('AccessDenied'));
    await expect(create(web())).rejects.toThrow('AccessDenied');
  });

  test('says why ECR does not give the image', async () => {
    fake.ecr.on(BatchGetImageCommand).resolves({ failures: [{ failureCode: 'KmsError', failureReason: 'the key is gone' }] });
    await expect(create(web())).rejects.toThrow('ECR: KmsError: the key is gone');
  });

  test('does without a token where the registry wants none', async () => {
    fake.ecr.reset();
    fake.ecr.on(BatchGetImageCommand).resolves({});
    fake.ecr.onAnyCommand().resolves({});
    await expect(create(web())).rejects.toThrow('HTTP status 401');
  });
});

describe('Update', () => {
  test('changes the first image, and keeps the one before for tasks that run it', async () => {
    await create(web());
    expect(await update(web({ Ports: ['8080'] }), web())).toMatch(PUSHED);
    expect(fake.tags.get('web/released')).toBe(digestWith('8080'));
    expect(fake.manifests.has(digestWith('80'))).toBe(true);
  });

  test('and its rollback', async () => {
    await create(web());
    await update(web({ Ports: ['8080'] }), web());
    expect(await update(web(), web({ Ports: ['8080'] }))).toMatch(PUSHED);
    expect(fake.tags.get('web/released')).toBe(digestWith('80'));
  });

  test('leaves a released image alone, forward and back', async () => {
    await create(web());
    const released = fake.release('web', 'released');
    expect(await update(web({ Ports: ['8080'] }), web())).toBe(RELEASED);
    expect(await update(web(), web({ Ports: ['8080'] }))).toBe(RELEASED);
    expect(fake.tags.get('web/released')).toBe(released);
  });

  test('never puts the first image under a running service', async () => {
    expect(await update(web({ Ports: ['8080'] }), web())).toBe('web/released holds nothing: nothing to do');
    expect(fake.requests).toEqual([]);
  });
});

describe('Update to another repository', () => {
  const moved = web({ RepositoryName: 'moved' });
  const toMoved = async () => update({ ...moved, RepositoryUri: `${fake.host}/moved` }, web());

  test('puts the first image there before any release', async () => {
    await create(web());
    expect(await toMoved()).toMatch(/was put under moved\/released$/);
    expect(fake.tags.get('moved/released')).toBe(digestWith('80'));
  });

  test('does so even if the former repository is gone', async () => {
    fake.ecr.on(BatchGetImageCommand, { repositoryName: 'web' }).rejects(missingRepository());
    expect(await toMoved()).toMatch(/was put under moved\/released$/);
  });

  test('refuses to lose the released image', async () => {
    fake.release('web', 'released');
    await expect(toMoved()).rejects.toThrow('the repository would be replaced and the released image lost: copy web/released to moved/released first');
    expect(fake.requests).toEqual([]);
  });

  test('takes the released image that somebody copied there', async () => {
    fake.release('web', 'released');
    fake.release('moved', 'released');
    expect(await toMoved()).toBe('moved/released holds a released image: nothing to do');
  });

  test('goes back in a rollback', async () => {
    fake.release('web', 'released');
    expect(await update(web(), moved)).toBe(RELEASED);
  });
});

describe('Delete', () => {
  test('removes the first image with all that belongs to it, so that the repository can be deleted', async () => {
    await create(web());
    expect(await remove(web())).toBe('the first image was deleted from web/released');
    expect([...fake.manifests.keys()]).toEqual([]);
  });

  test('leaves a released image alone', async () => {
    fake.release('web', 'released');
    expect(await remove(web())).toBe(RELEASED);
    expect(fake.manifests.size).toBe(1);
  });

  test('has nothing to do where nothing is, or the repository is gone', async () => {
    expect(await remove(web())).toBe('web/released holds nothing: nothing to do');
    fake.ecr.on(BatchGetImageCommand).rejects(missingRepository());
    expect(await remove(web())).toBe('web/released holds nothing: nothing to do');
  });

  test('leaves everything alone under an id that is not ours', async () => {
    await create(web());
    expect(await remove(web(), 'stack-FirstImage-1234')).toBe('stack-FirstImage-1234 is unknown: nothing to do');
    expect(fake.tags.has('web/released')).toBe(true);
  });

  test('says what could not be deleted', async () => {
    await create(web());
    fake.ecr.on(BatchDeleteImageCommand).resolves({ failures: [{ failureCode: 'ImageReferencedByManifestList', failureReason: 'in use' }] });
    await expect(remove(web())).rejects.toThrow('ECR: ImageReferencedByManifestList: in use');
  });

  test('does not mind that something is gone already', async () => {
    await create(web());
    fake.ecr.on(BatchDeleteImageCommand).resolves({});
    expect(await remove(web())).toBe('the first image was deleted from web/released');
  });
});

test('every call to ECR can be stopped', async () => {
  await create(web());
  await remove(web());
  const calls = fake.ecr.calls().map(({ args }) => args);
  expect(calls).toEqual(Array(6).fill([expect.anything(), { abortSignal: expect.any(AbortSignal) }]));
});

function web(properties: Partial<FirstImageProperties> = {}): FirstImageProperties {
  return {
    RepositoryUri: `${fake?.host}/web`, RepositoryName: 'web', Tag: 'released', Ports: ['80'], Status: '200', Commands: ['node'], Users: ['node'], ...properties,
  };
}

function digestWith(port: string): string {
  return firstImage({ ports: [port], status: '200', commands: ['node'], users: ['node'] }).index.digest;
}

function missingRepository() {
  return new RepositoryNotFoundException({ message: 'missing', $metadata: {} });
}

async function create(ResourceProperties: FirstImageProperties) {
  return handle({ RequestType: 'Create', ResourceProperties });
}

async function update(ResourceProperties: FirstImageProperties, OldResourceProperties: FirstImageProperties) {
  return handle({ RequestType: 'Update', ResourceProperties, OldResourceProperties });
}

async function remove(ResourceProperties: FirstImageProperties, PhysicalResourceId = 'web/released') {
  return handle({ RequestType: 'Delete', ResourceProperties, PhysicalResourceId });
}

async function handle(event: object): Promise<string> {
  const controller = new AbortController();
  const resource = new FirstImageResource(new ECRClient({ region: 'eu-central-1' }), controller.signal, 'http');
  return resource.handle(event as FirstImageEvent).finally(() => controller.abort());
}
