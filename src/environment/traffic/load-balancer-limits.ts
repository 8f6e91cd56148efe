import { Token } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IConstruct } from 'constructs';
import { keepWithin, Limit } from '../../private/limits/limit';

const prop = 'loadBalancer';
const elsewhere = 'put further services behind another FargatePlatform';

/** What AWS raises on request. */
const adjustable = (id: string, quota: string) => ({
  prop, id, adjustable: true, cure: `${elsewhere}, or have the quota '${quota} per Application Load Balancer' raised and acknowledge cdk-fargate-cicd:${id} on the stack`,
});

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const TARGET_GROUPS: Limit = { prop, id: 'many-services', what: 'target groups behind the load balancer', most: 100, cure: `${elsewhere}: each has two` };
const RULES: Limit = { ...adjustable('many-rules', 'Rules'), what: 'rules of the load balancer', most: 100 };
const CERTIFICATES: Limit = { ...adjustable('many-certificates', 'Certificates'), what: 'certificates of the load balancer, beside the default ones', most: 25 };

const WATCHED = new WeakMap<IConstruct, Set<string>>();

/** Counts what stands behind all listeners of the load balancer when the app is synthesized, whoever made it; once, however many services there are. */
export function watchLoadBalancer(listener: elbv2.IApplicationListener): void {
  const owner = listener instanceof elbv2.ApplicationListener ? listener.loadBalancer : listener;
  const name = listener instanceof elbv2.ApplicationListener ? nameOf(listener.loadBalancer.loadBalancerArn) : nameBehind(listener.listenerArn);
  const watched = WATCHED.get(owner.node.root) ?? new Set<string>();
  WATCHED.set(owner.node.root, watched);
  if (watched.has(name)) return;
  watched.add(name);
  owner.node.addValidation({ validate: () => inspectLoadBalancer(owner, name) });
}

/** The ARN of a listener is that of its load balancer and a part more. */
const nameOf = (loadBalancerArn: string): string => loadBalancerArn.replace(':loadbalancer/', ':listener/');

/** Of an import that only CloudFormation knows, nobody can say what else stands behind its load balancer. */
const nameBehind = (listenerArn: string): string => Token.isUnresolved(listenerArn) ? listenerArn : listenerArn.replace(/\/[^/]*$/, '');

function inspectLoadBalancer(owner: IConstruct, name: string): string[] {
  const constructs = owner.node.root.node.findAll();
  const listeners = constructs.filter((construct) => construct instanceof elbv2.CfnListener).filter(({ loadBalancerArn }) => nameOf(loadBalancerArn) === name);
  const own = new Set(listeners.map(({ ref }) => ref));
  const isBehind = ({ listenerArn }: { readonly listenerArn: string }) => own.has(listenerArn) || nameBehind(listenerArn) === name;
  const rules = constructs.filter((construct) => construct instanceof elbv2.CfnListenerRule).filter((rule) => isBehind({ listenerArn: rule.listenerArn! }));
  const certificates = constructs.filter((construct) => construct instanceof elbv2.CfnListenerCertificate).filter(isBehind);
  const groups = new Set([...listeners.flatMap((listener) => groupsOf(listener, listener.defaultActions)), ...rules.flatMap((rule) => groupsOf(rule, rule.actions))]);
  return [
    ...clashes(rules),
    ...keepWithin(owner, groups.size, TARGET_GROUPS),
    ...keepWithin(owner, rules.length, RULES),
    ...keepWithin(owner, certificates.flatMap(({ stack, certificates: some }) => stack.resolve(some)).length, CERTIFICATES),
  ];
}

/** Two services are told apart where they are made; here users' own rules are seen as well. */
function clashes(rules: elbv2.CfnListenerRule[]): string[] {
  const holders = new Map<string, string>();
  return rules.filter(({ priority }) => !Token.isUnresolved(priority)).flatMap(({ listenerArn, priority, node: { path } }) => {
    const place = `${listenerArn} ${priority}`;
    const holder = holders.get(place);
    holders.set(place, path);
    return holder === undefined ? [] : [`${prop}.priority: got ${priority} of '${path}'; allowed a priority that no other rule of the listener has; choose another one: '${holder}' has it already`];
  });
}

/** What a resolved action says of where it forwards to. */
interface Forward {
  readonly targetGroupArn?: unknown;
  readonly forwardConfig?: { readonly targetGroups: { readonly targetGroupArn: unknown }[] };
}

function groupsOf({ stack }: elbv2.CfnListener | elbv2.CfnListenerRule, actions: unknown): string[] {
  const forwards: Forward[] = stack.resolve(actions);
  const arns = forwards.flatMap(({ targetGroupArn, forwardConfig }) => forwardConfig?.targetGroups.map((group) => group.targetGroupArn) ?? targetGroupArn ?? []);
  return arns.map((arn) => `${stack.node.path} ${JSON.stringify(arn)}`);
}
