import { Annotations, Duration, Stack, Tokenization } from 'aws-cdk-lib';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { ReleaseFunction } from './release/release-function';
import { PlaceAddress } from './release/release-request';
import { ReleaseFunctionOptions } from './release-action';
import { RELEASE_FUNCTION_PREFIX } from './release-role';
import { IReleaseTarget, mayReadDescriptions } from './release-target';
import { expectTrust } from './release-trust';
import { BoundHistory } from '../observe/deployment-history';
import { Foundation } from '../observe/foundation';
import { callBy, createFunction, MadeFunction } from '../private/function';
import { atMost, explicitName, shortPath } from '../private/naming';
import { onlyVia, Right, Rights } from '../private/scoped-role';

/** What a release function reads, writes and releases to. @internal */
export interface ReleaseFunctionParts {
  readonly repository: ecr.IRepository;
  readonly targets: IReleaseTarget[];
  readonly history?: BoundHistory;
  /** Where the function may ask whose a commit is, for its records. */
  readonly commits?: codecommit.IRepository;
  /** Undefined when CloudFormation names it, since the pipeline needs the function. */
  readonly pipelineName?: string;
  /** The pipeline, when actions of CodePipeline's own deploy in it. */
  readonly deploying?: codepipeline.IPipeline;
}

/**
 * The function that releases: it may read the build repository, assume exactly the release roles of its places, write the history
 * and tell the topics.
 * @internal
 */
export function createReleaseFunction(scope: Construct, foundation: Foundation, parts: ReleaseFunctionParts, options: ReleaseFunctionOptions): MadeFunction {
  const { repository, targets, history, pipelineName = '' } = parts;
  const commits = history && parts.commits;
  const places = publishAddresses(scope, addresses(scope, targets));
  const made = createFunction(scope, 'ReleaseFunction', ReleaseFunction, {
    description: `Releases images for ${shortPath(scope)}`,
    timeout: options.timeout ?? Duration.minutes(15),
    memorySize: options.memorySize ?? 1024,
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
    functionName: foundation.names.name({ type: 'function', detail: 'release', maxLength: 64 }),
    // Places trust this name; they know no pipeline.
    roleName: explicitName(scope, RELEASE_FUNCTION_PREFIX, 64, { perRegion: true, suffix: foundation.names.suffix }),
    environment: {
      ...(commits && { CODECOMMIT_REPOSITORY: commits.repositoryName }),
      ECR_REPOSITORY: repository.repositoryArn,
      ENVIRONMENT_SUFFIX: foundation.names.suffix.slice(1),
      PIPELINE_NAME: pipelineName,
      PLACES: places.map(({ parameterName }) => parameterName).join(','),
      RECORD_EXPIRY_SECONDS: history?.expiry ? Tokenization.stringifyNumber(history.expiry.toSeconds()) : '',
      RELEASE_TIMEOUT_MINUTES: Tokenization.stringifyNumber((options.releaseTimeout ?? Duration.hours(1)).toMinutes()),
      SNS_TOPIC_ARN: foundation.topics.map(({ topicArn }) => topicArn).join(','),
      STATE_TABLE: history?.table.tableName ?? '',
    },
    key: foundation.key,
    removalPolicy: foundation.removalPolicy,
    owner: scope,
  });
  expectTrust(made.role, targets);
  made.role.allow(
    { actions: ['sts:AssumeRole'], resources: [...new Set(targets.map((target) => target._releaseTarget().roleArn))] },
    { actions: ['ssm:GetParameter'], resources: places.map(({ parameterArn }) => parameterArn) },
    ...mayReadDescriptions(targets),
    { actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:DescribeImages', 'ecr:DescribeImageScanFindings'], resources: [repository.repositoryArn] },
    {
      actions: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'],
      resources: ['*'],
      wildcard: 'results of jobs have no resource level',
    },
    ...mayRecord(scope, history),
    ...(commits ? [{ actions: ['codecommit:GetCommit'], resources: [commits.repositoryArn] }] : []),
    ...mayTell(foundation),
  );
  if (parts.deploying) hearOfFailures(scope, parts.deploying, made);
  return made;
}

/**
 * CodePipeline asks for nothing when its own action has failed, so EventBridge tells. What the action was to deploy is read from the pipeline, by a right that stands apart: the
 * pipeline needs the function, and this right the pipeline.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/permissions-reference.html
 */
function hearOfFailures(scope: Construct, pipeline: codepipeline.IPipeline, made: MadeFunction): void {
  const home = new Construct(scope, 'FailedActions');
  new Rights(home, made.role).allow({ actions: ['codepipeline:ListActionExecutions'], resources: [pipeline.pipelineArn] });
  callBy(home, 'Rule', made.function, scope, {
    description: 'Tells the release function of a deployment by CodePipeline that failed',
    eventPattern: {
      source: ['aws.codepipeline'],
      detailType: ['CodePipeline Action Execution State Change'],
      detail: { pipeline: [pipeline.pipelineName], type: { category: ['Deploy'], provider: ['ECS', 'CodeDeployToECS'] }, state: ['FAILED'] },
    },
  });
}

/** A standard parameter holds 4 KB, as much as all variables of a function. https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const LONGEST_PARAMETER = 4_096;

/** In as many parameters as they take; about 20 addresses fit into one. */
function publishAddresses(scope: Construct, places: Record<string, PlaceAddress>): ssm.StringParameter[] {
  const parts: Array<Array<[string, PlaceAddress]>> = [];
  for (const place of Object.entries(places)) {
    const last = parts.at(-1);
    if (last && lengthOf([...last, place]) <= LONGEST_PARAMETER) last.push(place);
    else parts.push([place]);
  }
  return parts.map((part, index) => new ssm.StringParameter(scope, `Places${index + 1}`, {
    description: `Where direct calls of the release function of ${shortPath(scope)} find places`,
    stringValue: Stack.of(scope).toJsonString(Object.fromEntries(part)),
  }));
}

const lengthOf = (places: Array<[string, PlaceAddress]>): number => atMost(JSON.stringify(Object.fromEntries(places))).length;

/** Where a direct call finds the places. Of two places of one name the first can be called so. */
function addresses(scope: Construct, targets: IReleaseTarget[]): Record<string, PlaceAddress> {
  const places = Object.fromEntries([...targets].reverse().map((target): [string, PlaceAddress] => {
    const { placeName, roleArn, parameterName, region, externalId } = target._releaseTarget();
    return [placeName, [roleArn, parameterName, region, ...externalId === undefined ? [] : [externalId]] as PlaceAddress];
  }));
  const names = targets.map((target) => target._releaseTarget().placeName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:same-place-name',
      `stages: two places of the name '${twice}'; the history and direct calls cannot tell them apart: give one of them a placeName`);
  }
  return places;
}

/** A table with a key of ours uses it in the name of its callers. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html */
function mayRecord(scope: Construct, history: BoundHistory | undefined): Right[] {
  if (!history) return [];
  return [
    { actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'], resources: [history.table.tableArn] },
    ...(history.key ? [{
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: [history.key.keyArn],
      conditions: onlyVia(scope, 'dynamodb'),
    }] : []),
  ];
}

function mayTell({ topics }: Foundation): Right[] {
  const keys = [...new Set(topics.flatMap(({ masterKey }) => masterKey?.keyArn ?? []))];
  return [
    ...(topics.length > 0 ? [{ actions: ['sns:Publish'], resources: topics.map(({ topicArn }) => topicArn) }] : []),
    ...(keys.length > 0 ? [{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: keys }] : []),
  ];
}
