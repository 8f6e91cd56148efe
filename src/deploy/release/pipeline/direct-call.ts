import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { CLIENT_SETTINGS } from '../clients';
import { isPassing, Later, ReleaseFailure, toFailure } from '../failure';
import { conclude } from '../history/announce';
import { perform, releaseTime } from '../release';
import type { PlaceAddress, ReleaseEnvironment, ReleaseRequest } from '../release-request';
import { inTime, logAbout, type Progress, type Time } from '../run';

/** What somebody who may invoke the function asks for. */
export interface DirectCall {
  /** Name of the place, as in the pipeline. */
  readonly place: string;
  /** Digest of an image that is still in the build repository, or in that of the place. */
  readonly digest: string;
  /** Names the release: a call with the same id goes on with it. */
  readonly id?: string;
}

/** What the call answers with. */
export interface DirectAnswer {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'IN_PROGRESS' | 'REFUSED';
  /** One sentence. */
  readonly summary: string;
  readonly details?: string[];
  /** To call again with. */
  readonly id?: string;
}

/** A release needs no artifact. */
const NO_ARTIFACTS = { outputArtifacts: [], artifactCredentials: { accessKeyId: '', secretAccessKey: '', sessionToken: '' } };

/**
 * A release without a pipeline. It does what the action does, and is recorded as that is. A release that does not fit into one invocation answers
 * IN_PROGRESS: what is done is known from AWS, so that a call with the same id takes it up.
 */
export async function handleDirectCall(event: unknown, invocation: string, time: Time): Promise<DirectAnswer> {
  const { place, digest, id = invocation } = (event ?? {}) as DirectCall;
  const places = await readAddresses().catch((error: Error) => error);
  if (places instanceof Error) {
    return isPassing(places) && usable(id)
      ? { status: 'IN_PROGRESS', summary: `${places.message}; call again with this id`, id }
      : { status: 'FAILED', summary: `the places cannot be read: ${toFailure(places).message}` };
  }
  const wrong = whatIsWrong(place, digest, id, places);
  if (wrong !== undefined) return { status: 'REFUSED', summary: wrong };
  const progress: Progress = { job: `direct-${id}`, startedAt: time.now() };
  const [roleArn, parameterName, region, externalId] = places[place];
  const request: ReleaseRequest = { roleArn, parameterName, region, externalId, task: 'release', place, digest, commit: '', executionId: `direct-${id}` };
  const log = logAbout({ call: id });
  log('Called directly', { ...request });
  const result = await inTime(time, perform(request, progress, time, log, NO_ARTIFACTS)).catch((error: Error) => error);
  if (result instanceof Later || (isPassing(result) && time.now() < releaseTime(progress))) {
    return { status: 'IN_PROGRESS', summary: `${result.message}; call again with this id`, id };
  }
  const ended = { request, progress, time, log, result: result instanceof Error ? toFailure(result) : result };
  const recorded = await conclude(ended);
  const problem = recorded.problem === undefined ? [] : [recorded.problem];
  return ended.result instanceof ReleaseFailure
    ? { status: 'FAILED', summary: ended.result.message, details: [...problem, ...ended.result.details], id }
    : { status: 'SUCCEEDED', summary: ended.result.summary, details: problem, id };
}

/** They stand beside the pipeline, in parameters of its stack. */
async function readAddresses(): Promise<Record<string, PlaceAddress>> {
  const ssm = new SSMClient(CLIENT_SETTINGS);
  const names = (process.env as unknown as ReleaseEnvironment).PLACES.split(',');
  const answers = await Promise.all(names.map((Name) => ssm.send(new GetParameterCommand({ Name }))));
  return Object.assign({}, ...answers.map(({ Parameter }) => JSON.parse(Parameter!.Value!))) as Record<string, PlaceAddress>;
}

const usable = (id: unknown): id is string => typeof id === 'string' && /^[\w-]{1,64}$/.test(id);

function whatIsWrong(place: unknown, digest: unknown, id: unknown, places: Record<string, PlaceAddress>): string | undefined {
  const names = Object.keys(places);
  if (typeof place !== 'string' || !names.includes(place)) return `The event has no place that this function releases to, but ${JSON.stringify(place)}; write one of ${names.join(', ')}.`;
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return `The event has no digest of an image, but ${JSON.stringify(digest)}; write "sha256:" and 64 hexadecimal digits.`;
  if (!usable(id)) return `The event has no usable id, but ${JSON.stringify(id)}; write 1 to 64 letters, digits, "_" or "-", or leave it out.`;
  return undefined;
}
