import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { TaskRole } from '../../common/task-role';

/** What sidecars are made with. @internal */
export interface BoundTask {
  readonly definition: ecs.FargateTaskDefinition;
  readonly taskRole: TaskRole;
  readonly logGroup: logs.LogGroup;
  /** Into the log group of the place. */
  readonly logging: ecs.LogDriver;
}
