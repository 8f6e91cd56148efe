import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BoundSource, COMMIT, COMMIT_TIME, inspectBranch, SOURCE, SourceKind, SourceParts } from './source-parts';
import { admitRule, DeadLetterQueue } from '../../private/dead-letter-queue';
import { inspect } from '../../private/problems';
import { guarded, ScopedRole } from '../../private/scoped-role';
import { mayWriteArtifacts } from '../project/artifact-rights';

/** Options of `Source.codeCommit`. */
export interface CodeCommitSourceOptions {
  /** Branch that is built and released. @default 'main' */
  readonly branch?: string;
}

/** @internal */
export const codeCommit = (repository: codecommit.IRepository, options: CodeCommitSourceOptions): SourceKind => ({
  inspect: (look) => {
    look.kind('repository', repository ?? null, 'repositoryArn', 'a repository', 'hand over a codecommit.IRepository');
    inspectBranch(look, options.branch);
  },
  bind: (scope, parts) => bind(scope, parts, repository, options.branch ?? 'main'),
});

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeCommit.html */
const FETCH = ['codecommit:CancelUploadArchive', 'codecommit:GetBranch', 'codecommit:GetCommit', 'codecommit:GetUploadArchiveStatus', 'codecommit:UploadArchive'];

function bind(scope: Construct, parts: SourceParts, repository: codecommit.IRepository, branch: string): BoundSource {
  inspectHome(scope, repository);
  const role = new ScopedRole(scope, 'SourceRole', {
    assumedBy: new iam.ArnPrincipal(parts.pipelineRole.roleArn), description: `Fetches the branch ${branch} of the repository`,
  });
  role.allow({ actions: FETCH, resources: [repository.repositoryArn] }, ...mayWriteArtifacts(parts));
  startOnPush(scope, parts.pipeline, repository, branch);
  const artifact = new codepipeline.Artifact(SOURCE);
  const action = new actions.CodeCommitSourceAction({
    actionName: SOURCE, variablesNamespace: SOURCE, role, repository, branch, output: artifact, trigger: actions.CodeCommitTrigger.NONE,
  });
  return { action, artifact, commit: COMMIT, commitTime: COMMIT_TIME, commits: repository };
}

/** Source actions cannot reach into another region, and across accounts the repository's account would need the artifacts and their key. */
function inspectHome(scope: Construct, { env }: codecommit.IRepository): void {
  const stack = Stack.of(scope);
  const differ = (here: string, there: string) => Token.compareStrings(here, there) === TokenComparison.DIFFERENT;
  inspect((look) => {
    for (const part of ['account', 'region'] as const) {
      look.that(!differ(stack[part], env[part]), 'source.repository', `a repository in the ${part} ${env[part]}`, `one in the ${part} of the pipeline, ${stack[part]}`,
        'put the pipeline beside the repository');
    }
  }).throwFor(scope);
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-repo-changes-cfn.html */
function startOnPush(scope: Construct, pipeline: codepipeline.Pipeline, repository: codecommit.IRepository, branch: string): void {
  const { partition, region, account } = Stack.of(scope);
  // Under the id where CDK looks for the role of targets: a rule that the user adds for this pipeline takes it as well.
  const eventRole = new ScopedRole(pipeline, 'EventsRole', {
    assumedBy: guarded(scope, 'events.amazonaws.com', `arn:${partition}:events:${region}:${account}:rule/*`), description: `Starts the pipeline ${scope.node.path}`,
  });
  eventRole.allow({ actions: ['codepipeline:StartPipelineExecution'], resources: [pipeline.pipelineArn] });
  const deadLetterQueue = DeadLetterQueue.of(scope);
  const rule = new events.Rule(scope, 'Push', {
    description: `A push to ${branch} starts the pipeline`,
    eventPattern: {
      source: ['aws.codecommit'],
      detailType: ['CodeCommit Repository State Change'],
      resources: [repository.repositoryArn],
      detail: { event: ['referenceCreated', 'referenceUpdated'], referenceType: ['branch'], referenceName: [branch] },
    },
    targets: [new targets.CodePipeline(pipeline, { eventRole, deadLetterQueue })],
  });
  admitRule(deadLetterQueue, rule);
}
