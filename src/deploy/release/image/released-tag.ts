import { releasedManifest } from './copy-image';
import { digestUnder, putManifest, tagMoves } from './repository';
import { RELEASED_TAG } from '../../published-place';
import { isError, isPassing, ReleaseFailure, toFailure } from '../failure';
import type { Run } from '../run';
import { definitionInUse, readService } from '../service/ecs-service';
import { imageIn, readTaskDefinition } from '../service/task-definition';

/** A place that runs images from the build repository has no tag: what runs there is what was released last. */
function hasTag({ place }: Run): boolean {
  return place.repositoryUri !== undefined;
}

/** Digest of the image that was released last; undefined when nothing was, or nobody knows. */
export async function releasedDigest(run: Run): Promise<string | undefined> {
  if (hasTag(run)) return digestUnder(run.target, RELEASED_TAG);
  const inUse = definitionInUse(await readService(run));
  const revision = inUse && await readTaskDefinition(run, inUse);
  return revision && imageIn(run, revision)?.split('@')[1];
}

/** The tag moves last. That it cannot is found first, while nothing has been changed. */
export async function refuseFixedTag(run: Run): Promise<void> {
  if (!hasTag(run) || await tagMoves(run.target, RELEASED_TAG)) return;
  throw new ReleaseFailure(`${cannotMove(run)}: ${CURE}`, ['A release ends with moving it, so none was begun.'], 'ConfigurationError');
}

/** Moves the tag that the template's task definition names, where there is one: one PutImage of the same manifest, an index as a whole. */
export async function moveReleasedTag(run: Run): Promise<void> {
  if (!hasTag(run)) return;
  const { target, log } = run;
  const manifest = await releasedManifest(run);
  try {
    await putManifest(target, manifest, RELEASED_TAG);
  } catch (error) {
    if (isPassing(error)) throw error;
    const { message, type } = isError(error, 'ImageTagAlreadyExistsException')
      ? new ReleaseFailure(CURE, [], 'ConfigurationError') : toFailure(error);
    throw new ReleaseFailure(`the image runs, but ${cannotMove(run)}: ${message}`, [
      'Until it does, a stack update deploys the image released before. Retry the release when the cause is gone: it proves the image again and moves the tag.',
    ], type);
  }
  log('The tag is moved', { tag: RELEASED_TAG, repository: target.repositoryName });
}

/** What a release that failed says of the tag. */
export function aboutTag(run: Run): string[] {
  return hasTag(run) ? ['The tag of released images was not moved.'] : [];
}

const cannotMove = ({ target }: Run): string => `the tag '${RELEASED_TAG}' of the repository ${target.repositoryName} cannot move`;
const CURE = 'exclude it from the immutability of tags';
