import { ReleaseFailure } from '../failure';
import type { ReleaseRequest } from '../release-request';

const TASKS = ['release', 'prepare', 'verify'];
const FIELDS = ['task', 'place', 'roleArn', 'parameterName', 'region', 'digest', 'commit', 'executionId'] as const;
const OPTIONAL_FIELDS = ['commitTime', 'author', 'externalId'] as const;

/** The request of the action; a wrong one is told before anything is touched. */
export function parseRequest(userParameters: string): ReleaseRequest {
  const request = parse(userParameters);
  for (const field of FIELDS) {
    if (typeof request[field] !== 'string') throw wrong(`has no ${field}`);
  }
  for (const field of OPTIONAL_FIELDS) {
    if (!['string', 'undefined'].includes(typeof request[field])) throw wrong(`has the ${field} ${JSON.stringify(request[field])}, which is no text`);
  }
  if (!TASKS.includes(request.task)) throw wrong(`asks for the task ${request.task}, which is none of ${TASKS.join(', ')}`);
  if (!/^sha256:[0-9a-f]{64}$/.test(request.digest)) throw wrong(`has no digest of an image but ${JSON.stringify(request.digest)}`);
  return request;
}

function parse(userParameters: string): ReleaseRequest {
  try {
    return JSON.parse(userParameters) as ReleaseRequest;
  } catch {
    throw wrong('is not JSON');
  }
}

function wrong(what: string): ReleaseFailure {
  return new ReleaseFailure(`the request of the release action (UserParameters) ${what}`, [], 'ConfigurationError');
}
