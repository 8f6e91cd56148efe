import { App, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import {
  Balancing, Encryption, FargateEnvironment, FargateEnvironmentProps, FirstImage, LoadBalancer, LoadBalancerOptions, Stickiness, TargetProtocol, WebAcl,
} from '../../src';
import { bare } from '../support/bare-place';
import { all, flat } from '../support/template';

interface Made { readonly stack: Stack; readonly place: FargateEnvironment; readonly template: Template }

function make(props: (scope: Construct) => FargateEnvironmentProps): Made {
  const stack = new Stack(new App(), 'Shop');
  const place = new FargateEnvironment(stack, 'Place', { ...bare(stack), ...props(stack) });
  return { stack, place, template: Template.fromStack(stack) };
}

const balanced = (options: (scope: Construct) => LoadBalancerOptions, others: (scope: Construct) => FargateEnvironmentProps = () => ({})) =>
  make((scope) => ({ loadBalancer: LoadBalancer.internetFacing(options(scope)), ...others(scope) }));

const ELB = 'AWS::ElasticLoadBalancingV2';
const properties = ({ template }: Made, type: string): any[] => Object.values(template.findResources(type)).map(({ Properties }) => Properties);
const attributesOf = (made: Made): Record<string, string> => pairs(properties(made, `${ELB}::LoadBalancer`)[0].LoadBalancerAttributes);
const pairs = (list: any[]): Record<string, string> => Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));

/** What both target groups say; they are alike. */
function targetsOf(made: Made): any {
  const [one, other] = properties(made, `${ELB}::TargetGroup`).map(({ TargetGroupAttributes, ...others }) => ({ ...others, attributes: pairs(TargetGroupAttributes) }));
  expect(one).toEqual(other);
  return one;
}

const ARN = 'arn:aws:acm:eu-west-1:111111111111:certificate/1';
const certificate = (scope: Construct) => acm.Certificate.fromCertificateArn(scope, 'Given', ARN);
const zone = (scope: Construct) => route53.HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
const firstImage = (scope: Construct) => FirstImage.fromRepository(ecr.Repository.fromRepositoryName(scope, 'Images', 'shop'), 'v1');

describe('a certificate made for a name', () => {
  test.each([
    [undefined, 'example.com'], ['shop', 'shop.example.com'], ['shop.example.com', 'shop.example.com'], ['shop.example.com.', 'shop.example.com'], ['example.com', 'example.com'],
    ['*', '*.example.com'],
  ])('record %s: for %s, validated in the zone', (recordName, domainName) => {
    const made = balanced((scope) => ({ dnsRecord: { hostedZone: zone(scope), recordName } }));
    expect(properties(made, 'AWS::CertificateManager::Certificate')).toEqual([expect.objectContaining({
      DomainName: domainName, ValidationMethod: 'DNS', DomainValidationOptions: [{ DomainName: domainName, HostedZoneId: 'Z1' }],
    })]);
  });

  test('HTTPS answers with it, and the URL has its name', () => {
    const made = balanced((scope) => ({ dnsRecord: { hostedZone: zone(scope), recordName: 'shop' } }));
    expect(properties(made, `${ELB}::Listener`).map(({ Port, Protocol, Certificates }) => [Port, Protocol, Certificates])).toEqual([
      [443, 'HTTPS', [{ CertificateArn: { Ref: expect.stringMatching(/^PlaceCertificate/) } }]], [80, 'HTTP', undefined],
    ]);
    expect(made.stack.resolve(made.place.url)).toEqual({ 'Fn::Join': ['', ['https://', { Ref: expect.stringMatching(/^PlaceDnsRecord/) }]] });
  });

  test('not beside a given one, and not inside the VPC, where zones are private', () => {
    balanced((scope) => ({ certificate: certificate(scope), dnsRecord: { hostedZone: zone(scope) } })).template.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    const inside = make((scope) => ({ loadBalancer: LoadBalancer.internal({ dnsRecord: { hostedZone: zone(scope) } }) }));
    inside.template.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    expect(JSON.stringify(inside.stack.resolve(inside.place.url))).toContain('http://');
  });
});

