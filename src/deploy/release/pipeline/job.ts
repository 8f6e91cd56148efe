import type { CodePipelineEvent } from 'aws-lambda';
import { isPassing, Later, ReleaseFailure, toFailure } from '../failure';
import { announce } from '../history/announce';
import { type Ended, record, type Recorded } from '../history/record';
import { perform, releaseTime } from '../release';
import type { ReleaseRequest } from '../release-request';
import { continuation, failure, logOf, pause, progressOf, type Reply, send, success, unfinished } from './reply';
import { parseRequest } from './user-parameters';
import { inTime, type Log, type Progress, type Time } from '../run';

type Job = CodePipelineEvent['CodePipeline.job'];

/**
 * One job of CodePipeline: does as much as fits into this invocation and replies exactly once, with success, failure, or a
 * continuation token. Nothing is thrown after the reply; Lambda must not retry this function (each step can be repeated,
 * but a failed release must not begin again without anyone asking).
 */
export async function handleJob(event: CodePipelineEvent, time: Time): Promise<void> {
  const job = event['CodePipeline.job'];
  const log = logOf(job);
  const progress = progressOf(job, time);
  const { reply, over } = await inTime(time, work(job, progress, time, log)).catch((late: Later): Work => ({ reply: unfinished(job.id, progress, time, late) }));
  if (await send(reply, log) && over) await announce(over.ended, over.recorded);
}

/** A reply, and what is over with it. */
interface Work {
  readonly reply: Reply;
  readonly over?: { readonly ended: Ended; readonly recorded: Recorded };
}

async function work({ id, data }: Job, progress: Progress, time: Time, log: Log): Promise<Work> {
  let request: ReleaseRequest | undefined;
  try {
    request = parseRequest(data.actionConfiguration.configuration.UserParameters);
    log(data.continuationToken ? 'Going on' : 'Beginning', { ...request });
    return await end(id, { request, progress, time, log, result: await perform(request, progress, time, log, data) });
  } catch (error) {
    if (error instanceof Later) throw error;
    if (isPassing(error) && time.now() < releaseTime(progress)) {
      log('AWS did not answer, going on in the next invocation', { error: error.name, reason: error.message });
      await pause(time);
      return { reply: continuation(id, progress, `AWS did not answer, trying again: ${error.message}`) };
    }
    const result = toFailure(error);
    return request ? end(id, { request, progress, time, log, result }) : { reply: failure(id, result, progress) };
  }
}

/** The release is over: the reply says so, and what of its history is missing. */
async function end(id: string, ended: Ended): Promise<Work> {
  const { progress, request, result } = ended;
  const recorded = await record(ended);
  const reply = result instanceof ReleaseFailure
    ? failure(id, result, progress, request.place, recorded.problem)
    : success(id, progress, result, recorded.problem);
  return { reply, over: { ended, recorded } };
}
