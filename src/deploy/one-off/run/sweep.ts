import { openOneOff } from './home';
import type { OneOff } from './one-off';
import { stop } from './task';
import { FRESH, tagOf, tasksThat } from './turn';
import { ReleaseFailure } from '../../release/failure';
import { logAbout, type Time } from '../../release/run';
import { EXECUTION_TAG } from '../../release/service/task-definition';
import { BEGUN_TAG, UNTIL_TAG } from '../tags';

/** From EventBridge: the clock, or the pipeline that was stopped. */
export interface SweepEvent {
  readonly time: string;
  readonly detail: { readonly 'execution-id'?: string };
}

/** The function that follows a task stops it itself, and says more. */
const GRACE = 2 * 60_000;

/** Between the decision to start a task and its start pass seconds. */
const START = 30_000;

/** Stops tasks whose time is over, and those of an execution that was stopped: CodePipeline calls nobody for it any more. */
export async function sweep({ time: at, detail: { 'execution-id': stopped } }: SweepEvent, time: Time): Promise<void> {
  const log = logAbout({});
  try {
    const run = await openOneOff({ digest: '', commit: '', executionId: stopped ?? 'sweep' }, { job: '', startedAt: time.now() }, time, log);
    await look(run, stopped, at);
    if (stopped === undefined) return;
    // An invocation that was under way may have started its task since.
    await time.sleep(FRESH + START);
    await look(run, stopped, at);
  } catch (error) {
    // A place that is not there, yet or any more, has no tasks.
    if (!(error instanceof ReleaseFailure)) throw error;
    log('There is nothing to look at', { reason: error.message });
  }
}

async function look(run: OneOff, stopped: string | undefined, at: string): Promise<void> {
  for (const { taskArn, tags } of await tasksThat(run, 'RUNNING')) {
    const [begun, until] = [BEGUN_TAG, UNTIL_TAG].map((key) => Date.parse(tagOf(tags, key) ?? ''));
    // An execution may be retried under the same id: that is another action, which began later.
    const isOrphan = stopped !== undefined && tagOf(tags, EXECUTION_TAG) === stopped && begun <= Date.parse(at);
    if (isOrphan) await stop(run, taskArn!, `the execution ${stopped} was stopped`);
    else if (until + GRACE < run.time.now()) await stop(run, taskArn!, 'its time is over');
  }
}
