import { ECSClient, ECSServiceException, ListClustersCommand } from '@aws-sdk/client-ecs';

const refused = new ECSServiceException({ name: 'AccessDeniedException', message: 'no', $fault: 'client', $metadata: {} });

test('errors of shared packages are errors, and of their own class only', () => {
  class OwnError extends Error {}
  expect(refused instanceof Error).toBe(true);
  expect(refused instanceof ECSServiceException).toBe(true);
  expect(refused instanceof OwnError).toBe(false);
  expect(refused instanceof TypeError).toBe(false);
  expect(new OwnError() instanceof Error).toBe(true);
  expect({} instanceof Error).toBe(false);
  expect(refused).toEqual(expect.any(Error));
});

test('variables that a test sets are those of shared packages', async () => {
  process.env = { ...process.env, AWS_REGION: 'eu-south-1' };
  expect(await new ECSClient({}).config.region()).toBe('eu-south-1');
});

test('clients send by themselves where no test has put a double in their place', async () => {
  expect(Object.keys(ECSClient.prototype)).not.toContain('send');
  const client = new ECSClient({ region: 'eu-west-1', endpoint: 'http://127.0.0.1:9', maxAttempts: 1, credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } });
  await expect(client.send(new ListClustersCommand({}))).rejects.toThrow('ECONNREFUSED');
});
