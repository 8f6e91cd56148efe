import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { HttpCheckFunction } from './http-check-function';
import { HttpCheckHookOptions } from './http-check-options';
import { acknowledge } from '../../../private/acknowledge';
import { createFunction } from '../../../private/function';
import { shortPath } from '../../../private/naming';
import { Right } from '../../../private/scoped-role';
import { HookParts } from '../hook-parts';

/**
 * The function lies in the VPC and asks the load balancer at its private addresses, so that the test listener is open to nobody else. A public name would lead
 * out through NAT and in again from an address that no rule can name beforehand.
 * @internal
 */
export function createHttpCheck(scope: Construct, options: HttpCheckHookOptions, parts: HookParts): { functionArn: string; ready: Construct[] } {
  const { vpc, subnets, loadBalancer, testUrl, key, removalPolicy, owner } = parts;
  const timeout = options.timeout ?? Duration.minutes(2);
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: `Tries new tasks of ${shortPath(owner)}`, allowAllOutbound: false });
  loadBalancer.connections.allowFrom(securityGroup, ec2.Port.tcp(testUrl.port), 'Tries new tasks');
  securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'APIs of AWS');
  const { function: made, role } = createFunction(scope, 'Function', HttpCheckFunction, {
    description: `Tries new tasks of ${shortPath(owner)} before they get traffic`,
    timeout: timeout.plus(Duration.minutes(1)),
    memorySize: 256,
    environment: {
      LOAD_BALANCER: loadBalancer.fullName,
      TEST_URL: `${testUrl.protocol}://${testUrl.host}:${Tokenization.stringifyNumber(testUrl.port)}${options.path ?? '/'}`,
      // Without a name of its own the load balancer's certificate is for another name than AWS gave it.
      VERIFY_NAME: String(testUrl.named),
      HEALTHY_CODES: options.healthyHttpCodes ?? '200',
      CONTAINS: options.contains ?? '',
      SUCCESSES: Tokenization.stringifyNumber(options.successes ?? 3),
      TIMEOUT_SECONDS: Tokenization.stringifyNumber(timeout.toSeconds()),
    },
    vpc,
    vpcSubnets: subnets,
    securityGroups: [securityGroup],
    key,
    removalPolicy,
    owner,
  });
  role.allow(...inVpc(scope, vpc.selectSubnets(subnets).subnetIds, securityGroup), {
    actions: ['codedeploy:PutLifecycleEventHookExecutionStatus'], resources: ['*'], wildcard: 'results of hooks have no resource level',
  });
  acknowledge(securityGroup, { 'cfn-guard::CT.EC2.PR.4': 'leads out to APIs of AWS only' });
  return { functionArn: made.functionArn, ready: [role] };
}

/** AWSLambdaVPCAccessExecutionRole, narrowed to these subnets; the same right finds the load balancer's addresses. */
function inVpc(scope: Construct, subnetIds: string[], securityGroup: ec2.ISecurityGroup): Right[] {
  const { account, partition, region } = Stack.of(scope);
  const arn = (resource: string) => `arn:${partition}:ec2:${region}:${account}:${resource}`;
  const wildcard = 'EC2 names the network interfaces of the function';
  return [
    { actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], resources: ['*'], wildcard: 'describing networks has no resource level' },
    {
      actions: ['ec2:CreateNetworkInterface'],
      resources: [arn('network-interface/*'), arn(`security-group/${securityGroup.securityGroupId}`), ...subnetIds.map((id) => arn(`subnet/${id}`))],
      wildcard,
    },
    {
      actions: ['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
      resources: [arn('network-interface/*')],
      wildcard,
    },
  ];
}