describe('TLS', () => {
  const policies = (options: LoadBalancerOptions) => properties(balanced((scope) => ({ certificate: certificate(scope), ...options })), `${ELB}::Listener`).map(({ SslPolicy }) => SslPolicy);

  test('the policy that AWS recommends this year, or another', () => {
    expect(policies({})).toEqual(['ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', undefined]);
    expect(policies({ sslPolicy: elbv2.SslPolicy.TLS13_13 })).toEqual(['ELBSecurityPolicy-TLS13-1-3-2021-06', undefined]);
  });
});

describe('who gets in', () => {
  const rules = (made: Made) => [
    ...properties(made, 'AWS::EC2::SecurityGroup').filter(({ GroupDescription }) => GroupDescription.startsWith('Clients of')).flatMap(({ SecurityGroupIngress = [] }) => SecurityGroupIngress),
    ...properties(made, 'AWS::EC2::SecurityGroupIngress').filter(({ SourcePrefixListId }) => SourcePrefixListId),
  ].map(({ CidrIp, CidrIpv6, SourcePrefixListId, FromPort }) => `${CidrIp ?? CidrIpv6 ?? SourcePrefixListId} ${FromPort}`);

  test('everybody, or those who are named, or nobody', () => {
    expect(rules(balanced(() => ({})))).toEqual(['0.0.0.0/0 80']);
    expect(rules(balanced((scope) => ({ certificate: certificate(scope) })))).toEqual(['0.0.0.0/0 443', '0.0.0.0/0 80']);
    expect(rules(balanced((scope) => ({ certificate: certificate(scope), allowFrom: [ec2.Peer.prefixList('pl-1'), ec2.Peer.ipv4('192.0.2.0/24')] }))))
      .toEqual(['192.0.2.0/24 443', '192.0.2.0/24 80', 'pl-1 443', 'pl-1 80']);
    expect(rules(balanced(() => ({ allowFrom: [] })))).toEqual([]);
  });

  test('inside the VPC those who are named', () => {
    expect(rules(make(() => ({ loadBalancer: LoadBalancer.internal({ allowFrom: [ec2.Peer.ipv4('10.0.0.0/8')] }) })))).toEqual(['10.0.0.0/8 80']);
  });

  test.each([elbv2.IpAddressType.DUAL_STACK, elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4])('%s: IPv6 too, and a record for it', (ipAddressType) => {
    const made = balanced((scope) => ({ ipAddressType, certificate: certificate(scope), dnsRecord: { hostedZone: zone(scope), recordName: 'shop' } }));
    expect(properties(made, `${ELB}::LoadBalancer`)[0].IpAddressType).toBe(ipAddressType);
    expect(rules(made)).toEqual(expect.arrayContaining(['0.0.0.0/0 443', '::/0 443', '::/0 80']));
    expect(properties(made, 'AWS::Route53::RecordSet').map(({ Name, Type }) => `${Type} ${Name}`).sort()).toEqual(['A shop.example.com.', 'AAAA shop.example.com.']);
  });
});

describe('requests', () => {
  test('what the default says', () => {
    expect(attributesOf(balanced(() => ({})))).toEqual(expect.objectContaining({ 'routing.http.drop_invalid_header_fields.enabled': 'true', 'routing.http.desync_mitigation_mode': 'defensive' }));
  });

  test('everything that can be said', () => {
    expect(attributesOf(balanced(() => ({
      idleTimeout: Duration.seconds(90), clientKeepAlive: Duration.minutes(10), desyncMitigationMode: elbv2.DesyncMitigationMode.MONITOR, dropInvalidHeaderFields: false,
      preserveHostHeader: true, xForwardedFor: elbv2.XffHeaderProcessingMode.PRESERVE,
    })))).toMatchObject({
      'idle_timeout.timeout_seconds': '90', 'client_keep_alive.seconds': '600', 'routing.http.desync_mitigation_mode': 'monitor', 'routing.http.drop_invalid_header_fields.enabled': 'false',
      'routing.http.preserve_host_header.enabled': 'true', 'routing.http.xff_header_processing.mode': 'preserve',
    });
  });
});

