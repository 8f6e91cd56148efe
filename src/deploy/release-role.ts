import { Aws, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { oneOffRights } from './one-off/one-off-rights';
import { ONE_OFF_SUFFIX } from './published-place';
import { flatten } from '../private/acknowledge';
import { explicitName } from '../private/naming';
import { deployedName, Right, ScopedRole } from '../private/scoped-role';

/** Roles of release functions begin with this, so that a place can trust them without knowing a pipeline. */
export const RELEASE_FUNCTION_PREFIX = 'release-function';

/** What the names of roles are like that a place trusts; undefined: it names one role. @internal */
export const trustedNames = ({ roleArn, functionRoles = `${RELEASE_FUNCTION_PREFIX}-*` }: TrustParts): string | undefined => roleArn === undefined ? functionRoles : undefined;

/** Whom the release role of a place trusts. @internal */
export interface TrustParts {
  /** Accounts that pipelines may stand in. */
  readonly accounts: string[];
  /** The one role that is trusted; absent: every role of a release function in the accounts. */
  readonly roleArn?: string;
  /** What the names of those are like. */
  readonly functionRoles?: string;
  readonly organization?: string;
  readonly externalId?: string;
}

/** @internal */
export interface ReleaseRoleParts {
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly taskFamily: string;
  readonly passableRoleArns: string[];
  /** Absent: the place pulls from the build repository. */
  readonly repositoryArn?: string;
  /** Absent: the log is not shown when a release fails. */
  readonly logGroupArn?: string;
  readonly alarmNames: string[];
  readonly trust: TrustParts;
  /** Absent: somebody else says what is known of the place. */
  readonly parameterArn?: string;
  /** Releases wait while this stack is being changed; absent: they do not ask. */
  readonly stackArn?: string;
  /** When CodeDeploy deploys to the place. */
  readonly codeDeploy?: CodeDeployArns;
}

/** What releases by CodeDeploy touch. @internal */
export interface CodeDeployArns {
  readonly applicationArn: string;
  readonly deploymentGroupArn: string;
  readonly deploymentConfigArn: string;
}

/** Name and ARN are computed from the path, so that a pipeline elsewhere can compute them too. @internal */
export function releaseRoleName(place: Construct, suffix: string): string {
  return explicitName(place, 'release', 64, { perRegion: true, suffix });
}

/** What a release may do in this place, and nothing else; only release functions that it trusts may assume it. @internal */
export function createReleaseRole(scope: Construct, roleName: string, parts: ReleaseRoleParts): ScopedRole {
  const role = new ScopedRole(scope, 'ReleaseRole', {
    roleName,
    description: `Releases images to ${scope.node.path}`,
    assumedBy: principalOf(scope, parts.trust),
  });
  const { service, tasks } = releaseRights(Stack.of(scope), parts);
  return role.allow(...service).allowApart(...tasks);
}

/** All that a release does in a place, wherever that is: to the service, and with tasks and their definitions, one-off tasks included. @internal */
export function releaseRights({ account, partition, region }: Record<'account' | 'partition' | 'region', string>, parts: ReleaseRoleParts): Record<'service' | 'tasks', Right[]> {
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const path = `${parts.clusterName}/${parts.serviceName}`;
  const inCluster = { ArnEquals: { 'ecs:cluster': parts.clusterArn } };
  const service: Right[] = [
    ...on(parts.parameterArn, { actions: ['ssm:GetParameter'] }),
    ...on(parts.stackArn, { actions: ['cloudformation:DescribeStacks'] }),
    { actions: ['ecs:DescribeServices'], resources: [parts.serviceArn] },
    ...(parts.codeDeploy ? codeDeployRights(parts.codeDeploy) : serviceDeploymentRights(parts.serviceArn, (kind) => arn('ecs', `${kind}/${path}/*`))),
    ...on(parts.repositoryArn, {
      actions: [
        'ecr:DescribeRepositories', 'ecr:BatchGetImage', 'ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage',
      ],
    }),
    { actions: ['elasticloadbalancing:DescribeTargetHealth'], resources: ['*'], wildcard: 'elasticloadbalancing:DescribeTargetHealth has no resource level' },
    ...(parts.alarmNames.length > 0
      ? [{ actions: ['cloudwatch:DescribeAlarms'], resources: parts.alarmNames.map((name) => arn('cloudwatch', `alarm:${name}`)) }]
      : []),
  ];
  const tasks: Right[] = [
    { actions: ['ecs:DescribeTaskDefinition'], resources: ['*'], wildcard: 'ecs:DescribeTaskDefinition has no resource level' },
    ...oneOffRights({ account, partition, region }, { ...parts, family: `${parts.taskFamily}${ONE_OFF_SUFFIX}`, serviceFamily: parts.taskFamily }),
    // ECS checks ListTasks against the container instances of the cluster, also on Fargate.
    { actions: ['ecs:ListTasks'], resources: [arn('ecs', `container-instance/${parts.clusterName}/*`)], conditions: inCluster, wildcard: 'ECS names what is in the cluster' },
    { actions: ['ecs:DescribeTasks'], resources: [arn('ecs', `task/${parts.clusterName}/*`)], conditions: inCluster, wildcard: 'ECS names the tasks' },
    {
      actions: ['iam:PassRole'],
      resources: parts.passableRoleArns,
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
    ...on(parts.logGroupArn, { actions: ['logs:GetLogEvents'], wildcard: 'CloudWatch Logs counts the streams of the group' }),
  ];
  return { service, tasks };
}

/** A right on a thing, where there is one. */
const on = (resource: string | undefined, right: Omit<Right, 'resources'>): Right[] => resource === undefined ? [] : [{ ...right, resources: [resource] }];

/** ECS deploys the service itself. */
const serviceDeploymentRights = (serviceArn: string, all: (kind: string) => string): Right[] => [
  { actions: ['ecs:UpdateService', 'ecs:ListServiceDeployments'], resources: [serviceArn] },
  {
    actions: ['ecs:DescribeServiceDeployments', 'ecs:StopServiceDeployment'],
    resources: [serviceArn, all('service-deployment')],
    wildcard: 'ECS names the deployments of the service',
  },
  { actions: ['ecs:DescribeServiceRevisions'], resources: [serviceArn, all('service-revision')], wildcard: 'ECS names the revisions of the service' },
];

/** CodeDeploy deploys the service: it creates task sets with a role of its own. */
const codeDeployRights = ({ applicationArn, deploymentGroupArn, deploymentConfigArn }: CodeDeployArns): Right[] => [
  { actions: ['codedeploy:CreateDeployment', 'codedeploy:GetDeployment', 'codedeploy:BatchGetDeployments', 'codedeploy:ListDeployments'], resources: [deploymentGroupArn] },
  { actions: ['codedeploy:RegisterApplicationRevision', 'codedeploy:GetApplicationRevision'], resources: [applicationArn] },
  { actions: ['codedeploy:GetDeploymentConfig'], resources: [deploymentConfigArn] },
  {
    actions: ['codedeploy:BatchGetDeploymentTargets', 'codedeploy:StopDeployment'],
    resources: ['*'],
    wildcard: 'codedeploy:BatchGetDeploymentTargets and codedeploy:StopDeployment have no resource level',
  },
];

/**
 * ARN of the release role of a place, in terms that mean the same in the template of a pipeline: no role is assumed across partitions. Its name is read when templates are
 * written, since Aspects may change it. Stages are written one after the other, each with its own Aspects.
 * @internal
 */
export function releaseRoleArn(place: Construct): string {
  const name = () => deployedName(place.node.findChild('ReleaseRole'));
  const inWords = (text: string) => flatten(Stack.of(place).resolve(text));
  let told: string | undefined;
  place.node.addValidation({
    validate: () => told === undefined || inWords(told) === inWords(name()) ? [] : [
      `the release role gets the name '${inWords(name())}' by an Aspect, when a pipeline has been told '${inWords(told)}'; put the Stage of the place before that of the pipeline`,
    ],
  });
  return `arn:${Aws.PARTITION}:iam::${Stack.of(place).account}:role/${Lazy.uncachedString({ produce: () => told ??= name() })}`;
}

/** Who is trusted on which conditions, in terms that hold before the pipeline exists: IAM refuses to name a role as principal that does not exist. @internal */
export function trusted(partition: string, parts: TrustParts): { account: string; conditions: iam.Conditions }[] {
  const { accounts, roleArn, organization, externalId } = parts;
  const equal = {
    ...(organization ? { 'aws:PrincipalOrgID': organization } : {}),
    ...(externalId ? { 'sts:ExternalId': externalId } : {}),
  };
  return accounts.map((account) => ({
    account,
    conditions: {
      ArnLike: { 'aws:PrincipalArn': roleArn ?? `arn:${partition}:iam::${account}:role/${trustedNames(parts)}` },
      ...(Object.keys(equal).length > 0 ? { StringEquals: equal } : {}),
    },
  }));
}

const principalOf = (place: Construct, trust: TrustParts): iam.IPrincipal => new iam.CompositePrincipal(
  ...trusted(Stack.of(place).partition, trust).map(({ account, conditions }) => new iam.AccountPrincipal(account).withConditions(conditions)));
