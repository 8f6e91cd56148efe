import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Balancing } from './balancing';
import { Stickiness } from './stickiness';
import { TargetProtocol } from './target-protocol';
import { Inspection } from '../../private/problems';
import { HealthCheckOptions, healthCheckTimes } from '../task/container';

/** How the load balancer deals with the containers behind it. */
export interface TargetOptions {
  /**
   * How long a container that is going away may finish what it began, 0 to 3600 seconds. ECS stops a task when this time is over, so it should not be less than your
   * longest request, and not less than the `stopTimeout` of the container: a warning says so.
   * @default - the `stopTimeout` of the container, 30 seconds without one
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
   */
  readonly deregistrationDelay?: Duration;
  /** What the load balancer speaks with the containers. @default TargetProtocol.http1() */
  readonly protocol?: TargetProtocol;
  /** Which task gets the next request. @default Balancing.roundRobin() */
  readonly balancing?: Balancing;
  /** Whether the requests of one client go to the same task. @default - to any task */
  readonly stickiness?: Stickiness;
}

/** @internal */
export function inspectTargets(look: Inspection, options: TargetOptions): void {
  look.seconds('deregistrationDelay', options.deregistrationDelay, 0, 3600, 'take for example Duration.seconds(30)');
  look.choice('protocol', options.protocol, TargetProtocol);
  look.choice('balancing', options.balancing, Balancing);
  look.choice('stickiness', options.stickiness, Stickiness);
}

/** @internal */
export const needsHttps = ({ protocol }: TargetOptions): boolean => protocol instanceof TargetProtocol && protocol._version !== elbv2.ApplicationProtocolVersion.HTTP1;

/** What both target groups have in common. @internal */
export type TargetSettings = Partial<Omit<elbv2.ApplicationTargetGroupProps, 'healthCheck'>> & { readonly healthCheck: elbv2.HealthCheck };

/** @internal */
export function targetSettings(options: TargetOptions, check: HealthCheckOptions, stopTimeout = Duration.seconds(30)): TargetSettings {
  const { deregistrationDelay, protocol, balancing, stickiness } = options;
  const { healthCheck = {}, ...spoken } = protocol?._bind(check) ?? {};
  return {
    protocol: elbv2.ApplicationProtocol.HTTP,
    ...spoken,
    deregistrationDelay: deregistrationDelay ?? stopTimeout,
    ...balancing?._bind(),
    ...stickiness?._bind(),
    healthCheck: {
      path: check.path ?? '/',
      healthyHttpCodes: check.healthyHttpCodes ?? '200',
      healthyThresholdCount: check.healthyThresholdCount ?? 2,
      ...healthCheckTimes(check),
      ...healthCheck,
    },
  };
}
