import { setTimeout as sleep } from 'node:timers/promises';
import type { CodePipelineEvent, Context } from 'aws-lambda';
import { handleJob } from './pipeline/job';

/** Releases an image to a place, as an action of CodePipeline. */
export async function handler(event: CodePipelineEvent, context: Context): Promise<void> {
  await handleJob(event, { now: Date.now, sleep, left: () => context.getRemainingTimeInMillis() });
}
