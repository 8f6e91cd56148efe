import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const available = spawnSync('moto_server', ['--help']).status === 0;
if (!available) console.warn('NOT RUN: the tests against moto: moto_server is missing (scripts/install-tools.sh)');

/** Skips without moto's server, except in a run that must leave nothing out. */
export const motoDescribe = available || process.env.REQUIRE_DOCKER === '1' ? describe : describe.skip;

/** moto's server: it answers by the models of the services, and refuses what their APIs would refuse. All clients of this process talk to it. */
export async function startMoto(): Promise<ChildProcess> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const server = spawn('moto_server', ['--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100 && !await fetch(url).then(() => true, () => false); tries++) await sleep(100);
  Object.assign(process.env, { AWS_ENDPOINT_URL: url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_LAMBDA_FUNCTION_NAME: 'release' });
  return server;
}

export async function stopMoto(server: ChildProcess): Promise<void> {
  server.kill();
  await once(server, 'exit');
}