describe('access logs', () => {
  // One principal serves all regions: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
  test.each([
    [undefined, 'is not known', '<AWS::AccountId>', '<AWS::Region>'], ['eu-west-1', 'had an account of the service before', '111111111111', 'eu-west-1'],
    ['ap-southeast-7', 'is new', '111111111111', 'ap-southeast-7'], ['cn-north-1', 'is of another partition', '111111111111', 'cn-north-1'],
  ])('in region %s, which %s, the service may write them for this account only', (region, _, account, where) => {
    const stack = new Stack(new App(), 'Shop', { env: region ? { account, region } : undefined });
    new FargateEnvironment(stack, 'Place', bare(stack));
    const template = Template.fromStack(stack);
    const bucket = attributesOf({ template } as Made)['access_logs.s3.bucket'];
    const statements = all(template, 'AWS::S3::BucketPolicy').filter(([, { Bucket }]) => flat(Bucket) === flat(bucket)).flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
      .filter(({ Principal }) => /elasticloadbalancing/.test(Principal.Service));
    expect(statements).toEqual([expect.objectContaining({ Effect: 'Allow', Action: 's3:PutObject', Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' } })]);
    const [{ Resource, Condition: { StringEquals, ArnLike } }] = statements;
    expect([flat(Resource), flat(StringEquals['aws:SourceAccount']), flat(ArnLike['aws:SourceArn'])]).toEqual([
      `<${flat(bucket).slice(1, -1)}.Arn>/load-balancer/AWSLogs/${account}/*`, account, `arn:<AWS::Partition>:elasticloadbalancing:${where}:${account}:loadbalancer/*`,
    ]);
  });
});

describe('a firewall', () => {
  const acl = (made: Made) => properties(made, 'AWS::WAFv2::WebACL')[0];

  test('with rules of AWS, measured, before the load balancer', () => {
    const made = balanced(() => ({ webAcl: WebAcl.managedRules() }));
    expect(acl(made)).toMatchObject({
      Scope: 'REGIONAL', DefaultAction: { Allow: {} },
      VisibilityConfig: { CloudWatchMetricsEnabled: true, MetricName: 'WebAcl', SampledRequestsEnabled: true },
    });
    expect(acl(made).Rules.map(({ Name, Priority, Statement, OverrideAction }: any) => [Priority, Name, Statement.ManagedRuleGroupStatement, OverrideAction])).toEqual(
      ['AmazonIpReputationList', 'CommonRuleSet', 'KnownBadInputsRuleSet'].map((name, priority) =>
        [priority, `AWSManagedRules${name}`, { Name: `AWSManagedRules${name}`, VendorName: 'AWS', RuleActionOverrides: [] }, { None: {} }]));
    expect(properties(made, 'AWS::WAFv2::WebACLAssociation')).toEqual([{
      ResourceArn: { Ref: expect.stringMatching(/^PlaceLoadBalancer/) }, WebACLArn: { 'Fn::GetAtt': [expect.stringMatching(/^PlaceWebAcl/), 'Arn'] },
    }]);
  });

  test('blocked and counted requests are logged, without credentials, to a log group that is encrypted and ours alone', () => {
    const made = balanced(() => ({ webAcl: WebAcl.managedRules({ logRetention: 30 }) }));
    const [logging] = properties(made, 'AWS::WAFv2::LoggingConfiguration');
    expect(logging.RedactedFields).toEqual([{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'cookie' } }]);
    expect(logging.LoggingFilter).toEqual({
      DefaultBehavior: 'DROP', Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }] }],
    });
    expect(JSON.stringify(logging.LogDestinationConfigs)).not.toContain(':*');
    made.template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: { 'Fn::Join': ['-', [Match.stringLikeRegexp('^aws-waf-logs-Shop-Place-WebAcl-'), { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }]] },
      RetentionInDays: 30, KmsKeyId: Match.anyValue(),
    });
  });

  test('groups and a limit of yours', () => {
    const made = balanced(() => ({
      webAcl: WebAcl.managedRules({
        ruleGroups: [{ groupName: 'AWSManagedRulesCommonRuleSet', countedRules: ['SizeRestrictions_BODY'] }], requestsPerFiveMinutes: 2000,
      }),
    }));
    expect(acl(made).Rules).toMatchObject([
      { Priority: 0, Statement: { ManagedRuleGroupStatement: { RuleActionOverrides: [{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }] } } },
      { Priority: 1, Name: 'RequestRate', Action: { Block: {} }, Statement: { RateBasedStatement: { Limit: 2000, AggregateKeyType: 'IP' } } },
    ]);
  });

  test('one that exists, also one that is not known yet', () => {
    const arn = 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/shop/1';
    const made = balanced(() => ({ webAcl: WebAcl.fromArn(arn) }));
    expect(properties(made, 'AWS::WAFv2::WebACLAssociation')).toEqual([expect.objectContaining({ WebACLArn: arn })]);
    made.template.resourceCountIs('AWS::WAFv2::WebACL', 0);
    const later = balanced((scope) => ({ webAcl: WebAcl.fromArn(new CfnParameter(scope, 'Acl').valueAsString) }));
    expect(properties(later, 'AWS::WAFv2::WebACLAssociation')).toEqual([expect.objectContaining({ WebACLArn: { Ref: 'Acl' } })]);
  });

  test('goes with its logs when everything goes', () => {
    const made = balanced(() => ({ webAcl: WebAcl.managedRules() }), () => ({ removalPolicy: RemovalPolicy.DESTROY, encryption: Encryption.awsManaged() }));
    const [group] = Object.entries(made.template.findResources('AWS::Logs::LogGroup')).filter(([id]) => id.startsWith('PlaceWebAcl')).map(([, resource]) => resource);
    expect(group).toMatchObject({ DeletionPolicy: 'Delete' });
    expect(group.Properties).not.toHaveProperty('KmsKeyId');
  });
});

