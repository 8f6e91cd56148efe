import { Fn, SecretValue } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { BoundSource, COMMIT, COMMIT_TIME, inspectBranch, inspectGitHubRepository, SOURCE, SourceKind, SourceParts } from './source-parts';
import { acknowledge, inPacks } from '../../private/acknowledge';

/** Options of `Source.gitHubToken`. */
export interface GitHubTokenSourceOptions {
  /**
   * Existing secret with a token of GitHub that may read the repository and manage its webhooks (scopes `repo` and `admin:repo_hook`). The template
   * only refers to it. CloudFormation reads it when it changes the pipeline: a new token takes effect with the next `cdk deploy` that changes the Source stage.
   */
  readonly token: secretsmanager.ISecret;
  /** Field of the secret that holds the token, when the secret is a JSON object; without `:`. @default - the whole secret */
  readonly tokenField?: string;
  /** Branch that is built and released. @default 'main' */
  readonly branch?: string;
}

/** @internal */
export const gitHubToken = (repository: string, options: GitHubTokenSourceOptions): SourceKind => ({
  inspect: (look) => {
    inspectGitHubRepository(look, repository);
    const { token } = options;
    // A token that stands there by mistake is not repeated: the message ends in logs.
    look.that(typeof token === 'object' && token !== null && 'secretArn' in token, 'token', typeof token === 'string' ? '(hidden)' : token, 'a secret',
      'hand over a secretsmanager.ISecret; tokens are not written into code');
    look.matches('tokenField', options.tokenField, /^[^:]+$/, 'the name of a field, without colons', 'name one field of the secret');
    inspectBranch(look, options.branch);
  },
  bind: (scope, parts) => bind(scope, parts, repository, options),
});

/** An action of a third party takes no role: the pipeline's own role stores what it fetches. */
function bind(scope: Construct, parts: SourceParts, repository: string, { token, tokenField, branch = 'main' }: GitHubTokenSourceOptions): BoundSource {
  const [owner, repo] = [0, 1].map((index) => Fn.select(index, Fn.split('/', repository)));
  const artifact = new codepipeline.Artifact(SOURCE);
  const action = new actions.GitHubSourceAction({
    actionName: SOURCE, variablesNamespace: SOURCE, owner, repo, branch, output: artifact,
    oauthToken: SecretValue.secretsManager(token.secretArn, { jsonField: tokenField }),
    // CDK's own webhook is signed with the token itself.
    trigger: actions.GitHubTrigger.NONE,
  });
  createWebhook(scope, parts);
  return { action, artifact, commit: COMMIT, commitTime: COMMIT_TIME };
}

/**
 * GitHub signs each call with a secret that both sides know: one for each webhook, and not the token, as AWS advises:
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/appendix-github-oauth.html
 */
function createWebhook(scope: Construct, { pipeline, key }: SourceParts): void {
  // Not the L2: it would write wildcard actions into the policy of the key, which admits the account already.
  const secret = new secretsmanager.CfnSecret(scope, 'WebhookSecret', {
    description: `GitHub signs with it what starts the pipeline ${scope.node.path}`,
    generateSecretString: { excludePunctuation: true, passwordLength: 40 },
    kmsKeyId: key?.keyArn,
  });
  acknowledgeSecret(secret, key !== undefined);
  new codepipeline.CfnWebhook(scope, 'Webhook', {
    authentication: 'GITHUB_HMAC',
    authenticationConfiguration: { secretToken: SecretValue.secretsManager(secret.ref).unsafeUnwrap() },
    // CodePipeline fills in the branch of the action.
    filters: [{ jsonPath: '$.ref', matchEquals: 'refs/heads/{Branch}' }],
    targetPipeline: pipeline.pipelineName,
    targetAction: SOURCE,
    // Required by CloudFormation, unknown to the service: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_WebhookDefinition.html
    targetPipelineVersion: 1,
    registerWithThirdParty: true,
  });
}

function acknowledgeSecret(secret: secretsmanager.CfnSecret, hasKey: boolean): void {
  const rotation = 'GitHub and CodePipeline must change it at the same moment, which a rotation cannot; replacing the webhook does';
  acknowledge(secret, { 'AwsSolutions-SMG4': rotation, ...inPacks('SecretsManagerRotationEnabled', rotation) });
  if (hasKey) return;
  const reason = 'chosen by the user: encryption = keys of AWS services';
  acknowledge(secret, { CKV_AWS_149: reason, ...inPacks('SecretsManagerUsingKMSKey', reason) });
}
