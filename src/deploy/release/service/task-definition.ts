import {
  type ContainerDefinition, DescribeTaskDefinitionCommand, RegisterTaskDefinitionCommand, type RegisterTaskDefinitionCommandInput, type Tag, type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { ReleaseFailure, unless } from '../failure';
import type { Run } from '../run';

/** Tags of a revision that a release registered: the job that asked for it, its execution of the pipeline, and the number of the revision it was copied from. */
export const JOB_TAG = 'cdk-fargate-cicd:job';
export const EXECUTION_TAG = 'cdk-fargate-cicd:execution';
const BASE_TAG = 'cdk-fargate-cicd:base';

interface WithEcs {
  readonly clients: Pick<Run['clients'], 'ecs'>;
}

export interface DefinitionWithTags {
  readonly definition: TaskDefinition;
  readonly tags: Tag[];
}

/** A revision; undefined when it has been deleted. */
export async function readTaskDefinition({ clients }: WithEcs, arn: string): Promise<DefinitionWithTags | undefined> {
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

/** A release has copied this revision from that one. */
export function isCopyOf({ tags }: DefinitionWithTags, arn: string): boolean {
  return tags.some(tag => tag.key === BASE_TAG && tag.value === numberOf(arn));
}

/**
 * Registers a copy of a revision (the one that the service uses now; CodeDeploy's services: the template's) in which only the image differs: whatever the last stack
 * update changed stays changed, sidecars, tags and fields that are younger than this code included.
 *
 * One job gets one revision, even when its event is delivered twice at the same time: each invocation tags the revision
 * with the job and takes the lowest one of an unbroken row with that tag. Both then tell the service to run the same
 * revision, and being told so again does not start a second deployment.
 */
export async function registerRevision(run: Run, basedOn: string): Promise<string> {
  const { clients, log } = run;
  const { taskDefinition: registered } = await clients.ecs.send(new RegisterTaskDefinitionCommand(await newRevision(run, basedOn)));
  const arn = await lowestOfJob(run, registered!.taskDefinitionArn!, basedOn);
  log('The task definition is registered', { taskDefinition: arn, basedOn });
  return arn;
}

/** What would be registered. */
export async function newRevision(run: Run, basedOn: string): Promise<RegisterTaskDefinitionCommandInput> {
  const { image, place, progress, request } = run;
  const base = await readTaskDefinition(run, basedOn);
  if (!base) throw new ReleaseFailure(`the task definition ${basedOn}, which the service uses, does not exist any more`, [], 'ConfigurationError');
  const released = containerOf(base.definition, place.containerName);
  return {
    ...acceptedFields(base.definition),
    containerDefinitions: base.definition.containerDefinitions!.map(container => container === released ? { ...container, image } : container),
    tags: [
      ...base.tags.filter(carriesOver),
      { key: JOB_TAG, value: progress.job }, { key: EXECUTION_TAG, value: request.executionId }, { key: BASE_TAG, value: numberOf(basedOn) },
    ],
  };
}

/** The container that is released. */
export function containerOf({ containerDefinitions: containers = [], taskDefinitionArn }: TaskDefinition, name: string): ContainerDefinition {
  const found = containers.find(container => container.name === name);
  if (found) return found;
  throw new ReleaseFailure(`the task definition ${taskDefinitionArn} has no container ${name}, only ${containers.map(container => container.name).join(', ')}`, [], 'ConfigurationError');
}

/** ECS answers with fields that it refuses as input; all others go through, known here or not. */
export function acceptedFields(definition: TaskDefinition): Omit<RegisterTaskDefinitionCommandInput, 'containerDefinitions'> {
  const {
    taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt, registeredBy, deregisteredAt, deleteRequestedAt,
    family, ...accepted
  } = definition;
  return { family, ...accepted };
}

/** CloudFormation's own tags cannot be given, and the marks of an earlier release are not ours. */
export function carriesOver({ key }: Tag): boolean {
  return !key!.startsWith('cdk-fargate-cicd:') && !key!.startsWith('aws:');
}

async function lowestOfJob(run: Run, arn: string, basedOn: string): Promise<string> {
  const earlier = revisionBefore(arn);
  const revision = earlier && await readTaskDefinition(run, earlier);
  return revision && jobOf(revision) === run.progress.job && isCopyOf(revision, basedOn) ? lowestOfJob(run, earlier, basedOn) : arn;
}

/** The revision before this one; undefined before the first. */
export function revisionBefore(arn: string): string | undefined {
  const number = Number(numberOf(arn)) - 1;
  return number > 0 ? `${arn.slice(0, arn.lastIndexOf(':') + 1)}${number}` : undefined;
}

function numberOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
