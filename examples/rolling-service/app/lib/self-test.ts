import type { AddressInfo } from 'node:net';
import { start, stop } from './server.ts';

// Run in the image, for example as a one-off task of a pipeline: the exit code says whether what the image holds answers as it should.
const expected = { '/': 200, '/health': 200, '/api/teas': 200, '/nowhere': 404 };

const server = await start(0);
const { port } = server.address() as AddressInfo;
for (const [path, status] of Object.entries(expected)) {
  const response = await fetch(`http://localhost:${port}${path}`);
  await response.arrayBuffer();
  console.log(`${path}: ${response.status}`);
  if (response.status !== status) process.exitCode = 1;
}
await stop(server);
