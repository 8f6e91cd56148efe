import { setTimeout as sleep } from 'node:timers/promises';
import type { CodePipelineEvent, Context } from 'aws-lambda';
import { type DirectAnswer, handleDirectCall } from './pipeline/direct-call';
import { type FailedAction, handleFailedAction } from './pipeline/failed-action';
import { handleJob } from './pipeline/job';

/** Releases an image to a place: as an action of CodePipeline, or for somebody who may invoke the function. EventBridge calls it when CodePipeline's own action has failed. */
export async function handler(event: unknown, context: Context): Promise<DirectAnswer | void> {
  const time = { now: Date.now, sleep, left: () => context.getRemainingTimeInMillis() };
  const has = (key: string) => typeof event === 'object' && event !== null && key in event;
  if (has('CodePipeline.job')) return handleJob(event as CodePipelineEvent, time);
  if (has('detail')) return handleFailedAction(event as FailedAction, time);
  return handleDirectCall(event, context.awsRequestId, time);
}
