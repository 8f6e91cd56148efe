import { setTimeout as sleep } from 'node:timers/promises';
import type { CodePipelineEvent, Context } from 'aws-lambda';
import { handleJob } from './run/job';
import { type SweepEvent, sweep } from './run/sweep';

/** Runs a one-off task for CodePipeline; called by EventBridge it stops what nobody follows any more. */
export async function handler(event: CodePipelineEvent | SweepEvent, context: Context): Promise<void> {
  const time = { now: Date.now, sleep, left: () => context.getRemainingTimeInMillis() };
  return 'CodePipeline.job' in event ? handleJob(event, time) : sweep(event, time);
}
