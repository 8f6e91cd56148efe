import * as http from 'http';
import { AddressInfo } from 'net';
import { handler } from '../../../src/deploy/strategy/http-check/http-check.lambda';

/** Answers as EC2, CodeDeploy and the load balancer at once. */
class FakeServer {
  readonly calls: { target?: string; body: string; authorization?: string }[] = [];
  readonly asked: { url: string; host: string }[] = [];
  addresses = ['127.0.0.1', '127.0.0.1'];
  answers: (number | [number, string])[] = [];
  private readonly server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (text) => { body += text; }).on('end', () => {
      if (request.method === 'POST') this.callOfAws(request, body, response);
      else this.page(request, response);
    });
  });

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private callOfAws(request: http.IncomingMessage, body: string, response: http.ServerResponse): void {
    this.calls.push({ target: request.headers['x-amz-target'] as string, body, authorization: request.headers.authorization });
    if (body.includes('refuse')) response.writeHead(403).end('<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>denied</Message></Error></Errors></Response>');
    else if (request.headers['x-amz-target']) response.end('{}');
    else response.end(this.interfaces());
  }

  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html; none are no list at all. */
  private interfaces(): string {
    const items = this.addresses.map((address) => `<item><privateIpAddress>${address}</privateIpAddress></item>`).join('');
    return `<DescribeNetworkInterfacesResponse>${items && `<networkInterfaceSet>${items}</networkInterfaceSet>`}</DescribeNetworkInterfacesResponse>`;
  }

  private page(request: http.IncomingMessage, response: http.ServerResponse): void {
    this.asked.push({ url: request.url!, host: request.headers.host! });
    const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0];
    const [status, text] = Array.isArray(answer) ? answer : [answer, 'fine'];
    if (status === 0) response.destroy();
    else response.writeHead(status).end(text);
  }
}

/** Milliseconds that a pause would have taken: it passes at once, and the clock goes on by it. */
let mockPaused = 0;
jest.mock('timers/promises', () => ({ setTimeout: async (milliseconds: number) => { mockPaused += milliseconds; } }));
const { now } = Date;

const ENVIRONMENT = { ...process.env };
let server: FakeServer;

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
  jest.spyOn(Date, 'now').mockImplementation(() => now() + mockPaused);
  server = new FakeServer();
  const port = await server.start();
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token', AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    LOAD_BALANCER: 'app/shop/0123456789abcdef', TEST_URL: `http://shop.example.com:${port}/health?deep=1`, VERIFY_NAME: 'false', HEALTHY_CODES: '200-299,404', CONTAINS: '',
    SUCCESSES: '1', TIMEOUT_SECONDS: '3',
  });
});
afterEach(async () => {
  await server.stop();
  process.env = { ...ENVIRONMENT };
});

test('asks the load balancer at its private address by its public name, and tells ECS', async () => {
  server.answers = [204];
  expect(await handler({})).toEqual({ hookStatus: 'SUCCEEDED', reason: `1 answers of ${process.env.TEST_URL} passed` });
  expect(server.asked).toEqual([{ url: '/health?deep=1', host: new URL(process.env.TEST_URL!).host }]);
  expect(Object.fromEntries(new URLSearchParams(server.calls[0].body))).toMatchObject({
    'Action': 'DescribeNetworkInterfaces', 'Filter.1.Name': 'description', 'Filter.1.Value.1': 'ELB app/shop/0123456789abcdef',
  });
  expect(server.calls).toHaveLength(1);
});

test('wants so many answers in a row', async () => {
  Object.assign(process.env, { SUCCESSES: '2', TIMEOUT_SECONDS: '10' });
  server.answers = [404, 500, 200, 200];
  expect(await handler({})).toMatchObject({ hookStatus: 'SUCCEEDED' });
  expect(server.asked).toHaveLength(4);
});

test.each<[string, number | [number, string], Record<string, string>, string]>([
  ['another status', 500, {}, 'it answered 500, not 200-299,404'],
  ['another text', [200, 'starting'], { CONTAINS: 'ready' }, "its answer does not contain 'ready'"],
  ['no answer', 0, {}, 'socket hang up'],
])('gives up when the time is over: %s', async (_, answer, environment, reason) => {
  Object.assign(process.env, { TIMEOUT_SECONDS: '1', ...environment });
  server.answers = [answer];
  expect(await handler({})).toEqual({ hookStatus: 'FAILED', reason: expect.stringMatching(new RegExp(`did not pass in 1 seconds: ${reason}`)) });
});

test('passes with the text', async () => {
  process.env.CONTAINS = 'ready';
  server.answers = [[200, 'all is ready']];
  expect(await handler({})).toMatchObject({ hookStatus: 'SUCCEEDED' });
});

test('looks at the first megabyte of an answer', async () => {
  Object.assign(process.env, { CONTAINS: 'ready', TIMEOUT_SECONDS: '1' });
  server.answers = [[200, `${'x'.repeat(3_000_000)}ready`]];
  expect(await handler({})).toMatchObject({ hookStatus: 'FAILED' });
});

test('has no time at all', async () => {
  process.env.TIMEOUT_SECONDS = '0';
  expect(await handler({})).toMatchObject({ hookStatus: 'FAILED', reason: expect.stringContaining('nothing was asked') });
});

test('speaks TLS where the load balancer does', async () => {
  Object.assign(process.env, { TEST_URL: process.env.TEST_URL!.replace('http:', 'https:'), TIMEOUT_SECONDS: '1' });
  expect(await handler({})).toMatchObject({ hookStatus: 'FAILED', reason: expect.stringMatching(/SSL|EPROTO|wrong version/) });
});

test.each([[200, 'Succeeded'], [503, 'Failed']])('tells CodeDeploy by a call: %s', async (answer, status) => {
  process.env.TIMEOUT_SECONDS = '1';
  server.answers = [answer];
  await handler({ DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'hook-1' });
  expect(server.calls[1].target).toBe('CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus');
  expect(JSON.parse(server.calls[1].body)).toEqual({ deploymentId: 'd-1', lifecycleEventHookExecutionId: 'hook-1', status });
});

test('a load balancer without addresses is said, and fails the release', async () => {
  server.addresses = [];
  expect(await handler({})).toEqual({ hookStatus: 'FAILED', reason: 'the load balancer app/shop/0123456789abcdef has no address in the VPC' });
});

test('a refused call is said', async () => {
  process.env.LOAD_BALANCER = 'refuse';
  expect(await handler({})).toEqual({ hookStatus: 'FAILED', reason: 'denied' });
});
