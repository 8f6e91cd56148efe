import { DescribeTasksCommand, type DesiredStatus, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import type { Run } from '../run';
import { nameOf } from '../service/ecs-service';

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

/** Tasks of this task definition that failed, the latest first; ECS keeps stopped tasks for an hour. */
export async function failedTasks(run: Run, taskDefinition: string): Promise<Task[]> {
  return (await readTasks(run, 'STOPPED'))
    .filter(task => task.taskDefinitionArn === taskDefinition)
    // Tasks that a rollback, the auto scaling, a person or the end of a spot capacity has stopped did not fail.
    .filter(({ stopCode, stoppedReason = '' }) =>
      !/^Scaling activity initiated/.test(stoppedReason) && !['UserInitiated', 'SpotInterruption', 'TerminationNotice'].includes(stopCode!))
    .sort((a, b) => timeOf(b) - timeOf(a));
}

/**
 * So many failed tasks end a deployment that has no circuit breaker: the formula of the circuit breaker, half of the wanted tasks
 * rounded up, at least 3 and at most 200.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
export function failureLimit(wantedTasks: number): number {
  return Math.min(Math.max(3, Math.ceil(wantedTasks / 2)), 200);
}

function timeOf({ stoppedAt, stoppingAt }: Task): number {
  return (stoppedAt ?? stoppingAt)?.getTime() ?? 0;
}
