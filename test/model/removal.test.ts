import { RemovalPolicy } from 'aws-cdk-lib';
import type { Template } from './account/cloudformation';
import { ModelWorld } from './model-world';
import { failingAfter, idOf, wholeTemplate } from './templates';

const DESTROY = wholeTemplate(RemovalPolicy.DESTROY);
const RETAIN = wholeTemplate(RemovalPolicy.RETAIN);
/** As a hand would switch it off. */
const UNPROTECTED = edited(RETAIN, '{"Key":"deletion_protection.enabled","Value":"true"}', '{"Key":"deletion_protection.enabled","Value":"false"}');

let world: ModelWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ModelWorld();
});

/** A stack that was in use: everything that holds data holds some. */
async function inUse(template: Template): Promise<void> {
  await world.deploy(template);
  [...world.objects.values()].forEach(objects => objects.add('object').add('another'));
  world.repositories.forEach(repository => repository.push(['image']));
  await world.release(world.build());
}

/** What exists, by type, and how often. */
function left(): Record<string, number> {
  const types = [...world.account.values()];
  return Object.fromEntries([...new Set(types)].sort().map(type => [type, types.filter(other => other === type).length]));
}

const KEPT = { 'AWS::DynamoDB::Table': 1, 'AWS::ECR::Repository': 3, 'AWS::KMS::Key': 1, 'AWS::Logs::LogGroup': 6, 'AWS::S3::Bucket': 2 };

test('with DESTROY a stack that was in use goes without any other step, and leaves nothing', async () => {
  await inUse(DESTROY);
  await world.stack.delete();
  expect(world.stack.status).toBe('DELETE_COMPLETE');
  expect(left()).toEqual({});
  expect(world.ecs.running).toEqual([]);
});

test('with RETAIN the load balancer is protected', async () => {
  await inUse(RETAIN);
  await expect(world.stack.delete()).rejects.toThrow(/^DELETE_FAILED: .* is protected against deletion$/);
});

test('with RETAIN and without that protection what holds data stays, and nothing else', async () => {
  await inUse(UNPROTECTED);
  const { released, repository } = world;
  await world.stack.delete();
  expect(left()).toEqual(KEPT);
  expect([...world.objects.values()].map(({ size }) => size)).toEqual([2, 2]);
  expect(repository.tags.get('released')).toBe(released);
});

test('a stack with RETAIN that is deployed once with DESTROY leaves nothing', async () => {
  await inUse(RETAIN);
  expect(await world.deploy(DESTROY)).toBe(true);
  await world.stack.delete();
  expect(left()).toEqual({});
});

test('going from DESTROY to RETAIN empties nothing', async () => {
  await inUse(DESTROY);
  expect(await world.deploy(RETAIN)).toBe(true);
  expect(world.customResources.requests.filter(({ type, request }) => type === 'Custom::EmptyBucket' && request === 'Delete').map(({ reason }) => reason))
    .toEqual([expect.stringMatching(/ is to be kept: nothing was deleted$/), expect.stringMatching(/ is to be kept: nothing was deleted$/)]);
  expect([...world.objects.values()].map(({ size }) => size)).toEqual([2, 2]);
});

describe('a creation that fails late', () => {
  const create = async (template: Template) => world.deploy(failingAfter(template, idOf(template, 'AWS::ECS::Service')));

  test('leaves nothing with DESTROY, so that it can be tried again', async () => {
    await expect(create(DESTROY)).rejects.toMatchObject({ status: 'ROLLBACK_COMPLETE', reason: 'this resource cannot be made' });
    expect(left()).toEqual({});
  });

  test('stops at the protected load balancer with RETAIN', async () => {
    await expect(create(RETAIN)).rejects.toMatchObject({ status: 'ROLLBACK_FAILED' });
  });

  test('leaves what would hold data, with RETAIN and without that protection; the first image has gone', async () => {
    await expect(create(UNPROTECTED)).rejects.toMatchObject({ status: 'ROLLBACK_COMPLETE' });
    expect(Object.keys(KEPT)).toEqual(expect.arrayContaining(Object.keys(left())));
    const sizes = world.repositories.map(({ manifests }) => manifests.size);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.every(size => size === 0)).toBe(true);
  });
});

test('the model refuses to delete what is not empty', async () => {
  await inUse(edited(DESTROY, '"EmptyOnDelete":true', '"EmptyOnDelete":false'));
  await expect(world.stack.delete()).rejects.toThrow(/^DELETE_FAILED: the repository .* is not empty$/);

  world = new ModelWorld();
  const Resources = Object.fromEntries(Object.entries(DESTROY.Resources).filter(([, { Type }]) => Type !== 'Custom::EmptyBucket'));
  await inUse({ Resources });
  await expect(world.stack.delete()).rejects.toThrow(/^DELETE_FAILED: the bucket .* is not empty$/);
});

function edited(template: Template, from: string, to: string): Template {
  const text = JSON.stringify(template);
  if (!text.includes(from)) throw new Error(`the template has no ${from}`);
  return JSON.parse(text.replaceAll(from, to));
}
