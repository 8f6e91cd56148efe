import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Choice } from '../../private/problems';

/** Options of `Stickiness.cookie`. */
export interface StickinessOptions {
  /** Time without a request after which a client may get another task, 1 second to 7 days. @default Duration.days(1) */
  readonly duration?: Duration;
}

/**
 * Whether the requests of one client go to the same task, for applications that keep sessions in memory. With rolling releases only: the other strategies move all clients away from
 * their tasks anyway, and stickiness of the rule would keep them where no task is left.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
 */
export abstract class Stickiness extends Choice {
  /** By a cookie of the load balancer, `AWSALB`. Those of applications do not work with two target groups. Choose it when the place is made: it stands in the rule that has the traffic. */
  static cookie(options: StickinessOptions = {}): Stickiness {
    return new ByCookie(options);
  }

  /** @internal */
  abstract _bind(): Partial<elbv2.ApplicationTargetGroupProps>;
}

class ByCookie extends Stickiness {
  constructor(private readonly options: StickinessOptions) {
    super();
    this._inspect((look) => {
      look.literal('duration', options.duration, 'the CDK compares it');
      look.seconds('duration', options.duration, 1, 604800, 'take for example Duration.hours(1)');
    }, options);
  }

  _bind(): Partial<elbv2.ApplicationTargetGroupProps> {
    return { stickinessCookieDuration: this.options.duration ?? Duration.days(1) };
  }
}
