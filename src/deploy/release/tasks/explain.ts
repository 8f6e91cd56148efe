import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Container, Task } from '@aws-sdk/client-ecs';
import { failedTasks } from './stopped-tasks';
import { ReleaseFailure } from '../failure';
import { aboutTag } from '../image/released-tag';
import type { Run } from '../run';
import { nameOf, readService } from '../service/ecs-service';

/** Why a deployment failed, as far as AWS says it. */
export interface Verdict {
  readonly cause: string;
  /** Failed tasks are the cause; otherwise a stopped task may be there for many reasons and is told in the details only. */
  readonly blame: 'tasks' | 'others';
}

/** What an engine knows of a deployment that failed. */
export interface FailedDeployment {
  /** When it began. */
  readonly since: Date;
  /** What the engine itself says. */
  readonly details: string[];
  /** Where to look. */
  readonly link: string;
  /** Task definition that it brought, when that is known. */
  taskDefinition(): Promise<string | undefined>;
}

/** Lines of the container's log in a message, and characters of each: CloudWatch takes a megabyte, a topic a quarter of it. */
const LOG_LINES = 12;
const LINE_LENGTH = 300;

/**
 * A failed deployment in words: the cause first, then what the stopped task, the service and the container's log say, and
 * where to look. What cannot be read is said too and never hides the cause.
 */
export async function explain(run: Run, deployment: FailedDeployment, { cause, blame }: Verdict): Promise<ReleaseFailure> {
  let task: Task | undefined;
  const aboutTasks = await lines('the stopped tasks', async () => {
    const taskDefinition = await deployment.taskDefinition();
    [task] = taskDefinition ? await failedTasks(run, taskDefinition) : [];
    return task ? aboutTask(task) : [];
  });
  const reason = task && blame === 'tasks' ? `: ${shortReason(task)}` : '';
  return new ReleaseFailure(`${cause}${reason}`, [
    ...aboutTasks,
    ...await (task ? lines('the log of the task', () => lastLogLines(run, task!)) : lines('the events of the service', () => serviceEvents(run, deployment))),
    ...deployment.details,
    ...aboutTag(run),
    `Look at ${deployment.link}`,
  ]);
}

/** `Essential container in task exited (container web exited with code 1)`. */
function shortReason(task: Task): string {
  const container = culprit(task);
  const found = container && findings(container)[0];
  return `${task.stoppedReason ?? 'a task stopped'}${found ? ` (container ${container.name} ${found})` : ''}`;
}

function aboutTask(task: Task): string[] {
  return [
    `Stopped task ${nameOf(task.taskArn!)}: ${task.stopCode ?? 'no stop code'}, ${task.stoppedReason ?? 'no reason given'}`,
    ...(task.containers ?? []).flatMap(container => findings(container).map(found => `Container ${container.name} ${found}`)),
  ];
}

function culprit({ containers = [] }: Task): Container | undefined {
  return containers.find(({ exitCode }) => exitCode) ?? containers.find(container => findings(container).length > 0);
}

function findings({ exitCode, healthStatus, reason }: Container): string[] {
  return [
    ...exitCode === undefined ? [] : [`exited with code ${exitCode}`],
    ...healthStatus === 'UNHEALTHY' ? ['fails its health check'] : [],
    ...reason ? [`reports: ${reason}`] : [],
  ];
}

/** What the service said since the deployment began, when no task tells more. */
async function serviceEvents(run: Run, { since }: FailedDeployment): Promise<string[]> {
  const { events = [] } = await readService(run);
  return events
    .filter(event => event.createdAt! >= since && !/has (reached a steady state|started|stopped|begun|registered|deregistered)/.test(event.message!))
    .slice(0, 3)
    .map(event => `ECS event: ${event.message}`);
}

async function lastLogLines({ clients, place }: Run, task: Task): Promise<string[]> {
  if (place.logGroupName === undefined || place.logStreamPrefix === undefined) return [`The container ${place.containerName} has no log in CloudWatch with a stream for each task.`];
  const { events = [] } = await clients.logs.send(new GetLogEventsCommand({
    logGroupName: place.logGroupName,
    logStreamName: `${place.logStreamPrefix}/${place.containerName}/${nameOf(task.taskArn!)}`,
    limit: LOG_LINES,
    startFromHead: false,
  }));
  return [`Last log lines of ${place.containerName}:`, ...events.length > 0 ? events.map(({ message }) => `  ${message!.slice(0, LINE_LENGTH)}`) : ['  (none)']];
}

/** What was read, or why it could not be. */
async function lines(what: string, read: () => Promise<string[]>): Promise<string[]> {
  try {
    return await read();
  } catch (error) {
    const { name, message } = error as Error;
    return [name === 'ResourceNotFoundException' ? `There is nothing in ${what}.` : `Could not read ${what}: ${name}, ${message}`];
  }
}
