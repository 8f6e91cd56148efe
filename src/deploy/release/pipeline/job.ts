import { CodePipelineClient, PutJobFailureResultCommand, PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { CLIENT_SETTINGS } from '../clients';
import { isError, isPassing, Later, ReleaseFailure, toFailure } from '../failure';
import { announce } from '../history/announce';
import { type Ended, record, type Recorded } from '../history/record';
import { perform, releaseTime, type Success } from '../release';
import type { ReleaseRequest } from '../release-request';
import { parseRequest } from './user-parameters';
import type { Log, Progress, Time } from '../run';

type Job = CodePipelineEvent['CodePipeline.job'];
type Reply = PutJobSuccessResultCommand | PutJobFailureResultCommand;

/** Pause before a continuation after AWS refused: CodePipeline calls again at once. */
const PAUSE = 5_000;

/**
 * One job of CodePipeline: does as much as fits into this invocation and replies exactly once, with success, failure, or a
 * continuation token. Nothing is thrown after the reply; Lambda must not retry this function (each step can be repeated,
 * but a failed release must not begin again without anyone asking).
 */
export async function handleJob(event: CodePipelineEvent, time: Time): Promise<void> {
  const job = event['CodePipeline.job'];
  const log = logOf(job);
  const { reply, over } = await work(job, time, log);
  log('Replying to CodePipeline', loggable(reply));
  try {
    // Two commands of different types, one client: the compiler cannot choose between its overloads.
    await new CodePipelineClient(CLIENT_SETTINGS).send(reply as PutJobSuccessResultCommand);
  } catch (error) {
    // The event was delivered twice and the other invocation has replied, or somebody has stopped the pipeline.
    if (!isError(error, 'InvalidJobStateException', 'JobNotFoundException')) throw error;
    log('The job is over already', { error: error.name });
    return;
  }
  if (over) await announce(over.ended, over.recorded);
}

/** A reply, and what is over with it. */
interface Work {
  readonly reply: Reply;
  readonly over?: { readonly ended: Ended; readonly recorded: Recorded };
}

async function work({ id, data }: Job, time: Time, log: Log): Promise<Work> {
  const progress = progressOf(id, data.continuationToken, time);
  let request: ReleaseRequest | undefined;
  try {
    request = parseRequest(data.actionConfiguration.configuration.UserParameters);
    log(data.continuationToken ? 'Going on' : 'Beginning', { ...request });
    return await end(id, { request, progress, time, log, result: await perform(request, progress, time, log, data) });
  } catch (error) {
    if (error instanceof Later) return { reply: continuation(id, progress, error.summary, error.percent) };
    if (isPassing(error) && time.now() < releaseTime(progress)) {
      log('AWS did not answer, going on in the next invocation', { error: error.name, reason: error.message });
      await time.sleep(PAUSE);
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

function progressOf(job: string, token: string | undefined, time: Time): Progress {
  return token ? JSON.parse(token) as Progress : { job, startedAt: time.now() };
}

function continuation(jobId: string, progress: Progress, summary: string, percentComplete?: number): Reply {
  return new PutJobSuccessResultCommand({
    jobId,
    continuationToken: JSON.stringify(progress),
    executionDetails: { summary: cut(summary, 2_048), percentComplete, externalExecutionId: progress.deployment },
  });
}

/** CodePipeline takes output variables only in the last reply. */
function success(jobId: string, { deployment }: Progress, { summary, variables }: Success, problem?: string): Reply {
  return new PutJobSuccessResultCommand({
    jobId,
    executionDetails: { summary: cut(problem === undefined ? summary : `${summary}; ${problem}`, 2_048), percentComplete: 100, externalExecutionId: deployment },
    outputVariables: { ...variables },
  });
}

function failure(jobId: string, { message, details, type }: ReleaseFailure, { deployment }: Progress, place?: string, problem?: string): Reply {
  const cause = place === undefined ? message : `${place}: ${message}`;
  return new PutJobFailureResultCommand({
    jobId,
    failureDetails: { type, message: cut([cause, ...problem === undefined ? [] : [`And ${problem}`], ...details].join('\n'), 5_000), externalExecutionId: deployment },
  });
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}

/** The log of a job: one JSON object a line, with fields that are chosen one by one. The event carries credentials. */
function logOf({ id }: Job): Log {
  return (message, details) => console.log(JSON.stringify({ message, job: id, ...details }));
}

function loggable({ input }: Reply): Record<string, unknown> {
  return 'failureDetails' in input ? { failure: input.failureDetails } : { progress: input.executionDetails, continues: 'continuationToken' in input };
}
