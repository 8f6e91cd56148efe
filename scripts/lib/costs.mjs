// What the resources of templates cost a month while nobody uses them.
import { count } from './words.mjs';

/** Hours of a month, as the calculators of AWS count them. */
const HOURS = 730;

/**
 * USD in us-east-1, Linux. The pages of AWS decide; their tables are filled in by scripts, so these were read, in November 2026, in copies and accounts of them:
 * Fargate, and its disk above 20 GiB: https://www.vantage.sh/blog/fargate-pricing of https://aws.amazon.com/fargate/pricing
 * Load balancer: the example on https://aws.amazon.com/elasticloadbalancing/pricing (us-east-1; a capacity unit is 0.008 an hour), in a transcript of 2026-09-20
 * NAT gateway: the example on https://aws.amazon.com/vpc/pricing (us-east-2), in a transcript of 2026-09-20, and https://cloudburn.io/blog/aws-nat-gateway-pricing (us-east-1)
 * Interface endpoint, for each zone: https://awsnegotiations.com/privatelink-cost-analysis.html of May 2026, of https://aws.amazon.com/privatelink/pricing
 * Public IPv4 address: https://www.doit.com/aws-public-ipv4-price-increase-the-complete-guide, the same in all regions
 * Key: a copy without a date of https://aws.amazon.com/kms/pricing, which adds as much again for rotations
 * Web ACL and rules: https://c3x.dev/blog/aws-waf-cost-explained of https://aws.amazon.com/waf/pricing; secret: https://awsready.net/learn/aws-secrets-manager-parameter-store of
 * https://aws.amazon.com/secrets-manager/pricing; zone: https://ns1.com/resources/aws-dns of https://aws.amazon.com/route53/pricing
 * Alarm metric: https://c3x.dev/resources/aws/aws_cloudwatch_metric_alarm; dashboard: https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards;
 * what is free (ten alarm metrics, three dashboards of up to 50 metrics): a copy without a date of https://aws.amazon.com/cloudwatch/pricing
 */
const PRICE = {
  vcpuHour: { X86_64: 0.04048, ARM64: 0.03238 },
  gbHour: { X86_64: 0.004445, ARM64: 0.00356 },
  diskGbHour: 0.000111,
  loadBalancerHour: 0.0225,
  natHour: 0.045,
  endpointHour: 0.01,
  ipv4Hour: 0.005,
  key: 1,
  webAcl: 5,
  webAclRule: 1,
  secret: 0.4,
  zone: 0.5,
  alarmMetric: 0.1,
};

/** What has a price and stands in no row, because it depends on use or on the rest of the account. */
export const NOT_PRICED = 'Not in it: traffic, capacity units of the load balancer, logs, metrics of Container Insights and of releases, images, history, builds, minutes of pipeline actions;'
  + ' a dashboard, 3 USD from the fourth of an account on. Ten alarm metrics of an account are free.';

const ofType = ({ Resources }, type) => Object.entries(Resources).filter(([, resource]) => resource.Type === type);

const pointsAt = (value, id) => JSON.stringify(value ?? '').includes(`"${id}"`);

/** Tasks that a service keeps: the least that scaling leaves, or what it asks for; under CodeDeploy a custom resource asks. */
function tasksOf(template, id, { DesiredCount }) {
  const [, target] = ofType(template, 'AWS::ApplicationAutoScaling::ScalableTarget').find(([, { Properties }]) => pointsAt(Properties.ResourceId, id)) ?? [];
  const [, settings] = ofType(template, 'Custom::ServiceSettings').find(([, { Properties }]) => pointsAt(Properties.Service, id)) ?? [];
  return Number(target?.Properties.MinCapacity ?? DesiredCount ?? settings?.Properties.DesiredCount ?? 1);
}

/** The task definition that a service names, under CodeDeploy by its family alone. */
const definitionOf = (template, { TaskDefinition }) => template.Resources[TaskDefinition?.Ref]?.Properties
  ?? ofType(template, 'AWS::ECS::TaskDefinition').map(([, { Properties }]) => Properties).find(({ Family }) => JSON.stringify(Family) === JSON.stringify(TaskDefinition));

