import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { respond } from './respond.ts';

/** A listening server; port 0 takes any free port. */
export async function start(port: number): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, headers, body } = respond(request.method, request.url);
    response.writeHead(status, { 'x-content-type-options': 'nosniff', ...headers }).end(body);
  });
  // Longer than the load balancer keeps a connection: were it shorter, a request could meet a connection just closed (502).
  server.keepAliveTimeout = 65_000;
  await once(server.listen(port), 'listening');
  return server;
}

/** Takes no new connections, lets running requests end. */
export async function stop(server: Server): Promise<void> {
  await once(server.close(), 'close');
}
