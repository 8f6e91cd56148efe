import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start, stop } from '../../lib/server.ts';

let server: Server;
let url: string;

beforeAll(async () => {
  server = await start(0);
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
});

afterAll(() => stop(server));

describe('server', () => {
  test('is healthy', async () => {
    const response = await fetch(`${url}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  test('serves the page', async () => {
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toContain('<h1>Teas</h1>');
  });

  test('serves the API', async () => {
    expect(await (await fetch(`${url}/api/teas/sencha`)).json()).toMatchObject({ origin: 'Japan' });
    expect((await fetch(`${url}/api/teas`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  test('stops although a browser keeps its connection open', async () => {
    const other = await start(0);
    const { port } = other.address() as AddressInfo;
    const [response] = await once(get({ port, path: '/health', headers: { connection: 'keep-alive' } }), 'response') as [NodeJS.ReadableStream];
    response.resume();
    await once(response, 'end');
    await stop(other);
    expect(other.listening).toBe(false);
  });
});

// Needs a Node that runs TypeScript, as the image has.
describe.runIf(process.features.typescript)('process', () => {
  test('ends by itself on SIGTERM', async () => {
    const child = spawn(process.execPath, ['lib/main.ts'], { env: { PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('passes its own test', async () => {
    const child = spawn(process.execPath, ['lib/self-test.ts'], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
