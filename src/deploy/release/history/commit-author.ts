import { CodeCommitClient, GetCommitCommand } from '@aws-sdk/client-codecommit';
import { CLIENT_SETTINGS } from '../clients';
import type { ReleaseEnvironment } from '../release-request';

/**
 * Name of the author of a commit, as git has it; undefined: nobody tells. No variable of a source has it, but CodeCommit answers. A record without it is still one: what CodeCommit does not
 * tell is said, not thrown.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
 * @see https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetCommit.html
 */
export async function authorOf(commitId: string): Promise<string | undefined> {
  const { CODECOMMIT_REPOSITORY: repositoryName } = process.env as unknown as ReleaseEnvironment;
  if (!repositoryName || !commitId) return undefined;
  return new CodeCommitClient(CLIENT_SETTINGS).send(new GetCommitCommand({ repositoryName, commitId }))
    .then(({ commit }) => commit!.author!.name, (error: Error) => `UNKNOWN: ${error}`);
}
