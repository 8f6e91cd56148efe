import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { messageOf, persistently } from './persistently';

/** Kept back from the function's time for the answer. */
const TIME_TO_ANSWER = 20_000;
const TIME_PER_ATTEMPT = 3_000;

/** CloudFormation takes answers of 4,096 bytes. */
const LONGEST_REASON = 1_000;

/**
 * Does the work that CloudFormation asks for and answers in any case: without an answer a deployment waits for an hour. An
 * error, or work that takes longer than the function may, is answered as a failure with its reason.
 *
 * The work answers what it has done, in words. It must stop when the signal says so, after a failure too: whatever it does after
 * the answer comes unexpected, perhaps much later, since Lambda freezes and thaws a function.
 *
 * The event's ResponseURL is a credential and appears nowhere in log or errors.
 */
export async function respond(
  event: CloudFormationCustomResourceEvent<object>,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  physicalResourceId: string,
  work: (signal: AbortSignal) => Promise<string>,
): Promise<void> {
  const { Status, Reason } = await inTime(context.getRemainingTimeInMillis() - TIME_TO_ANSWER, work).then(
    done => ({ Status: 'SUCCESS', Reason: done }),
    error => ({ Status: 'FAILED', Reason: messageOf(error) }),
  );
  // Another id makes CloudFormation delete the former resource: a failed update must not ask for that.
  const takesId = event.RequestType === 'Create' || (event.RequestType === 'Update' && Status === 'SUCCESS');
  const answer = {
    Status,
    Reason: Reason.slice(0, LONGEST_REASON),
    PhysicalResourceId: takesId ? physicalResourceId : event.PhysicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  console.log(JSON.stringify({ RequestType: event.RequestType, ...answer }));
  await persistently(async () => put(event.ResponseURL, JSON.stringify(answer)));
}

async function inTime<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const timeIsUp = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const timer = setTimeout(() => controller.abort(new Error('the function has no time left; try again')), Math.max(0, milliseconds));
  try {
    return await Promise.race([work(signal), timeIsUp]);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

async function put(url: string, body: string): Promise<void> {
  const { ok, status } = await fetch(url, {
    method: 'PUT',
    // The address is signed for an empty type of content. Bytes have none of their own; a string would have.
    headers: { 'content-type': '' },
    body: Buffer.from(body),
    signal: AbortSignal.timeout(TIME_PER_ATTEMPT),
  });
  if (!ok) throw new Error(`CloudFormation does not take the answer: HTTP status ${status}`);
}
