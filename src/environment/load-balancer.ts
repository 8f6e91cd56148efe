import { CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { HealthCheckOptions } from './container';
import { conditionsOf, importLoadBalancer, inspectListenerRule, ListenerRuleOptions, urlOf } from './traffic/listener-rule';
import { createProductionEntrance, createTestEntrance, createTrafficRule, Entrance, ListenerSettings, OwnEntrance, testPort } from './traffic/listeners';
import { createTargetGroup } from './traffic/target-groups';
import { HookParts } from '../deploy/strategy/hook-parts';
import { TestListenerOptions } from '../deploy/strategy/test-listener';
import { acknowledge, inPacks } from '../private/acknowledge';
import { Choice, placeOf } from '../private/problems';

/** A name for the load balancer in Route 53. */
export interface DnsRecordOptions {
  /** Zone that gets the record. */
  readonly hostedZone: route53.IHostedZone;
  /** Name within the zone, for example `shop`. @default - the zone itself */
  readonly recordName?: string;
}

/** Options of a load balancer. */
export interface LoadBalancerOptions {
  /**
   * Certificate in ACM of the same account and region. With one, HTTPS answers on 443 and port 80 redirects. Without one the service answers plain HTTP, and a warning
   * says so until `loadBalancer` is written out.
   * @default - none
   */
  readonly certificate?: acm.ICertificate;
  /** TLS versions and ciphers of HTTPS. @default elbv2.SslPolicy.RECOMMENDED_TLS */
  readonly sslPolicy?: elbv2.SslPolicy;
  /** A name in Route 53 that leads here. @default - only the name that AWS gives */
  readonly dnsRecord?: DnsRecordOptions;
  /** How long an idle connection stays open, 1 to 4000 seconds. @default Duration.seconds(60) */
  readonly idleTimeout?: Duration;
  /**
   * How long a container that is going away may finish what it began, 0 to 3600 seconds. Should not be less than your longest request.
   * @default Duration.seconds(30)
   */
  readonly deregistrationDelay?: Duration;
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
  readonly logBucket: s3.Bucket;
  readonly healthCheck: HealthCheckOptions;
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

  /** @internal */
  abstract _bind(scope: Construct, parts: LoadBalancerParts): BoundLoadBalancer;
}

class Application extends LoadBalancer {
  readonly _plainHttp: boolean;

  constructor(private readonly internetFacing: boolean, private readonly options: LoadBalancerOptions) {
    super();
    this._plainHttp = internetFacing && !options?.certificate;
    this._inspect((look) => {
      look.seconds('idleTimeout', options.idleTimeout, 1, 4000, 'take for example Duration.seconds(60)');
      look.seconds('deregistrationDelay', options.deregistrationDelay, 0, 3600, 'take for example Duration.seconds(30)');
      look.matches('certificate', options.certificate?.certificateArn, /^arn:[\w-]+:(acm:[a-z0-9-]+:\d{12}:certificate\/|iam::\d{12}:server-certificate\/).+$/,
        'the ARN of a certificate', 'write for example arn:aws:acm:us-east-1:111111111111:certificate/...');
      look.own('certificate', 'a certificate', placeOf(options.certificate?.certificateArn));
      look.kind('certificate', options.certificate, 'certificateArn', 'a certificate', 'hand over an acm.ICertificate');
      look.oneOf('sslPolicy', options.sslPolicy, Object.values(elbv2.SslPolicy), 'take for example elbv2.SslPolicy.RECOMMENDED_TLS');
      if (options.dnsRecord !== undefined && look.struct('dnsRecord', options.dnsRecord)) {
        look.kind('dnsRecord.hostedZone', options.dnsRecord.hostedZone ?? null, 'hostedZoneId', 'a hosted zone', 'hand over a route53.IHostedZone');
        look.matches('dnsRecord.recordName', options.dnsRecord.recordName, /^[A-Za-z0-9_*.-]{1,255}$/, 'a DNS name', "write for example 'shop'");
      }
    }, options);
  }

  _bind(scope: Construct, parts: LoadBalancerParts): BoundLoadBalancer {
    const loadBalancer = this.createLoadBalancer(scope, parts);
    const { deregistrationDelay, certificate, sslPolicy = elbv2.SslPolicy.RECOMMENDED_TLS } = this.options;
    const targetGroups = createTargetGroups(scope, parts, deregistrationDelay);
    const settings = { ...parts, loadBalancer, targetGroups, certificate, sslPolicy, open: this.internetFacing };
    const production = createProductionEntrance(settings);
    const test = parts.testListener && createTestEntrance(settings, parts.testListener);
    const host = this.createHost(scope, loadBalancer);
    const protocol = certificate ? 'https' : 'http';
    const tls = certificate && { certificateArn: certificate.certificateArn, sslPolicy };
    const { loadBalancerFullName: fullName } = loadBalancer;
    return { loadBalancer, fullName, shared: false, targetGroups, production, test, tls, url: `${protocol}://${host}`, testUrl: { protocol, host, port: testPort(settings), named: this.options.dnsRecord !== undefined } };
  }

  private createLoadBalancer(scope: Construct, parts: LoadBalancerParts): elbv2.ApplicationLoadBalancer {
    const securityGroup = new ec2.SecurityGroup(scope, 'LoadBalancerSecurityGroup', {
      vpc: parts.vpc, description: `Clients of ${scope.node.path}`, allowAllOutbound: false,
    });
    const loadBalancer = new elbv2.ApplicationLoadBalancer(scope, 'LoadBalancer', {
      vpc: parts.vpc,
      vpcSubnets: parts.subnets ?? (this.internetFacing ? { subnetType: ec2.SubnetType.PUBLIC } : parts.taskSubnets),
      internetFacing: this.internetFacing,
      loadBalancerName: parts.loadBalancerName,
      securityGroup,
      idleTimeout: this.options.idleTimeout,
      deletionProtection: parts.removalPolicy !== RemovalPolicy.DESTROY,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elbv2.DesyncMitigationMode.DEFENSIVE,
    });
    logAccess(loadBalancer, parts.logBucket);
    acknowledge(loadBalancer, inPacks('ALBWAFEnabled', 'a web ACL is the choice of whoever owns the application'));
    if (parts.removalPolicy === RemovalPolicy.DESTROY) {
      const reason = 'chosen by the user: removalPolicy = DESTROY';
      acknowledge(loadBalancer, { 'cfn-guard::CT.ELASTICLOADBALANCING.PR.5': reason, 'CKV_AWS_150': reason, ...inPacks('ELBDeletionProtectionEnabled', reason) });
    }
    if (this.internetFacing) acknowledge(securityGroup, { 'AwsSolutions-EC23': 'public web endpoint', 'CKV_AWS_260': 'public web endpoint' });
    return loadBalancer;
  }

  private createHost(scope: Construct, loadBalancer: elbv2.ApplicationLoadBalancer): string {
    const { dnsRecord } = this.options;
    if (!dnsRecord) return loadBalancer.loadBalancerDnsName;
    const record = new route53.ARecord(scope, 'DnsRecord', {
      zone: dnsRecord.hostedZone,
      recordName: dnsRecord.recordName,
      target: route53.RecordTarget.fromAlias(new targets.LoadBalancerTarget(loadBalancer)),
    });
    return record.domainName;
  }
}

class OnListener extends LoadBalancer {
  readonly _plainHttp = false;
  readonly _shared = true;

  constructor(private readonly listener: elbv2.IApplicationListener, private readonly options: ListenerRuleOptions) {
    super();
    this._inspect((look) => inspectListenerRule(look, listener, options), options ?? null);
  }

  _bind(scope: Construct, parts: LoadBalancerParts): BoundLoadBalancer {
    const { listener, options } = this;
    const targetGroups = createTargetGroups(scope, parts, options.deregistrationDelay);
    const rule = createTrafficRule(scope, { listener, targetGroups, priority: options.priority, conditions: conditionsOf(options) });
    const { firstLoadBalancerFullName: fullName } = targetGroups[0];
    const loadBalancer = listener instanceof elbv2.ApplicationListener ? listener.loadBalancer : importLoadBalancer(scope, listener, fullName);
    return { loadBalancer, fullName, shared: true, targetGroups, production: { listener, rule }, url: urlOf(listener, options) };
  }
}

const createTargetGroups = (scope: Construct, parts: LoadBalancerParts, deregistrationDelay?: Duration): elbv2.ApplicationTargetGroup[] =>
  parts.targetGroupNames.map((targetGroupName, index) =>
    createTargetGroup(scope, ['TargetGroup', 'AlternateTargetGroup'][index], { ...parts, deregistrationDelay, targetGroupName }));

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
