import { start, stop } from './server.ts';

const port = Number(process.env.PORT ?? 80);
const server = await start(port);

// ECS sends SIGTERM before it stops a task; what is not finished 30 seconds later is killed.
process.once('SIGTERM', () => {
  console.log('stopping');
  void stop(server);
});

console.log(`listening on port ${port}`);
