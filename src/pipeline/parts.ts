import { RemovalPolicy } from 'aws-cdk-lib';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { NameMaker } from '../common/resource-names';
import { Right } from '../private/scoped-role';

/** What a pipeline hands to whatever stands in it. @internal */
export interface PipelineParts {
  readonly names: NameMaker;
  /** Key of everything at rest; undefined: keys of AWS services. */
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  /** Where artifacts go from action to action. */
  readonly artifactBucket: s3.IBucket;
  /** Where access to buckets is logged. */
  readonly logBucket: () => s3.IBucket;
  /** The repository that builds push to and nothing else does. */
  readonly repository: ecr.IRepository;
  /** What the source action fetched. */
  readonly source: codepipeline.Artifact;
  /** Variable of the source action: the commit, for example `#{Source.CommitId}`. */
  readonly commit: string;
  /** Variable of the source action: when the commit was made; undefined: the source does not know. */
  readonly commitTime?: string;
  /** Where the release function may ask whose a commit is; undefined: nobody tells. */
  readonly commits?: codecommit.IRepository;
  /** What a project needs to clone the repository, with its history; undefined: it reads a copy of the files. */
  readonly cloning?: Right[];
  /** The role of the pipeline, which assumes the roles of its actions. */
  readonly pipelineRole: iam.IRole;
}

/** What an image build leaves for actions after it. @internal */
export interface BuiltImage {
  /** Variable `#{<namespace>.IMAGE_DIGEST}`: `sha256:...`. */
  readonly digest: string;
  /** Variable that holds the name of the author of the commit; undefined: the build does not know. */
  readonly author?: string;
  /** `<repository uri>@<digest>`, with the variable in it. */
  readonly uri: string;
  /** Holds `imagedefinitions.json` and `imageDetail.json`. */
  readonly artifact: codepipeline.Artifact;
}
