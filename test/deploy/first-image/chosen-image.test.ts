import { createHash } from 'node:crypto';
import { ECRClient } from '@aws-sdk/client-ecr';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ContainerOptions, FargateEnvironment, FirstImage, LoadBalancer, Notification } from '../../../src';
import { type FirstImageEvent, type FirstImageProperties, FirstImageResource } from '../../../src/deploy/first-image/first-image-resource';
import { judge, withAndWithoutFeatureFlags } from '../../checkers';
import { rightsOf, text } from '../../pipeline/pipeline-world';
import { FakeEcr, type FakeRepository } from '../../support/doubles/fake-ecr';
import { awsError } from '../../support/doubles/fake-service';

jest.mock('node:timers/promises', () => ({ setTimeout: jest.fn(async () => {}) }));

const MIB = 1024 * 1024;
const PUSHED = /^the first image (sha256:\w{64}) was put under web\/released$/;

describe('the custom resource', () => {
  let registry: FakeEcr;
  let shared: FakeRepository;
  let place: FakeRepository;
  let controller: AbortController;

  beforeEach(() => {
    process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'function';
    registry = Object.assign(new FakeEcr(), { home: '111111111111' });
    shared = registry.repository({ account: '222222222222', region: 'us-east-1', name: 'team/shared' });
    place = registry.repository({ account: '111111111111', region: 'eu-west-1', name: 'web', mutableTags: ['released'] });
    controller = new AbortController();
  });

  const properties = (SourceImage: string, others: Partial<FirstImageProperties> = {}): FirstImageProperties => ({
    RepositoryUri: place.uri, RepositoryName: 'web', Tag: 'released', Ports: ['80'], Status: '200', Commands: [], Users: [],
    SourceRepositoryArn: shared.arn, SourceImage, Architecture: 'arm64', ...others,
  });
  const handle = async (event: object) => new FirstImageResource(new ECRClient({ region: 'eu-west-1' }), controller.signal).handle(event as FirstImageEvent);
  const create = async (ResourceProperties: FirstImageProperties) => handle({ RequestType: 'Create', ResourceProperties });
  const update = async (ResourceProperties: FirstImageProperties, OldResourceProperties: FirstImageProperties) =>
    handle({ RequestType: 'Update', ResourceProperties, OldResourceProperties });
  const index = () => JSON.parse(place.manifests.get(place.tags.get('released')!)!.text);

  test('copies an image with all its layers, and marks it as a first image', async () => {
    const digest = shared.push([Buffer.alloc(11 * MIB, 'base'), 'app'], { tag: 'v1' });

    const [, named] = PUSHED.exec(await create(properties('v1')))!;

    expect(place.tags.get('released')).toBe(named);
    expect(`sha256:${createHash('sha256').update(place.manifests.get(named)!.text).digest('hex')}`).toBe(named);
    expect(index()).toMatchObject({
      mediaType: 'application/vnd.oci.image.index.v1+json',
      annotations: { 'io.github.cdk-fargate-cicd.first-image': 'true' },
      manifests: [{
        digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', size: shared.manifests.get(digest)!.text.length, platform: { architecture: 'arm64', os: 'linux' },
      }],
    });
    expect(place.manifests.get(digest)).toEqual(shared.manifests.get(digest));
    expect([...place.layers.keys()].sort()).toEqual([...shared.layers.keys()].sort());
  });

  test('copies all images of an index, by digest', async () => {
    const children = [shared.push(['base', 'amd64']), shared.push(['base', 'arm64'])];
    await create(properties(shared.pushIndex(children)));
    expect(index().manifests.map(({ digest }: { digest: string }) => digest)).toEqual(children);
    expect(children.every((digest) => place.manifests.has(digest))).toBe(true);
  });

  test('reads where the image is, and writes where the place is', async () => {
    shared.push(['base'], { tag: 'v1' });
    await create(properties('v1'));
    const regions = (command: string) => new Set(registry.calls.filter((call) => call.command === command).map(({ caller }) => caller.region));
    expect(regions('GetDownloadUrlForLayer')).toEqual(new Set(['us-east-1']));
    expect(regions('PutImage')).toEqual(new Set(['eu-west-1']));
  });

  test('does the same when it is told again, without copying again', async () => {
    shared.push(['base'], { tag: 'v1' });
    const first = await create(properties('v1'));
    const copied = registry.inputs('InitiateLayerUpload').length;
    expect(await create(properties('v1'))).toBe(first);
    expect(registry.inputs('InitiateLayerUpload')).toHaveLength(copied);
  });

  test('follows another choice before the first release, back and forth', async () => {
    const [one, two] = ['one', 'two'].map((layer) => shared.push([layer], { tag: layer }));
    await create(properties('one'));
    await update(properties('two'), properties('one'));
    expect(index().manifests[0].digest).toBe(two);
    await update(properties('one'), properties('two'));
    expect(index().manifests[0].digest).toBe(one);
  });

  test('leaves a released image alone, even the very one that was the first', async () => {
    const first = shared.push(['one'], { tag: 'one' });
    shared.push(['two'], { tag: 'two' });
    await create(properties('one'));
    place.tags.set('released', first);
    expect(await update(properties('two'), properties('one'))).toBe('web/released holds a released image: nothing to do');
    expect(place.tags.get('released')).toBe(first);
  });

  test('goes on after a disturbance', async () => {
    shared.push(['base', 'app'], { tag: 'v1' });
    let disturbed = 0;
    registry.disturbDownload = () => disturbed++ < 2 ? new Response('', { status: 503 }) : undefined;
    expect(await create(properties('v1'))).toMatch(PUSHED);
  });

  test.each([
    ['image', () => properties('v2'), 'the image v2 does not exist in the repository team/shared of account 222222222222'],
    ['digest', () => properties(`sha256:${'0'.repeat(64)}`), `the image sha256:${'0'.repeat(64)} does not exist in the repository team/shared of account 222222222222`],
    ['repository', () => properties('v1', { SourceRepositoryArn: 'arn:aws:ecr:us-east-1:222222222222:repository/gone' }), 'the repository gone does not exist in account 222222222222'],
  ])('says at once which %s is missing', async (_, given, reason) => {
    await expect(create(given())).rejects.toThrow(reason);
    expect(registry.calls.filter(({ caller }) => caller.region === 'us-east-1')).toHaveLength(1);
    expect(place.tags.size).toBe(0);
  });

  test('says at once what ECR refuses', async () => {
    shared.push(['base'], { tag: 'v1' });
    registry.fail('GetDownloadUrlForLayer', awsError('AccessDeniedException', 'not yours'));
    await expect(create(properties('v1'))).rejects.toThrow('not yours');
  });

  test('stops after a part when it is told to', async () => {
    shared.push([Buffer.alloc(25 * MIB)], { tag: 'v1' });
    // After the configuration, the first part of the layer.
    registry.disturbDownload = () => { if (registry.downloads.length === 2) controller.abort(); return undefined; };
    await expect(create(properties('v1'))).rejects.toThrow('Copying the image: 10 of 25 MiB');
    expect(registry.downloads).toHaveLength(2);
  });
});

