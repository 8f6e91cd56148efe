import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { oneOffRights } from './one-off/one-off-rights';
import { ONE_OFF_SUFFIX } from './published-place';
import { explicitName } from '../private/naming';
import { Right, ScopedRole } from '../private/scoped-role';

/** Roles of release functions begin with this, so that a place can trust them without knowing a pipeline. */
export const RELEASE_FUNCTION_PREFIX = 'release-function';

/** @internal */
export interface ReleaseRoleParts {
  readonly clusterArn: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly taskFamily: string;
  readonly passableRoleArns: string[];
  readonly repositoryArn: string;
  readonly logGroupArn: string;
  readonly alarmNames: string[];
  readonly parameterArn: string;
  /** Releases wait while this stack is being changed. */
  readonly stackArn: string;
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

/** What a release may do in this place, and nothing else; only release functions of this account may assume it. @internal */
export function createReleaseRole(scope: Construct, roleName: string, parts: ReleaseRoleParts): ScopedRole {
  const { account, partition, region } = Stack.of(scope);
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const service = `${parts.clusterName}/${parts.serviceName}`;
  const inCluster = { ArnEquals: { 'ecs:cluster': parts.clusterArn } };
  const role = new ScopedRole(scope, 'ReleaseRole', {
    roleName,
    description: `Releases images to ${scope.node.path}`,
    assumedBy: new iam.AccountPrincipal(account).withConditions({
      ArnLike: { 'aws:PrincipalArn': `arn:${partition}:iam::${account}:role/${RELEASE_FUNCTION_PREFIX}-*` },
    }),
  });
  return role.allow(
    { actions: ['ssm:GetParameter'], resources: [parts.parameterArn] },
    { actions: ['cloudformation:DescribeStacks'], resources: [parts.stackArn] },
    { actions: ['ecs:DescribeServices'], resources: [parts.serviceArn] },
    ...(parts.codeDeploy ? codeDeployRights(parts.codeDeploy) : serviceDeploymentRights(parts.serviceArn, (kind) => arn('ecs', `${kind}/${service}/*`))),
    { actions: ['ecs:DescribeTaskDefinition'], resources: ['*'], wildcard: 'ecs:DescribeTaskDefinition has no resource level' },
    ...oneOffRights(Stack.of(scope), { ...parts, family: `${parts.taskFamily}${ONE_OFF_SUFFIX}`, serviceFamily: parts.taskFamily }),
    // ECS checks ListTasks against the container instances of the cluster, also on Fargate.
    { actions: ['ecs:ListTasks'], resources: [arn('ecs', `container-instance/${parts.clusterName}/*`)], conditions: inCluster, wildcard: 'ECS names what is in the cluster' },
    { actions: ['ecs:DescribeTasks'], resources: [arn('ecs', `task/${parts.clusterName}/*`)], conditions: inCluster, wildcard: 'ECS names the tasks' },
    {
      actions: ['iam:PassRole'],
      resources: parts.passableRoleArns,
      conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
    {
      actions: ['ecr:BatchGetImage', 'ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage'],
      resources: [parts.repositoryArn],
    },
    { actions: ['elasticloadbalancing:DescribeTargetHealth'], resources: ['*'], wildcard: 'elasticloadbalancing:DescribeTargetHealth has no resource level' },
    { actions: ['logs:GetLogEvents'], resources: [parts.logGroupArn] },
    ...(parts.alarmNames.length > 0
      ? [{ actions: ['cloudwatch:DescribeAlarms'], resources: parts.alarmNames.map((name) => arn('cloudwatch', `alarm:${name}`)) }]
      : []),
  );
}

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

/** ARN that a role of this name has in an account. @internal */
export const roleArnOf = (roleName: string): string => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName}`;
