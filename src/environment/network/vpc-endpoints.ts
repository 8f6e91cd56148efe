import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Endpoints in the private subnets of a VPC, each service once. */
export function createEndpoints(scope: Construct, vpc: ec2.IVpc, interfaces: ec2.InterfaceVpcEndpointAwsService[], gateways: ec2.GatewayVpcEndpointAwsService[]): Construct[] {
  return [...createGateways(scope, vpc, gateways), ...createInterfaces(scope, vpc, interfaces)];
}

function createGateways(scope: Construct, vpc: ec2.IVpc, services: ec2.GatewayVpcEndpointAwsService[]): Construct[] {
  return once(services, ({ name }) => name.split('.').pop()!).map(([name, service]) => {
    const endpoint = new ec2.GatewayVpcEndpoint(scope, idOf(name), { vpc, service, subnets: [{ subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    endpoint.addToPolicy(ownPrincipals(scope));
    if (name === 's3') endpoint.addToPolicy(imageLayers(scope));
    return endpoint;
  });
}

function createInterfaces(scope: Construct, vpc: ec2.IVpc, services: ec2.InterfaceVpcEndpointAwsService[]): Construct[] {
  if (services.length === 0) return [];
  const securityGroup = new ec2.SecurityGroup(scope, 'EndpointSecurityGroup', {
    vpc, description: `Endpoints of ${scope.node.path}: only the VPC gets in`, allowAllOutbound: false,
  });
  securityGroup.addIngressRule(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(443), 'HTTPS from within the VPC');
  return once(services, ({ shortName }) => shortName).map(([name, service]) => {
    const endpoint = new ec2.InterfaceVpcEndpoint(scope, idOf(name), {
      vpc, service, subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, securityGroups: [securityGroup], open: false,
    });
    endpoint.addToPolicy(ownPrincipals(scope));
    return endpoint;
  });
}

const once = <Service>(services: Service[], nameOf: (service: Service) => string): [string, Service][] =>
  [...new Map(services.map((service) => [nameOf(service), service]))];

/** `ecr.api` to `EcrApiEndpoint`. */
const idOf = (name: string): string => `${name.split(/[^A-Za-z0-9]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Endpoint`;

/** Nobody carries data out with credentials of another account. https://github.com/aws-samples/data-perimeter-policy-examples */
const ownPrincipals = (scope: Construct): iam.PolicyStatement => new iam.PolicyStatement({
  principals: [new iam.AnyPrincipal()], actions: ['*'], resources: ['*'], conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(scope).account } },
});

/** ECR signs the addresses of layers with an identity of its own. https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms */
function imageLayers(scope: Construct): iam.PolicyStatement {
  const { partition, region } = Stack.of(scope);
  return new iam.PolicyStatement({
    principals: [new iam.AnyPrincipal()], actions: ['s3:GetObject'], resources: [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`],
  });
}
