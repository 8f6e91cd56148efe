import { CodePipelineClient, PutJobFailureResultCommand, PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline';
import type { CodePipelineEvent } from 'aws-lambda';
import { CLIENT_SETTINGS } from '../clients';
import { isError, isPassing, Later, toFailure } from '../failure';
import { perform, releaseTime } from '../release';
import type { ReleaseRequest, ReleaseVariables } from '../release-request';
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
  const reply = await work(job, time, log);
  log('Replying to CodePipeline', loggable(reply));
  try {
    // Two commands of different types, one client: the compiler cannot choose between its overloads.
    await new CodePipelineClient(CLIENT_SETTINGS).send(reply as PutJobSuccessResultCommand);
  } catch (error) {
    // The event was delivered twice and the other invocation has replied, or somebody has stopped the pipeline.
    if (!isError(error, 'InvalidJobStateException', 'JobNotFoundException')) throw error;
    log('The job is over already', { error: error.name });
  }
}

async function work({ id, data }: Job, time: Time, log: Log): Promise<Reply> {
  const progress = progressOf(id, data.continuationToken, time);
  let request: ReleaseRequest | undefined;
  try {
    request = parseRequest(data.actionConfiguration.configuration.UserParameters);
    log(data.continuationToken ? 'Going on' : 'Beginning', { ...request });
    const { summary, variables } = await perform(request, progress, time, log, data);
    return success(id, progress, summary, variables);
  } catch (error) {
    if (error instanceof Later) return continuation(id, progress, error.summary, error.percent);
    if (isPassing(error) && time.now() < releaseTime(progress)) {
      log('AWS did not answer, going on in the next invocation', { error: error.name, reason: error.message });
      await time.sleep(PAUSE);
      return continuation(id, progress, `AWS did not answer, trying again: ${error.message}`);
    }
    return failure(id, error, progress, request?.place);
  }
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
function success(jobId: string, { deployment }: Progress, summary: string, variables: ReleaseVariables): Reply {
  return new PutJobSuccessResultCommand({
    jobId,
    executionDetails: { summary: cut(summary, 2_048), percentComplete: 100, externalExecutionId: deployment },
    outputVariables: { ...variables },
  });
}

function failure(jobId: string, error: unknown, { deployment }: Progress, place?: string): Reply {
  const { message, details, type } = toFailure(error);
  const cause = place === undefined ? message : `${place}: ${message}`;
  return new PutJobFailureResultCommand({
    jobId,
    failureDetails: { type, message: cut([cause, ...details].join('\n'), 5_000), externalExecutionId: deployment },
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
