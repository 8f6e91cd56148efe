import { CustomResource, Duration, RemovalPolicy, Tokenization } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ChosenImage } from './first-image';
import { FirstImageFunction } from './first-image-function';
import { createFunction } from '../../private/function';
import { shortPath } from '../../private/naming';
import { REGISTRY_LOGIN } from '../../private/scoped-role';
import { RELEASED_TAG } from '../published-place';

/** @internal */
export interface FirstImageParts {
  readonly repository: ecr.Repository;
  readonly ports: number[];
  /** Status that the health check takes for healthy. */
  readonly status: string;
  /** First words of everything that the task definition runs in the image. */
  readonly commands: string[];
  readonly users: string[];
  /** What the user chose instead of our page. */
  readonly chosen?: ChosenImage;
  /** Architecture of the place. */
  readonly architecture: ecs.CpuArchitecture;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Puts an image under the tag `released` before anything was released, so that the service of a new stack becomes healthy. It never touches
 * an image that was released.
 * @internal
 */
export function createFirstImage(scope: Construct, parts: FirstImageParts): CustomResource {
  const { repository, key, removalPolicy, chosen } = parts;
  const { function: handler, role } = createFunction(scope, 'FirstImageFunction', FirstImageFunction, {
    description: `Puts the first image of ${shortPath(scope)} into its repository`,
    // An image of the user's may have gigabytes; it is copied in parts of 10 MiB.
    timeout: Duration.minutes(chosen ? 15 : 2),
    memorySize: chosen ? 1024 : 256,
    key,
    removalPolicy,
    owner: scope,
  });
  role.allow(
    REGISTRY_LOGIN,
    {
      actions: [
        'ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload',
        'ecr:PutImage', 'ecr:BatchGetImage', 'ecr:BatchDeleteImage',
      ],
      resources: [repository.repositoryArn],
    },
    ...(chosen ? [{ actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], resources: [chosen.repositoryArn] }] : []),
  );
  const firstImage = new CustomResource(scope, 'FirstImage', {
    serviceToken: handler.functionArn,
    resourceType: 'Custom::FirstImage',
    properties: {
      RepositoryUri: repository.repositoryUri,
      RepositoryName: repository.repositoryName,
      Tag: RELEASED_TAG,
      Ports: parts.ports.map(Tokenization.stringifyNumber),
      Status: parts.status,
      Commands: parts.commands,
      Users: parts.users,
      ...(chosen ? {
        SourceRepositoryArn: chosen.repositoryArn,
        SourceImage: chosen.reference,
        Architecture: parts.architecture._cpuArchitecture === 'ARM64' ? 'arm64' : 'amd64',
      } : {}),
    },
  });
  firstImage.node.addDependency(role);
  return firstImage;
}
