import { awsError } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';
import { lazily } from '../../support/lazily';

const MIB = 1024 * 1024;

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

test('only the layers that are missing are copied', async () => {
  await world.release();
  // The layer of the application and the configuration; the base is there since the last release.
  expect(world.ecr.inputs('InitiateLayerUpload')).toHaveLength(2);
});

test('layers are read with the rights of the function and written with those of the release role', async () => {
  await world.release();
  const callers = (command: string) => new Set(world.ecr.calls.filter(call => call.command === command).map(({ caller }) => `${caller.accessKeyId} ${caller.region}`));
  expect(callers('GetDownloadUrlForLayer')).toEqual(new Set(['function us-east-1']));
  expect(callers('UploadLayerPart')).toEqual(new Set(['release-role eu-west-1']));
  expect(callers('PutImage')).toEqual(new Set(['release-role eu-west-1']));
});

test('an image that is there already is not copied again', async () => {
  await world.release();
  world.ecs.deploy(world.place.taskDefinitionArn);
  world.clock.pass(120_000);
  await world.release();
  expect(world.ecr.inputs('CompleteLayerUpload')).toHaveLength(2);
});

test('an image that was released before is released again though the build repository keeps it no more', async () => {
  await world.release();
  const second = world.built.push(['base', 'app 3']);
  await world.release({ digest: second, commit: 'two' });
  world.built.manifests.delete(world.next);
  expect(await world.release()).toMatchObject({ succeeded: true, variables: { Outcome: 'RELEASED' } });
  expect(world.releasedDigest).toBe(world.next);
  expect(world.history.records.at(-1)).toMatchObject({ outcome: 'RELEASED', digest: world.next });
});

test('an index is copied with all its images, and tasks may tell the digest of one of them', async () => {
  const children = [world.built.push(['base', 'amd64']), world.built.push(['base', 'arm64'])];
  const index = world.built.pushIndex(children);
  world.ecs.disturbTask = task => ({ ...task, containers: task.containers!.map(container => ({ ...container, imageDigest: children[1] })) });

  const result = await world.release({ digest: index });

  expect(result.succeeded).toBe(true);
  expect([...world.released.manifests.keys()]).toEqual(expect.arrayContaining([...children, index]));
  expect(world.releasedDigest).toBe(index);
  expect(world.released.tags.get('c0ffee')).toBe(index);
  // The guard against storing anything else.
  expect(world.ecr.inputs('PutImage').map(({ imageDigest }) => imageDigest)).toEqual([...children, index, index]);
});

test('an index of which an image is missing is refused', async () => {
  const child = world.built.push(['base', 'amd64']);
  const index = world.built.pushIndex([child]);
  world.built.manifests.delete(child);
  expect((await world.release({ digest: index })).message).toBe(`production: the image ${child} of the index ${index} is missing in builds`);
});

test('layers that no registry holds are left where they are; a layer that is named twice is copied once', async () => {
  const digest = world.built.push(['new'], { foreignLayer: true, repeatLayer: true });
  expect((await world.release({ digest })).succeeded).toBe(true);
  expect(world.ecr.inputs('InitiateLayerUpload')).toHaveLength(2);
});

test('an image of more layers than ECR takes in one question', async () => {
  const digest = world.built.push(Array.from({ length: 130 }, (_, layer) => `layer ${layer}`));
  expect((await world.release({ digest })).succeeded).toBe(true);
  expect(world.ecr.inputs('BatchCheckLayerAvailability').map(({ layerDigests }) => layerDigests.length)).toEqual([100, 31]);
});

