import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { WebAcl } from './web-acl';
import { acknowledge, inPacks } from '../../private/acknowledge';
import { Inspection } from '../../private/problems';

/** Which requests the load balancer takes, and how it hands them on. */
export interface RequestOptions {
  /**
   * Who gets in: address ranges, security groups, or a prefix list such as that of CloudFront. An empty list: nobody until you say so by
   * `environment.loadBalancer.connections`.
   * @default - everybody, or nobody where the load balancer is internal
   */
  readonly allowFrom?: ec2.IPeer[];
  /** A firewall for requests. @default - none */
  readonly webAcl?: WebAcl;
  /** How long an idle connection stays open, 1 to 4000 seconds. @default Duration.seconds(60) */
  readonly idleTimeout?: Duration;
  /** How long a connection of a client stays open at most, 60 seconds to 7 days: after it clients look the name up anew. @default Duration.hours(1) */
  readonly clientKeepAlive?: Duration;
  /**
   * What happens to requests that the load balancer and the container might read differently.
   * @default elbv2.DesyncMitigationMode.DEFENSIVE
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#desync-mitigation-mode
   */
  readonly desyncMitigationMode?: elbv2.DesyncMitigationMode;
  /** Whether header fields with invalid names are taken out. @default true */
  readonly dropInvalidHeaderFields?: boolean;
  /** Whether the container gets the `Host` header exactly as the client sent it, also on a port that is not usual. @default false */
  readonly preserveHostHeader?: boolean;
  /** Whether the address of the client is added to `X-Forwarded-For`. @default elbv2.XffHeaderProcessingMode.APPEND */
  readonly xForwardedFor?: elbv2.XffHeaderProcessingMode;
  /**
   * Whether clients may come by IPv6; the subnets of the load balancer must have such addresses, which those of `Network.create` have not. A `dnsRecord` then stands for both.
   * `DUAL_STACK_WITHOUT_PUBLIC_IPV4` is for an internet-facing load balancer.
   * @default elbv2.IpAddressType.IPV4
   */
  readonly ipAddressType?: elbv2.IpAddressType;
}

/** @internal */
export function inspectRequests(look: Inspection, options: RequestOptions): void {
  look.each('allowFrom', options.allowFrom, (path, peer) => look.kind(path, peer ?? null, 'toIngressRuleConfig', 'a peer', "write for example ec2.Peer.ipv4('10.0.0.0/8')"));
  look.choice('webAcl', options.webAcl, WebAcl);
  look.seconds('idleTimeout', options.idleTimeout, 1, 4000, 'take for example Duration.seconds(60)');
  look.literal('clientKeepAlive', options.clientKeepAlive, 'the CDK compares it');
  look.seconds('clientKeepAlive', options.clientKeepAlive, 60, 604800, 'take for example Duration.hours(1)');
  look.oneOf('desyncMitigationMode', options.desyncMitigationMode, Object.values(elbv2.DesyncMitigationMode), 'take for example elbv2.DesyncMitigationMode.STRICTEST');
  for (const prop of ['dropInvalidHeaderFields', 'preserveHostHeader'] as const) look.oneOf(prop, options[prop], [true, false], 'say yes or no');
  look.oneOf('xForwardedFor', options.xForwardedFor, Object.values(elbv2.XffHeaderProcessingMode), 'take for example elbv2.XffHeaderProcessingMode.PRESERVE');
  look.oneOf('ipAddressType', options.ipAddressType, Object.values(elbv2.IpAddressType), 'take for example elbv2.IpAddressType.DUAL_STACK');
}

/** @internal */
export const admitsIpv6 = ({ ipAddressType = elbv2.IpAddressType.IPV4 }: RequestOptions): boolean => ipAddressType !== elbv2.IpAddressType.IPV4;

/** What the load balancer's properties say of it. @internal */
export function requestSettings(options: RequestOptions): Partial<elbv2.ApplicationLoadBalancerProps> {
  const { idleTimeout, clientKeepAlive, preserveHostHeader, ipAddressType } = options;
  return {
    idleTimeout, clientKeepAlive, preserveHostHeader, ipAddressType,
    xffHeaderProcessingMode: options.xForwardedFor,
    dropInvalidHeaderFields: options.dropInvalidHeaderFields ?? true,
    desyncMitigationMode: options.desyncMitigationMode ?? elbv2.DesyncMitigationMode.DEFENSIVE,
  };
}

/** @internal */
export function settleRequests(loadBalancer: elbv2.ApplicationLoadBalancer, { dropInvalidHeaderFields, desyncMitigationMode, webAcl }: RequestOptions): void {
  if (dropInvalidHeaderFields === false) {
    // The CDK leaves it out, and CloudFormation would keep what was true before.
    loadBalancer.setAttribute('routing.http.drop_invalid_header_fields.enabled', 'false');
    const reason = 'chosen by the user: loadBalancer.dropInvalidHeaderFields = false';
    acknowledge(loadBalancer, { 'CKV_AWS_131': reason, 'cfn-guard::CT.ELASTICLOADBALANCING.PR.4': reason, ...inPacks('ALBHttpDropInvalidHeaderEnabled', reason) });
  }
  if (desyncMitigationMode === elbv2.DesyncMitigationMode.MONITOR) acknowledge(loadBalancer, { CKV_AWS_328: 'chosen by the user: loadBalancer.desyncMitigationMode = monitor' });
  if (!webAcl) acknowledge(loadBalancer, inPacks('ALBWAFEnabled', 'a web ACL is the choice of whoever owns the application'));
}
