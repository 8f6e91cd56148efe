import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Choice } from '../../private/problems';

/** What every circuit breaker can be told. */
export interface CircuitBreakerOptions {
  /**
   * Whether a task that becomes healthy sets the count of failed ones back to zero.
   * @default true
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-deploymentcircuitbreaker.html
   */
  readonly resetOnHealthyTask?: boolean;
}

/** When ECS gives a rolling release up and rolls it back because tasks keep failing. */
export abstract class CircuitBreaker extends Choice {
  /**
   * After so many failed tasks, 1 to 1000.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ThresholdConfiguration.html
   */
  static failedTasks(count: number, options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new Threshold('COUNT', 'count', count, 1000, options);
  }

  /** After as many failed tasks as this share of the wanted ones, 1 to 1000 %, but not below 3 tasks and not above 200. ECS's own is 50 %. */
  static failedPercent(percent: number, options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new Threshold('BOUNDED_PERCENT', 'percent', percent, 1000, options);
  }

  /** ECS keeps trying: a release of an image that cannot start ends when the release times out. */
  static none(): CircuitBreaker {
    return new None();
  }

  /** The property of the service, in CloudFormation's words: aws-cdk-lib has thresholds from 2.262 on. @internal */
  abstract _bind(): { readonly breaker: ecs.DeploymentCircuitBreaker; readonly overrides: Record<string, unknown> };
}

class Threshold extends CircuitBreaker {
  constructor(private readonly type: string, prop: string, private readonly value: number, highest: number, private readonly options: CircuitBreakerOptions) {
    super();
    this._inspect((look) => {
      look.integer(prop, value ?? NaN, 1, highest, 'take for example 10');
      look.oneOf('resetOnHealthyTask', options.resetOnHealthyTask, [true, false], 'say whether a healthy task sets the count back');
    }, options);
  }

  _bind() {
    return {
      breaker: { enable: true, rollback: true },
      overrides: {
        'DeploymentConfiguration.DeploymentCircuitBreaker.ThresholdConfiguration': { Type: this.type, Value: this.value },
        ...(this.options.resetOnHealthyTask === undefined ? {}
          : { 'DeploymentConfiguration.DeploymentCircuitBreaker.ResetOnHealthyTask': this.options.resetOnHealthyTask }),
      },
    };
  }
}

class None extends CircuitBreaker {
  constructor() {
    super();
  }

  _bind() {
    return { breaker: { enable: false, rollback: false }, overrides: {} };
  }
}
