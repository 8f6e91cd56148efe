import { Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IConstruct } from 'constructs';
import { inspect } from '../../private/problems';

/** Who has which priority, for each listener of an app. */
const CLAIMS = new WeakMap<IConstruct, Map<unknown, Map<number, IConstruct>>>();

/** Refuses a priority that another rule of the listener has: the deployment would, after minutes. @internal */
export function claimPriority(scope: IConstruct, listener: elbv2.IApplicationListener, priority: number): void {
  const listeners = CLAIMS.get(scope.node.root) ?? new Map<unknown, Map<number, IConstruct>>();
  CLAIMS.set(scope.node.root, listeners);
  // One listener may be imported several times.
  const key = Token.isUnresolved(listener.listenerArn) ? listener : listener.listenerArn;
  const claims = listeners.get(key) ?? new Map<number, IConstruct>();
  listeners.set(key, claims);
  const holder = claims.get(priority);
  claims.set(priority, scope);
  inspect((look) => {
    look.that(holder === undefined || Token.isUnresolved(priority), 'loadBalancer.priority', priority, 'a priority that no other rule of the listener has',
      `choose another one: '${holder?.node.path}' has it already`);
  }).throwFor(scope);
}
