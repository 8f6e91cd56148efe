import { Stack, StackProps } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { DeployStrategy, FargateEnvironment, LoadBalancer, ReleaseTrust, Scaling } from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration } from './configuration';
import { shared } from './shared';

export interface LiveStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** The service in the target account. It knows the account that may release, and no pipeline. */
export class LiveStack extends Stack {
  readonly place: FargateEnvironment;

  constructor(scope: Construct, id: string, { configuration, ...props }: LiveStackProps) {
    super(scope, id, props);
    const { toolsAccount, externalId, cpu, memoryMiB, desiredCount } = configuration;
    this.place = new FargateEnvironment(this, 'Tea', {
      ...shared(configuration, 'topic-tea-live'),
      releaseTrust: ReleaseTrust.account(toolsAccount, { externalId: externalId || undefined }),
      clusterName: 'cluster-tea',
      serviceName: 'service-tea',
      taskFamily: 'task-tea',
      loadBalancer: LoadBalancer.internetFacing(),
      container: { port: 80, cpu, memoryLimitMiB: memoryMiB, healthCheck: { path: '/health' }, logRetention: logs.RetentionDays.ONE_MONTH },
      scaling: Scaling.fixed(desiredCount),
      // Its circuit breaker and its alarms roll back a release that fails.
      deployStrategy: DeployStrategy.rolling(),
    });
  }
}
