import { Annotations, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { publishersWithKey } from '../common/key-policy';
import { addOrAsk } from '../common/printed-policy';
import { NameMaker } from '../common/resource-names';
import { acknowledge, inPacks } from '../private/acknowledge';
import { DeadLetterQueue } from '../private/dead-letter-queue';
import { areApart, Choice, inspect } from '../private/problems';

/** Options of `Notification.createTopic`. */
export interface CreateTopicOptions {
  /** Base name of the topic, 1 to 256 letters, digits, `-` and `_`. @default - by `resourceNames` */
  readonly topicName?: string;
  /** Name of the sender in mails, at most 100 characters. @default - none */
  readonly displayName?: string;
  /** E-mail addresses that are asked to subscribe. @default - none */
  readonly emails?: string[];
  /** Further subscriptions, for example `new subscriptions.UrlSubscription(...)`. @default - none */
  readonly subscribers?: sns.ITopicSubscription[];
}

/** @internal */
export interface NotificationParts {
  readonly key?: kms.IKey;
  readonly names: NameMaker;
  /** Tells the topic apart from others of the construct. */
  readonly detail?: string;
}

/** @internal */
export interface TopicPlan {
  topicName?: string;
  displayName?: string;
  readonly subscribers: ((queue: sqs.IQueue) => sns.ITopicSubscription)[];
  readonly existing: sns.ITopic[];
  own: boolean;
}

/** Who is told about alarms, failed pipelines, failed builds and waiting approvals. */
export abstract class Notification extends Choice {
  /** Mails to an address, through the construct's own topic. The address is asked to confirm once. */
  static email(address: string): Notification {
    return new OwnTopic({ emails: [address] }, 'address');
  }

  /**
   * An existing topic. Its policy, and that of its key, admit CloudWatch, EventBridge and notifications of the account from then on. Of one that was imported they cannot be
   * changed: a warning says which statements they must hold. Whether an imported topic has a key is known of `sns.Topic.fromTopicAttributes` only.
   */
  static topic(topic: sns.ITopic): Notification {
    return new ExistingTopic(topic);
  }

  /** The construct's own topic, with a name of yours and subscribers. */
  static createTopic(options: CreateTopicOptions = {}): Notification {
    return new OwnTopic(options, 'emails[0]');
  }

  /** @internal */
  abstract _bind(plan: TopicPlan): void;
}

class OwnTopic extends Notification {
  constructor(private readonly options: CreateTopicOptions, firstEmail: string) {
    super();
    this._inspect((look) => {
      look.matches('topicName', options.topicName, /^[A-Za-z0-9_-]{1,256}$/, '1 to 256 of A-Z a-z 0-9 _ -', 'leave out spaces and other characters');
      look.matches('displayName', options.displayName, /^[^\n\r]{1,100}$/, '1 to 100 characters on one line', 'shorten it');
      look.each('emails', options.emails, (path, email) => look.matches(path === 'emails[0]' ? firstEmail : path, email ?? '',
        /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address', "write for example 'team@example.com'"));
      look.each('subscribers', options.subscribers, (path, subscriber) =>
        look.kind(path, subscriber ?? null, 'bind', 'a subscription', "write for example new subscriptions.UrlSubscription('https://...')"));
    }, options);
  }

  _bind(plan: TopicPlan): void {
    plan.own = true;
    plan.topicName = this.options.topicName ?? plan.topicName;
    plan.displayName = this.options.displayName ?? plan.displayName;
    plan.subscribers.push(...(this.options.emails ?? []).map((email) => (deadLetterQueue: sqs.IQueue) =>
      new subscriptions.EmailSubscription(email, { deadLetterQueue })));
    plan.subscribers.push(...(this.options.subscribers ?? []).map((subscriber) => () => subscriber));
  }
}

class ExistingTopic extends Notification {
  constructor(private readonly existing: sns.ITopic) {
    super();
    this._inspect((look) => {
      look.that(typeof existing?.topicArn === 'string', '', existing, 'a topic', 'hand over an sns.ITopic');
      // CloudWatch notifies topics of its own region only; they may be another account's.
      look.own('', 'a topic', { region: existing?.env?.region });
    });
  }

  _bind(plan: TopicPlan): void {
    plan.existing.push(this.existing);
  }
}

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const MOST_TOPICS = 5;

/**
 * The topics behind a list of notifications: the construct's own one, unless only existing topics are named or the list is empty.
 */
export function bindNotifications(scope: Construct, notifications: Notification[] | undefined, parts: NotificationParts): sns.ITopic[] {
  const plan: TopicPlan = { subscribers: [], existing: [], own: notifications === undefined };
  notifications?.forEach((notification) => notification._bind(plan));
  const topics = [...plan.existing, ...(plan.own ? [createTopic(scope, plan, parts)] : [])];
  inspect((look) => look.that(topics.length <= MOST_TOPICS, 'notifications', `${topics.length} topics`, `${MOST_TOPICS}, as many as an alarm and an event rule tell`,
    'subscribe to one of them whoever listens to the others')).throwFor(scope);
  topics.forEach((topic) => admitPublishers(scope, topic, parts.key));
  if (topics.length === 1 && plan.own && plan.subscribers.length === 0) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:nobody-listens',
      "notifications: nobody listens to alarms and failed pipelines; add Notification.email('team@example.com'), or [] to go without");
  }
  return topics;
}

function createTopic(scope: Construct, plan: TopicPlan, { key, names, detail }: NotificationParts): sns.ITopic {
  const topic = new sns.Topic(scope, 'Topic', {
    topicName: names.name({ type: 'topic', detail, base: plan.topicName, prop: 'topicName', maxLength: 256 }),
    displayName: plan.displayName,
    masterKey: key,
    enforceSSL: true,
  });
  if (!key) {
    const reason = 'chosen by the user: encryption = keys of AWS services; aws/sns admits neither CloudWatch nor EventBridge';
    acknowledge(topic, { CKV_AWS_26: reason, ...inPacks('SNSEncryptedKMS', reason) });
  }
  if (plan.subscribers.length > 0) {
    const queue = DeadLetterQueue.of(scope);
    plan.subscribers.forEach((subscriber) => topic.addSubscription(subscriber(queue)));
  }
  return topic;
}

/** Once a topic has a policy, only those it names may publish; a key of its own must admit them too. */
function admitPublishers(scope: Construct, topic: sns.ITopic, key: kms.IKey | undefined): void {
  const { masterKey, topicArn: arn } = topic;
  const { account } = Stack.of(scope);
  const fromAccount = { StringEquals: { 'aws:SourceAccount': account } };
  // Accounts that share a topic have a statement each, and no two of one name: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
  const guest = areApart(account, topic.env.account) ? account : '';
  const admission = (sid: string, service: string, conditions?: iam.PolicyStatementProps['conditions']) =>
    new iam.PolicyStatement({ sid, principals: [new iam.ServicePrincipal(service)], actions: ['sns:Publish'], resources: [arn], conditions });
  addOrAsk(scope, { id: 'fixed-topic', prop: 'notifications', arn, add: (statement) => topic.addToResourcePolicy(statement) }, [
    admission(`Alarms${guest}`, 'cloudwatch.amazonaws.com', fromAccount),
    admission(`Notifications${guest}`, 'codestar-notifications.amazonaws.com', fromAccount),
    // "You can't use Condition blocks in Amazon SNS topic policies for EventBridge" (EventBridge user guide, resource-based policies).
    admission('Events', 'events.amazonaws.com'),
  ]);
  if (masterKey && masterKey !== key) {
    addOrAsk(scope, { id: 'fixed-topic-key', prop: 'notifications', arn: masterKey.keyArn, add: (statement) => masterKey.addToResourcePolicy(statement) }, publishersWithKey(scope));
  }
}
