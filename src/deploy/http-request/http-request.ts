import type { CodePipelineEvent } from 'aws-lambda';
import { ReleaseFailure } from '../release/failure';
import { failure, logOf, send, success } from '../release/pipeline/reply';
import { probe, type ProbeSettings } from '../strategy/http-check/probe';

/** What the function asks for, as JSON in its variable `REQUEST`. */
export interface HttpRequestSettings extends Omit<ProbeSettings, 'url'> {
  /** Path and query. */
  readonly path: string;
}

/** What the action of the pipeline hands over, as JSON in `UserParameters`. */
export interface HttpRequestParameters {
  /** Where the service answers. */
  readonly url: string;
}

/** Replies once, whatever it finds. */
export async function handleJob(event: CodePipelineEvent): Promise<void> {
  const { id, data } = event['CodePipeline.job'];
  const log = logOf(event['CodePipeline.job']);
  const { passed, reason } = await ask(data.actionConfiguration.configuration.UserParameters).catch((error: Error) => ({ passed: false, reason: error.message }));
  await send(passed ? success(id, {}, { summary: reason, variables: {} }) : failure(id, new ReleaseFailure(reason), {}), log);
}

async function ask(userParameters: string) {
  const { url } = JSON.parse(userParameters) as HttpRequestParameters;
  const { path, ...settings } = JSON.parse(process.env.REQUEST!) as HttpRequestSettings;
  return probe({ ...settings, url: new URL(path, url).href });
}
