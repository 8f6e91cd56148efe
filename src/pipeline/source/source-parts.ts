import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { NameMaker } from '../../common/resource-names';
import { Inspection } from '../../private/problems';
import { Right } from '../../private/scoped-role';

/** What a pipeline hands to its source. @internal */
export interface SourceParts {
  readonly names: NameMaker;
  readonly artifactBucket: s3.IBucket;
  readonly key?: kms.IKey;
  readonly pipelineRole: iam.IRole;
  /** What the source starts; it has no stage yet. */
  readonly pipeline: codepipeline.Pipeline;
}

/** @internal */
export interface BoundSource {
  readonly action: codepipeline.IAction;
  readonly artifact: codepipeline.Artifact;
  /** Variable that holds the commit. */
  readonly commit: string;
  /** Variable that holds when the commit was made; undefined: the source does not know. */
  readonly commitTime?: string;
  readonly trigger?: codepipeline.TriggerProps;
  /** Where the release function may ask whose a commit is; undefined: nobody tells. */
  readonly commits?: codecommit.IRepository;
  /** What a project needs to clone the repository, with its history; undefined: it reads a copy of the files. */
  readonly cloning?: Right[];
}

/** What makes one kind of source out of what the user wrote. @internal */
export interface SourceKind {
  readonly inspect: (look: Inspection) => void;
  readonly bind: (scope: Construct, parts: SourceParts) => BoundSource;
}

/** Name and namespace of every source action. @internal */
export const SOURCE = 'Source';

/** Every kind of source names its variable so. @internal */
export const COMMIT = `#{${SOURCE}.CommitId}`;

/**
 * Every kind of source that is a repository has this variable, too.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
 * @internal
 */
export const COMMIT_TIME = `#{${SOURCE}.AuthorDate}`;

/**
 * What git allows as the name of a branch.
 * @see https://git-scm.com/docs/git-check-ref-format
 */
const BRANCH = /^(?![-/.]|.*(\.\.|@\{|\/[/.]|\.lock(\/|$)|[/.]$))[^\s\p{Cc}~^:?*[\\]{1,255}$/u;

/** @internal */
export const inspectBranch = (look: Inspection, branch: string | undefined): void =>
  look.matches('branch', branch, BRANCH, 'the name of a branch', "write for example 'main'");

/** @internal */
export const inspectGitHubRepository = (look: Inspection, repository: string | undefined): void =>
  look.matches('repository', repository ?? '', /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, "'owner/repository'", "write for example 'acme/shop'");
