import { CodePipelineClient, PutJobFailureResultCommand, PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { CLIENT_SETTINGS } from '../clients';
import { isError, type Later, ReleaseFailure } from '../failure';
import { releaseTime } from '../release';
import { type Log, logAbout, type Progress, RESERVE, type Time } from '../run';

export type Reply = PutJobSuccessResultCommand | PutJobFailureResultCommand;

/** Pause before a continuation after AWS refused: CodePipeline calls again at once. */
const PAUSE = 5_000;

/** Waits a moment, where the invocation has the time. */
export async function pause(time: Pick<Time, 'left' | 'sleep'>): Promise<void> {
  if (time.left() > PAUSE + RESERVE) await time.sleep(PAUSE);
}

/** Replies; answers whether CodePipeline took it. */
export async function send(reply: Reply, log: Log): Promise<boolean> {
  log('Replying to CodePipeline', loggable(reply));
  try {
    // Two commands of different types, one client: the compiler cannot choose between its overloads.
    await new CodePipelineClient(CLIENT_SETTINGS).send(reply as PutJobSuccessResultCommand);
    return true;
  } catch (error) {
    // The event was delivered twice and the other invocation has replied, or somebody has stopped the pipeline.
    if (!isError(error, 'InvalidJobStateException', 'JobNotFoundException')) throw error;
    log('The job is over already', { error: error.name });
    return false;
  }
}

/** Not over yet: CodePipeline calls again with this token. */
export function continuation(jobId: string, progress: Progress, summary: string, percentComplete?: number): Reply {
  return new PutJobSuccessResultCommand({
    jobId,
    continuationToken: JSON.stringify(progress),
    executionDetails: { summary: cut(summary, 2_048), percentComplete, externalExecutionId: progress.deployment },
  });
}

/** The invocation is over and the work is not, unless its time is over as well. */
export function unfinished(jobId: string, progress: Progress, time: Pick<Time, 'now'>, { message, percent }: Later): Reply {
  return time.now() < releaseTime(progress)
    ? continuation(jobId, progress, message, percent)
    : failure(jobId, new ReleaseFailure(`the time of the release is over: ${message}`), progress);
}

/** CodePipeline takes output variables only in the last reply. */
export function success(jobId: string, { deployment }: Pick<Progress, 'deployment'>, { summary, variables }: { summary: string; variables: object }, problem?: string): Reply {
  return new PutJobSuccessResultCommand({
    jobId,
    executionDetails: { summary: cut(problem === undefined ? summary : `${summary}; ${problem}`, 2_048), percentComplete: 100, externalExecutionId: deployment },
    outputVariables: { ...variables },
  });
}

/** The first line is the cause, the last one says where to look. */
export function failure(jobId: string, { message, details, type }: ReleaseFailure, { deployment }: Pick<Progress, 'deployment'>, place?: string, problem?: string): Reply {
  const cause = place === undefined ? message : `${place}: ${message}`;
  return new PutJobFailureResultCommand({
    jobId,
    failureDetails: { type, message: fit([cause, ...problem === undefined ? [] : [`And ${problem}`], ...details], 5_000), externalExecutionId: deployment },
  });
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}

/** What is too long is cut between the first line and the last one. */
function fit(lines: string[], length: number): string {
  const text = lines.join('\n');
  const end = text.slice(text.lastIndexOf('\n'));
  return text.length > length && lines.length > 1 ? cut(text.slice(0, -end.length), length - end.length) + end : cut(text, length);
}

/** What the invocations before this one have left, or the beginning. */
export function progressOf({ id, data: { continuationToken } }: CodePipelineEvent['CodePipeline.job'], time: Pick<Time, 'now'>): Progress {
  return continuationToken ? JSON.parse(continuationToken) as Progress : { job: id, startedAt: time.now() };
}

/** The log of a job. The event itself is never in it: that carries credentials. */
export function logOf({ id }: CodePipelineEvent['CodePipeline.job']): Log {
  return logAbout({ job: id });
}

function loggable({ input }: Reply): Record<string, unknown> {
  return 'failureDetails' in input ? { failure: input.failureDetails } : { progress: input.executionDetails, continues: 'continuationToken' in input };
}
