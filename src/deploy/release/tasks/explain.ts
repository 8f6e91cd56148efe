import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type Container, DescribeTasksCommand, type DesiredStatus, ListTasksCommand, type ServiceDeployment, type Task } from '@aws-sdk/client-ecs';
import { ReleaseFailure } from '../failure';
import type { Run } from '../run';
import { nameOf, readService } from '../service/ecs-service';
import { readRevision } from '../service/service-deployment';

/** Why a deployment failed, as far as ECS says it. */
export interface Verdict {
  readonly cause: string;
  /** Failed tasks are the cause; when alarms are, a stopped task may be there for many reasons and is told in the details only. */
  readonly blame: 'tasks' | 'alarms';
}

/** Lines of the container's log in a message. */
const LOG_LINES = 12;

/**
 * A failed deployment in words: the cause first, then what the stopped task, the service and the container's log say, and
 * where to look. What cannot be read is said too and never hides the cause.
 */
export async function explain(run: Run, deployment: ServiceDeployment, { cause, blame }: Verdict): Promise<ReleaseFailure> {
  let task: Task | undefined;
  const aboutTasks = await lines('the stopped tasks', async () => {
    task = await failedTask(run, deployment);
    return task ? aboutTask(task) : [];
  });
  const reason = task && blame === 'tasks' ? `: ${shortReason(task)}` : '';
  return new ReleaseFailure(`${cause}${reason}`, [
    ...aboutTasks,
    ...await (task ? lines('the log of the task', () => lastLogLines(run, task!)) : lines('the events of the service', () => serviceEvents(run, deployment))),
    ...deployment.statusReason ? [`ECS says: ${deployment.statusReason}`] : [],
    'The tag of released images was not moved.',
    `Look at ${consoleLink(run, deployment.serviceDeploymentArn!)}`,
  ]);
}

/** Tasks of the service, with all that ECS knows of them. */
export async function readTasks({ clients, place }: Run, desiredStatus: DesiredStatus): Promise<Task[]> {
  const tasks: Task[] = [];
  let nextToken: string | undefined;
  do {
    const list = await clients.ecs.send(new ListTasksCommand({
      cluster: place.clusterArn, serviceName: nameOf(place.serviceArn), desiredStatus, nextToken,
    }));
    if (list.taskArns?.length) {
      const answer = await clients.ecs.send(new DescribeTasksCommand({ cluster: place.clusterArn, tasks: list.taskArns }));
      tasks.push(...answer.tasks ?? []);
    }
    nextToken = list.nextToken;
  } while (nextToken);
  return tasks;
}

/** The page of the service deployment in the console. */
export function consoleLink({ place, request }: Run, deploymentArn: string): string {
  const partition = place.serviceArn.split(':')[1];
  const domain = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' }[partition] ?? 'console.aws.amazon.com';
  return `https://${request.region}.${domain}/ecs/v2/clusters/${nameOf(place.clusterArn)}/services/${nameOf(place.serviceArn)}`
    + `/deployments/${nameOf(deploymentArn)}?region=${request.region}`;
}

/** The task of the deployment that failed last; ECS keeps stopped tasks for an hour. */
async function failedTask(run: Run, { targetServiceRevision }: ServiceDeployment): Promise<Task | undefined> {
  const { taskDefinition } = await readRevision(run, targetServiceRevision!.arn!);
  const stopped = (await readTasks(run, 'STOPPED'))
    .filter(task => task.taskDefinitionArn === taskDefinition)
    // Tasks that the rollback itself, or the auto scaling, has stopped did not fail.
    .filter(task => !/^Scaling activity initiated/.test(task.stoppedReason ?? ''));
  return stopped.sort((a, b) => timeOf(b) - timeOf(a))[0];
}

function timeOf({ stoppedAt, stoppingAt }: Task): number {
  return (stoppedAt ?? stoppingAt)?.getTime() ?? 0;
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
async function serviceEvents(run: Run, { createdAt }: ServiceDeployment): Promise<string[]> {
  const { events = [] } = await readService(run);
  return events
    .filter(event => event.createdAt! >= createdAt! && !/has (reached a steady state|started|stopped|begun|registered|deregistered)/.test(event.message!))
    .slice(0, 3)
    .map(event => `ECS event: ${event.message}`);
}

async function lastLogLines({ clients, place }: Run, task: Task): Promise<string[]> {
  const { events = [] } = await clients.logs.send(new GetLogEventsCommand({
    logGroupName: place.logGroupName,
    logStreamName: `${place.logStreamPrefix}/${place.containerName}/${nameOf(task.taskArn!)}`,
    limit: LOG_LINES,
    startFromHead: false,
  }));
  return [`Last log lines of ${place.containerName}:`, ...events.length > 0 ? events.map(event => `  ${event.message}`) : ['  (none)']];
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
