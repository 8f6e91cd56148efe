import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 5;
const FIRST_PAUSE = 200;

/** An error that another attempt would not change. */
export class Refusal extends Error {}

/** Tries again after errors, each time after a longer pause, unless the error is a refusal or the signal says that time is up. */
export async function persistently<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Refusal || signal?.aborted || failures === ATTEMPTS - 1) throw error;
      await sleep(FIRST_PAUSE * 2 ** failures, undefined, { signal });
    }
  }
}

/** The message of an error and of what lies beneath it: `fetch` says only that it failed. */
export function messageOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: unknown };
  return cause ? `${message} (${messageOf(cause)})` : message ?? String(error);
}
