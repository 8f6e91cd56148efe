import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge, inPacks } from './acknowledge';

const ID = 'DeadLetters';

/** Where events, mails and function calls end up that could not be delivered; one for each construct that the user wrote. */
export class DeadLetterQueue extends sqs.Queue {
  static of(scope: Construct): DeadLetterQueue {
    return scope.node.tryFindChild(ID) as DeadLetterQueue | undefined ?? new DeadLetterQueue(scope);
  }

  private constructor(scope: Construct) {
    super(scope, ID, {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      // A customer-managed key would need a policy for each service that delivers; SQS encrypts by itself.
      encryption: sqs.QueueEncryption.SQS_MANAGED,
    });
    const reason = 'this is the dead-letter queue';
    acknowledge(this, {
      'CKV_AWS_27': 'SQS encrypts it with keys of its own',
      'AwsSolutions-SQS3': reason,
      'Serverless-SQSRedrivePolicy': reason,
      'cfn-guard::CT.SQS.PR.1': reason,
      ...inPacks('SQSQueueDLQ', reason),
    });
  }
}

/** Lets EventBridge deliver what this rule could not deliver to its targets. */
export function admitRule(queue: DeadLetterQueue, rule: events.Rule): void {
  queue.addToResourcePolicy(new iam.PolicyStatement({
    sid: rule.node.id,
    principals: [new iam.ServicePrincipal('events.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
  }));
}
