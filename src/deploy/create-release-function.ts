import { Duration, Tokenization } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import { ReleaseFunction } from './release/release-function';
import { ReleaseFunctionOptions } from './release-action';
import { RELEASE_FUNCTION_PREFIX } from './release-role';
import { IReleaseTarget } from './release-target';
import { Foundation } from '../observe/foundation';
import { createFunction, MadeFunction } from '../private/function';
import { explicitName } from '../private/naming';

/** The function that releases: it may read the build repository and assume exactly the release roles of its places. @internal */
export function createReleaseFunction(scope: Construct, foundation: Foundation, repository: ecr.IRepository, targets: IReleaseTarget[],
  options: ReleaseFunctionOptions): MadeFunction {
  const made = createFunction(scope, 'ReleaseFunction', ReleaseFunction, {
    description: `Releases images for ${scope.node.path}`,
    timeout: options.timeout ?? Duration.minutes(15),
    memorySize: options.memorySize ?? 1024,
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
    functionName: foundation.names.name({ type: 'function', detail: 'release', maxLength: 64 }),
    // Places trust this name; they know no pipeline.
    roleName: explicitName(scope, RELEASE_FUNCTION_PREFIX, 64, { perRegion: true, suffix: foundation.names.suffix }),
    environment: {
      ECR_REPOSITORY: repository.repositoryArn,
      RELEASE_TIMEOUT_MINUTES: Tokenization.stringifyNumber((options.releaseTimeout ?? Duration.hours(1)).toMinutes()),
    },
    key: foundation.key,
    removalPolicy: foundation.removalPolicy,
    owner: scope,
  });
  made.role.allow(
    { actions: ['sts:AssumeRole'], resources: [...new Set(targets.map((target) => target._releaseTarget().roleArn))] },
    { actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], resources: [repository.repositoryArn] },
    {
      actions: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'],
      resources: ['*'],
      wildcard: 'results of jobs have no resource level',
    },
  );
  return made;
}
