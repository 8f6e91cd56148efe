import { Arn, ArnFormat, Token } from 'aws-cdk-lib';
import { RELEASE_FUNCTION_PREFIX, TrustParts } from './release-role';
import { Choice, Inspection } from '../private/problems';

/** Options of `ReleaseTrust.account` and `ReleaseTrust.role`. */
export interface ReleaseTrustOptions {
  /**
   * A text that the caller must know, 2 to 128 characters of A-Z a-z 0-9 + = , . @ : / _ and -. Pipelines that name the place in the same app send it by themselves. It is no secret: it
   * keeps a pipeline that releases for several owners from releasing to the wrong one.
   * @default - none
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId?: string;
}

/** Options of `ReleaseTrust.organization`. */
export interface OrganizationTrustOptions extends ReleaseTrustOptions {
  /** Accounts of the organization that pipelines may stand in, 12 digits each; at least one. */
  readonly accounts: string[];
}

/**
 * Who may release to a place. Whatever is trusted, only roles of release functions are: their names begin with `release-function-`. No choice admits a principal
 * by a wildcard.
 */
export abstract class ReleaseTrust extends Choice {
  /** Pipelines of one account, 12 digits. */
  static account(id: string, options: ReleaseTrustOptions = {}): ReleaseTrust {
    return new Trust({ accounts: [id] }, options, (look) => inspectAccount(look, 'id', id ?? null));
  }

  /**
   * Pipelines of these accounts, as long as the accounts belong to the organization. The accounts are named, since without them the role would have to admit
   * every principal and tell them apart by a condition only.
   * @param id of the organization, `o-` and 10 to 32 of a-z 0-9
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
   */
  static organization(id: string, options: OrganizationTrustOptions): ReleaseTrust {
    return new Trust({ accounts: options?.accounts, organization: id }, options ?? null, (look) => {
      look.matches('id', id ?? null, /^o-[a-z0-9]{10,32}$/, "the id of an organization, 'o-' and 10 to 32 of a-z 0-9", 'copy it from AWS Organizations');
      look.notEmpty('accounts', options.accounts ?? [], 'name the accounts that pipelines stand in');
      if (Array.isArray(options.accounts)) look.each('accounts', options.accounts, (path, account) => inspectAccount(look, path, account ?? null));
    });
  }

  /** One pipeline: the role of its release function, by ARN (the output `ReleaseFunctionRoleArn` of the pipeline). The role need not exist yet. */
  static role(arn: string, options: ReleaseTrustOptions = {}): ReleaseTrust {
    return new Trust({ accounts: [arn], roleArn: arn }, options, (look) => look.matches('arn', arn ?? null, FUNCTION_ROLE,
      `arn:<partition>:iam::<account>:role/${RELEASE_FUNCTION_PREFIX}-<name>, the role of a release function`, 'copy the output ReleaseFunctionRoleArn of the pipeline'));
  }

  /** @internal */
  abstract _bind(): TrustParts;
}

/** It goes through the parameters of the release action, which have 1,000 characters in all. @internal */
export const EXTERNAL_ID: [RegExp, string, string] = [/^[\w+=,.@:/-]{2,128}$/, '2 to 128 of A-Z a-z 0-9 + = , . @ : / _ -', "write for example 'shop-production'"];

const FUNCTION_ROLE = new RegExp(`^arn:aws[a-z-]*:iam::\\d{12}:role/${RELEASE_FUNCTION_PREFIX}-[\\w+=,.@-]{1,47}$`);

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
