import { Token } from 'aws-cdk-lib';
import { Inspection } from '../private/problems';

interface TaskSize {
  readonly cpu?: number;
  readonly memoryLimitMiB?: number;
}

/** Memory that Fargate offers with each size of CPU, in MiB: least, most, step. */
const MEMORY: { readonly [cpu: number]: readonly [number, number, number] } = {
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16384, 1024],
  4096: [8192, 30720, 1024],
  8192: [16384, 61440, 4096],
  16384: [32768, 122880, 8192],
};
const SIZES = [256, ...Object.keys(MEMORY).map(Number)];

/** What goes with a size of CPU; 256 has three sizes that no step describes. */
const memoriesOf = (cpu: number): number[] => {
  if (cpu === 256) return [512, 1024, 2048];
  const [least, most, step] = MEMORY[cpu];
  return Array.from({ length: (most - least) / step + 1 }, (_, index) => least + index * step);
};

/** The sizes of a task, defaults filled in. @internal */
export function taskSize({ cpu = 512, memoryLimitMiB }: TaskSize): Required<TaskSize> {
  // Of a size that is not known yet only the user knows what goes with it: 1 GiB goes with the smaller ones.
  return { cpu, memoryLimitMiB: memoryLimitMiB ?? (Token.isUnresolved(cpu) ? 1024 : Math.max(1024, memoriesOf(cpu)[0])) };
}

/** That Fargate has such a task. @internal */
export function inspectTaskSize(look: Inspection, at: (name: string) => string, { cpu = 512, memoryLimitMiB }: TaskSize): void {
  look.oneOf(at('cpu'), cpu, SIZES, 'take for example 512');
  if (SIZES.includes(cpu)) look.oneOf(at('memoryLimitMiB'), memoryLimitMiB, memoriesOf(cpu), `take a size that Fargate offers with ${cpu} CPU units`);
}
