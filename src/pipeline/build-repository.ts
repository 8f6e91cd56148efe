import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DeliveryPipelineProps } from './delivery-pipeline-props';
import { createRepository } from '../deploy/place-repository';
import { Foundation } from '../observe/foundation';

/** The repository that builds push to: a tag, once given, never moves. Accounts of places that run images from here may pull. */
export function createBuildRepository(scope: Construct, foundation: Foundation, { repositoryName, imageCount = 50, stages }: DeliveryPipelineProps): ecr.Repository {
  const name = foundation.names.name({ type: 'repository', detail: 'builds', base: repositoryName, prop: 'repositoryName', maxLength: 256 });
  const repository = createRepository(scope, { ...foundation, repositoryName: name, maxImageCount: imageCount }, {
    imageTagMutability: ecr.TagMutability.IMMUTABLE,
    lifecycleRules: [{ rulePriority: 1, description: 'Keep the last builds', tagStatus: ecr.TagStatus.ANY, maxImageCount: imageCount }],
  });
  const pulling = stages.flatMap(({ releases }) => releases.flatMap(({ target }) => target._releaseTarget().existing ?? [])).filter(({ pullsBuilds }) => pullsBuilds);
  if (pulling.length > 0) repository.addToResourcePolicy(mayPull([...new Set(pulling.map(({ account }) => account))]));
  return repository;
}

/**
 * An account in whole, since ECR refuses to name a role that does not exist; roles of it need the right to pull as well.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
 */
const mayPull = (accounts: string[]): iam.PolicyStatement => new iam.PolicyStatement({
  sid: 'PlacesPull',
  principals: accounts.map((account) => new iam.AccountPrincipal(account)),
  actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
});
