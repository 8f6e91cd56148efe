import type { Task } from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand, type TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { readTasks } from './stopped-tasks';
import { ReleaseFailure, unless } from '../failure';
import { releasedManifest } from '../image/copy-image';
import { aboutTag } from '../image/released-tag';
import { type Run, waitFor } from '../run';
import { nameOf, readService, targetGroupsOf } from '../service/ecs-service';

/** What a deployment has left behind, as the engine sees it; it refuses when that is not of this release. */
export interface Expected {
  readonly taskDefinition: string;
  /** Digest that the engine has established, and for what. */
  readonly digest?: { readonly of: string; readonly is?: string };
}

/** What was found to run. */
export interface Proof {
  readonly taskDefinitionArn: string;
  /** Running tasks; 0 when the service is scaled to nothing, so that nothing proves the image. */
  readonly tasks: number;
}

/** A task that is replaced in this moment needs its time; a release that stays incomplete does not pass. */
const LIMIT = 5 * 60_000;

/** What is still missing. */
interface Missing {
  readonly cause: string;
  readonly details: string[];
}

/**
 * Proves that what AWS calls successful is what was asked for: no other deployment has begun, the revision and each of its
 * running tasks have the digest that was built, and each of those tasks is healthy in the load balancer.
 */
export async function verify(run: Run, expected: () => Promise<Expected>, link: string): Promise<Proof> {
  const digests = await acceptedDigests(run);
  let missing: Missing = { cause: 'AWS did not answer while the release was verified', details: [] };
  const proof = await waitFor<Proof>(run, {
    name: 'verification',
    limit: LIMIT,
    probe: async () => {
      const found = await look(run, digests, await expected());
      if ('tasks' in found) return found;
      missing = found;
      return undefined;
    },
    progress: () => ({ summary: `Verifying: ${missing.cause}`, percent: 90 }),
    expired: () => new ReleaseFailure(missing.cause, [
      ...missing.details, ...aboutTag(run), `Look at ${link}`,
    ]),
  });
  run.log('The release is verified', { tasks: proof.tasks, taskDefinition: proof.taskDefinitionArn });
  return proof;
}

/** A task that runs an image of an index may tell the digest of that image. */
async function acceptedDigests(run: Run): Promise<string[]> {
  const { digest, children } = await releasedManifest(run);
  return [digest, ...children];
}

async function look(run: Run, digests: string[], expected: Expected): Promise<Proof | Missing> {
  const { place } = run;
  if (expected.digest) refuseWrongDigest(run, digests, expected.digest.of, expected.digest.is);
  const taskDefinitionArn = expected.taskDefinition;
  const service = await readService(run);
  if (service.desiredCount === 0) return { taskDefinitionArn, tasks: 0 };

  const tasks = (await readTasks(run, 'RUNNING')).filter(task => task.taskDefinitionArn === taskDefinitionArn && task.lastStatus === 'RUNNING');
  if (tasks.length === 0) return { cause: 'no task of the new revision runs', details: [] };
  for (const task of tasks) {
    const container = task.containers?.find(({ name }) => name === place.containerName);
    refuseWrongDigest(run, digests, `the task ${nameOf(task.taskArn!)}`, container?.imageDigest);
    if (!container?.imageDigest) return { cause: `ECS does not tell which image the task ${nameOf(task.taskArn!)} runs`, details: [] };
  }

  const ill = await unhealthy(run, tasks, place.targetGroupArns ?? targetGroupsOf(service));
  return ill.length > 0 ? { cause: `not all tasks are healthy in the load balancer: ${ill[0]}`, details: ill.slice(1) } : { taskDefinitionArn, tasks: tasks.length };
}

function refuseWrongDigest({ request }: Run, digests: string[], who: string, digest?: string): void {
  if (digest === undefined || digests.includes(digest)) return;
  throw new ReleaseFailure(`${who} runs the wrong image: ${digest} instead of ${request.digest}`);
}

/**
 * One line for each task and target group that keep a task from traffic. Each task belongs to one of the target groups of the place, also under
 * rolling deployments: a place has both from birth, so that its strategy can change. It must be healthy in one.
 */
async function unhealthy(run: Run, tasks: Task[], targetGroupArns: string[]): Promise<string[]> {
  const groups = await Promise.all(targetGroupArns.map(async arn => ({ name: arn.split('/')[1], targets: await targetsIn(run, arn) })));
  return tasks.flatMap(task => {
    const lacks = groups.map(group => lackOf(task, group));
    if (lacks.some(lack => lack.length === 0)) return [];
    const where = lacks.flat().filter(lack => !lack.endsWith(ABSENT));
    return where.length > 0 ? where : lacks.flat();
  });
}

const ABSENT = ': not registered';

function lackOf(task: Task, { name, targets }: { name: string; targets: TargetHealthDescription[] }): string[] {
  const addresses = addressesOf(task);
  const own = targets.filter(({ Target }) => addresses.includes(Target!.Id!));
  const where = `task ${nameOf(task.taskArn!)} in target group ${name}`;
  if (own.length === 0) return [`${where}${ABSENT}`];
  return own.flatMap(({ TargetHealth: health }) => health?.State === 'healthy'
    ? [] : [`${where}: ${[health?.State, health?.Reason, health?.Description].filter(Boolean).join(', ')}`]);
}

async function targetsIn({ clients }: Run, targetGroupArn: string): Promise<TargetHealthDescription[]> {
  const answer = await unless(
    clients.loadBalancing.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn })),
    'TargetGroupNotFoundException', 'TargetGroupNotFound',
  );
  if (!answer) throw new ReleaseFailure(`the target group ${targetGroupArn} does not exist`, [], 'ConfigurationError');
  return answer.TargetHealthDescriptions ?? [];
}

/** A task on Fargate is known to its target groups by the addresses of its network interface. */
function addressesOf({ containers }: Task): string[] {
  return containers!
    .flatMap(({ networkInterfaces = [] }) => networkInterfaces)
    .flatMap(({ privateIpv4Address, ipv6Address }) => [privateIpv4Address, ipv6Address])
    .filter(address => address !== undefined);
}
