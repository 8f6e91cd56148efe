import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Inspection } from '../../private/problems';
import { inspectProcess } from '../task/process';
import { Volume } from '../volume/volume';

/** What all sidecars can be told. */
export interface SidecarOptions {
  /** CPU units of the sidecar, 2 or more; the application has what remains of the task's. @default 32 */
  readonly cpu?: number;
  /** Memory of the sidecar in MiB, 6 or more; the application has what remains of the task's. @default 128 */
  readonly memoryLimitMiB?: number;
  /** Whether the task stops when the sidecar stops. @default true */
  readonly essential?: boolean;
}

/** Options of `Sidecar.container`. */
export interface ContainerSidecarOptions extends SidecarOptions {
  /** The image, best of an exact version. */
  readonly image: ecs.ContainerImage;
  /** Environment variables in clear text. @default - none */
  readonly environment?: { [name: string]: string };
  /** Environment variables from Secrets Manager or Parameter Store. @default - none */
  readonly secrets?: { [name: string]: ecs.Secret };
  /** Command instead of the image's own. @default - the image's */
  readonly command?: string[];
  /** Entry point instead of the image's own. @default - the image's */
  readonly entryPoint?: string[];
  /** User that the sidecar runs as, instead of the image's own. @default - the image's */
  readonly user?: string;
  /** Whether the sidecar may not write to its own file system. @default false */
  readonly readonlyRootFilesystem?: boolean;
  /** A command that ECS runs inside the sidecar to find out whether it is healthy. @default - none */
  readonly commandHealthCheck?: ecs.HealthCheck;
  /** Directories that the sidecar may write to; one that the application is given too is shared. @default - none */
  readonly volumes?: Volume[];
  /**
   * What the sidecar must have reached before the application starts: `START`, `HEALTHY` (needs `commandHealthCheck`), `COMPLETE` or `SUCCESS` (it must end,
   * so `essential` is false).
   * @default - the application does not wait
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
   */
  readonly awaited?: ecs.ContainerDependencyCondition;
}

/** @internal */
export function inspectSidecar(look: Inspection, { cpu, memoryLimitMiB, essential }: SidecarOptions): void {
  const because = 'it is taken from the size of the task';
  look.literal('cpu', cpu, because);
  look.integer('cpu', cpu, 2, 16384, 'take for example 32');
  look.literal('memoryLimitMiB', memoryLimitMiB, because);
  look.integer('memoryLimitMiB', memoryLimitMiB, 6, 122880, 'take for example 128');
  look.oneOf('essential', essential, [true, false], 'say whether the task stops with the sidecar');
}

/** @internal */
export function inspectContainerSidecar(look: Inspection, options: ContainerSidecarOptions): void {
  const { image, awaited, essential = true, commandHealthCheck, volumes } = options;
  inspectSidecar(look, options);
  look.kind('image', image ?? null, 'bind', 'an image', "use for example ecs.ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29.1')");
  inspectProcess(look, '', options);
  look.choices('volumes', volumes, Volume);
  const { HEALTHY, START, COMPLETE, SUCCESS } = ecs.ContainerDependencyCondition;
  look.oneOf('awaited', awaited, [START, HEALTHY, COMPLETE, SUCCESS], 'take for example ecs.ContainerDependencyCondition.START');
  look.that(awaited !== HEALTHY || commandHealthCheck !== undefined, 'awaited', awaited, 'HEALTHY beside a health check', 'add commandHealthCheck');
  look.that(![COMPLETE, SUCCESS].includes(awaited!) || essential !== true, 'awaited', awaited, `${COMPLETE} and ${SUCCESS} of a sidecar that may end`, 'add essential: false');
}
