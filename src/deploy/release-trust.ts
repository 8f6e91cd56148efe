import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { ROLE_ARN } from './existing/existing-service';
import { TrustParts } from './release-role';
import { IReleaseTarget } from './release-target';
import { flatten } from '../private/acknowledge';
import { Choice, Inspection } from '../private/problems';
import { deployedName, ScopedRole } from '../private/scoped-role';

/** Options of all choices of `ReleaseTrust`. */
export interface ReleaseTrustOptions {
  /**
   * A text that the caller must know, 2 to 128 characters of A-Z a-z 0-9 + = , . @ : / _ and -. Pipelines that name the place in the same app send it by themselves. It is no secret: it
   * keeps a pipeline that releases for several owners from releasing to the wrong one.
   * @default - none
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId?: string;
}

/** Options of `ReleaseTrust.account`. */
export interface AccountTrustOptions extends ReleaseTrustOptions {
  /**
   * Names of the roles of release functions, with their path but for its first `/`; `*` stands for any text, not among the first four characters. For accounts where all roles have a
   * path or a prefix: `team/acme-release-function-*`.
   * @default 'release-function-*'
   */
  readonly functionRoles?: string;
}

/** Options of `ReleaseTrust.organization`. */
export interface OrganizationTrustOptions extends AccountTrustOptions {
  /** Accounts of the organization that pipelines may stand in, 12 digits each; at least one. */
  readonly accounts: string[];
}

/**
 * Who may release to a place. Of accounts only roles of release functions are trusted: their names begin with `release-function-`, unless `functionRoles` says otherwise. No
 * choice admits a principal by a wildcard.
 */
export abstract class ReleaseTrust extends Choice {
  /** Pipelines of one account, 12 digits. */
  static account(id: string, options: AccountTrustOptions = {}): ReleaseTrust {
    return new Trust({ accounts: [id], functionRoles: options?.functionRoles }, options, (look) => {
      inspectAccount(look, 'id', id ?? null);
      inspectNames(look, options);
    });
  }

  /**
   * Pipelines of these accounts, as long as the accounts belong to the organization. The accounts are named, since without them the role would have to admit
   * every principal and tell them apart by a condition only.
   * @param id of the organization, `o-` and 10 to 32 of a-z 0-9
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
   */
  static organization(id: string, options: OrganizationTrustOptions): ReleaseTrust {
    return new Trust({ accounts: options?.accounts, functionRoles: options?.functionRoles, organization: id }, options ?? null, (look) => {
      inspectNames(look, options);
      look.matches('id', id ?? null, /^o-[a-z0-9]{10,32}$/, "the id of an organization, 'o-' and 10 to 32 of a-z 0-9", 'copy it from AWS Organizations');
      look.notEmpty('accounts', options.accounts ?? [], 'name the accounts that pipelines stand in');
      if (Array.isArray(options.accounts)) look.each('accounts', options.accounts, (path, account) => inspectAccount(look, path, account ?? null));
    });
  }

  /**
   * One pipeline: the role of its release function, by ARN (the output `ReleaseFunctionRoleArn` of the pipeline), whatever its name. The role need not exist yet. One-off tasks of the pipeline
   * beside the service have roles of their own, which are not trusted then.
   */
  static role(arn: string, options: ReleaseTrustOptions = {}): ReleaseTrust {
    return new Trust({ accounts: [arn], roleArn: arn }, options, (look) => look.matches('arn', arn ?? null, ROLE_ARN[0], ROLE_ARN[1], 'copy the output ReleaseFunctionRoleArn of the pipeline'));
  }

  /** @internal */
  abstract _bind(): TrustParts;
}

/** It goes through the parameters of the release action, which have 1,000 characters in all. @internal */
export const EXTERNAL_ID: [RegExp, string, string] = [/^[\w+=,.@:/-]{2,128}$/, '2 to 128 of A-Z a-z 0-9 + = , . @ : / _ -', "write for example 'shop-production'"];

class Trust extends ReleaseTrust {
  constructor(private readonly parts: TrustParts, private readonly options: ReleaseTrustOptions, look: (inspection: Inspection) => void) {
    super();
    this._inspect((inspection) => {
      look(inspection);
      inspection.matches('externalId', options.externalId, ...EXTERNAL_ID);
    }, options);
  }

  _bind(): TrustParts {
    const { roleArn, accounts } = this.parts;
    const { externalId } = this.options;
    return { ...this.parts, externalId, accounts: roleArn ? [Arn.split(roleArn, ArnFormat.SLASH_RESOURCE_NAME).account!] : accounts };
  }
}

function inspectAccount(look: Inspection, prop: string, account: string): void {
  if (Token.isUnresolved(account)) return;
  look.that(typeof account === 'string' && /^\d{12}$/.test(account), prop, account, 'an account, 12 digits', "write for example '111111111111', in quotes");
}

function inspectNames(look: Inspection, { functionRoles }: AccountTrustOptions): void {
  look.matches('functionRoles', functionRoles, /^[\w+=,.@-]{4}[\w+=,.@/*-]{0,508}$/, "the names of roles, with their path but for its first '/', and no '*' among the first four characters",
    "write for example 'team/release-function-*'");
}

/**
 * Places trust release functions by the names of their roles. Aspects of the user and `iam.Role.customizeRoles` may give a role another name or a path: then a release would be refused.
 * @internal
 */
export function expectTrust(role: ScopedRole, targets: IReleaseTarget[]): void {
  role.node.addValidation({
    validate: () => {
      const name = flatten(Stack.of(role).resolve(deployedName(role)));
      // Where `customizeRoles` has no name for a role, the CDK takes its id, and says that the name is missing.
      if (name === role.node.id) return [];
      const places = targets.map((target) => target._releaseTarget());
      return places.filter(({ trustedNames: names }) => names !== undefined && !Token.isUnresolved(names) && !isLike(name, names)).map(({ placeName, trustedNames }) =>
        `releaseTrust: the place ${placeName} trusts roles named '${trustedNames}', and the role of the function that releases there is '${name}'; give it a ReleaseTrust with functionRoles that match`);
    },
  });
}

const isLike = (name: string, pattern: string): boolean => new RegExp(`^${pattern.split('*').map((part) => part.replace(/[+.]/g, '\\$&')).join('.*')}$`).test(name);
