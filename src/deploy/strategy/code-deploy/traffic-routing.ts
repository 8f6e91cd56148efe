import { Duration } from 'aws-cdk-lib';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import { Construct } from 'constructs';
import { Choice } from '../../../private/problems';

/** Options of `TrafficRouting.canary`. */
export interface CanaryRoutingOptions {
  /** Share of the traffic that moves first, 1 to 99 %. @default 10 */
  readonly percent?: number;
  /** Time until the rest follows, 1 minute to 22 hours, in whole minutes. @default Duration.minutes(5) */
  readonly interval?: Duration;
}

/** Options of `TrafficRouting.linear`. */
export interface LinearRoutingOptions {
  /** Share of the traffic that moves in each step, 1 to 99 %. @default 10 */
  readonly percent?: number;
  /** Time between two steps, 1 minute to 22 hours, in whole minutes. @default Duration.minutes(1) */
  readonly interval?: Duration;
}

/**
 * How CodeDeploy moves production traffic to the new tasks. Where CodeDeploy has a predefined configuration of the same numbers, that one is used.
 * @see https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
 */
export abstract class TrafficRouting extends Choice {
  /** All of it at once. */
  static allAtOnce(): TrafficRouting {
    return new AllAtOnce();
  }

  /** A share first, the rest later. */
  static canary(options: CanaryRoutingOptions = {}): TrafficRouting {
    const { percent = 10, interval = Duration.minutes(5) } = options ?? {};
    return new Timed(options, percent, interval, 1, codedeploy.TrafficRouting.timeBasedCanary, {
      '10/5': codedeploy.EcsDeploymentConfig.CANARY_10PERCENT_5MINUTES, '10/15': codedeploy.EcsDeploymentConfig.CANARY_10PERCENT_15MINUTES,
    });
  }

  /** The same share again and again. */
  static linear(options: LinearRoutingOptions = {}): TrafficRouting {
    const { percent = 10, interval = Duration.minutes(1) } = options ?? {};
    return new Timed(options, percent, interval, Math.ceil(100 / percent) - 1, codedeploy.TrafficRouting.timeBasedLinear, {
      '10/1': codedeploy.EcsDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTES, '10/3': codedeploy.EcsDeploymentConfig.LINEAR_10PERCENT_EVERY_3MINUTES,
    });
  }

  /** Minutes until all traffic has moved. @internal */
  abstract readonly _minutes: number;

  /** @internal */
  abstract _bind(scope: Construct): codedeploy.IEcsDeploymentConfig;
}

class AllAtOnce extends TrafficRouting {
  readonly _minutes = 0;

  constructor() {
    super();
  }

  _bind(): codedeploy.IEcsDeploymentConfig {
    return codedeploy.EcsDeploymentConfig.ALL_AT_ONCE;
  }
}

class Timed extends TrafficRouting {
  readonly _minutes: number;

  constructor(options: LinearRoutingOptions, private readonly percent: number, private readonly interval: Duration, intervals: number,
    private readonly route: (props: codedeploy.BaseTrafficShiftingConfigProps) => codedeploy.TrafficRouting,
    private readonly predefined: Record<string, codedeploy.IEcsDeploymentConfig>) {
    super();
    this._inspect((look) => {
      look.literal('percent', percent, 'the time of a release follows from it');
      look.literal('interval', interval, 'the time of a release follows from it');
      look.integer('percent', percent, 1, 99, 'take for example 10');
      look.seconds('interval', interval, 60, 22 * 3600, 'take for example Duration.minutes(5)', 60);
    }, options);
    this._minutes = this._problems.length === 0 ? intervals * interval.toMinutes() : 0;
  }

  _bind(scope: Construct): codedeploy.IEcsDeploymentConfig {
    const { percent: percentage, interval } = this;
    // A configuration is replaced when it changes, so it has no name of its own.
    return this.predefined[`${percentage}/${interval.toMinutes()}`]
      ?? new codedeploy.EcsDeploymentConfig(scope, 'DeploymentConfig', { trafficRouting: this.route({ percentage, interval }) });
  }
}
