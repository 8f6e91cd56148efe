import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { Dashboard, FargateEnvironmentProps, Network } from '../../src';

/** A VPC that exists, for tests that do not look at the network: ours is a third of the resources of a place. */
export const givenNetwork = (scope: Construct, privateSubnetIds = ['subnet-33333333', 'subnet-44444444']): Network => Network.fromVpc(ec2.Vpc.fromVpcAttributes(scope, 'GivenVpc', {
  vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], privateSubnetIds,
}));

/** A place without what surrounds service and load balancer, for tests that do not look at it. */
export const bare = (scope: Construct): FargateEnvironmentProps => ({ network: givenNetwork(scope), alarms: [], notifications: [], dashboard: Dashboard.none() });
