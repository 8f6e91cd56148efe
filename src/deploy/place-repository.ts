import { RemovalPolicy } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { RELEASED_TAG } from './published-place';
import { acknowledge } from '../private/acknowledge';

/** @internal */
export interface RepositorySettings {
  readonly repositoryName?: string;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly maxImageCount: number;
}

/** A repository with what those of places and of builds have in common. @internal */
export function createRepository(scope: Construct, { repositoryName, key, removalPolicy }: RepositorySettings, tags: ecr.RepositoryProps): ecr.Repository {
  const repository = new ecr.Repository(scope, 'Repository', {
    repositoryName,
    encryption: key ? ecr.RepositoryEncryption.KMS : ecr.RepositoryEncryption.AES_256,
    encryptionKey: key,
    imageScanOnPush: true,
    removalPolicy,
    emptyOnDelete: removalPolicy === RemovalPolicy.DESTROY,
    ...tags,
  });
  if (!key) {
    // CDK leaves the default of ECR out; templates are judged by what they say.
    (repository.node.defaultChild as ecr.CfnRepository).encryptionConfiguration = { encryptionType: 'AES256' };
    acknowledge(repository, { CKV_AWS_136: 'chosen by the user: encryption = keys of AWS services' });
  }
  return repository;
}

/**
 * The repository of a place: only releases write to it. The tag `released` moves with each of them; every other tag stays. The lifecycle never
 * expires the image that runs, since an image that matches an earlier rule is not expired by a later one.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html
 * @internal
 */
export function createPlaceRepository(scope: Construct, settings: RepositorySettings): ecr.Repository {
  const repository = createRepository(scope, settings, {
    imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
    imageTagMutabilityExclusionFilters: [ecr.ImageTagMutabilityExclusionFilter.wildcard(RELEASED_TAG)],
    lifecycleRules: [
      { rulePriority: 1, description: 'Keep what is released', tagStatus: ecr.TagStatus.TAGGED, tagPatternList: [RELEASED_TAG], maxImageCount: 1 },
      { rulePriority: 2, description: 'Keep the last releases', tagStatus: ecr.TagStatus.ANY, maxImageCount: settings.maxImageCount },
    ],
  });
  const reason = "only the tag 'released' moves, and only a release moves it";
  acknowledge(repository, { 'CKV_AWS_51': reason, 'cfn-guard::CT.ECR.PR.3': reason });
  return repository;
}
