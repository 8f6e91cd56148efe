import { Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ReleaseTargetParts } from './release-target';
import { Right } from '../private/scoped-role';

interface StandardEcsActionProps extends codepipeline.CommonAwsActionProps {
  readonly input: codepipeline.Artifact;
  readonly target: ReleaseTargetParts;
  readonly role: iam.IRole;
}

/** CodePipeline's ECS action without the grants of CDK's version of it, which holds PassRole on `*`. */
export class StandardEcsAction extends actions.Action {
  constructor(private readonly props: StandardEcsActionProps) {
    super({
      ...props,
      provider: 'ECS',
      category: codepipeline.ActionCategory.DEPLOY,
      artifactBounds: { minInputs: 1, maxInputs: 1, minOutputs: 0, maxOutputs: 0 },
      inputs: [props.input],
    });
  }

  protected bound(): codepipeline.ActionConfig {
    const { clusterName, serviceName } = this.props.target;
    return { configuration: { ClusterName: clusterName, ServiceName: serviceName, FileName: 'imagedefinitions.json' } };
  }
}

/**
 * The documented minimum rights of the action.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html
 */
export function standardEcsRights(scope: Construct, target: ReleaseTargetParts, store: { readonly artifactBucket: s3.IBucket; readonly key?: kms.IKey }): Right[] {
  const { account, partition, region } = Stack.of(scope);
  const family = `arn:${partition}:ecs:${region}:${account}:task-definition/${target.taskFamily}:*`;
  const numbered = 'ECS numbers the revisions of the family';
  return [
    { actions: ['ecs:DescribeTaskDefinition'], resources: ['*'], wildcard: 'ecs:DescribeTaskDefinition has no resource level' },
    { actions: ['ecs:RegisterTaskDefinition'], resources: [family], wildcard: numbered },
    { actions: ['ecs:TagResource'], resources: [family], conditions: { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } }, wildcard: numbered },
    { actions: ['ecs:DescribeServices', 'ecs:UpdateService'], resources: [target.serviceArn] },
    {
      actions: ['iam:PassRole'],
      resources: target.passableRoleArns,
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
