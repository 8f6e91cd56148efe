import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Choice } from '../../private/problems';

/** Options of `Balancing.roundRobin`. */
export interface RoundRobinOptions {
  /**
   * Time in which a new task gets more and more requests until it has its full share, 30 seconds to 15 minutes. It acts where a task joins others: in rolling releases
   * and when tasks are added. Tasks that are registered together in an empty target group, as by the other strategies, get their full share at once.
   * @default - a full share at once
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#slow-start-mode
   */
  readonly slowStart?: Duration;
}

/**
 * Which task gets the next request.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#modify-routing-algorithm
 */
export abstract class Balancing extends Choice {
  /** Each in turn. */
  static roundRobin(options: RoundRobinOptions = {}): Balancing {
    return new RoundRobin(options);
  }

  /** The one with the fewest requests in progress: for requests that differ much in effort. */
  static leastOutstandingRequests(): Balancing {
    return new Plain({ loadBalancingAlgorithmType: elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS });
  }

  /** Any one; a task that answers with many more errors than the others gets fewer requests until it has recovered. Acts from three healthy tasks on. */
  static weightedRandom(): Balancing {
    return new Plain({ loadBalancingAlgorithmType: elbv2.TargetGroupLoadBalancingAlgorithmType.WEIGHTED_RANDOM, enableAnomalyMitigation: true });
  }

  /** @internal */
  abstract _bind(): Partial<elbv2.ApplicationTargetGroupProps>;
}

class RoundRobin extends Balancing {
  constructor(private readonly options: RoundRobinOptions) {
    super();
    this._inspect((look) => {
      look.literal('slowStart', options.slowStart, 'the CDK compares it');
      look.seconds('slowStart', options.slowStart, 30, 900, 'take for example Duration.seconds(60)');
    }, options);
  }

  _bind(): Partial<elbv2.ApplicationTargetGroupProps> {
    return { slowStart: this.options.slowStart };
  }
}

class Plain extends Balancing {
  constructor(private readonly settings: Partial<elbv2.ApplicationTargetGroupProps>) {
    super();
  }

  _bind(): Partial<elbv2.ApplicationTargetGroupProps> {
    return this.settings;
  }
}
