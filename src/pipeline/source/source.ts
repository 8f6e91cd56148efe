import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import { Construct } from 'constructs';
import { codeCommit, CodeCommitSourceOptions } from './code-commit';
import { gitHub, GitHubSourceOptions } from './git-hub';
import { gitHubToken, GitHubTokenSourceOptions } from './git-hub-token';
import { BoundSource, SourceKind, SourceParts } from './source-parts';
import { Choice } from '../../private/problems';

/** Where the code comes from and what starts the pipeline. */
export abstract class Source extends Choice {
  /** A repository on GitHub, given as `owner/repository`, over a connection: no token is stored anywhere. */
  static gitHub(repository: string, options: GitHubSourceOptions = {}): Source {
    return new RepositorySource(gitHub(repository, options), options);
  }

  /**
   * A repository on GitHub, given as `owner/repository`, with a token of a person or an app; a webhook starts the pipeline. For those who may not
   * use a connection, which needs no token and knows more triggers: `Source.gitHub`.
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/appendix-github-oauth.html
   */
  static gitHubToken(repository: string, options: GitHubTokenSourceOptions): Source {
    return new RepositorySource(gitHubToken(repository, options), options ?? null);
  }

  /** A repository of CodeCommit in the pipeline's account and region. An event rule on its branch starts the pipeline; nothing polls. */
  static codeCommit(repository: codecommit.IRepository, options: CodeCommitSourceOptions = {}): Source {
    return new RepositorySource(codeCommit(repository, options), options);
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: SourceParts): BoundSource;
}

class RepositorySource extends Source {
  constructor(private readonly kind: SourceKind, options: unknown) {
    super();
    this._inspect(kind.inspect, options);
  }

  _bind(scope: Construct, parts: SourceParts): BoundSource {
    return this.kind.bind(scope, parts);
  }
}
