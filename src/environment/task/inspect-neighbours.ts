import { Stack, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Inspection } from '../../private/problems';
import { Sidecar } from '../sidecar/sidecar';
import { Volume } from '../volume/volume';

interface Neighbours {
  readonly containerName?: string;
  readonly cpu?: number;
  readonly memoryLimitMiB?: number;
  readonly volumes?: Volume[];
  readonly sidecars?: Sidecar[];
}

type TaskSize = (container: Neighbours) => { cpu: number; memoryLimitMiB: number };

/** Whether the containers of a task have different names and paths, and fit into it. @internal */
export function inspectNeighbours(look: Inspection, at: (name: string) => string, container: Neighbours, taskSize: TaskSize): void {
  const { containerName = 'app' } = container;
  const [volumes, sidecars] = [sound(container.volumes), sound(container.sidecars)];
  const names = [containerName, ...sidecars.map(({ _name }) => _name)];
  sidecars.forEach(({ _name }, index) => look.that(names.indexOf(_name) === index + 1, at(`sidecars[${index}]`), _name, 'each name of a container once', 'give it another name'));
  [{ path: at('volumes'), list: volumes }, ...sidecars.map(({ _volumes }, index) => ({ path: at(`sidecars[${index}].volumes`), list: sound(_volumes) }))].forEach(({ path, list }) => {
    const paths = list.map(({ _path }) => _path);
    paths.forEach((one, index) => look.that(paths.indexOf(one) === index, `${path}[${index}]`, one, 'each path once', 'leave one out'));
  });
  if (sidecars.length > 0) inspectShares(look, at, container, sidecars, taskSize);
  inspectMemory(look, at, container, volumes, sidecars, taskSize);
}

/**
 * Whether containers can ever start in the order that was asked for. Looks when the app is synthesized: users may let containers wait for each other on the definition itself,
 * and ECS would refuse it in the middle of a deployment.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
 * @internal
 */
export function watchOrder(definition: ecs.FargateTaskDefinition): void {
  const { HEALTHY, COMPLETE, SUCCESS } = ecs.ContainerDependencyCondition;
  definition.node.addValidation({
    validate: () => {
      const containers = definition.node.children.flatMap((child) => child instanceof ecs.ContainerDefinition ? child.renderContainerDefinition() : []);
      const waitsOf = (dependsOn: unknown) => (Stack.of(definition).resolve(dependsOn) ?? []) as ecs.CfnTaskDefinition.ContainerDependencyProperty[];
      return containers.flatMap(({ name, dependsOn }) => waitsOf(dependsOn).flatMap(({ containerName, condition }) => {
        const awaited = containers.find((container) => container.name === containerName);
        const got = `containers: got ${name}, which waits until ${containerName} is ${condition};`;
        if (condition === HEALTHY && !awaited?.healthCheck) return [`${got} allowed with a health check of ${containerName}; add commandHealthCheck, or wait for START`];
        if ([COMPLETE, SUCCESS].some((end) => end === condition) && awaited?.essential) return [`${got} allowed with one that may end; make ${containerName} essential: false, or wait for START`];
        return [];
      }));
    },
  });
}

/** A sidecar or volume that is wrong by itself has been told so. */
const sound = <T extends Sidecar | Volume>(list: T[] | undefined): T[] => (Array.isArray(list) ? list : []).filter((one) => one?._problems?.length === 0);

function inspectShares(look: Inspection, at: (name: string) => string, container: Neighbours, sidecars: Sidecar[], taskSize: TaskSize): void {
  for (const prop of ['cpu', 'memoryLimitMiB'] as const) look.literal(at(prop), container[prop], 'sidecars take their part of it');
  const shares = sidecars.reduce((sum, { _share }) => ({ cpu: sum.cpu + _share.cpu, memory: sum.memory + _share.memoryLimitMiB }), { cpu: 0, memory: 0 });
  if (!knows(container)) return;
  const { cpu, memoryLimitMiB } = taskSize(container);
  look.that(cpu - shares.cpu >= 2, at('sidecars'), `${shares.cpu} CPU units`, `at most ${cpu - 2}, so that the application has some of ${cpu}`, 'give them less, or the task more');
  look.that(memoryLimitMiB - shares.memory >= 6, at('sidecars'), `${shares.memory} MiB`, `at most ${memoryLimitMiB - 6}, so that the application has some of ${memoryLimitMiB}`,
    'give them less, or the task more');
}

function inspectMemory(look: Inspection, at: (name: string) => string, container: Neighbours, volumes: Volume[], sidecars: Sidecar[], taskSize: TaskSize): void {
  if (!knows(container)) return;
  const inMemory = volumes.reduce((sum, { _memoryMiB }) => sum + (Token.isUnresolved(_memoryMiB) ? 0 : _memoryMiB), 0);
  const own = sidecars.reduce((rest, { _share }) => rest - _share.memoryLimitMiB, taskSize(container).memoryLimitMiB);
  look.that(inMemory === 0 || inMemory < own, at('volumes'), `${inMemory} MiB in memory`, `less than the ${own} MiB of the application`, 'take less, or Volume.disk');
}

/** A size that is wrong or not known yet cannot be divided. */
function knows({ cpu = 512, memoryLimitMiB = 1024 }: Neighbours): boolean {
  return [cpu, memoryLimitMiB].every((size) => Number.isInteger(size) && size > 0 && !Token.isUnresolved(size)) && [256, 512, 1024, 2048, 4096, 8192, 16384].includes(cpu);
}