function fargate(template) {
  return ofType(template, 'AWS::ECS::Service').flatMap(([id, { Properties }]) => {
    const { Cpu, Memory, RuntimePlatform, EphemeralStorage } = definitionOf(template, Properties) ?? {};
    if (!Cpu) return [];
    const architecture = RuntimePlatform?.CpuArchitecture ?? 'X86_64';
    const [vcpu, gb, disk, tasks] = [Cpu / 1024, Memory / 1024, (EphemeralStorage?.SizeInGiB ?? 20) - 20, tasksOf(template, id, Properties)];
    const hour = vcpu * PRICE.vcpuHour[architecture] + gb * PRICE.gbHour[architecture] + disk * PRICE.diskGbHour;
    const spot = pointsAt(Properties.CapacityProviderStrategy, 'FARGATE_SPOT') ? ', less on Spot' : '';
    return [[`${count(tasks, 'task')} of ${vcpu} vCPU and ${gb} GB${disk ? `, ${disk} GiB of disk more` : ''}${architecture === 'ARM64' ? ', ARM' : ''}${spot}`, tasks * hour * HOURS]];
  });
}

const publicTasks = (templates) => templates.reduce((sum, template) => sum + ofType(template, 'AWS::ECS::Service')
  .filter(([, { Properties }]) => Properties.NetworkConfiguration?.AwsvpcConfiguration?.AssignPublicIp === 'ENABLED')
  .reduce((tasks, [id, { Properties }]) => tasks + tasksOf(template, id, Properties), 0), 0);

/** Rows of what and how much, in USD; what costs nothing has none. */
export function costs(templates) {
  const all = (type) => templates.flatMap((template) => ofType(template, type)).map(([, { Properties }]) => Properties ?? {});
  const balancers = all('AWS::ElasticLoadBalancingV2::LoadBalancer');
  const nats = all('AWS::EC2::NatGateway').length;
  const endpoints = all('AWS::EC2::VPCEndpoint').reduce((sum, { SubnetIds = [] }) => sum + SubnetIds.length, 0);
  // A load balancer has one in each of its subnets, a public NAT gateway has one, and so have tasks in public subnets.
  const addresses = nats + publicTasks(templates) + balancers.filter(({ Scheme }) => Scheme === 'internet-facing').reduce((sum, { Subnets }) => sum + Subnets.length, 0);
  const keys = all('AWS::KMS::Key').length;
  const firewalls = all('AWS::WAFv2::WebACL');
  const rules = firewalls.reduce((sum, { Rules = [] }) => sum + Rules.length, 0);
  const secrets = all('AWS::SecretsManager::Secret').length;
  const zones = all('AWS::Route53::HostedZone').length + all('AWS::ServiceDiscovery::PrivateDnsNamespace').length;
  const alarms = all('AWS::CloudWatch::Alarm');
  const metrics = alarms.reduce((sum, { Metrics }) => sum + (Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1), 0);
  return [
    ...templates.flatMap(fargate),
    [count(nats, 'NAT gateway'), nats * PRICE.natHour * HOURS],
    [count(endpoints, 'interface endpoint in a zone', 'interface endpoints, one for each zone'), endpoints * PRICE.endpointHour * HOURS],
    [count(balancers.length, 'load balancer'), balancers.length * PRICE.loadBalancerHour * HOURS],
    [count(addresses, 'public IPv4 address'), addresses * PRICE.ipv4Hour * HOURS],
    [count(keys, 'key'), keys * PRICE.key],
    [`${count(firewalls.length, 'web ACL')} of ${count(rules, 'rule')}`, firewalls.length * PRICE.webAcl + rules * PRICE.webAclRule],
    [count(secrets, 'secret'), secrets * PRICE.secret],
    [count(zones, 'DNS zone'), zones * PRICE.zone],
    [`${count(alarms.length, 'alarm')} on ${count(metrics, 'metric')}`, metrics * PRICE.alarmMetric],
  ].filter(([, usd]) => usd > 0);
}

/** The sum of rows. */
export const total = (rows) => rows.reduce((sum, [, usd]) => sum + usd, 0);
