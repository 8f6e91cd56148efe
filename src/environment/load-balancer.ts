import { CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createCertificate, createRecords, DnsRecordOptions, inspectDnsRecord } from './load-balancer/dns-record';
import { admitsIpv6, inspectRequests, RequestOptions, requestSettings, settleRequests } from './load-balancer/request-options';
import { inspectTargets, needsHttps, TargetOptions, targetSettings } from './load-balancer/target-options';
import { HealthCheckOptions } from './task/container';
import { conditionsOf, importLoadBalancer, inspectListenerRule, ListenerRuleOptions, urlOf } from './traffic/listener-rule';
import { createProductionEntrance, createTestEntrance, createTrafficRule, Entrance, ListenerSettings, OwnEntrance, testPort } from './traffic/listeners';
import { watchLoadBalancer } from './traffic/load-balancer-limits';
import { createTargetGroup } from './traffic/target-groups';
import { HookParts } from '../deploy/strategy/hook-parts';
import { TestListenerOptions } from '../deploy/strategy/test-listener';
import { acknowledge, inPacks } from '../private/acknowledge';
import { shortPath } from '../private/naming';
import { Choice, placeOf } from '../private/problems';

/** Options of a load balancer. */
export interface LoadBalancerOptions extends RequestOptions, TargetOptions {
  /**
   * Certificate in ACM of the same account and region. With one, HTTPS answers on 443 and port 80 redirects. Without one the service answers plain HTTP, and a warning
   * says so until `loadBalancer` is written out.
   * @default - internet-facing with a `dnsRecord`: one that is made for its name, validated in its zone, which must be public; else none
   */
  readonly certificate?: acm.ICertificate;
  /**
   * TLS versions and ciphers of HTTPS: by default TLS 1.3 and 1.2 without CBC ciphers, and key exchange that withstands quantum computers where the client has it, too.
   * AWS recommends it, and it is the default of the console.
   * @default elbv2.SslPolicy.TLS13_12_RES_PQ
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
   */
  readonly sslPolicy?: elbv2.SslPolicy;
  /** A name in Route 53 that leads here. @default - only the name that AWS gives */
  readonly dnsRecord?: DnsRecordOptions;
}

/** @internal */
export interface LoadBalancerParts {
  readonly vpc: ec2.IVpc;
  readonly subnets?: ec2.SubnetSelection;
  readonly taskSubnets: ec2.SubnetSelection;
  readonly loadBalancerName?: string;
  readonly targetGroupNames: (string | undefined)[];
  readonly movedBy: ListenerSettings['movedBy'];
  readonly testListener?: TestListenerOptions;
  readonly logBucket: () => s3.Bucket;
  readonly healthCheck: HealthCheckOptions;
  readonly stopTimeout?: Duration;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** @internal */
export interface BoundLoadBalancer {
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** As metrics name it. */
  readonly fullName: string;
  /** Whether services of others stand behind it, too. */
  readonly shared: boolean;
  /** The group that has the traffic at first, and the other one. */
  readonly targetGroups: elbv2.ApplicationTargetGroup[];
  /** Where traffic comes in; the service waits for it. */
  readonly production: Entrance;
  readonly test?: OwnEntrance;
  readonly tls?: { readonly certificateArn: string; readonly sslPolicy: elbv2.SslPolicy };
  readonly url: string;
  /** How the test listener is reached, where there can be one: by a name that the certificate has, where one is known. */
  readonly testUrl?: HookParts['testUrl'];
}

/** What stands before the tasks. */
export abstract class LoadBalancer extends Choice {
  /** Reached from the internet, in the public subnets. About 16 USD a month and its traffic. */
  static internetFacing(options: LoadBalancerOptions = {}): LoadBalancer {
    return new Application(true, options);
  }

  /** Reached from the VPC only. */
  static internal(options: LoadBalancerOptions = {}): LoadBalancer {
    return new Application(false, options);
  }

  /**
   * A rule of its own on a listener that others share, made in this app or imported by its attributes. A service more on it costs neither a load balancer nor an address. The owner of
   * the listener decides about TLS, logs and who gets in. Without test listeners and `DeployStrategy.codeDeploy`, which need a whole listener.
   */
  static fromListener(listener: elbv2.IApplicationListener, options: ListenerRuleOptions): LoadBalancer {
    return new OnListener(listener, options);
  }

