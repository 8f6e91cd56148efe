import { Stack, Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { Inspection, placeOf } from '../../private/problems';
import { inspectTargets, needsHttps, TargetOptions } from '../load-balancer/target-options';

/** Options of `LoadBalancer.fromListener`. At least one of `host`, `path` and `conditions` says which requests are for the service; all that are given must hold. */
export interface ListenerRuleOptions extends TargetOptions {
  /**
   * Place of the rule among those of the listener, 1 to 50000; the lowest that fits a request wins. It is never chosen by the library: a number that follows from the order
   * of constructs would change the rules of running services when one is added. Two equal ones on a listener are an error at synth, also beside rules of your own.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
   */
  readonly priority: number;
  /**
   * Name under which clients ask, 1 to 128 of A-Z a-z 0-9 - . with at least one dot; `*` and `?` stand for any characters and any one.
   * @default - any name
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
   */
  readonly host?: string;
  /**
   * Path that clients ask for, 1 to 128 characters, beginning with `/`; `*` and `?` as in `host`: `/shop*` is `/shop` and all below it. The service gets the path as it is.
   * @default - any path
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
   */
  readonly path?: string;
  /**
   * Further conditions, for example on a header or on several paths. With `host` and `path` at most five values and six wildcards, and host, path, method and source address once each;
   * more is refused.
   * @default - none
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
   */
  readonly conditions?: elbv2.ListenerCondition[];
  /**
   * Where the service answers: what checks get as `SERVICE_URL`.
   * @default - made of `host` or else the name of the load balancer, and `path` up to its first `*` or `?`; required where no such name is known
   */
  readonly url?: string;
}

const WILDCARD = /[*?]/;

/** @internal */
export function inspectListenerRule(look: Inspection, listener: elbv2.IApplicationListener, options: ListenerRuleOptions): void {
  const { priority, host, path, conditions, url } = options;
  look.kind('listener', listener ?? null, 'listenerArn', 'a listener', 'hand over an elbv2.IApplicationListener');
  look.own('listener', 'a listener', placeOf(listener?.listenerArn));
  look.integer('priority', priority ?? NaN, 1, 50000, 'say where the rule stands among those of the listener');
  look.matches('host', host, /^(?=.*\.)[A-Za-z0-9.*?-]{1,128}$/, '1 to 128 of A-Z a-z 0-9 - . * ? with at least one dot', "write for example 'shop.example.com'");
  look.matches('path', path, /^\/[A-Za-z0-9_.$/~"'@:+&*?-]{0,127}$/, "a path of 1 to 128 characters that begins with '/'", "write for example '/shop*'");
  look.each('conditions', conditions, (at, condition) => look.kind(at, condition ?? null, 'renderRawCondition', 'a condition', 'use one of the elbv2.ListenerCondition factories'));
  look.that(host !== undefined || path !== undefined || (Array.isArray(conditions) ? conditions.length > 0 : conditions !== undefined), 'host', host,
    'host, path or conditions', 'say which requests are for this service: the others belong to its neighbours');
  look.matches('url', url, /^https?:\/\/[^\s/]+(\/\S*)?$/, 'a URL', "write for example 'https://shop.example.com'");
  inspectTargets(look, options);
  look.that(!needsHttps(options) || !(listener instanceof elbv2.ApplicationListener) || listener.protocol === elbv2.ApplicationProtocol.HTTPS, 'protocol',
    'HTTP/2 or gRPC behind a listener of plain HTTP', 'TargetProtocol.http1', 'the load balancer speaks both over HTTPS only');
  if (look.problems.length > 0) return;
  inspectConditions(look, options);
  look.that(url !== undefined || hostOf(listener, host) !== undefined, 'url', url, 'the URL of the service, where no single host is known', "write for example 'https://shop.example.com'");
}

/** Kinds that a rule has once at most. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html */
const SINGLE = ['host-header', 'http-request-method', 'path-pattern', 'source-ip'];

/** Neither number can be raised. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
function inspectConditions(look: Inspection, options: ListenerRuleOptions): void {
  const raw = conditionsOf(options).map((condition) => condition.renderRawCondition());
  const fields: string[] = raw.map(({ field }) => field);
  const values = raw.flatMap((condition) => Object.values<{ readonly values?: unknown[] }>(condition).flatMap((config) => config.values ?? []));
  const wildcards = JSON.stringify(values).match(/[*?]/g) ?? [];
  const twice = fields.find((field, index) => SINGLE.includes(field) && fields.indexOf(field) !== index);
  look.that(twice === undefined, 'conditions', `${twice} twice`, 'each kind once, host and path included', 'write all values of a kind in one condition, instead of host or path');
  look.that(values.length <= 5, 'conditions', `${values.length} values with host and path`, '5 values in a rule', 'say the same with fewer, for example by a wildcard');
  look.that(wildcards.length <= 6, 'conditions', `${wildcards.length} wildcards with host and path`, '6 wildcards in a rule', 'say the same with fewer');
}

/** A single name that leads to the listener, as far as one is known. */
function hostOf(listener: elbv2.IApplicationListener, host: string | undefined): string | undefined {
  if (host !== undefined && !WILDCARD.test(host)) return host;
  if (!(listener instanceof elbv2.ApplicationListener)) return undefined;
  return host === undefined && listener.loadBalancer instanceof elbv2.ApplicationLoadBalancer ? listener.loadBalancer.loadBalancerDnsName : undefined;
}

/** Where a service behind such a rule answers. @internal */
export function urlOf(listener: elbv2.IApplicationListener, { host, path = '', url }: ListenerRuleOptions): string {
  if (url !== undefined) return url;
  const plain = listener instanceof elbv2.ApplicationListener && listener.protocol === elbv2.ApplicationProtocol.HTTP;
  return `${plain ? 'http' : 'https'}://${hostOf(listener, host)}${Token.isUnresolved(path) ? path : path.split(WILDCARD)[0]}`;
}

/** @internal */
export const conditionsOf = ({ host, path, conditions = [] }: ListenerRuleOptions): elbv2.ListenerCondition[] => [
  ...(host === undefined ? [] : [elbv2.ListenerCondition.hostHeaders([host])]),
  ...(path === undefined ? [] : [elbv2.ListenerCondition.pathPatterns([path])]),
  ...conditions,
];

/** The load balancer of a listener that was imported: all that is known of it stands in the ARN of the listener. @internal */
export const importLoadBalancer = (scope: Construct, { connections }: elbv2.IApplicationListener, fullName: string): elbv2.IApplicationLoadBalancer =>
  elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(scope, 'SharedLoadBalancer', {
    loadBalancerArn: Stack.of(scope).formatArn({ service: 'elasticloadbalancing', resource: 'loadbalancer', resourceName: fullName }),
    securityGroupId: connections.securityGroups[0].securityGroupId,
  });
