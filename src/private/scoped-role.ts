import { Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, DependencyGroup, IConstruct } from 'constructs';
import { acknowledge, flatten, Reasons } from './acknowledge';
import { atMost } from './naming';

/** A statement of ours. `wildcard` is the reason why a resource in it ends in `*`. */
export interface Right {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: iam.PolicyStatementProps['conditions'];
  readonly wildcard?: string;
}

/** Logging in to the registries of the account. */
export const REGISTRY_LOGIN: Right = {
  actions: ['ecr:GetAuthorizationToken'], resources: ['*'], wildcard: 'ecr:GetAuthorizationToken has no resource level',
};

/**
 * A managed policy has 6,144 characters, and no white space counts; some are left for its frame.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
 */
const LONGEST_POLICY = 5_800;

/** Resources of one statement; more of them stand in several. */
const MOST_RESOURCES = 30;

/** As long as it can become: an ARN that only CloudFormation knows; account, partition or region within one; and a name that CloudFormation gives. */
const lengthOf = (statement: iam.PolicyStatement): number => {
  const text = JSON.stringify(statement.toStatementJson());
  return atMost(text.replace(/"\$\{Token\[[^\]]*\]\}"/g, 'x'.repeat(130))).length;
};

/** A right as a statement of a policy. */
export const statementOf = ({ wildcard: _, ...statement }: Right): iam.PolicyStatement => new iam.PolicyStatement(statement);

/**
 * The rights of a role in a customer-managed policy, or several when they are many (inline policies fail three checker packs). The policies stand below the scope: whoever
 * depends on that waits for them. They name the role, not the other way round, so that they may speak of resources that need the role.
 */
export class Rights {
  readonly policies: iam.ManagedPolicy[] = [];
  private length = 0;
  private readonly reasons = new Map<string, string>();
  private logsIn = false;

  constructor(private readonly scope: Construct, private readonly role: iam.IRole) {}

  allow(...rights: Right[]): void {
    for (const right of rights) {
      const { actions, resources, wildcard } = right;
      for (let from = 0; from < resources.length; from += MOST_RESOURCES) this.write(statementOf({ ...right, resources: resources.slice(from, from + MOST_RESOURCES) }));
      this.logsIn ||= actions.includes(REGISTRY_LOGIN.actions[0]);
      if (wildcard) resources.forEach((resource) => this.reasons.set(resource, wildcard));
    }
  }

  /** What follows stands in a further policy. */
  apart(): void {
    this.length = LONGEST_POLICY;
  }

  /** Policies are made with their first statement: an empty one fails synth. */
  write(statement: iam.PolicyStatement): void {
    const length = lengthOf(statement);
    this.length += length;
    if (this.policies.length === 0 || this.length > LONGEST_POLICY) {
      const policy = new iam.ManagedPolicy(this.scope, `Rights${this.policies.length || ''}`, { description: 'Rights of a role made by cdk-fargate-cicd', roles: [this.role] });
      acknowledge(policy, () => this.findings());
      this.policies.push(policy);
      this.length = length;
    }
    this.policies.at(-1)!.addStatements(statement);
  }

  /** The ids under which checkers report our wildcard resources, each with the reason given for it. */
  private findings(): Reasons {
    const found: Reasons = this.logsIn ? { 'cloudsplaining::CredentialsExposure': 'ecr:GetAuthorizationToken is needed to pull and push images' } : {};
    for (const [resource, reason] of this.reasons) {
      const text = flatten(Stack.of(this.scope).resolve(resource));
      if (text.includes('*')) found[`AwsSolutions-IAM5[Resource::${text}]`] = reason;
    }
    return found;
  }
}

/**
 * A role with exactly the rights that the library writes into it. While the library builds, the role is closed: CDK's own grants (wildcard actions, PassRole on `*`)
 * hear "added" and are dropped. `openRoles` ends that, so that what the user grants afterwards arrives.
 */
export class ScopedRole extends iam.Role {
  private open = false;
  /** How many of the policies are the library's; undefined while it builds. */
  private own?: number;
  private readonly rights = new Rights(this, this);

  /** Adds rights of the library. */
  allow(...rights: Right[]): this {
    this.rights.allow(...rights);
    return this;
  }

  /** Adds rights in a further policy: of what only CloudFormation knows, the names may be longer than they look here. */
  allowApart(...rights: Right[]): this {
    this.rights.apart();
    return this.allow(...rights);
  }

  addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    // The pipeline's right to assume its action roles is the one grant of CDK's that is exact.
    if (this.open || statement.actions.every((action) => action === 'sts:AssumeRole')) this.rights.write(statement);
    // Not "false" when dropped: a grant that fails falls back into the resource's policy.
    return { statementAdded: true, policyDependable: new DependencyGroup() };
  }

  attachInlinePolicy(policy: iam.Policy): void {
    if (this.open) super.attachInlinePolicy(policy);
  }

  addManagedPolicy(policy: iam.IManagedPolicy): void {
    if (this.open) super.addManagedPolicy(policy);
  }

  /** Those of the library, for what needs them and names the role already: depending on the whole role would say so twice. @internal */
  get _rights(): iam.ManagedPolicy[] {
    return this.rights.policies.slice(0, this.own);
  }

  /** What is granted afterwards stands in a policy of its own: it may speak of what waits for the rights of the library. @internal */
  _open(): void {
    [this.open, this.own] = [true, this.rights.policies.length];
    this.rights.apart();
  }
}

/** A role before the CDK writes it; until then it keeps overrides apart. */
interface Unwritten extends Pick<iam.CfnRole, 'path' | 'roleName'> {
  readonly rawOverrides: { readonly Properties?: { readonly Path?: string; readonly RoleName?: string } };
}

/**
 * Path and name of a role as it is deployed: Aspects of the user may change both, and `iam.Role.customizeRoles` names a role that exists. To be asked when the app is complete.
 * The CDK itself looks at overrides only when it resolves the whole resource, which takes much longer.
 */
export function deployedName(role: IConstruct): string {
  const { roleName, node } = role as iam.Role;
  const resource = node.tryFindChild('Resource') as unknown as Unwritten | undefined;
  if (!resource) return roleName;
  const { Path, RoleName } = { Path: resource.path, RoleName: resource.roleName, ...resource.rawOverrides.Properties };
  return Fn.join('', [(Path ?? '/').slice(1), RoleName!]);
}

/** Opens every role below a construct: the library has built, from now on grants are the user's. */
export function openRoles(scope: IConstruct): void {
  for (const construct of scope.node.findAll()) {
    if (construct instanceof ScopedRole) construct._open();
  }
}

/**
 * A service as principal that acts for this account only (the confused-deputy guard). Leave it out for Lambda, which does not
 * fill in the source. EventBridge does towards roles, not towards topics:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
 */
export function guarded(scope: Construct, service: string, sourceArn?: string): iam.ServicePrincipal {
  return new iam.ServicePrincipal(service, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ...(sourceArn ? { ArnLike: { 'aws:SourceArn': sourceArn } } : {}),
    },
  });
}

/**
 * A key may be used through this service only. AWS writes the service with `amazonaws.com` and says nothing of partitions whose names end otherwise, as in
 * China; one of the two is right there, and elsewhere both are the same.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function onlyVia(scope: Construct, service: string): iam.PolicyStatementProps['conditions'] {
  const { region, urlSuffix } = Stack.of(scope);
  return { StringEquals: { 'kms:ViaService': ['amazonaws.com', urlSuffix].map((suffix) => `${service}.${region}.${suffix}`) } };
}
