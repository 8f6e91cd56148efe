import { DescribeTasksCommand, StopTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { start } from './definition';
import type { OneOff } from './one-off';
import { takeTurn } from './turn';
import { ReleaseFailure } from '../../release/failure';
import { minutes, waitFor } from '../../release/run';
import { detailsOf } from '../result/outcome';

/** Runs the task to its end; the invocation may end before. */
export async function runTask(run: OneOff): Promise<Task> {
  const { progress } = run;
  if (progress.task === undefined) {
    await run.bringImage();
    progress.task = await start(run, await takeTurn(run));
  }
  return follow(run, progress.task);
}

async function follow(run: OneOff, arn: string): Promise<Task> {
  let state = 'not visible yet';
  return waitFor(run, {
    name: 'task',
    probe: async () => {
      const task = await readTask(run, arn);
      state = task?.lastStatus ?? state;
      return state === 'STOPPED' ? task : undefined;
    },
    progress: () => ({ summary: `The task runs: ${state}`, percent: 70 }),
    expired: async () => {
      await stop(run, arn, 'its time is over');
      delete run.progress.task;
      return new ReleaseFailure(`the task was ${state === 'RUNNING' ? 'not over' : `still ${state}`} after ${minutes(run)} minutes and was stopped`, await detailsOf(run, { taskArn: arn }));
    },
  });
}

async function readTask({ clients, clusterArn }: OneOff, task: string): Promise<Task | undefined> {
  const { tasks } = await clients.ecs.send(new DescribeTasksCommand({ cluster: clusterArn, tasks: [task] }));
  return tasks?.[0];
}

/** Stops a task. That it could not be stopped is no reason to hide why it should: it may be over, and what is not is stopped by the next sweep. */
export async function stop({ clients, clusterArn, log }: Pick<OneOff, 'clients' | 'clusterArn' | 'log'>, task: string, because: string): Promise<void> {
  try {
    await clients.ecs.send(new StopTaskCommand({ cluster: clusterArn, task, reason: `cdk-fargate-cicd: ${because}` }));
    log('The task is stopped', { task, because });
  } catch (error) {
    log('The task is not stopped', { task, because, reason: (error as Error).message });
  }
}
