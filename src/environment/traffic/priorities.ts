import { Annotations, Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IConstruct } from 'constructs';
import { inspect } from '../../private/problems';

/**
 * Target groups behind one load balancer, which cannot be raised; each service has two. Rules end later: there are 100 at first, and that can be raised.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
 */
const MOST_SERVICES = 100 / 2;

const CURE = 'put further services behind another FargatePlatform';

/** Who has which priority, for each listener of an app. */
const CLAIMS = new WeakMap<IConstruct, Map<unknown, Map<number, IConstruct>>>();

/** How many services stand behind each load balancer of an app, over all its listeners. */
const SERVICES = new WeakMap<IConstruct, Map<unknown, number>>();

/** Refuses a priority that another rule of the listener has, and more services than stand behind one load balancer: the deployment would, after minutes. @internal */
export function claimPriority(scope: IConstruct, listener: elbv2.IApplicationListener, priority: number): void {
  const listeners = CLAIMS.get(scope.node.root) ?? new Map<unknown, Map<number, IConstruct>>();
  CLAIMS.set(scope.node.root, listeners);
  // One listener may be imported several times.
  const key = Token.isUnresolved(listener.listenerArn) ? listener : listener.listenerArn;
  const claims = listeners.get(key) ?? new Map<number, IConstruct>();
  listeners.set(key, claims);
  const holder = claims.get(priority);
  claims.set(priority, scope);
  const count = countService(scope, listener);
  inspect((look) => {
    look.that(holder === undefined || Token.isUnresolved(priority), 'loadBalancer.priority', priority, 'a priority that no other rule of the listener has',
      `choose another one: '${holder?.node.path}' has it already`);
    look.that(count <= MOST_SERVICES, 'loadBalancer', `${count} services behind one load balancer`, `${MOST_SERVICES}, since a load balancer takes 100 target groups`, CURE);
  }).throwFor(scope);
  if (count >= 0.9 * MOST_SERVICES) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:many-services', `loadBalancer: ${count} of at most ${MOST_SERVICES} services stand behind one load balancer; ${CURE}`);
  }
}

/** The ARN of a listener is that of its load balancer and a part more; of an import that only CloudFormation knows, nobody can say what else stands behind it. */
function countService(scope: IConstruct, listener: elbv2.IApplicationListener): number {
  const services = SERVICES.get(scope.node.root) ?? new Map<unknown, number>();
  SERVICES.set(scope.node.root, services);
  const known = listener instanceof elbv2.ApplicationListener ? listener.loadBalancer : listener;
  const loadBalancer = Token.isUnresolved(listener.listenerArn) ? known : listener.listenerArn.replace(/\/[^/]*$/, '');
  const count = (services.get(loadBalancer) ?? 0) + 1;
  services.set(loadBalancer, count);
  return count;
}
