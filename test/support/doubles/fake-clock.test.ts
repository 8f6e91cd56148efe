import { FakeClock } from './fake-clock';

test('a single actor sleeps without waiting, and time passes for it', async () => {
  const clock = new FakeClock();
  const start = clock.now();
  await clock.sleep(5_000);
  clock.pass(1_000);
  expect([clock.now() - start, clock.date().getTime() - start]).toEqual([6_000, 6_000]);
});

test('of several actors the first to wake goes on, when all of them sleep', async () => {
  const clock = new FakeClock();
  const start = clock.now();
  clock.actors = 2;
  const woken: [string, number][] = [];
  const late = clock.sleep(3_000).then(() => woken.push(['late', clock.now() - start]));
  await Promise.resolve();
  expect(woken).toEqual([]);
  await clock.sleep(1_000).then(() => woken.push(['early', clock.now() - start]));
  clock.leave();
  await late;
  expect(woken).toEqual([['early', 1_000], ['late', 3_000]]);
});
