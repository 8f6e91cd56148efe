import { Annotations, Duration } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { NameMaker } from '../../common/resource-names';
import { bindNotifications, Notification } from '../../observe/notification';
import { Choice } from '../../private/problems';
import { ScopedRole } from '../../private/scoped-role';

/** Options of `Approval.manual`. */
export interface ManualApprovalOptions {
  /** What the reviewer reads, at most 1000 characters. @default - none */
  readonly comment?: string;
  /** Who is asked; one topic. @default - the notifications of the pipeline */
  readonly notify?: Notification;
  /**
   * How long the pipeline waits, 5 minutes to 60 days; then the action fails and nothing is released.
   * @default Duration.days(7)
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
   */
  readonly timeout?: Duration;
  /**
   * Page that the reviewer should look at.
   * @default - where the first place of the release stage before answers; none before the first release
   */
  readonly reviewUrl?: string;
  /** Stage that the approval stands in. @default - `Approve-` and the name of the stage that it guards */
  readonly stage?: string;
}

/** @internal */
export interface ApprovalParts {
  readonly names: NameMaker;
  readonly key?: kms.IKey;
  readonly topics: sns.ITopic[];
  readonly pipelineRole: iam.IRole;
  /** Where the release before this gate can be looked at: a variable, which CodePipeline resolves before it asks. */
  readonly serviceUrl?: string;
}

/** A gate before a release. */
export abstract class Approval extends Choice {
  /** A person approves or rejects. Whoever may is decided by `codepipeline:PutApprovalResult` on the action. */
  static manual(options: ManualApprovalOptions = {}): Approval {
    return new Manual(options);
  }

  /** @internal */
  abstract readonly _stage: string | undefined;

  /** @internal */
  abstract _bind(scope: Construct, parts: ApprovalParts): codepipeline.IAction;
}

class Manual extends Approval {
  readonly _stage: string | undefined;

  constructor(private readonly options: ManualApprovalOptions) {
    super();
    this._stage = options?.stage;
    this._inspect((look) => {
      look.matches('comment', options.comment, /^[\s\S]{1,1000}$/, '1 to 1000 characters', 'shorten it');
      look.seconds('timeout', options.timeout, 5 * 60, 86400 * 60, 'take for example Duration.days(1)', 60);
      look.matches('reviewUrl', options.reviewUrl, /^https?:\/\/\S+$/, 'a URL', "write for example 'https://staging.example.com'");
      look.matches('stage', options.stage, /^[A-Za-z0-9.@_-]{1,100}$/, '1 to 100 of A-Z a-z 0-9 . @ _ -', 'leave out spaces and other characters');
      look.choice('notify', options.notify, Notification);
    }, options);
  }

  _bind(scope: Construct, parts: ApprovalParts): codepipeline.IAction {
    const { comment, notify, timeout, reviewUrl = parts.serviceUrl } = this.options;
    const owner = new Construct(scope, 'Approval');
    const [topic] = notify ? bindNotifications(owner, [notify], { ...parts, detail: `approval-${scope.node.id}` }) : parts.topics;
    if (!topic) {
      Annotations.of(scope).addWarningV2('cdk-fargate-cicd:nobody-approves', "approval: nobody is told that it waits; give notifications, or Approval.manual({ notify: Notification.email('team@example.com') })");
    }
    const role = new ScopedRole(owner, 'Role', { assumedBy: new iam.ArnPrincipal(parts.pipelineRole.roleArn), description: 'Asks for approval' });
    if (topic) {
      role.allow({ actions: ['sns:Publish'], resources: [topic.topicArn] });
      if (parts.key) role.allow({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [parts.key.keyArn] });
    }
    return new actions.ManualApprovalAction({
      actionName: 'Approve', role, notificationTopic: topic, additionalInformation: comment, externalEntityLink: reviewUrl, timeout,
    });
  }
}
