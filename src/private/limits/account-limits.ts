import { Annotations } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';

/**
 * Roles of an account, in all regions, until AWS raises it; others use it as well. Policies end later: there are 1,500.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MOST_ROLES = 1_000;

const WATCHED = new WeakSet<IConstruct>();

/** Looks once for an app. What an account has is known to nobody at synth, so that this is never more than a warning. */
export function watchAccounts(scope: IConstruct): void {
  const { root } = scope.node;
  if (WATCHED.has(root)) return;
  WATCHED.add(root);
  scope.node.addValidation({ validate: () => warnOfRoles(scope, root) });
}

function warnOfRoles(scope: IConstruct, root: IConstruct): string[] {
  const counts = new Map<string, number>();
  for (const construct of root.node.findAll()) {
    if (construct instanceof CfnRole) counts.set(construct.stack.account, (counts.get(construct.stack.account) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  if (most >= 0.9 * MOST_ROLES) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:many-roles',
      `app: ${most} roles in one account, which takes ${MOST_ROLES} at first; have the quota 'Roles per account' raised and acknowledge this, or put some of the stacks into another account`);
  }
  return [];
}
