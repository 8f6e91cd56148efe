import type { ContainerDefinition, Task, TaskDefinition } from '@aws-sdk/client-ecs';
import type { FakeClock } from './fake-clock';
import { awsError } from './fake-service';

/** What becomes of a task, so many seconds after it was started. */
export interface Fate {
  /** When its containers run; absent: never. */
  readonly runsAfter?: number;
  /** When it is over; absent: it runs until it is stopped. */
  readonly endsAfter?: number;
  /** Exit codes of containers. */
  readonly exits?: Record<string, number>;
  readonly stopCode?: Task['stopCode'];
  readonly stoppedReason?: string;
  /** Container to why it did not run. */
  readonly reasons?: Record<string, string>;
  /** ECS says nothing of its containers. */
  readonly tellsNoContainers?: boolean;
}

interface Started {
  readonly task: Task;
  readonly fate: Fate;
  readonly token: string;
  readonly request: string;
}

const ended = (exits: Record<string, number>, after = 60): Fate =>
  ({ runsAfter: 20, endsAfter: after, exits, stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' });

/** What tasks come to. */
export const fate = {
  ends: ended,
  runsForEver: (): Fate => ({ runsAfter: 20 }),
  neverPulls: (): Fate => ({
    endsAfter: 40, stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: pull image manifest has been retried 5 time(s)', reasons: { web: 'CannotPullContainerError' },
  }),
};

/** Time between the order to stop and the end. */
const STOPPING = 10;
const PAGE = 1;

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html */
function refuseOverrides(overrides: { containerOverrides?: Array<{ name: string }> } | undefined, names: string[]): void {
  if (JSON.stringify(overrides ?? {}).length > 8192) throw awsError('InvalidParameterException', 'Overrides are longer than 8192 characters');
  const unknown = overrides?.containerOverrides?.find(({ name }) => !names.includes(name));
  if (unknown) throw awsError('InvalidParameterException', `Override for container named ${unknown.name} is not a container in the TaskDefinition.`);
}

/** Tasks of ECS that no service has started. Their fate is written down before they begin, and unfolds with the clock. */
export class FakeOneOffTasks {
  /** Fates of the tasks to come; when there are none they end well. */
  readonly fates: Fate[] = [];
  /** What RunTask answers instead of tasks. */
  failures: Array<{ reason: string; detail?: string }> = [];
  /** RunTask answers neither tasks nor why. */
  silent = false;
  readonly started: Started[] = [];
  /** Seconds until a task is visible to those who ask for it. */
  hiddenFor = 0;
  /** Most tasks that ran at the same moment. */
  mostAtOnce = 0;

  constructor(private readonly clock: FakeClock) {}

  /** What the containers do. */
  whenStarted: () => void = () => {};

  run(input: any, definition: TaskDefinition) {
    const { clientToken: token, taskDefinition, startedBy, tags } = input;
    const request = JSON.stringify(input);
    const known = this.started.find(one => one.token === token);
    if (known && known.request !== request) throw awsError('ConflictException', 'the token is in use', { resourceIds: [known.task.taskArn] });
    if (known) return { tasks: [this.look(known)] };
    if (this.silent) return {};
    if (this.failures.length > 0) return { tasks: [], failures: this.failures };
    const names = definition.containerDefinitions!.map(({ name }: ContainerDefinition) => name!);
    const one: Started = {
      task: {
        taskArn: `arn:aws:ecs:eu-west-1:222222222222:task/shop/once${this.started.length + 1}`, taskDefinitionArn: taskDefinition, startedBy, tags,
        createdAt: this.clock.date(), group: `family:${definition.family}`, containers: names.map(name => ({ name })),
      },
      fate: this.fates.shift() ?? ended(Object.fromEntries(names.map(name => [name, 0]))),
      token,
      request,
    };
    refuseOverrides(input.overrides, names);
    this.started.push(one);
    this.whenStarted();
    this.mostAtOnce = Math.max(this.mostAtOnce, this.started.filter(other => this.look(other).lastStatus !== 'STOPPED').length);
    return { tasks: [this.look(one)] };
  }

  /** Tags of a task are deleted when it is stopped: StopTask in the API reference. */
  stop(arn: string, reason: string) {
    const one = this.started.find(({ task }) => task.taskArn === arn)!;
    if (!this.look(one).tags) throw awsError('AccessDeniedException', 'not authorized to perform: ecs:StopTask');
    const after = this.age(one) + STOPPING;
    Object.assign(one.fate, { endsAfter: after, stopCode: 'UserInitiated', stoppedReason: reason });
    Object.assign(one.task, { tags: undefined, desiredStatus: 'STOPPED' });
    return { task: one.task };
  }

  list(family: string, desiredStatus: string, nextToken = '0') {
    const tasks = this.started.map(one => this.look(one)).filter(task => task.group === `family:${family}` && task.desiredStatus === desiredStatus);
    const from = Number(nextToken);
    return { taskArns: tasks.slice(from, from + PAGE).map(({ taskArn }) => taskArn), nextToken: from + PAGE < tasks.length ? String(from + PAGE) : undefined };
  }

  describe(include: string[] = []): Task[] {
    return this.started.filter(one => this.age(one) >= this.hiddenFor).map(one => this.look(one)).map(({ tags, ...task }) => ({ ...task, ...include.includes('TAGS') && { tags } }));
  }

  private age({ task }: Started): number {
    return (this.clock.now() - task.createdAt!.getTime()) / 1000;
  }

  private look(one: Started): Task {
    const { task, fate: { runsAfter = Infinity, endsAfter = Infinity, exits = {}, reasons = {}, stopCode, stoppedReason, tellsNoContainers } } = one;
    const age = this.age(one);
    if (age < endsAfter) return { ...task, desiredStatus: task.desiredStatus ?? 'RUNNING', lastStatus: task.desiredStatus ? 'STOPPING' : age < runsAfter ? 'PENDING' : 'RUNNING' };
    return {
      ...task, tags: undefined, desiredStatus: 'STOPPED', lastStatus: 'STOPPED', stopCode, stoppedReason,
      containers: tellsNoContainers ? undefined : task.containers!.map(({ name }) => ({ name, exitCode: exits[name!], reason: reasons[name!] })),
    };
  }
}
