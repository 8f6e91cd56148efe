import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { accountWithKey, inspectKey, servicesWithKey } from './key-policy';
import { addOrAsk } from './printed-policy';
import { Choice } from '../private/problems';

/** Options of `Encryption.customerManaged`. */
export interface CustomerManagedEncryptionOptions {
  /**
   * Base name of the alias of the key, without `alias/`: letters, digits, `/`, `_` and `-`, not beginning with `aws/`.
   * @default - no alias, or a name by `resourceNames`
   * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
   */
  readonly aliasName?: string;
  /**
   * How often the key rotates, 90 to 2560 days.
   * @default Duration.days(365)
   * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
   */
  readonly rotationPeriod?: Duration;
}

/** @internal */
export interface EncryptionParts {
  readonly aliasName: (base?: string) => string | undefined;
  readonly removalPolicy: RemovalPolicy;
}

/** Who holds the key of everything at rest: buckets, repositories, topic, queues, log groups. */
export abstract class Encryption extends Choice {
  /**
   * One new customer-managed key for all that the construct makes, with rotation. Its policy admits CloudWatch Logs, CloudWatch, EventBridge and
   * notifications for this account only. About 1 USD a month.
   */
  static customerManaged(options: CustomerManagedEncryptionOptions = {}): Encryption {
    return new CustomerManaged(options);
  }

  /**
   * An existing key of the same region, for all that the construct makes. Its policy gets the same statements. A key that was imported has no policy that could be
   * changed: a warning says which statements it must hold. An alias is refused, since policies and log groups know keys only.
   * @see https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
   */
  static fromKey(key: kms.IKey): Encryption {
    return new Existing(key);
  }

  /**
   * Keys of AWS services. Saves the key's price, with a consequence: the topic is not encrypted, because the key `aws/sns` does
   * not admit CloudWatch and EventBridge, and the key policy cannot be audited or revoked.
   */
  static awsManaged(): Encryption {
    return new AwsManaged();
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: EncryptionParts): kms.IKey | undefined;
}

class CustomerManaged extends Encryption {
  constructor(private readonly options: CustomerManagedEncryptionOptions) {
    super();
    this._inspect((look) => {
      look.matches('aliasName', options.aliasName, /^(?!aws\/)[a-zA-Z0-9/_-]{1,200}$/, "1 to 200 of A-Z a-z 0-9 / _ -, not beginning with 'aws/'",
        'leave out the prefix alias/ and illegal characters');
      look.seconds('rotationPeriod', options.rotationPeriod, 90 * 86400, 2560 * 86400, 'take for example Duration.days(365)', 86400);
    }, options);
  }

  _bind(scope: Construct, parts: EncryptionParts): kms.IKey {
    const alias = parts.aliasName(this.options.aliasName);
    const key = new kms.Key(scope, 'Key', {
      description: `Everything at rest of ${scope.node.path}`,
      enableKeyRotation: true,
      rotationPeriod: this.options.rotationPeriod ?? Duration.days(365),
      removalPolicy: parts.removalPolicy,
      ...(alias ? { alias: `alias/${alias}` } : {}),
    });
    servicesWithKey(scope).forEach((statement) => key.addToResourcePolicy(statement));
    return key;
  }
}

class Existing extends Encryption {
  constructor(private readonly key: kms.IKey) {
    super();
    this._inspect((look) => {
      inspectKey(look, '', key ?? null);
      look.own('', 'a key', { region: key?.env?.region });
    });
  }

  _bind(scope: Construct): kms.IKey {
    const add = (statement: iam.PolicyStatement) => this.key.addToResourcePolicy(statement);
    addOrAsk(scope, { id: 'fixed-key', prop: 'encryption', arn: this.key.keyArn, add, asked: [accountWithKey(scope)] }, servicesWithKey(scope));
    return this.key;
  }
}

class AwsManaged extends Encryption {
  _bind(): undefined {
    return undefined;
  }
}
