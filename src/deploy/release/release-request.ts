/** What a release action of the pipeline hands to the release function, as JSON in CodePipeline's `UserParameters` (at most 1,000 characters). */
export interface ReleaseRequest {
  /**
   * `release`: the whole release. `prepare` and `verify`: the parts before and after CodePipeline's own deploy action;
   * `prepare` copies the image and writes the artifact that the action consumes, `verify` proves the release and moves the tag.
   */
  readonly task: 'release' | 'prepare' | 'verify';
  /** Name of the place in messages. */
  readonly place: string;
  /** ARN of the place's release role. */
  readonly roleArn: string;
  /**
   * Name of the SSM parameter that the place publishes itself in, read by its release role. Or the ARN of a parameter beside the pipeline, which describes a place that this
   * library has not made: the function reads it with its own rights and completes it from ECS.
   */
  readonly parameterName: string;
  /** Region of the place. */
  readonly region: string;
  /** What the release role wants to hear of its caller; absent: nothing. */
  readonly externalId?: string;
  /** Digest of the image to release, `sha256:...`; a variable of the build action. */
  readonly digest: string;
  /** Commit that the image was built from; a variable of the source action. Empty: the copy is known by its digest only. */
  readonly commit: string;
  /** When the commit was made, as the source says it; a variable of the source action. */
  readonly commitTime?: string;
  /** Name of its author, where the build knows it; a variable of the build action. */
  readonly author?: string;
  /** Execution of the pipeline; a variable of CodePipeline. */
  readonly executionId: string;
}

/** Names of the actions around CodePipeline's own one, and its own, in the order in which they run. */
export const ACTIONS = { prepare: 'Prepare-', deploy: 'Deploy-', verify: 'Verify-' } as const;

/** How a place is found, in few characters: parameters are short of room. */
export type PlaceAddress = [roleArn: string, parameterName: string, region: string, externalId?: string];

/** Environment variables of the release function. */
export interface ReleaseEnvironment {
  /** ARN of the build repository, which the image is copied from. */
  readonly ECR_REPOSITORY: string;
  /** Name of the repository of CodeCommit that the source is, in the function's region; absent: commits are somewhere else, or nothing is recorded. */
  readonly CODECOMMIT_REPOSITORY?: string;
  /** Minutes that one release may take in all, waiting included; default 60. */
  readonly RELEASE_TIMEOUT_MINUTES?: string;
  /** Name of the history table; empty: nothing is recorded. */
  readonly STATE_TABLE: string;
  /** Seconds that a record is kept; empty: for ever. */
  readonly RECORD_EXPIRY_SECONDS: string;
  /** ARNs of the topics that are told about failed releases, divided by commas; empty: none. */
  readonly SNS_TOPIC_ARN: string;
  /** Name of the pipeline; empty when it is not known beforehand. */
  readonly PIPELINE_NAME: string;
  /** Region of the function and the pipeline; Lambda sets it. */
  readonly AWS_REGION: string;
  /** Suffix of the construct's names; empty with generated names. */
  readonly ENVIRONMENT_SUFFIX: string;
  /** Names of the SSM parameters with the places that may be released to by a direct call, divided by commas; each is JSON: name to address. */
  readonly PLACES: string;
}

/** Variables that the release action hands to later actions of the pipeline (its `outputVariables`). */
export interface ReleaseVariables {
  /** What happened: see `ReleaseOutcome`. */
  readonly Outcome: ReleaseOutcome;
  /** Where the service answers. */
  readonly ServiceUrl: string;
  /** Digest of the image. */
  readonly ImageDigest: string;
  /** Image in the place's own repository, by digest. */
  readonly ImageUri: string;
  /** Task definition that runs the image; not from `prepare`. */
  readonly TaskDefinitionArn?: string;
  /** Service deployment that brought it; not from `prepare`, not under CodeDeploy. */
  readonly ServiceDeploymentArn?: string;
  /** Deployment of CodeDeploy that brought it; under CodeDeploy only, and not from `prepare`. */
  readonly CodeDeployDeploymentId?: string;
}

/**
 * `RELEASED`: a deployment brought the image. `ALREADY_RUNNING`: the service ran it before. `NO_TASKS`: deployed, but the
 * service's desired count is 0, so nothing runs that could prove it. `PREPARED`: copied, and CodePipeline's own action may deploy it.
 */
export type ReleaseOutcome = 'RELEASED' | 'ALREADY_RUNNING' | 'NO_TASKS' | 'PREPARED';
