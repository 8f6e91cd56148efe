import { Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CodeDeployTargetParts, ReleaseTargetParts } from './release-target';
import { Right } from '../private/scoped-role';

interface StandardActionProps extends codepipeline.CommonAwsActionProps {
  readonly input: codepipeline.Artifact;
  readonly target: ReleaseTargetParts;
  readonly role: iam.IRole;
}

/** Where the action's artifact is kept. */
interface ArtifactStore {
  readonly artifactBucket: s3.IBucket;
  readonly key?: kms.IKey;
}

/**
 * CodePipeline's own action for the place, ECS or CodeDeployToECS, without the grants of CDK's versions of them, which hold PassRole on `*`. It
 * reads the artifact that the release function writes before it.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECSbluegreen.html
 */
export class StandardEcsAction extends actions.Action {
  constructor(private readonly props: StandardActionProps) {
    super({
      ...props,
      provider: props.target.codeDeploy ? 'CodeDeployToECS' : 'ECS',
      category: codepipeline.ActionCategory.DEPLOY,
      artifactBounds: { minInputs: 1, maxInputs: 1, minOutputs: 0, maxOutputs: 0 },
      inputs: [props.input],
    });
  }

  protected bound(): codepipeline.ActionConfig {
    const { input, target: { clusterName, serviceName, codeDeploy } } = this.props;
    if (!codeDeploy) return { configuration: { ClusterName: clusterName, ServiceName: serviceName, FileName: 'imagedefinitions.json' } };
    return {
      configuration: {
        ApplicationName: codeDeploy.applicationName,
        DeploymentGroupName: codeDeploy.deploymentGroupName,
        TaskDefinitionTemplateArtifact: input.artifactName,
        TaskDefinitionTemplatePath: 'taskdef.json',
        AppSpecTemplateArtifact: input.artifactName,
        AppSpecTemplatePath: 'appspec.yaml',
      },
    };
  }
}

/**
 * The documented minimum rights of the action.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html
 */
export function standardEcsRights(scope: Construct, target: ReleaseTargetParts, store: ArtifactStore): Right[] {
  const { account, partition, region } = Stack.of(scope);
  const family = `arn:${partition}:ecs:${region}:${account}:task-definition/${target.taskFamily}:*`;
  const numbered = 'ECS numbers the revisions of the family';
  return [
    { actions: ['ecs:RegisterTaskDefinition'], resources: [family], wildcard: numbered },
    { actions: ['ecs:TagResource'], resources: [family], conditions: { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } }, wildcard: numbered },
    ...(target.codeDeploy ? codeDeployRights(target.codeDeploy) : ecsRights(target)),
    {
      actions: ['iam:PassRole'],
      resources: target.passableRoleArns!,
      conditions: { StringEquals: { 'iam:PassedToService': ['ecs.amazonaws.com', 'ecs-tasks.amazonaws.com'] } },
    },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [store.artifactBucket.arnForObjects('*')],
      wildcard: 'CodePipeline names the artifacts',
    },
    ...(store.key ? [{ actions: ['kms:Decrypt'], resources: [store.key.keyArn] }] : []),
  ];
}

const ecsRights = ({ serviceArn }: ReleaseTargetParts): Right[] => [
  { actions: ['ecs:DescribeTaskDefinition'], resources: ['*'], wildcard: 'ecs:DescribeTaskDefinition has no resource level' },
  { actions: ['ecs:DescribeServices', 'ecs:UpdateService'], resources: [serviceArn!] },
];

const codeDeployRights = ({ applicationArn, deploymentGroupArn, deploymentConfigArn }: CodeDeployTargetParts): Right[] => [
  { actions: ['codedeploy:CreateDeployment', 'codedeploy:GetDeployment'], resources: [deploymentGroupArn] },
  { actions: ['codedeploy:GetApplication', 'codedeploy:GetApplicationRevision', 'codedeploy:RegisterApplicationRevision'], resources: [applicationArn] },
  { actions: ['codedeploy:GetDeploymentConfig'], resources: [deploymentConfigArn] },
];
