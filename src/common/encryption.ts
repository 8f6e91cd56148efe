import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
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
   * An existing key, for all that the construct makes. Its policy gets the same statements. A key that was imported has no policy that could be changed: it must
   * admit `logs.<region>.amazonaws.com`, `cloudwatch.amazonaws.com`, `events.amazonaws.com` and `codestar-notifications.amazonaws.com` itself.
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
    admitServices(scope, key);
    return key;
  }
}

class Existing extends Encryption {
  constructor(private readonly key: kms.IKey) {
    super();
    this._inspect((look) => {
      look.kind('', key ?? null, 'keyArn', 'a key', 'hand over a kms.IKey');
      look.own('', 'a key', { region: key?.env?.region });
    });
  }

  _bind(scope: Construct): kms.IKey {
    admitServices(scope, this.key);
    return this.key;
  }
}

class AwsManaged extends Encryption {
  _bind(): undefined {
    return undefined;
  }
}

const DATA = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Services that use the key on their own behalf, each as narrowly as it supports. */
function admitServices(scope: Construct, key: kms.IKey): void {
  const { account, region, partition } = Stack.of(scope);
  const admit = (sid: string, service: string, actions: string[], conditions: iam.PolicyStatementProps['conditions']) =>
    key.addToResourcePolicy(new iam.PolicyStatement({
      sid, principals: [new iam.ServicePrincipal(service)], actions, resources: ['*'], conditions,
    }));
  const fromAccount = { StringEquals: { 'aws:SourceAccount': account } };
  admit('Logs', `logs.${region}.amazonaws.com`, ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:DescribeKey'],
    { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` } });
  admit('Alarms', 'cloudwatch.amazonaws.com', DATA, fromAccount);
  admit('Notifications', 'codestar-notifications.amazonaws.com', DATA, fromAccount);
  // EventBridge fills in no source account towards SNS; a condition on it would silence the mails.
  admit('Events', 'events.amazonaws.com', DATA,
    { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': `arn:${partition}:sns:${region}:${account}:*` } });
  // Grants only for AWS services: a principal that may use the key cannot hand it on.
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'GrantsForServicesOnly',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:CreateGrant'],
    resources: ['*'],
    conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
  }));
}
