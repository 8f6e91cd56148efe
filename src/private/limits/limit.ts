import { Annotations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** How many of something AWS takes. */
export interface Limit {
  readonly prop: string;
  /** Of the warning, which comes from nine tenths on. */
  readonly id: string;
  readonly what: string;
  readonly most: number;
  /** What to do, as an imperative; a function where finding it takes time, which is called only when it is told. */
  readonly cure: string | (() => string);
  /** Whether AWS raises it on request: who has had it raised acknowledges the warning, and gets no error. */
  readonly adjustable?: boolean;
}

/** To be asked when the app is synthesized, since users add what they like until then. Warns on the construct; errors are for its validation to return. */
export function keepWithin(scope: IConstruct, count: number, { prop, id, what, most, cure: way, adjustable = false }: Limit): string[] {
  if (count < 0.9 * most) return [];
  const cure = typeof way === 'string' ? way : way();
  const [beyond, warning] = [count > most, `cdk-fargate-cicd:${id}`];
  if (!beyond || adjustable) Annotations.of(scope).addWarningV2(warning, `${prop}: ${count} of at most ${most} ${what}; ${cure}`);
  const heeded = adjustable && !scope.node.metadata.some(({ data }) => String(data).includes(`[ack: ${warning}]`));
  return beyond && !heeded ? [`${prop}: got ${count} ${what}; allowed ${most}; ${cure}`] : [];
}
