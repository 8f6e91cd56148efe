import type { CodePipelineEvent } from 'aws-lambda';
import { openOneOff } from './home';
import type { OneOff, OneOffProgress } from './one-off';
import { type OneOffRequest, settingsOf } from './settings';
import { runTask, stop } from './task';
import { isPassing, Later, ReleaseFailure, toFailure } from '../../release/failure';
import { writeArtifact } from '../../release/pipeline/artifact';
import { continuation, failure, logOf, pause, progressOf, type Reply, send, success, unfinished } from '../../release/pipeline/reply';
import { releaseTime } from '../../release/release';
import { inTime, type Log, type Time } from '../../release/run';
import { judge } from '../result/outcome';

type Job = CodePipelineEvent['CodePipeline.job'];

/** One job of CodePipeline: as much as fits into this invocation, and one reply. As with releases, nothing is thrown after it and Lambda never tries again. */
export async function handleJob(event: CodePipelineEvent, time: Time): Promise<void> {
  const job = event['CodePipeline.job'];
  const log = logOf(job);
  const progress: OneOffProgress = progressOf(job, time);
  await send(await inTime(time, work(job, progress, time, log)).catch((late: Later) => unfinished(job.id, progress, time, late)), log);
}

async function work({ id, data }: Job, progress: OneOffProgress, time: Time, log: Log): Promise<Reply> {
  const { place } = settingsOf();
  let run: OneOff | undefined;
  try {
    run = await openOneOff(JSON.parse(data.actionConfiguration.configuration.UserParameters) as OneOffRequest, progress, time, log);
    log(data.continuationToken ? 'Going on' : 'Beginning', { ...run.request });
    return await end(id, run, data);
  } catch (error) {
    if (error instanceof Later) throw error;
    if (isPassing(error) && time.now() < releaseTime(progress)) {
      log('AWS did not answer, going on in the next invocation', { error: error.name, reason: error.message });
      await pause(time);
      return continuation(id, progress, `AWS did not answer, trying again: ${error.message}`);
    }
    // Nobody follows the task after this reply.
    if (run && progress.task) await stop(run, progress.task, 'the action has failed');
    return failure(id, toFailure(error), progress, place);
  }
}

async function end(id: string, run: OneOff, data: Job['data']): Promise<Reply> {
  const outcome = await judge(run, await runTask(run));
  const unsaved = await save(outcome.files, data, run.log);
  delete run.progress.task;
  if (outcome.failure) return failure(id, new ReleaseFailure(outcome.failure.message, [...outcome.failure.details, unsaved ?? whereSaved(data)]), run.progress, run.settings.place);
  return success(id, run.progress, outcome, unsaved);
}

/** An artifact that cannot be written must not turn a good task bad. */
async function save(files: Record<string, string>, data: Job['data'], log: Log): Promise<string | undefined> {
  try {
    await writeArtifact(data, files);
    return undefined;
  } catch (error) {
    const { name, message } = error as Error;
    log('The artifact is not written', { error: name, reason: message });
    return `the artifact could not be written: ${name}, ${message}`;
  }
}

function whereSaved({ outputArtifacts: [{ location: { s3Location } }] }: Job['data']): string {
  return `Log and report: s3://${s3Location.bucketName}/${s3Location.objectKey}`;
}
