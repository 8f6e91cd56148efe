import { Token } from 'aws-cdk-lib';
import { CircuitBreaker } from './circuit-breaker';

/** Options of `DeployStrategy.rolling`. */
export interface RollingOptions {
  /**
   * Lower limit of running tasks during a release, in percent of the wanted ones, rounded up: 0 to 100.
   * @default 100
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
   */
  readonly minimumHealthyPercent?: number;
  /**
   * Upper limit of running tasks during a release, in percent of the wanted ones, rounded down: 100 to 400, above `minimumHealthyPercent`.
   * @default 200
   */
  readonly maximumHealthyPercent?: number;
  /** When ECS gives up because tasks keep failing. @default - by ECS: after half as many failed tasks as are wanted, at least 3 and at most 200 */
  readonly circuitBreaker?: CircuitBreaker;
}

/** Why a rolling release could never make progress with so many tasks. @internal */
export function roundingDeadlock(tasks: number, min: number, max: number): string | undefined {
  const lowest = Math.ceil(tasks * min / 100);
  const highest = Math.floor(tasks * max / 100);
  if ([tasks, min, max].some(Token.isUnresolved)) return undefined;
  if (tasks === 0 || lowest < tasks || highest > tasks) return undefined;
  return `of ${tasks} tasks ${min} % rounded up is ${lowest} and ${max} % rounded down is ${highest}: none may stop and none may start`;
}