describe('a large layer', () => {
  const layer = lazily(() => Buffer.alloc(25 * MIB + 7, 'large'));
  let large: string;
  beforeEach(() => {
    large = world.built.push([layer()]);
  });

  test('goes in parts of 10 MiB', async () => {
    await world.release({ digest: large });
    const sizes = world.ecr.inputs('UploadLayerPart').map(({ partFirstByte, partLastByte }) => partLastByte - partFirstByte + 1);
    expect(sizes).toEqual(expect.arrayContaining([10 * MIB, 10 * MIB, 5 * MIB + 7]));
    expect(world.releasedDigest).toBe(large);
  });

  test('is taken up where the last invocation left it', async () => {
    world.pipeline.functionTimeout = 30;
    slowDownloads(25);
    const result = await world.release({ digest: large });
    expect(result.succeeded).toBe(true);
    expect(result.summaries[1]).toBe('Copying the image: 10 of 25 MiB');
    expect(result.invocations).toBeGreaterThan(3);
    // The configuration and the layer, each once.
    expect(world.ecr.inputs('InitiateLayerUpload')).toHaveLength(2);
    expect(world.ecr.downloads).toHaveLength(4);
  });

  test('begins anew when ECR has forgotten the upload', async () => {
    world.pipeline.functionTimeout = 30;
    slowDownloads(25);
    let invocation = 0;
    world.pipeline.between = () => {
      if (++invocation === 2) world.released.uploads.clear();
    };
    expect((await world.release({ digest: large })).succeeded).toBe(true);
    expect(world.ecr.inputs('InitiateLayerUpload')).toHaveLength(3);
  });

  test('goes on behind the part that had arrived unnoticed', async () => {
    world.pipeline.functionTimeout = 30;
    let uploads = 0;
    world.ecr.fail('UploadLayerPart', () => undefined, () => {
      const { layerPartBlob, uploadId } = world.ecr.inputs('UploadLayerPart').at(-1);
      world.released.uploads.set(uploadId, [layerPartBlob]);
      uploads++;
      return undefined;
    });
    expect((await world.release({ digest: large })).succeeded).toBe(true);
    expect(uploads).toBe(1);
    expect(world.ecr.downloads).toHaveLength(4);
  });

  test('goes back when ECR has lost a part', async () => {
    world.ecr.fail('UploadLayerPart', () => undefined, () => undefined, () => {
      const { uploadId } = world.ecr.inputs('UploadLayerPart').at(-1);
      world.released.uploads.set(uploadId, []);
      return undefined;
    });
    expect((await world.release({ digest: large })).succeeded).toBe(true);
    expect(world.ecr.inputs('UploadLayerPart').map(({ partFirstByte }) => partFirstByte / MIB)).toEqual([0, 0, 10, 0, 10, 20]);
  });

  test.each([{}, { lastValidByteReceived: -1 }])('fails when ECR does not like a part: %p', async received => {
    world.ecr.fail('UploadLayerPart', awsError('InvalidLayerPartException', 'too small', received));
    expect((await world.release({ digest: large })).message).toBe('production: InvalidLayerPartException: too small');
  });

  test('fails when the time of the release is over', async () => {
    process.env.RELEASE_TIMEOUT_MINUTES = '1';
    slowDownloads(40);
    expect((await world.release({ digest: large })).message)
      .toBe('production: the release took longer than 1 minutes; it ended while Copying the image: 10 of 25 MiB');
  });
});

test('an image of 1 GB is copied by a function that may run for 30 seconds', async () => {
  const digest = world.built.pushGenerated([700 * MIB, 324 * MIB]);
  world.released.keepsContent = false;
  world.pipeline.functionTimeout = 30;
  world.pipeline.pause = 1;
  // 20 MiB in a second.
  world.ecr.disturbDownload = () => {
    world.clock.pass(500);
    return undefined;
  };

  const result = await world.release({ digest });

  expect(result.succeeded).toBe(true);
  expect(world.released.layers.get(JSON.parse(world.built.manifests.get(digest)!.text).layers[0].digest)).toHaveLength(700 * MIB);
  // Each byte went once, each invocation in its time, and the console always said where it stood.
  expect(world.ecr.inputs('InitiateLayerUpload')).toHaveLength(3);
  const sizes = world.ecr.inputs('UploadLayerPart').map(({ partFirstByte, partLastByte }) => partLastByte - partFirstByte + 1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1024 * MIB + 2);
  expect(Math.max(...sizes)).toBe(10 * MIB);
  expect(result.invocations).toBeGreaterThanOrEqual(3);
  expect(result.summaries[0]).toMatch(/^Copying the image: [3-5]\d\d of 1024 MiB$/);
  expect(result.variables.ImageDigest).toBe(digest);
}, 30_000);

