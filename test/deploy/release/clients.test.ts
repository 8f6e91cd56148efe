import { CLIENT_SETTINGS, PlaceClients } from '../../../src/deploy/release/clients';

const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
const clients = () => new PlaceClients({ ...CLIENT_SETTINGS, region: 'eu-west-1', credentials });
const NAMES = ['alarms', 'codeDeploy', 'ecr', 'ecs', 'loadBalancing', 'logs', 'ssm', 'stacks'] as const;

test.each(NAMES)('%s: calls the region of the place with the rights of its role', async name => {
  const { config } = clients()[name];
  expect(await config.region()).toBe('eu-west-1');
  expect(await config.credentials()).toMatchObject(credentials);
  expect(await config.maxAttempts()).toBe(CLIENT_SETTINGS.maxAttempts);
});

test('each is made once: what it has learnt of how much AWS takes lasts from call to call', () => {
  const place = clients();
  const made = NAMES.map(name => place[name]);
  expect(new Set(made).size).toBe(NAMES.length);
  NAMES.forEach((name, index) => expect(place[name]).toBe(made[index]));
});
