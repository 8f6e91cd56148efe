import { Fn, Token } from 'aws-cdk-lib';
import { Inspection } from '../../private/problems';

/** An ECS service that this library has not made, by ARNs and names. Nothing is looked up at synth. */
export interface ExistingService {
  /** The ECS cluster: its ARN, or its name where the ARN of the service or the stack tells account and region. An unresolved token is taken for an ARN. */
  readonly cluster: string;
  /** The ECS service: its ARN, or its name. An unresolved token is taken for an ARN that names the cluster, as those of services made since 2018 do. */
  readonly service: string;
}

/** An existing ECS service that images are released to. */
export interface ReleasableService extends ExistingService {
  /**
   * Repository of the place itself, which released images are copied to, by ARN; its tag `released` must be able to move. Without one the service runs images from the build
   * repository, which must be in the same region.
   * @default - the place has none
   */
  readonly repositoryArn?: string;
  /**
   * Metric alarms that must be quiet when a release begins, by name; at most 100.
   * @default - none; what the service or its deployment group rolls back on does so as ever
   */
  readonly alarmNames?: string[];
}

/** An existing deployment group of CodeDeploy. */
export interface CodeDeployAddress {
  /** The application: its name, or its ARN. */
  readonly application: string;
  /** The deployment group: its name, or its ARN. */
  readonly deploymentGroup: string;
}

