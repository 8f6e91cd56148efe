import { setTimeout as sleep } from 'node:timers/promises';
import type { CodePipelineEvent, Context } from 'aws-lambda';
import { type DirectAnswer, handleDirectCall } from './pipeline/direct-call';
import { handleJob } from './pipeline/job';

/** Releases an image to a place: as an action of CodePipeline, or for somebody who may invoke the function. */
export async function handler(event: unknown, context: Context): Promise<DirectAnswer | void> {
  const time = { now: Date.now, sleep, left: () => context.getRemainingTimeInMillis() };
  if (typeof event === 'object' && event !== null && 'CodePipeline.job' in event) return handleJob(event as CodePipelineEvent, time);
  return handleDirectCall(event, context.awsRequestId, time);
}