describe('containers', () => {
  const rules = (made: Made) => properties(made, `${ELB}::ListenerRule`).map(({ Actions }) => Actions[0].ForwardConfig);

  test('the default: HTTP/1.1, round robin, nothing sticky', () => {
    const made = balanced(() => ({}));
    expect(targetsOf(made)).toMatchObject({ Protocol: 'HTTP', attributes: { 'deregistration_delay.timeout_seconds': '30', 'stickiness.enabled': 'false' } });
    expect(targetsOf(made)).not.toHaveProperty('ProtocolVersion');
    expect(rules(made)[0]).not.toHaveProperty('TargetGroupStickinessConfig');
  });

  test.each<[string, Balancing, object]>([
    ['slow start', Balancing.roundRobin({ slowStart: Duration.minutes(2) }), { 'slow_start.duration_seconds': '120' }],
    ['round robin', Balancing.roundRobin(), {}],
    ['least outstanding requests', Balancing.leastOutstandingRequests(), { 'load_balancing.algorithm.type': 'least_outstanding_requests' }],
    ['weighted random', Balancing.weightedRandom(), { 'load_balancing.algorithm.type': 'weighted_random', 'load_balancing.algorithm.anomaly_mitigation': 'on' }],
  ])('%s', (_, balancing, attributes) => {
    expect(targetsOf(balanced(() => ({ balancing }))).attributes).toEqual({ 'deregistration_delay.timeout_seconds': '30', 'stickiness.enabled': 'false', ...attributes });
  });

  test.each<[Stickiness, string]>([[Stickiness.cookie(), '86400'], [Stickiness.cookie({ duration: Duration.hours(1) }), '3600']])(
    'sticky: a cookie, and a rule that keeps nobody with a group from which the traffic has moved', (stickiness, seconds) => {
      const made = balanced(() => ({ stickiness }));
      expect(targetsOf(made).attributes).toMatchObject({ 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': seconds });
      expect(rules(made)[0]).toMatchObject({ TargetGroups: [{ Weight: 100 }, { Weight: 0 }], TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 1 } });
    });

  test('nothing but stickiness stands in the rule that has the traffic', () => {
    const plain = balanced((scope) => ({ certificate: certificate(scope) }));
    const full = balanced((scope) => ({
      certificate: certificate(scope), balancing: Balancing.leastOutstandingRequests(), deregistrationDelay: Duration.seconds(5), allowFrom: [], webAcl: WebAcl.managedRules(),
      clientKeepAlive: Duration.minutes(10), dnsRecord: { hostedZone: zone(scope) }, sslPolicy: elbv2.SslPolicy.TLS13_13,
    }));
    expect(full.template.findResources(`${ELB}::ListenerRule`)).toEqual(plain.template.findResources(`${ELB}::ListenerRule`));
  });

  test.each<[string, TargetProtocol, object]>([
    ['HTTP/1.1', TargetProtocol.http1(), { Protocol: 'HTTP', ProtocolVersion: 'HTTP1', HealthCheckPath: '/', Matcher: { HttpCode: '200' } }],
    ['HTTP/1.1 over TLS', TargetProtocol.http1({ tls: true }), { Protocol: 'HTTPS', ProtocolVersion: 'HTTP1', HealthCheckProtocol: 'HTTPS' }],
    ['HTTP/2', TargetProtocol.http2(), { Protocol: 'HTTP', ProtocolVersion: 'HTTP2', HealthCheckPath: '/', Matcher: { HttpCode: '200' } }],
    ['gRPC', TargetProtocol.grpc(), { Protocol: 'HTTP', ProtocolVersion: 'GRPC', HealthCheckPath: '/AWS.ALB/healthcheck', Matcher: { GrpcCode: '12' } }],
    ['gRPC over TLS, with other codes', TargetProtocol.grpc({ tls: true, healthyGrpcCodes: '0,12' }), { Protocol: 'HTTPS', ProtocolVersion: 'GRPC', HealthCheckProtocol: 'HTTPS', Matcher: { GrpcCode: '0,12' } }],
  ])('%s', (_, protocol, expected) => {
    const made = balanced((scope) => ({ certificate: certificate(scope), protocol }), (scope) => ({ container: { firstImage: firstImage(scope) } }));
    expect(targetsOf(made)).toMatchObject(expected);
  });

  test('a method of gRPC of yours is asked', () => {
    const made = balanced((scope) => ({ certificate: certificate(scope), protocol: TargetProtocol.grpc({ healthyGrpcCodes: '0' }) }), (scope) => ({
      container: { firstImage: firstImage(scope), healthCheck: { path: '/grpc.health.v1.Health/Check', interval: Duration.seconds(20) } },
    }));
    expect(targetsOf(made)).toMatchObject({ HealthCheckPath: '/grpc.health.v1.Health/Check', HealthCheckIntervalSeconds: 20, Matcher: { GrpcCode: '0' } });
  });

  describe('the time of those that go away', () => {
    const warnings = ({ stack }: Made) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('deregistrationDelay')).map(({ entry }) => entry.data);
    const stopping = (stopTimeout: Duration, options: LoadBalancerOptions = {}) => balanced(() => options, () => ({ container: { stopTimeout } }));

    test('follows the time that the container has to stop', () => {
      const made = stopping(Duration.seconds(90));
      expect(targetsOf(made).attributes).toMatchObject({ 'deregistration_delay.timeout_seconds': '90' });
      expect(warnings(made)).toEqual([]);
    });

    test('a shorter one is suspicious; a longer one, or one that is not known yet, is not', () => {
      expect(warnings(stopping(Duration.seconds(90), { deregistrationDelay: Duration.seconds(5) })))
        .toEqual([expect.stringContaining('connections are cut after 5 seconds, although the container may take 1 minute 30 seconds to stop; lengthen it')]);
      expect(warnings(stopping(Duration.seconds(90), { deregistrationDelay: Duration.seconds(90) }))).toEqual([]);
      const later = (scope: Construct, id: string) => Duration.seconds(new CfnParameter(scope, id, { type: 'Number' }).valueAsNumber);
      expect(warnings(balanced((scope) => ({ deregistrationDelay: later(scope, 'Delay') }), () => ({ container: { stopTimeout: Duration.seconds(90) } })))).toEqual([]);
      expect(warnings(balanced(() => ({ deregistrationDelay: Duration.seconds(5) }), (scope) => ({ container: { stopTimeout: later(scope, 'Stop') } })))).toEqual([]);
    });
  });
});
