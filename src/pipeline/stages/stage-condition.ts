import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { Choice } from '../../private/problems';
import { ScopedRole } from '../../private/scoped-role';

/** Options of `StageCondition.deploymentWindow`. */
export interface DeploymentWindowOptions {
  /**
   * When the stage may begin: `*` for the seconds, minutes, hours, day of month, month, day of week, and a year if you like, divided by spaces. One of the two days is `?`. For
   * example `* * 9-16 ? * MON-THU *`: from 9:00 to 16:59, Monday to Thursday.
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html
   */
  readonly cron: string;
  /** Time zone of it: `Europe/Berlin`, `UTC+05:30`, or an abbreviation of 3 to 5 letters. @default 'UTC' */
  readonly timeZone?: string;
}

/** Options of `StageCondition.alarm`. */
export interface AlarmConditionOptions {
  /**
   * Before the releases: how long an alarm that rings may take to become quiet. After them: how long it must not begin to ring. 1 minute to 1 day, whole minutes.
   * @default - what the alarm says at that moment
   */
  readonly waitTime?: Duration;
}

/** What must hold before and after the releases of a stage. */
export interface StageConditions {
  /** Before the stage begins, 1 to 5; otherwise it fails and nothing is released. @default - none */
  readonly before?: StageCondition[];
  /** After releases and checks have succeeded, 1 to 5; otherwise `onFailure` of the stage says what happens. @default - none */
  readonly after?: StageCondition[];
}

/** @internal */
export interface ConditionParts {
  /** Unique within the pipeline. */
  readonly name: string;
  readonly pipelineRole: iam.IRole;
}

/**
 * A condition of a stage. All conditions at one place must hold. Whoever starts an execution may override them in the console.
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html
 */
export abstract class StageCondition extends Choice {
  /**
   * The time is right. An execution that comes too early waits for the window. An alarm beside it is looked at before the wait, and not again.
   */
  static deploymentWindow(options: DeploymentWindowOptions): StageCondition {
    return new DeploymentWindow(options);
  }

  /** The alarm does not ring. It stands in the account and region of the pipeline. */
  static alarm(alarm: cloudwatch.IAlarm, options: AlarmConditionOptions = {}): StageCondition {
    return new AlarmQuiet(alarm, options);
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: ConditionParts): codepipeline.Rule;
}

class DeploymentWindow extends StageCondition {
  constructor(private readonly options: DeploymentWindowOptions) {
    super();
    this._inspect((look) => {
      look.matches('cron', options.cron ?? null, /^(?=\* \S+ \S+ (\? \S+ (?!\?)|(?!\?)\S+ \S+ \?))[\w*?,/#-]+( [\w*?,/#-]+){5,6}$/,
        '`*` for the seconds, minutes, hours, day of month, month, day of week and perhaps a year, one of the two days `?`', "write for example '* * 9-16 ? * MON-THU *'");
      look.matches('timeZone', options.timeZone, /^([A-Za-z]+(\/\w+)+|UTC([+-]\d\d:\d\d)?|[A-Z]{3,5})$/, 'a time zone', "write for example 'Europe/Berlin' or 'UTC+05:30'");
    }, options ?? null);
  }

  _bind(_scope: Construct, { name }: ConditionParts): codepipeline.Rule {
    const { cron, timeZone } = this.options;
    return new codepipeline.Rule({ name, provider: 'DeploymentWindow', version: '1', configuration: { Cron: cron, TimeZone: timeZone ?? 'UTC' } });
  }
}

class AlarmQuiet extends StageCondition {
  constructor(private readonly alarm: cloudwatch.IAlarm, private readonly options: AlarmConditionOptions) {
    super();
    this._inspect((look) => {
      look.that(typeof alarm?.alarmArn === 'string', 'alarm', alarm, 'an alarm', 'hand over a cloudwatch.IAlarm');
      look.seconds('waitTime', options.waitTime, 60, 86400, 'take for example Duration.minutes(10)', 60);
      if (typeof alarm?.alarmArn !== 'string') return;
      look.own('alarm', 'an alarm', alarm.env);
      look.inPlace((later, here) => later.that(Stack.of(alarm) === here || !Token.isUnresolved(nameOf(alarm)), 'alarm', `an alarm of the stack ${Stack.of(alarm).node.path}`,
        'alarms of the stack of the pipeline, or with a name of their own', 'give the alarm a name: without, an export would bind the stacks'));
    }, options);
  }

  _bind(scope: Construct, { name, pipelineRole }: ConditionParts): codepipeline.Rule {
    const alarmName = nameOf(this.alarm);
    const role = new ScopedRole(scope, 'Role', { assumedBy: new iam.ArnPrincipal(pipelineRole.roleArn), description: `Looks at an alarm for ${scope.node.path}` });
    const { account, partition, region } = Stack.of(scope);
    role.allow({ actions: ['cloudwatch:DescribeAlarms'], resources: [`arn:${partition}:cloudwatch:${region}:${account}:alarm:${alarmName}`] });
    role.grantAssumeRole(pipelineRole);
    return new codepipeline.Rule({
      name, provider: 'CloudWatchAlarm', version: '1', role,
      configuration: { AlarmName: alarmName, AlarmStates: 'ALARM', WaitTime: this.options.waitTime?.toMinutes().toString() },
    });
  }
}

/** The name as it is written in the template, where it is: unlike the attribute of an alarm in another stack it needs no export. */
function nameOf(alarm: cloudwatch.IAlarm): string {
  const written = (alarm.node.defaultChild as cloudwatch.CfnAlarm | undefined)?.alarmName;
  return written === undefined || Token.isUnresolved(written) ? alarm.alarmName : written;
}

/** The one condition that CodePipeline takes before and after a stage. @internal */
export function conditionOf(scope: Construct, conditions: StageCondition[] | undefined, result: codepipeline.Result, parts: ConditionParts): codepipeline.Conditions | undefined {
  if (!conditions?.length) return undefined;
  const rules = conditions.map((condition, index) => condition._bind(new Construct(scope, `${index + 1}`), { ...parts, name: `${parts.name}-${index + 1}`.slice(-100) }));
  return { conditions: [{ result, rules }] };
}
