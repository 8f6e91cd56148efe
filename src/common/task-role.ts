import { Annotations, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { printed } from './printed-policy';
import { flatten } from '../private/acknowledge';
import { Inspection } from '../private/problems';
import { guarded, Right, Rights, ScopedRole, statementOf } from '../private/scoped-role';

/** A role of tasks: one that is made for them, or one that exists. */
export interface TaskRole extends iam.IRole {
  /** Adds rights of the library. */
  allow(...rights: Right[]): this;
}

/** A role that ECS takes on for tasks of this account. */
export function createTaskRole(scope: Construct, id: string, description: string): ScopedRole {
  const { account, partition, region } = Stack.of(scope);
  return new ScopedRole(scope, id, {
    description: `${description} (${scope.node.path})`,
    assumedBy: guarded(scope, 'ecs-tasks.amazonaws.com', `arn:${partition}:ecs:${region}:${account}:*`),
  });
}

/**
 * A role of the user that tasks have. What they need stands in policies of ours that are attached to it; where nothing can be attached, it is said what the role must allow.
 * The CDK adds to such a role by an inline policy, which three checker packs refuse, or drops what it should add without a word.
 */
export class GivenRole extends Resource implements TaskRole {
  readonly grantPrincipal: iam.IPrincipal = this;
  readonly assumeRoleAction: string;
  readonly policyFragment: iam.PrincipalPolicyFragment;
  readonly principalAccount?: string;
  readonly roleArn: string;
  readonly roleName: string;
  readonly roleRef: iam.RoleReference;
  private readonly rights: Pick<Rights, 'allow' | 'write'>;

  /** @param prop that the user gave the role by */
  constructor(scope: Construct, id: string, private readonly given: iam.IRole, prop: string) {
    super(scope, id, { account: given.env.account, region: given.env.region });
    const { assumeRoleAction, policyFragment, principalAccount, roleArn, roleName, roleRef } = given;
    [this.assumeRoleAction, this.policyFragment, this.principalAccount] = [assumeRoleAction, policyFragment, principalAccount];
    [this.roleArn, this.roleName, this.roleRef] = [roleArn, roleName, roleRef];
    this.rights = isFixed(given) ? this.askFor(prop) : new Rights(this, given);
  }

  allow(...rights: Right[]): this {
    this.rights.allow(...rights);
    return this;
  }

  addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    // A fixed role adds nothing, and says whether the policy of the resource shall have it instead.
    const statementAdded = !isFixed(this.given) || this.given.addToPrincipalPolicy(statement).statementAdded;
    if (statementAdded) this.rights.write(statement);
    return { statementAdded, policyDependable: this };
  }

  addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  attachInlinePolicy(policy: iam.Policy): void {
    this.given.attachInlinePolicy(policy);
  }

  addManagedPolicy(policy: iam.IManagedPolicy): void {
    this.given.addManagedPolicy(policy);
  }

  grant(grantee: iam.IPrincipal, ...actions: string[]): iam.Grant {
    return this.given.grant(grantee, ...actions);
  }

  grantPassRole(grantee: iam.IPrincipal): iam.Grant {
    return this.given.grantPassRole(grantee);
  }

  grantAssumeRole(grantee: iam.IPrincipal): iam.Grant {
    return this.given.grantAssumeRole(grantee);
  }

  /** What is needed is known when the app is complete: the user may still grant. */
  private askFor(prop: string): Pick<Rights, 'allow' | 'write'> {
    const needed: iam.PolicyStatement[] = [];
    this.node.addValidation({
      validate: () => {
        if (needed.length > 0) {
          Annotations.of(this).addWarningV2('cdk-fargate-cicd:fixed-role',
            `${prop}: nothing can be added to ${flatten(Stack.of(this).resolve(this.roleArn))}, so it must allow by itself: ${printed(this, needed)}`);
        }
        return [];
      },
    });
    return { allow: (...rights) => { needed.push(...rights.map(statementOf)); }, write: (statement) => { needed.push(statement); } };
  }
}

/** The CDK makes this of roles with `mutable: false` and of `withoutPolicyUpdates()`. It does not export the class, but names it for property injection. */
const isFixed = (role: iam.IRole): boolean => (role.constructor as { PROPERTY_INJECTION_ID?: string }).PROPERTY_INJECTION_ID === 'aws-cdk-lib.aws-iam.ImmutableRole';

/**
 * What is wrong with a role that tasks shall have. ECS takes roles of its account only, and none that is linked to a service.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
export function inspectTaskRole(look: Inspection, prop: string, role: iam.IRole | undefined): void {
  look.kind(prop, role, 'roleArn', 'a role', 'hand over an iam.IRole, or leave it out');
  if (typeof role?.roleArn !== 'string') return;
  look.matches(prop, role.roleArn, /^arn:aws[a-z-]*:iam::\d{12}:role\/(?!aws-service-role\/)[\w+=,.@/-]+$/, 'arn:<partition>:iam::<account>:role/<name>, not linked to a service', 'take another role');
  look.own(prop, 'a role', { account: role.env?.account });
  look.that(!iam.Role.isRole(role) || JSON.stringify(Stack.of(role).resolve((role as iam.Role).assumeRolePolicy)).includes('ecs-tasks.amazonaws.com'), prop,
    'a role that ECS may not take on for tasks', 'one that trusts ecs-tasks.amazonaws.com', "make it with assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com')");
}
