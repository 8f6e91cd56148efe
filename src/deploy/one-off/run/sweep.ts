import { openOneOff } from './home';
import { stop } from './task';
import { tagOf, tasksThat } from './turn';
import { ReleaseFailure } from '../../release/failure';
import type { Log, Time } from '../../release/run';
import { EXECUTION_TAG } from '../../release/service/task-definition';
import { UNTIL_TAG } from '../tags';

/** From EventBridge: the clock, or the pipeline that was stopped. */
export interface SweepEvent {
  readonly time: string;
  readonly detail: { readonly 'execution-id'?: string };
}

/** The function that follows a task stops it itself, and says more. */
const GRACE = 2 * 60_000;

/** Stops tasks whose time is over, and those of an execution that was stopped: CodePipeline calls nobody for it any more. */
export async function sweep({ time: at, detail: { 'execution-id': stopped } }: SweepEvent, time: Time): Promise<void> {
  const log: Log = (message, details) => console.log(JSON.stringify({ message, ...details }));
  try {
    const run = await openOneOff({ digest: '', commit: '', executionId: stopped ?? 'sweep' }, { job: '', startedAt: time.now() }, time, log);
    for (const { taskArn, tags, createdAt } of await tasksThat(run, 'RUNNING')) {
      const until = tagOf(tags, UNTIL_TAG);
      // An execution may be retried under the same id while the event is on its way.
      const isOrphan = stopped !== undefined && tagOf(tags, EXECUTION_TAG) === stopped && createdAt! <= new Date(at);
      if (isOrphan) await stop(run, taskArn!, `the execution ${stopped} was stopped`);
      else if (until && Date.parse(until) + GRACE < time.now()) await stop(run, taskArn!, 'its time is over');
    }
  } catch (error) {
    // A place that is not there, yet or any more, has no tasks.
    if (!(error instanceof ReleaseFailure)) throw error;
    log('There is nothing to look at', { reason: error.message });
  }
}