/** Account and region. @internal */
export interface Site {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** @internal */
export interface ServiceAddress extends Site {
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly serviceName: string;
  readonly serviceArn: string;
}

/** Whether the text is an ARN; a token is taken for one. @internal */
export const isArn = (text: unknown): text is string => typeof text === 'string' && (Token.isUnresolved(text) || text.startsWith('arn:'));

/** A part of an ARN, also of one that is not known yet. @internal */
export const partOf = (arn: string, index: number, separator = ':'): string =>
  Token.isUnresolved(arn) ? Fn.select(index, Fn.split(separator, arn)) : arn.split(separator)[index];

/** Where the things with these ARNs stand: the first one tells; without any it is as given. @internal */
export function siteOf(arns: string[], otherwise: Site): Site {
  const arn = arns.find(isArn);
  return arn === undefined ? otherwise : { partition: partOf(arn, 1), region: partOf(arn, 3), account: partOf(arn, 4) };
}

/** @internal */
export function addressOf({ cluster, service }: ExistingService, otherwise: Site): ServiceAddress {
  const site = siteOf([cluster, service], otherwise);
  const arn = (resource: string) => `arn:${site.partition}:ecs:${site.region}:${site.account}:${resource}`;
  const clusterName = isArn(cluster) ? partOf(cluster, 1, '/') : cluster;
  const serviceName = isArn(service) ? nameOf(service) : service;
  return {
    ...site,
    clusterName,
    clusterArn: isArn(cluster) ? cluster : arn(`cluster/${cluster}`),
    serviceName,
    serviceArn: isArn(service) ? service : arn(`service/${clusterName}/${service}`),
  };
}

/** ARNs of services from before 2018 do not name the cluster. */
const nameOf = (arn: string): string => Token.isUnresolved(arn) ? partOf(arn, 2, '/') : arn.slice(arn.lastIndexOf('/') + 1);

const ARN = (service: string, resource: string): RegExp => new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}$`);
const NAME = '[A-Za-z0-9_-]{1,255}';
const CODE_DEPLOY_NAME = '[A-Za-z0-9._+=,@-]{1,100}';

/** @internal */
export const ROLE_ARN: [RegExp, string, string] = [/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'arn:<partition>:iam::<account>:role/<name>', 'copy the ARN of the role'];
/**
 * Characters of the ARN of a release role: it goes through the parameters of the release action, which have 1,000 in all.
 * https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfiguration.html
 * @internal
 */
export const LONGEST_ROLE = 250;
/** @internal */
export const TARGET_GROUP_ARN: [RegExp, string, string] = [ARN('elasticloadbalancing', 'targetgroup/[\\w-]+/[0-9a-f]+'),
  'arn:<partition>:elasticloadbalancing:<region>:<account>:targetgroup/<name>/<id>', 'copy the ARN of the target group'];
/** @internal */
export const LISTENER_ARN: [RegExp, string, string] = [ARN('elasticloadbalancing', 'listener/app/[\\w-]+/[0-9a-f]+/[0-9a-f]+'),
  'arn:<partition>:elasticloadbalancing:<region>:<account>:listener/app/<load balancer>/<id>/<id>', 'copy the ARN of the listener of an Application Load Balancer'];

/** Prop, and what stands there. @internal */
export type Named = [prop: string, arn: string | undefined];

/** What is wrong with a service that images are released to. @internal */
export function inspectReleasable(look: Inspection, service: ReleasableService): void {
  inspectService(look, service);
  look.matches('repositoryArn', service.repositoryArn, ARN('ecr', 'repository/[a-z0-9]+([._/-]+[a-z0-9]+)*'),
    'arn:<partition>:ecr:<region>:<account>:repository/<name>', 'copy the ARN of the repository');
  inspectAlarmNames(look, service.alarmNames);
}

/** CloudWatch is asked for 100 alarms at most. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html @internal */
export function inspectAlarmNames(look: Inspection, alarmNames: string[] | undefined, most = 100): void {
  look.that(!Array.isArray(alarmNames) || alarmNames.length <= most, 'alarmNames', `${alarmNames?.length} alarms`, `at most ${most}`, 'name those that tell most');
  look.each('alarmNames', alarmNames, (path, name) => look.matches(path, name ?? null, /^[^\s*][^*]{0,254}$/, 'the name of an alarm, 1 to 255 characters', 'write its name, not its ARN'));
}

/** What is wrong with the address of a service. @internal */
export function inspectService(look: Inspection, { cluster, service }: ExistingService): void {
  matchesEither(look, 'cluster', cluster, ARN('ecs', `cluster/${NAME}`), NAME, 'arn:<partition>:ecs:<region>:<account>:cluster/<name>');
  matchesEither(look, 'service', service, ARN('ecs', `service/(${NAME}/)?${NAME}`), NAME, 'arn:<partition>:ecs:<region>:<account>:service/<cluster>/<name>');
  if (look.problems.length > 0 || Token.isUnresolved(cluster) || Token.isUnresolved(service)) return;
  const [, named] = isArn(service) ? service.split(':')[5].split('/').slice(0, -1) : [];
  const name = cluster.slice(cluster.lastIndexOf('/') + 1);
  look.that(named === undefined || named === name, 'service', service, `a service of the cluster ${name}, as cluster says`, 'take the ARN of the service in that cluster, or the other cluster');
}

/** @internal */
export function inspectGroupAddress(look: Inspection, prop: string, address: CodeDeployAddress): void {
  if (!look.struct(prop, address)) return;
  const { application, deploymentGroup } = address;
  matchesEither(look, `${prop}.application`, application, ARN('codedeploy', `application:${CODE_DEPLOY_NAME}`), CODE_DEPLOY_NAME, 'arn:<partition>:codedeploy:<region>:<account>:application:<name>');
  matchesEither(look, `${prop}.deploymentGroup`, deploymentGroup, ARN('codedeploy', `deploymentgroup:${CODE_DEPLOY_NAME}/${CODE_DEPLOY_NAME}`), CODE_DEPLOY_NAME,
    'arn:<partition>:codedeploy:<region>:<account>:deploymentgroup:<application>/<name>');
  if (look.problems.length > 0 || ![application, deploymentGroup].every((text) => !Token.isUnresolved(text)) || !isArn(deploymentGroup)) return;
  const [owner] = deploymentGroup.split(':')[6].split('/');
  look.that(owner === codeDeployNames(address).applicationName, `${prop}.deploymentGroup`, deploymentGroup, 'a deployment group of that application', 'take the application that the ARN names');
}

/** Names of application and group, from names or ARNs. @internal */
export function codeDeployNames({ application, deploymentGroup }: CodeDeployAddress): { applicationName: string; deploymentGroupName: string } {
  return {
    applicationName: isArn(application) ? partOf(application, 6) : application,
    deploymentGroupName: isArn(deploymentGroup) ? partOf(partOf(deploymentGroup, 6), 1, '/') : deploymentGroup,
  };
}

/** The elements of a list by their props; what is no list has been said to be none. @internal */
export const listed = (prop: string, arns: string[] | undefined): Named[] => Array.isArray(arns) ? arns.map((arn, index) => [`${prop}[${index}]`, arn]) : [];

/** That all ARNs are of one account and region; roles have no region. What is not known, or wrong by itself, is left out. @internal */
export function inspectSites(look: Inspection, named: Named[]): void {
  if (look.problems.length > 0) return;
  const sites = named.filter(([, arn]) => isArn(arn) && !Token.isUnresolved(arn)).map(([prop, arn]) => ({ prop, arn: arn!, region: partOf(arn!, 3), account: partOf(arn!, 4) }));
  for (const part of ['account', 'region'] as const) {
    const [first, ...others] = sites.filter((site) => site[part] !== '');
    others.forEach((other) => look.that(other[part] === first[part], other.prop, other.arn, `an ARN of the ${part} ${first[part]}, as ${first.prop} says`,
      `take what stands in the same ${part}`));
  }
}

/** That they are of the account of the stack, and of its region. @internal */
export function inspectHome(look: Inspection, named: Named[], parts: ('account' | 'region')[]): void {
  const first = named.find(([, arn]) => isArn(arn) && !Token.isUnresolved(arn) && partOf(arn, 3) !== '');
  if (look.problems.length > 0 || !first) return;
  const [prop, arn] = first as [string, string];
  look.own(prop, 'an ARN', { account: partOf(arn, 4), region: parts.includes('region') ? partOf(arn, 3) : undefined });
}

function matchesEither(look: Inspection, prop: string, got: string | undefined, arn: RegExp, name: string, allowed: string): void {
  const text = got ?? null;
  look.matches(prop, text as string, new RegExp(`${arn.source}|^${name}$`), `an ARN (${allowed}) or a name`, 'copy it from the console, or from the output of its stack');
}
