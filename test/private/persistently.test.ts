import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, persistently, Refusal } from '../../src/private/persistently';

jest.mock('node:timers/promises', () => ({ setTimeout: jest.fn(async () => {}) }));

const attempt = jest.fn<Promise<string>, []>();
beforeEach(() => attempt.mockReset());

test('answers what the first attempt without an error answers', async () => {
  attempt.mockRejectedValueOnce(new Error('busy')).mockResolvedValueOnce('done');
  expect(await persistently(attempt)).toBe('done');
  expect(sleep).toHaveBeenCalledTimes(1);
});

test('tries five times, with longer and longer pauses', async () => {
  attempt.mockRejectedValue(new Error('busy'));
  await expect(persistently(attempt)).rejects.toThrow('busy');
  expect(attempt).toHaveBeenCalledTimes(5);
  expect(jest.mocked(sleep).mock.calls.map(([milliseconds]) => milliseconds)).toEqual([200, 400, 800, 1_600]);
});

test('takes a refusal as final', async () => {
  attempt.mockRejectedValue(new Refusal('no'));
  await expect(persistently(attempt)).rejects.toThrow('no');
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('stops when time is up', async () => {
  attempt.mockRejectedValue(new Error('aborted'));
  await expect(persistently(attempt, AbortSignal.abort())).rejects.toThrow('aborted');
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('names the cause of an error', () => {
  expect(messageOf(new Error('a', { cause: new Error('b', { cause: new Error('c') }) }))).toBe('a (b (c))');
  expect(messageOf(new Error('a'))).toBe('a');
  expect(messageOf('a')).toBe('a');
});