  /** Whether services of others stand behind it, too. @internal */
  readonly _shared: boolean = false;

  /** Whether passwords cross the internet in clear text. @internal */
  abstract readonly _plainHttp: boolean;
  /** How it deals with the containers. @internal */
  abstract readonly _targets: TargetOptions;
  /** @internal */
  readonly _ipv6: boolean = false;
  /** Whether its subnets must be public unless the user names others. @internal */
  readonly _internetFacing: boolean = false;

  /** @internal */
  abstract _bind(scope: Construct, parts: LoadBalancerParts): BoundLoadBalancer;
}

class Application extends LoadBalancer {
  readonly _plainHttp: boolean;
  readonly _targets: TargetOptions;
  readonly _ipv6: boolean;

  constructor(readonly _internetFacing: boolean, private readonly options: LoadBalancerOptions) {
    super();
    [this._targets, this._ipv6] = [options ?? {}, admitsIpv6(options ?? {})];
    const certified = Boolean(options?.certificate) || this.makesCertificate;
    this._plainHttp = _internetFacing && !certified;
    this._inspect((look) => {
      inspectRequests(look, options);
      inspectTargets(look, options);
      look.matches('certificate', options.certificate?.certificateArn, /^arn:[\w-]+:(acm:[a-z0-9-]+:\d{12}:certificate\/|iam::\d{12}:server-certificate\/).+$/,
        'the ARN of a certificate', 'write for example arn:aws:acm:us-east-1:111111111111:certificate/...');
      look.own('certificate', 'a certificate', placeOf(options.certificate?.certificateArn));
      look.kind('certificate', options.certificate, 'certificateArn', 'a certificate', 'hand over an acm.ICertificate');
      look.oneOf('sslPolicy', options.sslPolicy, Object.values(elbv2.SslPolicy), 'take for example elbv2.SslPolicy.RECOMMENDED_TLS');
      if (options.dnsRecord !== undefined) inspectDnsRecord(look, 'dnsRecord', options.dnsRecord);
      look.that(_internetFacing || options.ipAddressType !== elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4, 'ipAddressType', options.ipAddressType,
        'ipv4, dualstack beside LoadBalancer.internal', 'take elbv2.IpAddressType.DUAL_STACK: inside a VPC no address is public');
      look.that(certified || !needsHttps(options), 'protocol', 'HTTP/2 or gRPC without a certificate', 'TargetProtocol.http1',
        'give a certificate: the load balancer speaks both over HTTPS only');
    }, options);
  }

  private get makesCertificate(): boolean {
    return this._internetFacing && this.options?.certificate === undefined && this.options?.dnsRecord !== undefined;
  }

  _bind(scope: Construct, parts: LoadBalancerParts): BoundLoadBalancer {
    const { dnsRecord, webAcl, sslPolicy = elbv2.SslPolicy.TLS13_12_RES_PQ, allowFrom } = this.options;
    const certificate = this.makesCertificate ? createCertificate(scope, dnsRecord!) : this.options.certificate;
    const loadBalancer = this.createLoadBalancer(scope, parts);
    webAcl?._bind(scope, { ...parts, loadBalancer });
    const targetGroups = createTargetGroups(scope, parts, this._targets);
    const settings = {
      ...parts, loadBalancer, targetGroups, certificate, sslPolicy, allowFrom, open: this._internetFacing && !allowFrom, sticky: this._targets.stickiness !== undefined,
    };
    const production = createProductionEntrance(settings);
    const test = parts.testListener && createTestEntrance(settings, parts.testListener);
    const host = dnsRecord ? createRecords(scope, dnsRecord, loadBalancer, this._ipv6) : loadBalancer.loadBalancerDnsName;
    const protocol = certificate ? 'https' : 'http';
    const tls = certificate && { certificateArn: certificate.certificateArn, sslPolicy };
    const testUrl = { protocol, host, port: testPort(settings), named: dnsRecord !== undefined };
    return { loadBalancer, fullName: loadBalancer.loadBalancerFullName, shared: false, targetGroups, production, test, tls, url: `${protocol}://${host}`, testUrl };
  }

