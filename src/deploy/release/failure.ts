import type { FailureType } from '@aws-sdk/client-codepipeline';

/** A release that failed for a reason that can be said in words: one line for the cause, further lines for whoever wants to know more. */
export class ReleaseFailure extends Error {
  constructor(cause: string, readonly details: string[] = [], readonly type: FailureType = 'JobFailed') {
    super(cause);
  }
}

/** The invocation has no time left: the release goes on in the next one, which CodePipeline starts with the continuation token. */
export class Later extends Error {
  constructor(summary: string, readonly percent?: number) {
    super(summary);
  }
}

/** The error's name when AWS refused for one of these reasons, as `error.name === ...` reads badly on `unknown`. */
export function isError(error: unknown, ...names: string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/**
 * Runs a call and answers undefined when AWS says that the thing is not there (or is as wanted already), by the names of
 * its exceptions.
 */
export async function unless<T>(call: Promise<T>, ...names: string[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isError(error, ...names)) return undefined;
    throw error;
  }
}

/**
 * AWS or the network refused now and may not refuse in a moment: throttling, server errors, lost connections. The SDK has
 * tried several times already; every step of a release can be repeated, so the release tries again later instead of failing.
 */
export function isPassing(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { $metadata, $retryable, code } = error as { $metadata?: { httpStatusCode?: number }; $retryable?: object; code?: string };
  return $retryable !== undefined
    || ($metadata?.httpStatusCode ?? 0) >= 500
    || $metadata?.httpStatusCode === 429
    || /Throttl|TooManyRequests|RequestLimitExceeded|^(ServerException|ServiceUnavailable|Timeout|TimeoutError|NetworkError)$/.test(error.name)
    || /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EAI_AGAIN)$/.test(code ?? '');
}

/** Any error as a failure with a cause in words. */
export function toFailure(error: unknown): ReleaseFailure {
  if (error instanceof ReleaseFailure) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (/AccessDenied|Unauthorized|NotAuthorized/.test(name)) {
    return new ReleaseFailure(`AWS refuses a call of the release: ${message}`, [], 'PermissionError');
  }
  return new ReleaseFailure(`${name}: ${message}`);
}
