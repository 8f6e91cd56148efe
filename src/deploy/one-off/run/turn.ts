import { DescribeTasksCommand, type DesiredStatus, ListTasksCommand, type Tag, type Task } from '@aws-sdk/client-ecs';
import { register, type Ticket } from './definition';
import type { OneOff } from './one-off';
import { Later, ReleaseFailure } from '../../release/failure';
import { waitFor } from '../../release/run';
import { nameOf } from '../../release/service/ecs-service';
import { JOB_TAG, jobOf, readTaskDefinition, revisionBefore } from '../../release/service/task-definition';
import { NAME_TAG } from '../tags';

/** Between registering a revision and starting its task pass seconds; one that is older and has no task came to nothing. */
const CLAIM = 5 * 60_000;

/**
 * So long after its beginning an invocation may start a task. Later on the execution may have been stopped, which nobody tells; but CodePipeline calls again for one that
 * goes on only.
 */
export const FRESH = 60_000;

/**
 * Two tasks of one name never run at once in a place, whoever starts them, and without a table: ECS numbers the revisions of a family without doubles, so the
 * revision that is registered for a task is its ticket. Whoever finds a lower one that is young and has no task yet steps back and begins anew, as releases do.
 */
export async function takeTurn(run: OneOff): Promise<Ticket> {
  let inTheWay: string | undefined = 'AWS does not tell which';
  for (;;) {
    await waitFor(run, {
      name: 'turn',
      probe: async () => {
        inTheWay = await obstacle(run);
        return inTheWay === undefined ? true : undefined;
      },
      progress: () => ({ summary: `Waiting for another task of this name: ${inTheWay}`, percent: 45 }),
      expired: () => new ReleaseFailure(`another task of this name was not over in time: ${inTheWay}`),
    });
    if (run.time.now() > run.invokedAt + FRESH) throw new Later('Its turn has come', 50);
    const ticket = await register(run);
    const first = await obstacle(run, ticket.taskDefinition);
    if (first === undefined) return ticket;
    run.log('Another task of this name came first', { first });
  }
}

async function obstacle(run: OneOff, below?: string): Promise<string | undefined> {
  const others = (await tasksOf(run)).filter(({ startedBy, tags }) => startedBy === run.settings.name && tagOf(tags, JOB_TAG) !== run.progress.job);
  const running = others.find(({ lastStatus }) => lastStatus !== 'STOPPED');
  return running ? `task ${nameOf(running.taskArn!)} (${running.lastStatus})` : earlierTicket(run, others, below);
}

async function earlierTicket(run: OneOff, tasks: Task[], below?: string): Promise<string | undefined> {
  let arn: string | undefined = below ? revisionBefore(below) : run.family;
  while (arn) {
    const revision = await readTaskDefinition(run, arn);
    if (!revision || revision.definition.registeredAt!.getTime() < run.time.now() - CLAIM) return undefined;
    const { taskDefinitionArn } = revision.definition;
    const job = jobOf(revision);
    const isClaim = tagOf(revision.tags, NAME_TAG) === run.settings.name && job !== undefined && job !== run.progress.job;
    if (isClaim && !tasks.some((task) => task.taskDefinitionArn === taskDefinitionArn)) return `${nameOf(taskDefinitionArn!)} is about to start`;
    arn = revisionBefore(taskDefinitionArn!);
  }
  return undefined;
}

/** One-off tasks of the place, stopped ones as long as ECS keeps them, which is an hour. */
export async function tasksOf(run: Pick<OneOff, 'clients' | 'clusterArn' | 'family'>): Promise<Task[]> {
  return [...await tasksThat(run, 'RUNNING'), ...await tasksThat(run, 'STOPPED')];
}

/** Those that shall run, or those that shall not. */
export async function tasksThat({ clients, clusterArn: cluster, family }: Pick<OneOff, 'clients' | 'clusterArn' | 'family'>, desiredStatus: DesiredStatus): Promise<Task[]> {
  const found: Task[] = [];
  let nextToken: string | undefined;
  do {
    const list = await clients.ecs.send(new ListTasksCommand({ cluster, family, desiredStatus, nextToken }));
    if (list.taskArns?.length) {
      const { tasks = [] } = await clients.ecs.send(new DescribeTasksCommand({ cluster, tasks: list.taskArns, include: ['TAGS'] }));
      found.push(...tasks);
    }
    nextToken = list.nextToken;
  } while (nextToken);
  return found;
}

export const tagOf = (tags: Tag[] = [], key: string): string | undefined => tags.find((tag) => tag.key === key)?.value;
