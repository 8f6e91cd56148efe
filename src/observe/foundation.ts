import { Annotations, RemovalPolicy, Stack, Tags, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Fact } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { bindNotifications, Notification } from './notification';
import { createLogBucket } from '../common/bucket';
import { Encryption } from '../common/encryption';
import { NameMaker, ResourceNames } from '../common/resource-names';
import { watchAccounts } from '../private/limits/account-limits';
import { watchStack } from '../private/limits/stack-limits';
import { Inspection } from '../private/problems';

/** What every construct of the library can be told. */
export interface FoundationProps {
  /** Who holds the key of everything at rest. @default Encryption.customerManaged() */
  readonly encryption?: Encryption;
  /** Who names resources. @default ResourceNames.generated() */
  readonly resourceNames?: ResourceNames;
  /**
   * What happens to data when the stack is deleted. RETAIN: buckets, repositories, key and logs stay and the load balancer is protected. DESTROY: everything
   * goes, buckets and repositories are emptied.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /** Tags for everything that can have them. @default - none */
  readonly tags?: { [key: string]: string };
  /** What an enclosing construct has laid already. @internal */
  readonly _foundation?: Foundation;
}

/** What every construct can be told in which something may fail. */
export interface NotifyingProps extends FoundationProps {
  /** Who is told about alarms and failures, over five topics at most; an empty list: nobody. @default - a topic to which nobody listens yet, with a warning */
  readonly notifications?: Notification[];
}

/** What everything of one construct stands on. @internal */
export interface Foundation {
  readonly names: NameMaker;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly topics: sns.ITopic[];
  /** Where access to buckets and load balancers is logged. It is made for the first of them: a service behind a load balancer of others has neither. */
  readonly logBucket: () => s3.Bucket;
}

/** @internal */
export function layFoundation(scope: Construct, props: NotifyingProps): Foundation {
  Object.entries(props.tags ?? {}).forEach(([key, value]) => Tags.of(scope).add(key, value));
  if (props._foundation) return props._foundation;
  warnOfRegion(scope);
  watchStack(scope);
  watchAccounts(scope);
  const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
  const names = (props.resourceNames ?? ResourceNames.generated())._bind(scope);
  const key = (props.encryption ?? Encryption.customerManaged())._bind(scope, {
    removalPolicy,
    aliasName: (base) => names.name({ type: 'key', base, prop: 'encryption.aliasName', maxLength: 200 }),
  });
  const topics = bindNotifications(scope, props.notifications, { names, key });
  const logBucket = () => scope.node.tryFindChild('AccessLogs') as s3.Bucket | undefined ?? createLogBucket(scope, 'AccessLogs', removalPolicy, key);
  return { names, key, removalPolicy, topics, logBucket };
}

/** Regions may be newer than the aws-cdk-lib that is installed. */
function warnOfRegion(scope: Construct): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || Fact.regions.includes(region)) return;
  Annotations.of(scope).addWarningV2('cdk-fargate-cicd:unknown-region', `the region of the stack is '${region}', which this version of aws-cdk-lib does not know; look at the env of the stack`);
}

/** @internal */
export function inspectFoundation(look: Inspection, props: NotifyingProps): void {
  look.choices('notifications', props.notifications, Notification);
  look.choice('encryption', props.encryption, Encryption);
  look.choice('resourceNames', props.resourceNames, ResourceNames);
  look.oneOf('removalPolicy', props.removalPolicy, [RemovalPolicy.RETAIN, RemovalPolicy.DESTROY], 'say whether data is kept or destroyed');
  if (props.tags === undefined || !look.struct('tags', props.tags, 'a map of keys to values')) return;
  for (const [key, value] of Object.entries(props.tags)) {
    look.matches(`tags.${key}`, key, /^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/u, "a key of 1 to 128 characters that does not begin with 'aws:'", 'rename the tag');
    look.matches(`tags.${key}`, value, /^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, 'a value of at most 256 letters, digits, spaces and _ . : / = + - @', 'shorten the value');
  }
}
