import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ECSClient, NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { OneOffRequest, OneOffSettings } from './settings';
import type { Log, Progress, Time } from '../../release/run';

/** Kept in the continuation token. */
export interface OneOffProgress extends Progress {
  /** ARN of the task that is followed. */
  task?: string;
}

/** Where a task runs, and what it takes. */
export interface Home {
  readonly clients: { readonly ecs: ECSClient; readonly logs: CloudWatchLogsClient };
  readonly region: string;
  readonly clusterArn: string;
  /** Family of the one-off tasks. */
  readonly family: string;
  readonly containerName: string;
  /** Absent: the container does not log to CloudWatch. */
  readonly logGroupName?: string;
  readonly logStreamPrefix?: string;
  /** The image where the task can pull it. */
  readonly image: string;
  /** Brings it there. */
  bringImage(): Promise<void>;
  /** What the task is modelled on, and its network. */
  model(): Promise<{ readonly taskDefinition: string; readonly network: NetworkConfiguration }>;
}

/** Container of the tests, beside the one that is released. */
export const TESTS = 'tests';

/** The container whose exit code decides. */
export const decisive = ({ settings, containerName }: OneOff): string => settings.tests ? TESTS : containerName;

/** One invocation's view of a one-off task. */
export interface OneOff extends Home {
  readonly settings: OneOffSettings;
  readonly request: OneOffRequest;
  readonly progress: OneOffProgress;
  readonly time: Time;
  /** When this invocation began. */
  readonly invokedAt: number;
  readonly deadline: number;
  readonly log: Log;
}
