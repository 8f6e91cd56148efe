import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IDependable } from 'constructs';
import { Egress, NeededServices } from './egress';
import { acknowledge, inPacks } from '../../private/acknowledge';
import { createLogGroup } from '../../private/log-group';
import { shortPath } from '../../private/naming';
import { guarded, ScopedRole } from '../../private/scoped-role';

interface VpcSettings {
  readonly cidr: string;
  readonly zones: string[];
  readonly publicRanges: string[];
  readonly privateRanges: string[];
  readonly egress: Egress;
  readonly needs: NeededServices;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * A VPC of the parts that `ec2.Vpc` is made of. `ec2.Vpc` itself asks the account for its zones as soon as the stack names an account,
 * even when they are given, and takes no address ranges of single subnets.
 */
export function createVpc(scope: Construct, settings: VpcSettings): { vpc: ec2.IVpc; ready: IDependable[] } {
  const { egress, needs } = settings;
  const root = new Construct(scope, 'Network');
  const vpc = new ec2.CfnVPC(root, 'Vpc', { cidrBlock: settings.cidr, enableDnsHostnames: true, enableDnsSupport: true });
  nameShortly(root);
  const gateway = new ec2.CfnInternetGateway(root, 'InternetGateway');
  const attachment = new ec2.CfnVPCGatewayAttachment(root, 'InternetGatewayAttachment', { vpcId: vpc.ref, internetGatewayId: gateway.ref });

  const publicSubnets = settings.zones.map((availabilityZone, index) => {
    const subnet = new ec2.PublicSubnet(root, `PublicSubnet${index + 1}`, {
      vpcId: vpc.ref, availabilityZone, cidrBlock: settings.publicRanges[index], mapPublicIpOnLaunch: false,
    });
    nameShortly(subnet);
    subnet.addDefaultInternetRoute(gateway.ref, attachment);
    acknowledge(subnet, inPacks('VPCNoUnrestrictedRouteToIGW', 'the internet-facing load balancer and the NAT gateway need it'));
    return subnet;
  });
  const natGateways = publicSubnets.slice(0, egress._natGateways ?? 0).map((subnet) => subnet.addNatGateway());
  const privateSubnets = settings.zones.map((availabilityZone, index) => {
    const subnet = new ec2.PrivateSubnet(root, `PrivateSubnet${index + 1}`, {
      vpcId: vpc.ref, availabilityZone, cidrBlock: settings.privateRanges[index],
    });
    nameShortly(subnet);
    if (natGateways.length > 0) subnet.addDefaultNatRoute(natGateways[index % natGateways.length].ref);
    return subnet;
  });
  const imported = ec2.Vpc.fromVpcAttributes(root, 'Attributes', {
    vpcId: vpc.ref,
    vpcCidrBlock: settings.cidr,
    availabilityZones: settings.zones,
    publicSubnetIds: publicSubnets.map((subnet) => subnet.subnetId),
    publicSubnetRouteTableIds: publicSubnets.map((subnet) => subnet.routeTable.routeTableId),
    [natGateways.length > 0 ? 'privateSubnetIds' : 'isolatedSubnetIds']: privateSubnets.map((subnet) => subnet.subnetId),
    [natGateways.length > 0 ? 'privateSubnetRouteTableIds' : 'isolatedSubnetRouteTableIds']: privateSubnets.map((subnet) => subnet.routeTable.routeTableId),
  });
  const endpoints = egress._bind(root, { vpc: imported, needs });
  createFlowLog(root, vpc, settings);
  acknowledge(vpc, inPacks('VPCDefaultSecurityGroupClosed', 'nothing uses the default security group; closing it would need a function with rights on security groups'));
  return { vpc: imported, ready: [...endpoints, ...[...publicSubnets, ...privateSubnets].map(({ internetConnectivityEstablished }) => internetConnectivityEstablished)] };
}

/** What the console shows. The CDK's own subnets take their path, which may be longer than the 256 characters of a tag. */
const nameShortly = (part: Construct): void => Tags.of(part).add('Name', shortPath(part));

function createFlowLog(root: Construct, vpc: ec2.CfnVPC, { key, removalPolicy }: VpcSettings): void {
  const logGroup = createLogGroup(root, 'FlowLogs', { key, removalPolicy });
  const role = new ScopedRole(root, 'FlowLogsRole', {
    assumedBy: guarded(root, 'vpc-flow-logs.amazonaws.com'),
    description: `Writes the flow logs of ${root.node.path}`,
  });
  role.allow({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'], resources: [logGroup.logGroupArn] });
  new ec2.CfnFlowLog(root, 'FlowLog', {
    resourceId: vpc.ref,
    resourceType: 'VPC',
    trafficType: 'ALL',
    logDestinationType: 'cloud-watch-logs',
    logGroupName: logGroup.logGroupName,
    deliverLogsPermissionArn: role.roleArn,
  });
}
