import { FakeCloudFormation } from './fake-cloudformation';

let cloudFormation: FakeCloudFormation;
beforeEach(async () => { cloudFormation = await new FakeCloudFormation().start(); });
afterEach(() => cloudFormation.stop());

const put = async () => {
  const { ResponseURL } = cloudFormation.event<{ ResponseURL: string }>({ RequestType: 'Create' });
  return fetch(ResponseURL, { method: 'PUT', body: '{"Status":"SUCCESS"}' });
};

test('an event has its fields beside those of every event', () => {
  expect(cloudFormation.event({ RequestType: 'Update', PhysicalResourceId: 'it', ResourceProperties: { A: '1' } })).toMatchObject({
    RequestType: 'Update', PhysicalResourceId: 'it', ResourceProperties: { A: '1' }, StackId: 'stack', ResponseURL: expect.stringMatching(/^http:/),
  });
});

test('an answer is taken as it arrives', async () => {
  expect((await put()).status).toBe(200);
  expect(cloudFormation.answers).toEqual([expect.objectContaining({ method: 'PUT', url: '/answer?Signature=s3cret', body: { Status: 'SUCCESS' } })]);
});

test('answers are refused as the test says, then taken', async () => {
  cloudFormation.refusals.push(503, 0);
  expect((await put()).status).toBe(503);
  await expect(put()).rejects.toThrow('fetch failed');
  expect(cloudFormation.answers).toEqual([]);
  expect((await put()).status).toBe(200);
});
