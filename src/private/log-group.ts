import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge, inPacks } from './acknowledge';

export interface LogGroupSettings {
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  /** What the user chose; one year when absent. */
  readonly retention?: logs.RetentionDays;
  readonly logGroupName?: string;
}

/** A log group that ends some day and is encrypted with our key where there is one. */
export function createLogGroup(scope: Construct, id: string, settings: LogGroupSettings): logs.LogGroup {
  const { key, removalPolicy, retention, logGroupName } = settings;
  const group = new logs.LogGroup(scope, id, {
    encryptionKey: key, removalPolicy, logGroupName, retention: retention ?? logs.RetentionDays.ONE_YEAR,
  });
  if (retention !== undefined && retention < logs.RetentionDays.ONE_YEAR) {
    acknowledge(group, {
      'CKV_AWS_338': `chosen by the user: log retention = ${retention} days`,
      'cfn-guard::CT.CLOUDWATCH.PR.2': `chosen by the user: log retention = ${retention} days`,
    });
  }
  if (key && Stack.of(key) !== Stack.of(scope)) {
    acknowledge(group, { 'cfn-guard::CT.CLOUDWATCH.PR.3': 'encrypted with a key of another stack, which the rule does not recognise' });
  }
  if (!key) {
    const reason = 'chosen by the user: encryption = keys of AWS services';
    acknowledge(group, { 'CKV_AWS_158': reason, 'cfn-guard::CT.CLOUDWATCH.PR.3': reason, ...inPacks('CloudWatchLogGroupEncrypted', reason) });
  }
  return group;
}