test('a layer that arrives from elsewhere in the meantime is as good', async () => {
  world.ecr.fail('CompleteLayerUpload', awsError('LayerAlreadyExistsException'));
  world.ecr.fail('PutImage', () => {
    for (const [digest, layer] of world.built.layers) world.released.layers.set(digest, layer);
    return undefined;
  });
  expect((await world.release()).succeeded).toBe(true);
});

test.each([
  ['a busy store', () => new Response('', { status: 503 })],
  ['a lost connection', () => new TypeError('fetch failed')],
  ['a cut answer', () => new Response('short', { status: 206 })],
])('a download is tried again with another address after %s', async (_, disturbed) => {
  let times = 0;
  world.ecr.disturbDownload = () => times++ === 0 ? disturbed() : undefined;
  const result = await world.release();
  expect(result).toMatchObject({ succeeded: true, invocations: 2 });
  expect(result.summaries[0]).toMatch(/^AWS did not answer, trying again: the layer sha256:.* could not be read/);
  expect(result.summaries.join()).not.toContain('signature');
});

test('a download that never works fails in the end, with its reason', async () => {
  world.ecr.disturbDownload = () => new Response('', { status: 403 });
  const { message } = await world.release();
  expect(message).toMatch(/^production: the layer sha256:.* could not be read from the build repository: HTTP status 403$/);
});

describe('the tag of the copy', () => {
  test.each(['', 'released', 'refs/heads/main', 'x'.repeat(129)])('is left out when there is no commit that could be one: %p', async commit => {
    expect((await world.release({ commit })).succeeded).toBe(true);
    expect([...world.released.tags.keys()]).toEqual(['released']);
    expect(world.ecr.inputs('PutImage')[0].imageTag).toBeUndefined();
  });

  test('is left out when the commit was built before with another result', async () => {
    world.released.tags.set('c0ffee', world.previous);
    expect((await world.release()).succeeded).toBe(true);
    expect(world.released.tags.get('c0ffee')).toBe(world.previous);
    expect(world.releasedDigest).toBe(world.next);
  });
});

describe('ECR', () => {
  test('may not answer with another manifest', async () => {
    world.built.manifests.get(world.next)!.text += ' ';
    expect((await world.release()).message).toBe(`production: the repository builds answered with another manifest than ${world.next}`);
  });

  test.each([[[{ failureCode: 'KmsError', failureReason: 'the key is disabled' }]], [undefined]])('may have other reasons to give no image', async failures => {
    // The first question about the image of the release is answered so.
    jest.spyOn(world.ecr as any, 'batchGetImage').mockReturnValueOnce({ images: undefined, failures });
    expect((await world.release()).message).toBe(`production: the repository builds does not give the image ${world.next}: ${failures?.[0].failureReason}`);
  });

  test('may leave an answer out', async () => {
    jest.spyOn(world.ecr as any, 'find').mockReturnValueOnce(world.built);
    world.ecr.fail('PutImage', awsError('LimitExceededException', 'too many images'));
    expect((await world.release()).message).toBe('production: LimitExceededException: too many images');
  });
});

/** Each part takes so many seconds. */
function slowDownloads(seconds: number): void {
  world.ecr.disturbDownload = () => {
    world.clock.pass(Math.min(seconds, world.pipeline.functionTimeout - 5) * 1000);
    return undefined;
  };
}
