import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from '../docker';

/** A container of a task definition in a template. */
interface Container {
  readonly Name: string;
  readonly [property: string]: any;
}

/** What runs of a task. */
export interface RunningTask {
  /** Names of containers in the order in which they were started. */
  readonly order: string[];
  /** Name to id. */
  readonly ids: Record<string, string>;
}

const WITHIN = 20_000;

/**
 * Runs a task definition of a template with Docker, as ECS documents it: a container starts when those that it waits for have reached what it waits for. Not done: shares of CPU and
 * memory, log drivers, sysctls and roles; file systems of EFS are volumes of Docker here; health checks are made every second.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
 */
export async function runTask(docker: Docker, { ContainerDefinitions }: { ContainerDefinitions: Container[] }, imageOf: (name: string) => string): Promise<RunningTask> {
  const task: RunningTask = { order: [], ids: {} };
  for (let waiting = ContainerDefinitions; waiting.length > 0;) {
    const next = waiting.find(({ DependsOn = [] }) => DependsOn.every(({ ContainerName }: any) => task.order.includes(ContainerName)));
    if (!next) throw new Error(`containers wait for each other: ${waiting.map(({ Name }) => Name).join(', ')}`);
    for (const { ContainerName, Condition } of next.DependsOn ?? []) await reached(docker, task.ids[ContainerName], Condition);
    task.ids[next.Name] = await docker.run('run', '--detach', '--network', 'host', ...argumentsOf(next), imageOf(next.Name), ...next.EntryPoint?.slice(1) ?? [], ...next.Command ?? []);
    task.order.push(next.Name);
    waiting = waiting.filter((container) => container !== next);
  }
  return task;
}

/** State of a container, for example `.State.ExitCode`. */
export async function inspect(docker: Docker, id: string, field: string): Promise<string> {
  return docker.run('inspect', '--format', `{{${field}}}`, id);
}

/** Waits until the container passes its health check. */
export async function reached(docker: Docker, id: string, condition: 'START' | 'HEALTHY' | 'COMPLETE' | 'SUCCESS'): Promise<void> {
  if (condition === 'START') return;
  if (condition === 'HEALTHY') return until(async () => await inspect(docker, id, '.State.Health.Status') === 'healthy');
  const code = await docker.run('wait', id);
  if (condition === 'SUCCESS' && code !== '0') throw new Error(`it exited with code ${code}`);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WITHIN; !await holds(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not reached within ${WITHIN / 1_000} seconds`);
  }
}

function argumentsOf({ EntryPoint, Environment = [], HealthCheck, LinuxParameters = {}, MountPoints = [], ReadonlyRootFilesystem, Ulimits = [], User }: Container): string[] {
  return [
    ...ReadonlyRootFilesystem ? ['--read-only'] : [],
    ...User ? ['--user', User] : [],
    ...EntryPoint ? ['--entrypoint', EntryPoint[0]] : [],
    ...Environment.flatMap(({ Name, Value }: any) => ['--env', `${Name}=${Value}`]),
    ...(LinuxParameters.Tmpfs ?? []).flatMap(({ ContainerPath, Size, MountOptions }: any) => ['--tmpfs', `${ContainerPath}:${[`size=${Size}m`, ...MountOptions].join(',')}`]),
    ...MountPoints.flatMap(({ ContainerPath, ReadOnly, SourceVolume }: any) => ['--volume', `${SourceVolume}:${ContainerPath}${ReadOnly ? ':ro' : ''}`]),
    ...Ulimits.flatMap(({ Name, SoftLimit, HardLimit }: any) => ['--ulimit', `${Name}=${SoftLimit}:${HardLimit}`]),
    ...HealthCheck ? ['--health-interval', '1s', '--health-retries', String(HealthCheck.Retries ?? 3), '--health-cmd', HealthCheck.Command.slice(1).join(' ')] : [],
  ];
}
