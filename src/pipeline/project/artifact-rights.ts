import { Right } from '../../private/scoped-role';
import { PipelineParts } from '../parts';

const NAMED_BY_CODEPIPELINE = 'CodePipeline names the artifacts';

/** What an action or project needs to read artifacts. @internal */
export function mayReadArtifacts({ artifactBucket, key }: Pick<PipelineParts, 'artifactBucket' | 'key'>): Right[] {
  return [
    { actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [artifactBucket.arnForObjects('*')], wildcard: NAMED_BY_CODEPIPELINE },
    { actions: ['s3:GetBucketLocation'], resources: [artifactBucket.bucketArn] },
    ...(key ? [{ actions: ['kms:Decrypt'], resources: [key.keyArn] }] : []),
  ];
}

/** What an action needs to read and write artifacts. @internal */
export function mayWriteArtifacts(parts: Pick<PipelineParts, 'artifactBucket' | 'key'>): Right[] {
  return [
    ...mayReadArtifacts(parts),
    { actions: ['s3:PutObject'], resources: [parts.artifactBucket.arnForObjects('*')], wildcard: NAMED_BY_CODEPIPELINE },
    ...(parts.key ? [{ actions: ['kms:GenerateDataKey'], resources: [parts.key.keyArn] }] : []),
  ];
}
