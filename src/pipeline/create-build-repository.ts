import { Annotations } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BuildRepository } from './build-repository';
import { DeliveryPipelineProps } from './delivery-pipeline-props';
import { planBuilds } from './image-build/build-plan';
import { createRepository } from '../deploy/place-repository';
import { Foundation } from '../observe/foundation';

/** The repository that builds push to. Accounts of places that run images from there may pull. */
export function createBuildRepository(scope: Construct, foundation: Foundation, props: DeliveryPipelineProps): ecr.IRepository {
  const repository = (props.repository ?? BuildRepository.create())._bind(() => newRepository(scope, foundation, props));
  const pulling = props.stages.flatMap(({ releases }) => releases.flatMap(({ target }) => target._releaseTarget().existing ?? [])).filter(({ pullsBuilds }) => pullsBuilds);
  const accounts = [...new Set(pulling.map(({ account }) => account))];
  if (accounts.length > 0 && !repository.addToResourcePolicy(mayPull(accounts)).statementAdded) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:repository-policy',
      `repository: the policy of an existing repository is its owner's; it must let ${accounts.join(', ')} pull (${PULL.join(', ')}), or the places there need repositories of their own`);
  }
  return repository;
}

function newRepository(scope: Construct, foundation: Foundation, { repositoryName, imageCount = 50, imageBuild, stages }: DeliveryPipelineProps): ecr.Repository {
  const maxImageCount = imageCount * planBuilds(stages, imageBuild).length;
  const name = foundation.names.name({ type: 'repository', detail: 'builds', base: repositoryName, prop: 'repositoryName', maxLength: 256 });
  return createRepository(scope, { ...foundation, repositoryName: name, maxImageCount }, {
    imageTagMutability: ecr.TagMutability.IMMUTABLE,
    lifecycleRules: [{ rulePriority: 1, description: 'Keep the last builds', tagStatus: ecr.TagStatus.ANY, maxImageCount }],
  });
}

const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

/**
 * An account in whole, since ECR refuses to name a role that does not exist; roles of it need the right to pull as well.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
 */
const mayPull = (accounts: string[]): iam.PolicyStatement => new iam.PolicyStatement({
  sid: 'PlacesPull', principals: accounts.map((account) => new iam.AccountPrincipal(account)), actions: PULL,
});
