import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ScopedRole } from '../../private/scoped-role';

/** What sidecars are made with. @internal */
export interface BoundTask {
  readonly definition: ecs.FargateTaskDefinition;
  readonly taskRole: ScopedRole;
  readonly logGroup: logs.LogGroup;
  /** Into the log group of the place. */
  readonly logging: ecs.LogDriver;
}
