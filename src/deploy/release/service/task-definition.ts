import {
  DescribeTaskDefinitionCommand, RegisterTaskDefinitionCommand, type RegisterTaskDefinitionCommandInput, type Tag, type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { ReleaseFailure, unless } from '../failure';
import type { Run } from '../run';

/** Tag of a revision that a release registered: the job that asked for it. */
export const JOB_TAG = 'cdk-fargate-cicd:job';

export interface DefinitionWithTags {
  readonly definition: TaskDefinition;
  readonly tags: Tag[];
}

/** A revision; undefined when it has been deleted. */
export async function readTaskDefinition({ clients }: Run, arn: string): Promise<DefinitionWithTags | undefined> {
  const answer = await unless(
    clients.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ['TAGS'] })), 'ClientException',
  );
  return answer && { definition: answer.taskDefinition!, tags: answer.tags ?? [] };
}

/** The image that the revision gives to the container which is released. */
export function imageIn({ place }: Run, { definition }: DefinitionWithTags): string | undefined {
  return definition.containerDefinitions?.find(container => container.name === place.containerName)?.image;
}

/** The job that registered the revision, when a release did. */
export function jobOf({ tags }: DefinitionWithTags): string | undefined {
  return tags.find(tag => tag.key === JOB_TAG)?.value;
}

/**
 * Registers a copy of the revision that the service uses now in which only the image differs: whatever the last stack
 * update changed stays changed, sidecars, tags and fields that are younger than this code included.
 *
 * One job gets one revision, even when its event is delivered twice at the same time: each invocation tags the revision
 * with the job and takes the lowest one of an unbroken row with that tag. Both then tell the service to run the same
 * revision, and being told so again does not start a second deployment.
 */
export async function registerRevision(run: Run, current: string): Promise<string> {
  const { clients, image, log, place, progress } = run;
  const base = await readTaskDefinition(run, current);
  if (!base) throw new ReleaseFailure(`the task definition ${current}, which the service uses, does not exist any more`, [], 'ConfigurationError');
  const containers = base.definition.containerDefinitions ?? [];
  if (!containers.some(container => container.name === place.containerName)) {
    throw new ReleaseFailure(
      `the task definition ${current} has no container ${place.containerName}, only ${containers.map(container => container.name).join(', ')}`,
      [], 'ConfigurationError',
    );
  }
  const { taskDefinition: registered } = await clients.ecs.send(new RegisterTaskDefinitionCommand({
    ...acceptedFields(base.definition),
    containerDefinitions: containers.map(container => container.name === place.containerName ? { ...container, image } : container),
    tags: [...base.tags.filter(carriesOver), { key: JOB_TAG, value: progress.job }],
  }));
  const arn = await lowestOfJob(run, registered!.taskDefinitionArn!, registered!.revision!);
  log('The task definition is registered', { taskDefinition: arn, basedOn: current });
  return arn;
}

/** ECS answers with fields that it refuses as input; all others go through, known here or not. */
function acceptedFields(definition: TaskDefinition): Omit<RegisterTaskDefinitionCommandInput, 'containerDefinitions'> {
  const {
    taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt, registeredBy, deregisteredAt, deleteRequestedAt,
    family, ...accepted
  } = definition;
  return { family, ...accepted };
}

/** CloudFormation's own tags cannot be given, and the mark of an earlier release is not ours. */
function carriesOver({ key }: Tag): boolean {
  return key !== JOB_TAG && !key!.startsWith('aws:');
}

async function lowestOfJob(run: Run, arn: string, revision: number): Promise<string> {
  const before = `${arn.slice(0, arn.lastIndexOf(':'))}:${revision - 1}`;
  const earlier = await readTaskDefinition(run, before);
  return earlier && jobOf(earlier) === run.progress.job ? lowestOfJob(run, before, revision - 1) : arn;
}
