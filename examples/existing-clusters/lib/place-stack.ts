import { Stack, StackProps } from 'aws-cdk-lib';
import { CodeDeployAddress, CodeDeployGroup, ReleaseRole, ReleaseRolePolicies, ReleaseTrust, ResourceNames } from 'cdk-fargate-cicd';
import { Construct } from 'constructs';
import { Configuration, ExistingService } from './configuration';

export interface PlaceStackProps extends StackProps {
  readonly configuration: Configuration;
  readonly service: ExistingService;
  /** What the place is called. */
  readonly placeName: string;
}

/** The little that is added to a service that exists, in its account: what CodeDeploy needs in order to move its traffic. */
export class PlaceStack extends Stack {
  /** Names of application and deployment group. */
  readonly codeDeploy: CodeDeployAddress;
  /** What the role must be that releases take on; it is made by whoever makes roles in this account. */
  readonly releaseRole: ReleaseRolePolicies;

  constructor(scope: Construct, id: string, { configuration, service, placeName, ...props }: PlaceStackProps) {
    super(scope, id, props);
    const { clusterArn, serviceName, taskFamily, taskRoleArn, executionRoleArn, logGroupName, listenerArn, targetGroupArns } = service;
    const existing = { cluster: clusterArn, service: serviceName, passableRoleArns: [taskRoleArn, executionRoleArn] };
    this.codeDeploy = new CodeDeployGroup(this, `Tea${placeName}`, {
      ...existing,
      listenerArn,
      targetGroupArns,
      resourceNames: ResourceNames.suffixed({ suffix: configuration.environmentSuffix }),
    }).address;
    this.releaseRole = ReleaseRole.policies({
      ...existing,
      taskFamily,
      logGroupName,
      codeDeploy: this.codeDeploy,
      releaseTrust: ReleaseTrust.account(configuration.toolsAccount),
    });
  }
}
