import { Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { inspectNeighbours } from './inspect-neighbours';
import { inspectProcess } from './process';
import { inspectTaskRole } from '../../common/task-role';
import { inspectTaskSize, taskSize } from '../../common/task-size';
import { FirstImage } from '../../deploy/first-image/first-image';
import { Inspection } from '../../private/problems';
import { Sidecar } from '../sidecar/sidecar';
import { Volume } from '../volume/volume';

/** How the load balancer finds out whether a container is healthy. */
export interface HealthCheckOptions {
  /** Path that must answer, beginning with `/`; a query is allowed. At most 1024 characters. @default '/' */
  readonly path?: string;
  /** Statuses that are healthy: one, several or a range between 200 and 499, for example `200-299`. @default '200' */
  readonly healthyHttpCodes?: string;
  /**
   * Time between two checks, 5 to 300 seconds. Every release waits for it: new tasks get traffic once they have passed their checks.
   * @default Duration.seconds(5)
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-healthcheck.html
   */
  readonly interval?: Duration;
  /** Time until a check has failed, 2 to 120 seconds, below `interval`. @default - 5 seconds, or one second less than a shorter interval: 4 seconds */
  readonly timeout?: Duration;
  /** Checks in a row that make a container healthy, 2 to 10. @default 2 */
  readonly healthyThresholdCount?: number;
  /** Checks in a row that make a container unhealthy, 2 to 10. @default - as many as take 30 seconds, at least 3: 6 */
  readonly unhealthyThresholdCount?: number;
  /** Time after its start in which a task is not stopped for failing checks. @default Duration.seconds(60) */
  readonly gracePeriod?: Duration;
}

/** The container that is built, released and reached by the load balancer. */
export interface ContainerOptions {
  /** Name of the container, 1 to 255 of A-Z a-z 0-9 _ -. @default 'app' */
  readonly containerName?: string;
  /** Port that the container listens on, 1 to 65535. @default 80 */
  readonly port?: number;
  /**
   * CPU units of the task: 256, 512, 1024, 2048, 4096, 8192 or 16384 (1024 are one vCPU).
   * @default 512
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
   */
  readonly cpu?: number;
  /** Memory of the task in MiB; which sizes go with which CPU is fixed by Fargate. @default 1024, or the least that goes with `cpu` */
  readonly memoryLimitMiB?: number;
  /** Architecture of the image; the build machine follows. @default ecs.CpuArchitecture.X86_64 */
  readonly cpuArchitecture?: ecs.CpuArchitecture;
  /** Health check of the load balancer. @default - see each option */
  readonly healthCheck?: HealthCheckOptions;
  /** Environment variables in clear text; secrets belong into `secrets`. @default - none */
  readonly environment?: { [name: string]: string };
  /** Environment variables from Secrets Manager or Parameter Store. @default - none */
  readonly secrets?: { [name: string]: ecs.Secret };
  /** Command instead of the image's own. @default - the image's */
  readonly command?: string[];
  /** Entry point instead of the image's own. @default - the image's */
  readonly entryPoint?: string[];
  /** Namespace in CloudWatch that the application may put metrics into, 1 to 255 of `A-Z a-z 0-9 _ . / # : -` and blank, not beginning with `AWS/`. @default - it may put none */
  readonly metricNamespace?: string;
  /** User that the container runs as, instead of the image's own. @default - the image's */
  readonly user?: string;
  /**
   * A command that ECS runs inside the container to find out whether it is healthy, beside the load balancer's check: `['CMD', 'node', 'check.js']`, or
   * `['CMD-SHELL', 'curl -f http://localhost/']`. Interval 5 to 300 seconds, timeout 2 to 60, 1 to 10 retries, start period 0 to 300 seconds.
   * @default - only the load balancer looks
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
   */
  readonly commandHealthCheck?: ecs.HealthCheck;
  /** Whether the container may not write to its own file system. @default false */
  readonly readonlyRootFilesystem?: boolean;
  /**
   * Directories that the container may write to, also with `readonlyRootFilesystem`: in memory, on the disk of the task, or of an EFS file system.
   * @default - none
   */
  readonly volumes?: Volume[];
  /** Further containers of the task, with their part of its CPU and memory. @default - none */
  readonly sidecars?: Sidecar[];
  /**
   * Disk of the task in GiB, 21 to 200; 20 are free of charge.
   * @default - 20, which Fargate gives to every task
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
   */
  readonly ephemeralStorageGiB?: number;
  /**
   * Limits of the operating system. Fargate sets only `nofile` otherwise: 65535 soft and hard.
   * @default - those of Fargate
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
   */
  readonly ulimits?: ecs.Ulimit[];
  /** Time between SIGTERM and SIGKILL, 0 to 120 seconds on Fargate. @default Duration.seconds(30) */
  readonly stopTimeout?: Duration;
  /**
   * Role of the application, an existing one or one that the app makes, of the account of the place; it trusts `ecs-tasks.amazonaws.com`. What you grant to the environment, and what the library needs
   * (sessions, volumes, sidecars), stands in managed policies that are attached to it. Of a role with `mutable: false` a warning says what it must allow.
   * @default - a role that may do what you grant
   */
  readonly taskRole?: iam.IRole;
  /**
   * Role by which ECS pulls images, reads secrets and writes logs, an existing one or one that the app makes, as `taskRole`.
   * @default - a role with exactly these rights
   */
  readonly executionRole?: iam.IRole;
  /** What a new service runs until the first release. Later it plays no part. @default - a page which says that the pipeline has not released yet */
  readonly firstImage?: FirstImage;
  /** Base name of the container's log group. @default - by CloudFormation */
  readonly logGroupName?: string;
  /** How long the container's logs are kept. @default logs.RetentionDays.ONE_YEAR */
  readonly logRetention?: logs.RetentionDays;
}

/** First status that the health check accepts: what a stand-in for the image must answer. @internal */
export const firstHealthyCode = ({ healthCheck }: ContainerOptions): string => /\d{3}/.exec(healthCheck?.healthyHttpCodes ?? '200')![0];

/** @internal */
export function inspectContainer(look: Inspection, prop: string, container: ContainerOptions): void {
  if (!look.struct(prop, container)) return;
  const at = (name: string) => `${prop}.${name}`;
  const { healthCheck = {} } = container;
  look.matches(at('containerName'), container.containerName, /^[A-Za-z0-9_-]{1,255}$/, '1 to 255 of A-Z a-z 0-9 _ -', "write for example 'app'");
  look.integer(at('port'), container.port, 1, 65535, 'take the port that the container listens on');
  inspectTaskSize(look, at, container);
  look.seconds(at('stopTimeout'), container.stopTimeout, 0, 120, 'Fargate waits 120 seconds at most');
  look.matches(at('metricNamespace'), container.metricNamespace, /^(?!AWS\/)[A-Za-z0-9_./#-][A-Za-z0-9_./#: -]{0,254}$/,
    "1 to 255 of A-Z a-z 0-9 _ . / # : - and blank, not beginning with 'AWS/'", "write for example 'Shop'");
  look.matches(at('logGroupName'), container.logGroupName, /^[A-Za-z0-9_/.#-]{1,512}$/, '1 to 512 of A-Z a-z 0-9 _ / . # -', 'shorten it');
  look.kind(at('cpuArchitecture'), container.cpuArchitecture, '_cpuArchitecture', 'an architecture', 'take for example ecs.CpuArchitecture.ARM64');
  look.oneOf(at('logRetention'), container.logRetention, Object.values(logs.RetentionDays).filter(Number.isInteger), 'take for example logs.RetentionDays.ONE_MONTH');
  look.choice(at('firstImage'), container.firstImage, FirstImage);
  inspectTaskRole(look, at('taskRole'), container.taskRole);
  inspectTaskRole(look, at('executionRole'), container.executionRole);
  inspectProcess(look, `${prop}.`, container);
  inspectRoom(look, at, container);
  if (look.struct(at('healthCheck'), healthCheck)) inspectHealthCheck(look, at('healthCheck'), healthCheck);
}

/** What the application leaves to others, and what it writes to. */
function inspectRoom(look: Inspection, at: (name: string) => string, container: ContainerOptions): void {
  const { volumes, sidecars, ephemeralStorageGiB, ulimits } = container;
  look.integer(at('ephemeralStorageGiB'), ephemeralStorageGiB, 21, 200, 'leave it out for 20');
  look.each(at('ulimits'), ulimits, (path, limit) => {
    if (!look.struct(path, limit)) return;
    look.oneOf(`${path}.name`, limit.name ?? null, Object.values(ecs.UlimitName), 'take for example ecs.UlimitName.NOFILE');
    look.integer(`${path}.softLimit`, limit.softLimit ?? NaN, -1, 2 ** 53 - 1, 'take for example 65535');
    look.integer(`${path}.hardLimit`, limit.hardLimit ?? NaN, -1, 2 ** 53 - 1, 'take for example 65535');
    look.that(!(limit.hardLimit >= 0) || !(limit.softLimit > limit.hardLimit), `${path}.softLimit`, limit.softLimit, 'at most the hard limit', 'raise hardLimit');
  });
  look.choices(at('volumes'), volumes, Volume);
  look.choices(at('sidecars'), sidecars, Sidecar);
  inspectNeighbours(look, at, container, taskSize);
}

const DEFAULT_INTERVAL = Duration.seconds(5);

/** What the user leaves open follows the interval: a shorter one makes releases faster, but no container unhealthy that is slow for less than half a minute. @internal */
export function healthCheckTimes({ interval = DEFAULT_INTERVAL, timeout, unhealthyThresholdCount }: HealthCheckOptions) {
  const seconds = interval.toSeconds();
  return {
    interval,
    timeout: timeout ?? Duration.seconds(Math.min(5, seconds - 1)),
    unhealthyThresholdCount: unhealthyThresholdCount ?? Math.max(3, Math.ceil(30 / seconds)),
  };
}

function inspectHealthCheck(look: Inspection, prop: string, check: HealthCheckOptions): void {
  const at = (name: string) => `${prop}.${name}`;
  look.matches(at('path'), check.path, /^\/\S{0,1023}$/, "a path that begins with '/', at most 1024 characters", "write for example '/health'");
  look.matches(at('healthyHttpCodes'), check.healthyHttpCodes, /^[2-4]\d\d([,-][2-4]\d\d)*$/, '200 to 499, as list or range', "write for example '200-299'");
  look.literal(at('interval'), check.interval, 'the timeout must be less');
  look.literal(at('timeout'), check.timeout, 'it must be less than the interval');
  look.seconds(at('interval'), check.interval, 5, 300, 'take for example Duration.seconds(10)');
  look.seconds(at('timeout'), check.timeout, 2, 120, 'take for example Duration.seconds(5)');
  look.integer(at('healthyThresholdCount'), check.healthyThresholdCount, 2, 10, 'take for example 2');
  look.integer(at('unhealthyThresholdCount'), check.unhealthyThresholdCount, 2, 10, 'take for example 3');
  look.seconds(at('gracePeriod'), check.gracePeriod, 0, 2147483647, 'take for example Duration.seconds(60)');
  const { interval = DEFAULT_INTERVAL, timeout } = check;
  if (typeof interval?.toSeconds === 'function' && typeof timeout?.toSeconds === 'function' && !interval.isUnresolved() && !timeout.isUnresolved()) {
    look.that(timeout.toMilliseconds() < interval.toMilliseconds(), at('timeout'), timeout.toHumanString(), `less than the interval of ${interval.toHumanString()}`,
      'shorten the timeout or lengthen the interval');
  }
}
