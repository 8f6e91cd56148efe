import { CfnResource, Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { claimPriority } from './priorities';
import { TestListenerOptions } from '../../deploy/strategy/test-listener';
import { acknowledge, inPacks } from '../../private/acknowledge';

/** @internal */
export interface ListenerSettings {
  readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** The group that has the traffic at first, and the other one; none where services come with rules of their own. */
  readonly targetGroups: elbv2.ApplicationTargetGroup[];
  readonly certificate?: acm.ICertificate;
  readonly sslPolicy: elbv2.SslPolicy;
  /** An internal load balancer is opened by its owner: `environment.loadBalancer.connections.allowDefaultPortFrom(...)`. */
  readonly open: boolean;
  /** Who gets in, where not everybody does. */
  readonly allowFrom?: ec2.IPeer[];
  /** Whether the groups are sticky; the rule must be too, then. */
  readonly sticky: boolean;
  /** CodeDeploy moves the default action of listeners, ECS the weights of rules. */
  readonly movedBy: 'ECS' | 'CODE_DEPLOY';
  readonly testListener?: TestListenerOptions;
}

/** @internal */
export interface Entrance {
  readonly listener: elbv2.IApplicationListener;
  /** The rule whose weights ECS moves; nothing that a user can change stands in it. */
  readonly rule?: elbv2.ApplicationListenerRule;
}

/** An entrance on a listener that the place made itself. @internal */
export interface OwnEntrance extends Entrance {
  readonly listener: elbv2.ApplicationListener;
}

/**
 * Over two groups a rule must be sticky where the groups are. So short, it keeps nobody with a group from which the traffic has moved.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
 */
const SHORTEST = Duration.seconds(1);

/** Behind every rule that users add. */
const LAST_PRIORITY = 50000;

/** Where production traffic comes in. */
export function createProductionEntrance(settings: ListenerSettings): OwnEntrance {
  const { loadBalancer, certificate, open } = settings;
  if (certificate) {
    const entrance = createEntrance(settings, 'Https', 443, open);
    admit(settings, entrance.listener);
    const redirect = loadBalancer.addRedirect({ sourcePort: 80, targetPort: 443, open });
    admit(settings, redirect);
    acknowledge(redirect, inPacks('ELBv2ACMCertificateRequired', 'only redirects to HTTPS'));
    return entrance;
  }
  const reason = 'plain HTTP: no certificate was given';
  acknowledge(loadBalancer, { 'cfn-guard::CT.ELASTICLOADBALANCING.PR.1': reason, ...inPacks('ALBHttpToHttpsRedirection', reason) });
  const entrance = createEntrance(settings, 'Http', 80, open);
  admit(settings, entrance.listener);
  return entrance;
}

/** Those whom the user named; and by IPv6 everybody whom the CDK lets in by IPv4 alone, without a feature flag. */
function admit({ loadBalancer, open, allowFrom = [] }: ListenerSettings, listener: elbv2.ApplicationListener): void {
  allowFrom.forEach((peer) => listener.connections.allowDefaultPortFrom(peer, 'Clients'));
  if (open && loadBalancer.ipAddressType !== elbv2.IpAddressType.IPV4) listener.connections.allowDefaultPortFrom(ec2.Peer.anyIpv6(), 'Everybody');
}

/** Where the new tasks can be tried before production traffic moves; closed but to those who are let in. */
export function createTestEntrance(settings: ListenerSettings, { allowFrom = [] }: TestListenerOptions): OwnEntrance {
  const entrance = createEntrance(settings, 'Test', testPort(settings), false);
  allowFrom.forEach((peer) => entrance.listener.connections.allowDefaultPortFrom(peer, 'Tests new tasks'));
  return entrance;
}

/** @internal */
export const testPort = ({ certificate, testListener }: Pick<ListenerSettings, 'certificate' | 'testListener'>): number => testListener?.port ?? (certificate ? 8443 : 8080);

function createEntrance({ loadBalancer, targetGroups, certificate, sslPolicy, movedBy, sticky }: ListenerSettings, id: string, port: number, open: boolean): OwnEntrance {
  const listener = loadBalancer.addListener(id, {
    port, open,
    ...(certificate ? { protocol: elbv2.ApplicationProtocol.HTTPS, certificates: [certificate], sslPolicy } : { protocol: elbv2.ApplicationProtocol.HTTP }),
    defaultAction: movedBy === 'CODE_DEPLOY'
      ? elbv2.ListenerAction.forward([targetGroups[0]])
      : elbv2.ListenerAction.fixedResponse(targetGroups.length > 0 ? 503 : 404, { contentType: 'text/plain', messageBody: 'No service stands behind this listener.' }),
  });
  if (movedBy === 'CODE_DEPLOY') leaveUntagged(listener);
  if (!certificate) acknowledgePlainHttp(listener);
  const rule = movedBy === 'ECS' && targetGroups.length > 0
    ? createTrafficRule(listener, { listener, targetGroups, priority: LAST_PRIORITY, conditions: [elbv2.ListenerCondition.pathPatterns(['/*'])], sticky })
    : undefined;
  return { listener, rule };
}

interface TrafficRuleSettings extends Pick<ListenerSettings, 'targetGroups' | 'sticky'> {
  readonly listener: elbv2.IApplicationListener;
  readonly priority: number;
  readonly conditions: elbv2.ListenerCondition[];
}

/** Over both groups from birth; ECS moves its weights. @internal */
export function createTrafficRule(scope: Construct, { listener, targetGroups, priority, conditions, sticky }: TrafficRuleSettings): elbv2.ApplicationListenerRule {
  claimPriority(scope, listener, priority);
  const rule = new elbv2.ApplicationListenerRule(scope, 'Traffic', {
    listener, priority, conditions,
    action: elbv2.ListenerAction.weightedForward(targetGroups.map((targetGroup, index) => ({ targetGroup, weight: index === 0 ? 100 : 0 })),
      { stickinessDuration: sticky ? SHORTEST : undefined }),
  });
  leaveUntagged(rule);
  return rule;
}

/**
 * Rules and listeners can have tags since 2026, in CloudFormation and newer versions of the CDK. Whoever changed a tag would have CloudFormation write what holds the traffic.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html
 */
const leaveUntagged = ({ node }: Construct): void => (node.defaultChild as CfnResource).addPropertyDeletionOverride('Tags');

function acknowledgePlainHttp(listener: elbv2.ApplicationListener): void {
  const reason = 'plain HTTP: no certificate was given';
  acknowledge(listener, {
    'CKV_AWS_2': reason,
    'CKV_AWS_103': reason,
    'cfn-guard::CT.ELASTICLOADBALANCING.PR.1': reason,
    ...inPacks('ELBv2ACMCertificateRequired', reason),
    ...inPacks('ALBHttpToHttpsRedirection', reason),
  });
}
