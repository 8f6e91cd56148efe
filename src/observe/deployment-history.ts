import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { inspectKey } from '../common/key-policy';
import { NameMaker } from '../common/resource-names';
import { acknowledge, inPacks } from '../private/acknowledge';
import { Choice } from '../private/problems';

/** Options of `DeploymentHistory.table`. */
export interface HistoryTableOptions {
  /**
   * Base name of the table, 3 to 255 of A-Z a-z 0-9 _ . -.
   * @default - by `resourceNames`
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
   */
  readonly tableName?: string;
  /** Key of the table instead of the construct's own. @default - the key of `encryption`; with `Encryption.awsManaged` the one of DynamoDB */
  readonly key?: kms.IKey;
  /**
   * How long a record is kept, 1 day to 10 years, in whole days. DynamoDB deletes within days after that.
   * @default - for ever
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
   */
  readonly expiry?: Duration;
}

/** @internal */
export interface HistoryParts {
  readonly names: NameMaker;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** What the release function writes to. @internal */
export interface BoundHistory {
  readonly table: dynamodb.Table;
  readonly key?: kms.IKey;
  /** Undefined: records stay. */
  readonly expiry?: Duration;
}

/** Where it is written down what was released, when, where and how it ended. */
export abstract class DeploymentHistory extends Choice {
  /** A DynamoDB table, paid by request, with point-in-time recovery. It stays with RETAIN and goes with DESTROY. */
  static table(options: HistoryTableOptions = {}): DeploymentHistory {
    return new HistoryTable(options);
  }

  /** Nothing is written down; the time to restore is not known then. */
  static none(): DeploymentHistory {
    return new None();
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: HistoryParts): BoundHistory | undefined;
}

class None extends DeploymentHistory {
  constructor() {
    super();
  }

  _bind(): undefined {
    return undefined;
  }
}

class HistoryTable extends DeploymentHistory {
  constructor(private readonly options: HistoryTableOptions) {
    super();
    this._inspect((look) => {
      look.matches('tableName', options.tableName, /^[A-Za-z0-9_.-]{3,255}$/, '3 to 255 of A-Z a-z 0-9 _ . -', 'leave out spaces and other characters');
      inspectKey(look, 'key', options.key);
      look.seconds('expiry', options.expiry, 86_400, 3_650 * 86_400, 'take for example Duration.days(730)', 86_400);
    }, options);
  }

  _bind(scope: Construct, { names, removalPolicy, key: ownKey }: HistoryParts): BoundHistory {
    const { expiry, key = ownKey, tableName } = this.options;
    const table = new dynamodb.Table(scope, 'History', {
      tableName: names.name({ type: 'table', base: tableName, maxLength: 255 }),
      partitionKey: { name: 'deploymentId', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'timestamp', type: dynamodb.AttributeType.NUMBER },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: key ? dynamodb.TableEncryption.CUSTOMER_MANAGED : dynamodb.TableEncryption.AWS_MANAGED,
      encryptionKey: key,
      timeToLiveAttribute: expiry && 'expiresAt',
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN ? true : undefined,
      removalPolicy,
    });
    acknowledge(table, {
      ...inPacks('DynamoDBInBackupPlan', 'point-in-time recovery goes back 35 days; a backup plan belongs to the account'),
      ...(key ? {} : { CKV_AWS_119: 'chosen by the user: encryption = keys of AWS services' }),
    });
    return { table, key, expiry };
  }
}