  private createLoadBalancer(scope: Construct, parts: LoadBalancerParts): elbv2.ApplicationLoadBalancer {
    const securityGroup = new ec2.SecurityGroup(scope, 'LoadBalancerSecurityGroup', {
      vpc: parts.vpc, description: `Clients of ${shortPath(scope)}`, allowAllOutbound: false,
    });
    const loadBalancer = new elbv2.ApplicationLoadBalancer(scope, 'LoadBalancer', {
      vpc: parts.vpc,
      vpcSubnets: parts.subnets ?? (this._internetFacing ? { subnetType: ec2.SubnetType.PUBLIC } : parts.taskSubnets),
      internetFacing: this._internetFacing,
      loadBalancerName: parts.loadBalancerName,
      securityGroup,
      ...requestSettings(this.options),
      deletionProtection: parts.removalPolicy !== RemovalPolicy.DESTROY,
    });
    logAccess(loadBalancer, parts.logBucket());
    settleRequests(loadBalancer, this.options);
    if (parts.removalPolicy === RemovalPolicy.DESTROY) {
      const reason = 'chosen by the user: removalPolicy = DESTROY';
      acknowledge(loadBalancer, { 'cfn-guard::CT.ELASTICLOADBALANCING.PR.5': reason, 'CKV_AWS_150': reason, ...inPacks('ELBDeletionProtectionEnabled', reason) });
    }
    const reason = this.options.allowFrom ? 'chosen by the user: loadBalancer.allowFrom' : this._internetFacing && 'public web endpoint';
    if (reason) acknowledge(securityGroup, { 'AwsSolutions-EC23': reason, 'CKV_AWS_260': reason });
    return loadBalancer;
  }
}

class OnListener extends LoadBalancer {
  readonly _plainHttp = false;
  readonly _shared = true;
  readonly _targets: TargetOptions;

  constructor(private readonly listener: elbv2.IApplicationListener, private readonly options: ListenerRuleOptions) {
    super();
    this._targets = options ?? {};
    this._inspect((look) => inspectListenerRule(look, listener, options), options ?? null);
  }

  _bind(scope: Construct, parts: LoadBalancerParts): BoundLoadBalancer {
    const { listener, options } = this;
    const targetGroups = createTargetGroups(scope, parts, options);
    watchLoadBalancer(listener);
    const rule = createTrafficRule(scope, { listener, targetGroups, priority: options.priority, conditions: conditionsOf(options), sticky: options.stickiness !== undefined });
    const { firstLoadBalancerFullName: fullName } = targetGroups[0];
    const loadBalancer = listener instanceof elbv2.ApplicationListener ? listener.loadBalancer : importLoadBalancer(scope, listener, fullName);
    return { loadBalancer, fullName, shared: true, targetGroups, production: { listener, rule }, url: urlOf(listener, options) };
  }
}

function createTargetGroups(scope: Construct, { vpc, targetGroupNames, healthCheck, stopTimeout }: LoadBalancerParts, options: TargetOptions): elbv2.ApplicationTargetGroup[] {
  const targets = targetSettings(options, healthCheck, stopTimeout);
  return targetGroupNames.map((targetGroupName, index) => createTargetGroup(scope, ['TargetGroup', 'AlternateTargetGroup'][index], { ...targets, vpc, targetGroupName }));
}

/**
 * `logAccessLogs` wants to know the region and leaves the statement without a source condition.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
 */
function logAccess(loadBalancer: elbv2.ApplicationLoadBalancer, bucket: s3.Bucket): void {
  const { account, region, partition } = Stack.of(loadBalancer);
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: `AccessLogs${loadBalancer.node.addr.slice(-8)}`,
    principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects(`load-balancer/AWSLogs/${account}/*`)],
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/*` },
    },
  }));
  loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
  loadBalancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
  loadBalancer.setAttribute('access_logs.s3.prefix', 'load-balancer');
  // The load balancer tries to write as soon as it is configured.
  (loadBalancer.node.defaultChild as CfnResource).node.addDependency(bucket.policy!);
}
