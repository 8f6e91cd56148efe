import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ReleaseFailure, unless } from '../failure';
import { type Run, waitFor } from '../run';

/**
 * Waits while CloudFormation changes the place's stack. A release copies the task definition of that moment: one that was
 * read just before CloudFormation replaces it would undo what the stack update has changed.
 */
export async function waitForStack(run: Run): Promise<void> {
  if (run.place.stackId === undefined) return;
  let status = 'AWS does not tell its state';
  await waitFor(run, {
    name: 'stack',
    probe: async () => {
      status = await readStatus(run);
      return isChanging(status) ? undefined : true;
    },
    progress: () => ({ summary: `Waiting for the stack of the place: ${status}`, percent: 43 }),
    expired: () => new ReleaseFailure(`the stack of the place is still being changed: ${status}`, [
      `Stack: ${run.place.stackId}`,
      'A release would undo what the stack update changes. Release again when it is over.',
    ]),
  });
}

/** What the stack has begun while the release waited for something else; undefined: nothing. */
export async function changeOfStack(run: Run): Promise<string | undefined> {
  const status = run.place.stackId && await readStatus(run);
  return status && isChanging(status) ? `the stack of the place is being changed (${status})` : undefined;
}

const isChanging = (status: string): boolean => status.endsWith('_IN_PROGRESS');

async function readStatus({ clients, place }: Run): Promise<string> {
  const answer = await unless(clients.stacks.send(new DescribeStacksCommand({ StackName: place.stackId })), 'ValidationError');
  if (!answer) throw new ReleaseFailure(`the stack of the place does not exist: ${place.stackId}`, [], 'ConfigurationError');
  return answer.Stacks![0].StackStatus!;
}
