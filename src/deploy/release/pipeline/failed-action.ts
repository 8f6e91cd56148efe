import { type ActionExecutionDetail, CodePipelineClient, ListActionExecutionsCommand } from '@aws-sdk/client-codepipeline';
import { parseRequest } from './user-parameters';
import { CLIENT_SETTINGS } from '../clients';
import { engineOf } from '../engines';
import { ReleaseFailure, toFailure } from '../failure';
import { conclude } from '../history/announce';
import type { Ended } from '../history/record';
import { notePrevious, open } from '../release';
import { ACTIONS } from '../release-request';
import { inTime, type Log, logAbout, type Time } from '../run';

/**
 * What EventBridge tells of an action that has failed.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
 */
export interface FailedAction {
  readonly detail: {
    readonly 'pipeline': string;
    readonly 'execution-id': string;
    readonly 'stage': string;
    readonly 'action': string;
    readonly 'action-execution-id': string;
    /** What the action's provider says: a sentence, and for example the id of a deployment. */
    readonly 'execution-result'?: { readonly 'external-execution-summary'?: string; readonly 'external-execution-id'?: string };
  };
}

/** A release of which CodePipeline did the deployment. */
type HalfRelease = Omit<Ended, 'result'>;

/** An action may give up at another moment than its deployment, which is left so long to end by itself. */
const PATIENCE = 60_000;

/**
 * CodePipeline's own action has failed, and CodePipeline asks nobody to do anything. So the release ends here, as every release does: with its cause, a record, metrics
 * and a message. A deployment that is still under way is rolled back: a release that is red leaves nothing behind that nobody proves.
 */
export async function handleFailedAction({ detail }: FailedAction, time: Time): Promise<void> {
  const log = logAbout({ action: detail['action-execution-id'] });
  const release = await findRelease(detail, time, log);
  if (!release) return log('The action belongs to no release', { name: detail.action, execution: detail['execution-id'] });
  log('The action of a release failed', { ...release.request });
  const { 'external-execution-summary': words = 'it does not say why', 'external-execution-id': id } = detail['execution-result'] ?? {};
  const result = await inTime(time, findCause(release, words, id)).catch((error: unknown) => failure(words, `Nothing more is known: ${toFailure(error).message}.`));
  await conclude({ ...release, result });
}

/** The action before it was told which image goes where; CodePipeline has written that down, with all variables resolved. */
async function findRelease(detail: FailedAction['detail'], time: Time, log: Log): Promise<HalfRelease | undefined> {
  const before = detail.action.replace(ACTIONS.deploy, ACTIONS.prepare);
  const executions = (await listExecutions(detail)).filter(({ stageName }) => stageName === detail.stage);
  const [prepared] = executions.filter(({ actionName }) => actionName === before).sort((a, b) => b.startTime!.getTime() - a.startTime!.getTime());
  if (!prepared) return undefined;
  // Of a stage that is retried this action may be the only one that runs again.
  const began = executions.find(({ actionExecutionId }) => actionExecutionId === detail['action-execution-id'])?.startTime ?? prepared.lastUpdateTime!;
  const request = parseRequest(prepared.input!.resolvedConfiguration!.UserParameters);
  return { request, progress: { job: detail['action-execution-id'], startedAt: began.getTime() }, time, log };
}

async function listExecutions({ pipeline, 'execution-id': pipelineExecutionId }: FailedAction['detail']): Promise<ActionExecutionDetail[]> {
  const client = new CodePipelineClient(CLIENT_SETTINGS);
  const executions: ActionExecutionDetail[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await client.send(new ListActionExecutionsCommand({ pipelineName: pipeline, filter: { pipelineExecutionId }, nextToken }));
    executions.push(...answer.actionExecutionDetails ?? []);
    nextToken = answer.nextToken;
  } while (nextToken);
  return executions;
}

/** What the deployment tells, if the action has begun one. */
async function findCause({ request, progress, time, log }: HalfRelease, words: string, id?: string): Promise<ReleaseFailure> {
  const run = { ...await open(request, progress, time, log), deadline: time.now() + Math.min(PATIENCE, time.left() / 3) };
  progress.facts = { strategy: run.place.strategy };
  await notePrevious(run);
  const engine = engineOf(run);
  if (!await engine.findBegun(run, id)) return failure(words, 'It has begun no deployment of the image.');
  try {
    await engine.follow(run);
  } catch (error) {
    if (!(error instanceof ReleaseFailure)) throw error;
    return new ReleaseFailure(error.message, [`CodePipeline says: ${words}`, ...error.details]);
  }
  return failure(words, 'But its deployment has succeeded. Retry the stage: that proves what runs, and moves the tag.', `Look at ${engine.link(run)}`);
}

function failure(words: string, ...details: string[]): ReleaseFailure {
  return new ReleaseFailure(`CodePipeline's own action failed: ${words}`, details);
}
