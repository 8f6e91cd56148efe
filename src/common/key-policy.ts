import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Inspection } from '../private/problems';

const DATA = ['kms:Decrypt', 'kms:GenerateDataKey'];

const admission = (sid: string, service: string, actions: string[], conditions: iam.Conditions): iam.PolicyStatement =>
  new iam.PolicyStatement({ sid, principals: [new iam.ServicePrincipal(service)], actions, resources: ['*'], conditions });

/** Services that use the key on their own behalf, each as narrowly as it supports. */
export function servicesWithKey(scope: Construct): iam.PolicyStatement[] {
  const { account, region, partition } = Stack.of(scope);
  return [
    admission('Logs', `logs.${region}.amazonaws.com`, ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` } }),
    ...publishersWithKey(scope),
    // Grants only for AWS services: a principal that may use the key cannot hand it on.
    new iam.PolicyStatement({
      sid: 'GrantsForServicesOnly',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['kms:CreateGrant'],
      resources: ['*'],
      conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
    }),
  ];
}

/** Services that publish to encrypted topics: to all of the account, since a topic names its key, and both cannot name each other. */
export function publishersWithKey(scope: Construct): iam.PolicyStatement[] {
  const { account, region, partition } = Stack.of(scope);
  const fromAccount = { StringEquals: { 'aws:SourceAccount': account } };
  return [
    admission('Alarms', 'cloudwatch.amazonaws.com', DATA, fromAccount),
    admission('Notifications', 'codestar-notifications.amazonaws.com', DATA, fromAccount),
    // EventBridge fills in no source account towards SNS; a condition on it would silence the mails.
    admission('Events', 'events.amazonaws.com', DATA,
      { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': `arn:${partition}:sns:${region}:${account}:*` } }),
  ];
}

/**
 * By which policies of IAM may let roles of the account use the key, and by which services make grants when they are told to encrypt with it.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
export const accountWithKey = (scope: Construct): iam.PolicyStatement => new iam.PolicyStatement({
  sid: 'Account',
  principals: [new iam.AccountPrincipal(Stack.of(scope).account)],
  actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:RetireGrant'],
  resources: ['*'],
});

/** That something is a key. Its alias is none: policies of IAM do not know keys by it, and log groups do not take it. */
export function inspectKey(look: Inspection, prop: string, key: kms.IKey | undefined): void {
  look.kind(prop, key, 'keyArn', 'a key', 'hand over a kms.IKey');
  look.that(typeof key !== 'object' || key === null || !('aliasName' in key), prop, 'an alias', 'the key itself', "write for example kms.Key.fromLookup(this, 'Key', { aliasName: 'alias/shop' })");
}
