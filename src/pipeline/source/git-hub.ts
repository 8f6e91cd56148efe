import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import * as codeconnections from 'aws-cdk-lib/aws-codeconnections';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BoundSource, COMMIT, COMMIT_TIME, inspectBranch, inspectGitHubRepository, SOURCE, SourceKind, SourceParts } from './source-parts';
import { consoleUrl } from '../../private/console';
import { explicitName } from '../../private/naming';
import { Inspection, placeOf } from '../../private/problems';
import { ScopedRole } from '../../private/scoped-role';
import { mayWriteArtifacts } from '../project/artifact-rights';

/** Options of `Source.gitHub`. */
export interface GitHubSourceOptions {
  /** Branch that is built and released. @default 'main' */
  readonly branch?: string;
  /**
   * ARN of an existing connection to GitHub. It may be of any region, and one that begins with `arn:aws:codeconnections` of another account that shares it.
   * @default - a new connection; an output says that it waits for a handshake in the console
   * @see https://docs.aws.amazon.com/dtconsole/latest/userguide/welcome-connections-how-it-works-global.html
   * @see https://docs.aws.amazon.com/dtconsole/latest/userguide/connections-share.html
   */
  readonly connectionArn?: string;
  /**
   * Only pushes to the branch that change files which match one of 1 to 8 glob patterns start the pipeline. The first push of a new branch does not.
   * @default - every push to the branch
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-filter.html
   */
  readonly triggerOnPaths?: string[];
  /**
   * Tags that match one of 1 to 8 glob patterns start the pipeline, instead of pushes to the branch; beside them if `triggerOnPaths` is given too.
   * @default - tags start nothing
   */
  readonly triggerOnTags?: string[];
  /**
   * Builds and checks clone the repository with its history and symbolic links, instead of reading a copy of its files: for `git describe`, for example. The history of releases then names the author of
   * the commit, which CodePipeline does not tell. The projects may use the connection for it. An action of yours that is no build cannot read such a source.
   * @default false - a copy of the files
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
   */
  readonly fullClone?: boolean;
}

/** @internal */
export const gitHub = (repository: string, options: GitHubSourceOptions): SourceKind => ({
  inspect: (look) => {
    inspectGitHubRepository(look, repository);
    inspectBranch(look, options.branch);
    look.matches('connectionArn', options.connectionArn, /^arn:[\w-]+:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection\/[0-9a-f-]{36}$/,
      'arn:<partition>:codeconnections:<region>:<account>:connection/<uuid>', 'copy it from the developer tools console, or leave it out for a new connection');
    // "Connection sharing is not supported for codestar-connections resources" (Developer Tools console, connections-share).
    if (/^arn:[\w-]+:codestar-connections:/.test(options.connectionArn ?? '')) look.own('connectionArn', 'a connection', { account: placeOf(options.connectionArn).account });
    inspectPatterns(look, 'triggerOnPaths', options.triggerOnPaths);
    inspectPatterns(look, 'triggerOnTags', options.triggerOnTags);
    look.oneOf('fullClone', options.fullClone, [true, false], 'say whether builds need the history');
  },
  bind: (scope, parts) => bind(scope, parts, repository, options),
});

function bind(scope: Construct, parts: SourceParts, repository: string, options: GitHubSourceOptions): BoundSource {
  const [owner, repo] = [0, 1].map((index) => Fn.select(index, Fn.split('/', repository)));
  const connectionArn = options.connectionArn ?? createConnection(scope, parts.names.suffix);
  const role = new ScopedRole(scope, 'SourceRole', {
    assumedBy: new iam.ArnPrincipal(parts.pipelineRole.roleArn), description: `Fetches ${repository}`,
  });
  // The service asks for both prefixes, whichever one the ARN has.
  const mayFetch = { actions: ['codeconnections:UseConnection', 'codestar-connections:UseConnection'], resources: [connectionArn] };
  role.allow(
    mayFetch,
    ...mayWriteArtifacts(parts),
    { actions: ['s3:PutObjectAcl'], resources: [parts.artifactBucket.arnForObjects('*')] },
  );
  const artifact = new codepipeline.Artifact(SOURCE);
  const action = new actions.CodeStarConnectionsSourceAction({
    actionName: SOURCE, variablesNamespace: SOURCE, role, connectionArn, owner, repo, output: artifact,
    branch: options.branch ?? 'main',
    codeBuildCloneOutput: options.fullClone,
    // The trigger below decides; without this every push would start the pipeline as well.
    triggerOnPush: false,
  });
  return { action, artifact, commit: COMMIT, commitTime: COMMIT_TIME, trigger: trigger(action, options), cloning: options.fullClone ? [mayFetch] : undefined };
}

function trigger(sourceAction: codepipeline.IAction, { branch = 'main', triggerOnPaths, triggerOnTags }: GitHubSourceOptions): codepipeline.TriggerProps {
  const push = { branchesIncludes: [branch], filePathsIncludes: triggerOnPaths };
  return {
    providerType: codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
    gitConfiguration: {
      sourceAction,
      pushFilter: triggerOnTags ? [{ tagsIncludes: triggerOnTags }, ...(triggerOnPaths ? [push] : [])] : [push],
    },
  };
}

function inspectPatterns(look: Inspection, prop: string, patterns: string[] | undefined): void {
  if (patterns === undefined) return;
  look.that(Array.isArray(patterns) && patterns.length >= 1 && patterns.length <= 8, prop, patterns, '1 to 8 patterns', 'leave it out or summarise patterns');
  look.each(prop, patterns, (path, pattern) => look.matches(path, pattern ?? '', /^.{1,255}$/, 'a glob pattern of 1 to 255 characters', "write for example 'src/**'"));
}

/** A connection is made unauthorised: nobody but a person can allow AWS to read a repository. */
function createConnection(scope: Construct, suffix: string): string {
  const connection = new codeconnections.CfnConnection(scope, 'Connection', {
    // 32 characters in all, of which a suffix takes up to 17.
    connectionName: explicitName(scope, 'git', 32, { suffix }),
    providerType: 'GitHub',
  });
  const { region } = Stack.of(scope);
  new CfnOutput(scope, 'ConnectionHandshake', {
    description: 'Pending until you authorise it: open this page, choose the connection, "Update pending connection"',
    value: `${consoleUrl(region)}/codesuite/settings/connections?region=${region}#${connection.attrConnectionArn}`,
  });
  return connection.attrConnectionArn;
}
