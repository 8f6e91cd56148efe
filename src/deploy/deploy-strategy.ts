import { Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Choice } from '../private/problems';

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
}

/** What ECS needs to know of a strategy. @internal */
export interface StrategyParts {
  readonly minHealthyPercent: number;
  readonly maxHealthyPercent: number;
  readonly circuitBreaker: ecs.DeploymentCircuitBreaker;
}

/** How a new image replaces the old one. */
export abstract class DeployStrategy extends Choice {
  /**
   * Tasks are replaced a few at a time. ECS's circuit breaker gives up and rolls back when new tasks keep failing, and so do the
   * alarms of the place.
   */
  static rolling(options: RollingOptions = {}): DeployStrategy {
    return new Rolling(options);
  }

  /** @internal */
  abstract _bind(): StrategyParts;

  /** Why a release could never make progress with so many tasks. @internal */
  abstract _deadlock(tasks: number): string | undefined;
}

class Rolling extends DeployStrategy {
  private readonly parts: StrategyParts;

  constructor(options: RollingOptions) {
    super();
    const { minimumHealthyPercent: min = 100, maximumHealthyPercent: max = 200 } = options ?? {};
    this.parts = { minHealthyPercent: min, maxHealthyPercent: max, circuitBreaker: { enable: true, rollback: true } };
    this._inspect((look) => {
      look.integer('minimumHealthyPercent', min, 0, 100, 'take for example 100');
      look.integer('maximumHealthyPercent', max, 100, 400, 'take for example 200');
    }, options);
  }

  _bind(): StrategyParts {
    return this.parts;
  }

  _deadlock(tasks: number): string | undefined {
    const { minHealthyPercent, maxHealthyPercent } = this.parts;
    const lowest = Math.ceil(tasks * minHealthyPercent / 100);
    const highest = Math.floor(tasks * maxHealthyPercent / 100);
    if ([tasks, minHealthyPercent, maxHealthyPercent].some(Token.isUnresolved)) return undefined;
    if (tasks === 0 || lowest < tasks || highest > tasks) return undefined;
    return `of ${tasks} tasks ${minHealthyPercent} % rounded up is ${lowest} and ${maxHealthyPercent} % rounded down is ${highest}: none may stop and none may start`;
  }
}
