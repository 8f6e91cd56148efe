import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import { PipelineOptions } from './delivery-pipeline-props';
import { createRepository } from '../deploy/place-repository';
import { Foundation } from '../observe/foundation';

/** The repository that builds push to: a tag, once given, never moves. */
export function createBuildRepository(scope: Construct, foundation: Foundation, { repositoryName, imageCount = 50 }: PipelineOptions): ecr.Repository {
  const name = foundation.names.name({ type: 'repository', detail: 'builds', base: repositoryName, prop: 'repositoryName', maxLength: 256 });
  return createRepository(scope, { ...foundation, repositoryName: name, maxImageCount: imageCount }, {
    imageTagMutability: ecr.TagMutability.IMMUTABLE,
    lifecycleRules: [{ rulePriority: 1, description: 'Keep the last builds', tagStatus: ecr.TagStatus.ANY, maxImageCount: imageCount }],
  });
}
