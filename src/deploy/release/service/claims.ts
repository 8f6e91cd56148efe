import type { ServiceDeploymentBrief } from '@aws-sdk/client-ecs';
import { broughtBy, readTarget } from './service-deployment';
import { jobOf, readTaskDefinition, revisionBefore } from './task-definition';
import { releasedDigest } from '../image/released-tag';
import type { Run } from '../run';

/**
 * Between registering a revision and telling the service to run it a release takes seconds. A revision that is older and
 * was never deployed belongs to a release that came to nothing.
 */
const CLAIM = 5 * 60_000;
/** A release proves its deployment for five minutes at most; the rest is for the pause between two invocations. */
export const PROOF = 7 * 60_000;

/**
 * Two releases must not update one service at the same moment, and ECS has no lock. But it numbers the revisions of a family
 * without gaps or doubles, so a revision that a release has registered is its ticket: whoever finds a lower one of another release
 * that is young and was not deployed yet steps back. Answers that ticket, if there is one; without `below`, any.
 */
export async function earlierClaim(run: Run, below?: string): Promise<string | undefined> {
  let arn: string | undefined = below ? revisionBefore(below) : run.place.taskFamily;
  while (arn) {
    const revision = await readTaskDefinition(run, arn);
    if (!revision || revision.definition.registeredAt!.getTime() < run.time.now() - CLAIM) return undefined;
    const { taskDefinitionArn } = revision.definition;
    const job = jobOf(revision);
    if (job !== undefined && job !== run.progress.job && !(await broughtBy(run, taskDefinitionArn!))) return taskDefinitionArn;
    arn = revisionBefore(taskDefinitionArn!);
  }
  return undefined;
}

/**
 * Another release has deployed its image and has not moved the tag yet: a deployment that began now would take the place of
 * what it proves, and if it was rolled back, the service would run an image that the tag does not name.
 */
export async function isBeingProved(run: Run, newest: ServiceDeploymentBrief): Promise<boolean> {
  if (newest.status !== 'SUCCESSFUL' || newest.finishedAt!.getTime() < run.time.now() - PROOF) return false;
  const { job, image } = await readTarget(run, newest.targetServiceRevisionArn!);
  if (job === undefined || job === run.progress.job) return false;
  return !image!.endsWith(`@${await releasedDigest(run)}`);
}
