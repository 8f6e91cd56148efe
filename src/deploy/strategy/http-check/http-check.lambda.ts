import { type HookAnswer, type HookEvent, tryNewTasks } from './http-check';

/** The hook that tries new tasks before they get traffic. */
export async function handler(event: HookEvent): Promise<HookAnswer> {
  return tryNewTasks(event, process.env as never);
}