describe('the place', () => {
  const make = (options: (stack: Stack) => ContainerOptions, context = {}) => {
    const stack = new Stack(new App({ context }), 'Shop');
    new FargateEnvironment(stack, 'Place', {
      loadBalancer: LoadBalancer.internal(), notifications: [Notification.email('team@example.com')], container: options(stack),
    });
    return stack;
  };
  const chosen = (stack: Stack) => ({ firstImage: FirstImage.fromRepository(ecr.Repository.fromRepositoryName(stack, 'Shared', 'team/shared'), 'v1') });
  const resource = (template: Template): any => Object.values(template.findResources('Custom::FirstImage'))[0].Properties;
  const handler = (template: Template): any => Object.entries(template.findResources('AWS::Lambda::Function')).find(([id]) => id.startsWith('PlaceFirstImage'))![1].Properties;
  const SHARED = 'arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository/team/shared';

  test('says which image it wants, and has time for it', () => {
    const template = Template.fromStack(make(chosen));
    expect(resource(template)).toMatchObject({ SourceImage: 'v1', Architecture: 'amd64' });
    expect(text(resource(template).SourceRepositoryArn)).toBe(SHARED);
    expect(handler(template)).toMatchObject({ Timeout: 900, MemorySize: 1024 });
  });

  test('for ARM64', () => {
    expect(resource(Template.fromStack(make((stack) => ({ ...chosen(stack), cpuArchitecture: ecs.CpuArchitecture.of('ARM64') }))))).toMatchObject({ Architecture: 'arm64' });
  });

  test('may read that repository and no other', () => {
    const rights = rightsOf(Template.fromStack(make(chosen)), 'PlaceFirstImageFunctionRole');
    expect(rights.filter((right) => right.endsWith(SHARED))).toEqual([`ecr:BatchGetImage ${SHARED}`, `ecr:GetDownloadUrlForLayer ${SHARED}`]);
  });

  test('asks for nothing of it without a choice', () => {
    const template = Template.fromStack(make(() => ({})));
    expect(Object.keys(resource(template)).filter((name) => /Source|Architecture/.test(name))).toEqual([]);
    expect(handler(template)).toMatchObject({ Timeout: 120, MemorySize: 256 });
  });

  withAndWithoutFeatureFlags((context) => {
    test('nothing against it', () => expect(judge(make(chosen, context).node.root as App)).toEqual([]));
  });
});
