import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, FakeRegistry, refuse } from './fake-registry';
import { Registry } from '../../../src/deploy/first-image/registry';

jest.mock('node:timers/promises', () => ({ setTimeout: jest.fn(async () => {}) }));

const bytes = Buffer.from('content');
const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), bytes };
const json = Buffer.from('{"schemaVersion":2}');
const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(json), bytes: json };

let fake: FakeRegistry;
let registry: Registry;

beforeEach(async () => {
  fake = await new FakeRegistry().start();
  registry = new Registry({ repositoryUri: `${fake.host}/team/web`, token: fake.token, scheme: 'http' });
});
afterEach(async () => fake.stop());

test('uploads a blob', async () => {
  await registry.putBlob(blob);

  expect(fake.blobs.get(blob.digest)).toEqual(bytes);
  expect(fake.requests).toEqual([
    `HEAD /v2/team/web/blobs/${blob.digest}`, 'POST /v2/team/web/blobs/uploads/', 'PUT /v2/team/web/blobs/uploads/1',
  ]);
});

test('uploads nothing that the repository has', async () => {
  fake.blobs.set(blob.digest, bytes);

  await registry.putBlob(blob);

  expect(fake.requests).toEqual([`HEAD /v2/team/web/blobs/${blob.digest}`]);
});

test('puts a manifest under a tag or by its digest, with its type', async () => {
  await registry.putManifest(manifest);
  expect(fake.tags.size).toBe(0);

  await registry.putManifest(manifest, 'released');
  expect(fake.tags.get('team/web/released')).toBe(manifest.digest);
  expect(fake.manifests.get(manifest.digest)).toEqual({ text: '{"schemaVersion":2}', type: manifest.mediaType });
});

test.each([429, 500, 503])('tries again after status %d, later each time', async status => {
  fake.trouble(/^PUT/, 3, response => refuse(response, status, 'BUSY'));

  await registry.putManifest(manifest, 'released');

  expect(fake.tags.has('team/web/released')).toBe(true);
  expect(jest.mocked(sleep).mock.calls.map(([milliseconds]) => milliseconds)).toEqual([200, 400, 800]);
});

test('tries again after a lost connection', async () => {
  fake.trouble(/^PUT/, 1, response => response.destroy());

  await registry.putBlob(blob);

  expect(fake.blobs.has(blob.digest)).toBe(true);
});

test('does not upload again what arrived although the answer was lost', async () => {
  fake.trouble(/^PUT/, 1, response => {
    fake.blobs.set(blob.digest, bytes);
    response.destroy();
  });

  await registry.putBlob(blob);

  expect(fake.requests.map(request => request.split(' ')[0])).toEqual(['HEAD', 'POST', 'PUT', 'HEAD']);
});

test('gives up after five attempts', async () => {
  fake.trouble(/^PUT/, Infinity, response => refuse(response, 503, 'BUSY'));

  await expect(registry.putManifest(manifest)).rejects.toThrow(`at the registry ${fake.host}: HTTP status 503 {"errors":[{"code":"BUSY"}]}`);
  expect(fake.requests).toHaveLength(5);
});

test('says at once what the registry refuses', async () => {
  fake.trouble(/^POST/, Infinity, response => refuse(response, 403, 'DENIED'));

  await expect(registry.putBlob(blob)).rejects.toThrow(
    `POST /v2/team/web/blobs/uploads/ at the registry ${fake.host}: HTTP status 403 {"errors":[{"code":"DENIED"}]}`,
  );
  expect(fake.requests).toHaveLength(2);
});

test('says at once that the password is wrong', async () => {
  registry = new Registry({ repositoryUri: `${fake.host}/web`, scheme: 'http' });

  await expect(registry.putBlob(blob)).rejects.toThrow('HTTP status 401');
  expect(fake.requests).toHaveLength(1);
});

test('says what is wrong with the network, and talks HTTPS unless told otherwise', async () => {
  registry = new Registry({ repositoryUri: `${fake.host}/web` });

  await expect(registry.putManifest(manifest)).rejects.toThrow(/^PUT \/v2\/web\/manifests\/sha256:\w+ at the registry 127\.0\.0\.1:\d+: fetch failed \(.+\)$/s);
  expect(fake.requests).toEqual([]);
});

test('does not wait for ever', async () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort(new Error('too slow')));

  await expect(registry.putManifest(manifest)).rejects.toThrow('too slow');
  expect(timeout).toHaveBeenCalledWith(10_000);
  timeout.mockRestore();
});

test('stops when told to', async () => {
  const controller = new AbortController();
  registry = new Registry({ repositoryUri: `${fake.host}/web`, token: fake.token, scheme: 'http', signal: controller.signal });
  fake.trouble(/^PUT/, Infinity, () => controller.abort(new Error('time is up')));

  await expect(registry.putManifest(manifest)).rejects.toThrow('time is up');
  expect(fake.requests).toHaveLength(1);
});
