import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import { DeliveryPipelineProps } from './delivery-pipeline-props';
import { planBuilds } from './image-build/build-plan';
import { createRepository } from '../deploy/place-repository';
import { Foundation } from '../observe/foundation';

/** The repository that builds push to: a tag, once given, never moves. */
export function createBuildRepository(scope: Construct, foundation: Foundation, { repositoryName, imageCount = 50, imageBuild, stages }: DeliveryPipelineProps): ecr.Repository {
  const maxImageCount = imageCount * planBuilds(stages, imageBuild).length;
  const name = foundation.names.name({ type: 'repository', detail: 'builds', base: repositoryName, prop: 'repositoryName', maxLength: 256 });
  return createRepository(scope, { ...foundation, repositoryName: name, maxImageCount }, {
    imageTagMutability: ecr.TagMutability.IMMUTABLE,
    lifecycleRules: [{ rulePriority: 1, description: 'Keep the last builds', tagStatus: ecr.TagStatus.ANY, maxImageCount }],
  });
}
