import * as http from 'http';
import { AddressInfo } from 'net';
import type { CodePipelineEvent } from 'aws-lambda';
import { handleJob } from '../../src/deploy/http-request/http-request';
import { FakeClock } from '../support/doubles/fake-clock';
import { FakeCodePipeline } from '../support/doubles/fake-codepipeline';
import { setEnvironment } from '../support/doubles/release-world';

/** Milliseconds that a pause would have taken: it passes at once, and the clock goes on by it. */
let mockPaused = 0;
jest.mock('timers/promises', () => ({ setTimeout: async (milliseconds: number) => { mockPaused += milliseconds; } }));
const { now } = Date;

const asked: string[] = [];
let status = 200;
const server = http.createServer((request, response) => {
  asked.push(`${request.headers.host!.split(':')[0]} ${request.url}`);
  response.writeHead(status).end('fine');
});
let pipeline: FakeCodePipeline;

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
  jest.spyOn(Date, 'now').mockImplementation(() => now() + mockPaused);
  setEnvironment({ ECR_REPOSITORY: '' });
  process.env.REQUEST = JSON.stringify({ path: '/health?deep=1', verifyName: true, healthyCodes: '200', contains: 'fine', successes: 2, timeoutSeconds: 1.5 });
  [status, asked.length] = [200, 0];
  pipeline = new FakeCodePipeline(new FakeClock(), handleJob as (event: CodePipelineEvent) => Promise<void>);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test('enough answers in a row pass', async () => {
  const { succeeded, summaries } = await pipeline.act(JSON.stringify({ url: url() }));
  expect([succeeded, summaries]).toEqual([true, [`2 answers of ${url()}/health?deep=1 passed`]]);
  expect(asked).toEqual(['127.0.0.1 /health?deep=1', '127.0.0.1 /health?deep=1']);
});

test('others fail, with the last reason', async () => {
  status = 503;
  const { succeeded, message } = await pipeline.act(JSON.stringify({ url: url() }));
  expect([succeeded, message]).toEqual([false, `${url()}/health?deep=1 did not pass in 1.5 seconds: it answered 503, not 200`]);
});

test('a URL that is none is told', async () => {
  expect((await pipeline.act(JSON.stringify({ url: '#{Release.ServiceUrl}' }))).message).toBe('Invalid URL');
});
