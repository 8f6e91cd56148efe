import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { inspectKey } from '../../common/key-policy';
import { TaskRole } from '../../common/task-role';
import { acknowledge } from '../../private/acknowledge';
import { createLogGroup, LogGroupSettings } from '../../private/log-group';
import { Choice } from '../../private/problems';
import { Right } from '../../private/scoped-role';

/** Options of `ExecuteCommand.audited`. */
export interface AuditedCommandOptions {
  /** How long it is known who typed what. @default logs.RetentionDays.ONE_YEAR */
  readonly logRetention?: logs.RetentionDays;
}

/** Options of `ExecuteCommand.ofCluster`. */
export interface ClusterCommandOptions {
  /** Log group that the cluster writes sessions to. @default - the cluster writes to none */
  readonly logGroup?: logs.ILogGroup;
  /** Key that the cluster encrypts sessions with. @default - the cluster has none */
  readonly key?: kms.IKey;
}

/** Whether people may run commands in the containers, with `aws ecs execute-command`. */
export abstract class ExecuteCommand extends Choice {
  /** Nobody may. */
  static none(): ExecuteCommand {
    return new None();
  }

  /**
   * Who has the right `ecs:ExecuteCommand`; every session is written to a log group and encrypted, as the new cluster says. The file system of the container must be
   * writable.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   */
  static audited(options: AuditedCommandOptions = {}): ExecuteCommand {
    return new Audited(options);
  }

  /** As the existing cluster says; the task role gets the rights on the log group and the key that you name. */
  static ofCluster(options: ClusterCommandOptions = {}): ExecuteCommand {
    return new OfCluster(options);
  }

  /** Which cluster it goes with; undefined: with any, since nobody may. @internal */
  abstract readonly _cluster: 'new' | 'existing' | undefined;

  /** Names of the endpoints of services that the agent of sessions calls; `key` is that of the place. @internal */
  abstract _calls(key: kms.IKey | undefined): string[];

  /** What sessions are written to and encrypted with. @internal */
  abstract _bind(scope: Construct, settings: LogGroupSettings): ClusterCommandOptions | undefined;
}

class None extends ExecuteCommand {
  readonly _cluster = undefined;

  _calls(): string[] {
    return [];
  }

  _bind(): undefined {
    return undefined;
  }
}

class Audited extends ExecuteCommand {
  readonly _cluster = 'new';

  constructor(private readonly options: AuditedCommandOptions) {
    super();
    this._inspect((look) => look.oneOf('logRetention', options.logRetention, Object.values(logs.RetentionDays).filter(Number.isInteger),
      'take for example logs.RetentionDays.ONE_YEAR'), options);
  }

  _calls(key: kms.IKey | undefined): string[] {
    return endpointsOf(key);
  }

  _bind(scope: Construct, settings: LogGroupSettings): ClusterCommandOptions {
    const { key, removalPolicy } = settings;
    return { key, logGroup: createLogGroup(scope, 'CommandLogs', { key, removalPolicy, retention: this.options.logRetention }) };
  }
}

class OfCluster extends ExecuteCommand {
  readonly _cluster = 'existing';

  constructor(private readonly options: ClusterCommandOptions) {
    super();
    this._inspect((look) => {
      look.kind('logGroup', options.logGroup, 'logGroupArn', 'a log group', 'hand over a logs.ILogGroup');
      inspectKey(look, 'key', options.key);
    }, options);
  }

  _calls(): string[] {
    return endpointsOf(this.options.key);
  }

  _bind(): ClusterCommandOptions {
    return this.options;
  }
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html */
const endpointsOf = (key: kms.IKey | undefined): string[] => key ? ['ssmmessages', 'kms'] : ['ssmmessages'];

/** What a new cluster says of sessions. @internal */
export const commandConfiguration = ({ logGroup, key }: ClusterCommandOptions): ecs.ExecuteCommandConfiguration => ({
  kmsKey: key,
  logging: ecs.ExecuteCommandLogging.OVERRIDE,
  logConfiguration: { cloudWatchLogGroup: logGroup, cloudWatchEncryptionEnabled: key !== undefined },
});

const CHANNELS = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map((action) => `ssmmessages:${action}`);

/** What the agent in the container does with the task role. @internal */
export function allowCommands(taskRole: TaskRole, { logGroup, key }: ClusterCommandOptions): void {
  const wildcard = 'neither channels of Session Manager nor the list of log groups have a resource level';
  const rights: Right[] = [{ actions: logGroup ? [...CHANNELS, 'logs:DescribeLogGroups'] : CHANNELS, resources: ['*'], wildcard }];
  if (logGroup) rights.push({ actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] });
  if (key) rights.push({ actions: ['kms:Decrypt'], resources: [key.keyArn] });
  taskRole.allow(...rights);
  acknowledge(taskRole, Object.fromEntries(rights[0].actions.map((action) => [`IAM-STAR[${action}]`, wildcard])));
}
