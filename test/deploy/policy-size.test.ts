import { App, Stack } from 'aws-cdk-lib';
import { DeployStrategy, ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, LoadBalancer, Sidecar } from '../../src';
import { resolved } from '../support/resolved';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, white space not counted */
const MOST = 6_144;
const LENGTH = 160;
const PSEUDO: Record<string, string> = {
  'AWS::Region': 'ap-southeast-2', 'AWS::AccountId': '111111111111', 'AWS::Partition': 'aws-us-gov', 'AWS::StackId': `arn:aws:cloudformation:ap-southeast-2:111111111111:stack/${'s'.repeat(128)}/${'0'.repeat(36)}`,
};

/** A policy as it is deployed: what CloudFormation answers stands in as a name or an ARN of that length. */
const sizeOf = (value: any): number => {
  const text = (part: any): string => {
    if (typeof part === 'string') return part;
    if (part.Ref) return PSEUDO[part.Ref] ?? 'x'.repeat(LENGTH);
    if (part['Fn::Join']) return part['Fn::Join'][1].map(text).join('');
    return 'x'.repeat(60 + 2 * LENGTH);
  };
  const filled = (part: any): any => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(filled);
    return 'Ref' in part || 'Fn::Join' in part || 'Fn::GetAtt' in part || 'Fn::Select' in part ? text(part) : Object.fromEntries(Object.entries(part).map(([key, each]) => [key, filled(each)]));
  };
  return JSON.stringify(filled(value)).replace(/\s/g, '').length;
};


const long = (prefix: string, length: number) => prefix + 'n'.repeat(length - prefix.length);

test.each<[string, Partial<FargateEnvironmentProps>]>([
  ['by ECS', {}],
  ['by CodeDeploy', { deployStrategy: DeployStrategy.codeDeploy() }],
  ['with sessions, sidecars and metrics', {
    executeCommand: ExecuteCommand.audited(), container: { metricNamespace: long('M', 255), sidecars: [Sidecar.fireLens(), Sidecar.adotCollector()] },
  }],
])('names of 160 characters fit into the policy of each role: %s', (_, props) => {
  const stack = new Stack(new App(), 'Shop');
  new FargateEnvironment(stack, 'Place', {
    loadBalancer: LoadBalancer.internetFacing(),
    clusterName: long('c', LENGTH), serviceName: long('s', LENGTH), taskFamily: long('t', LENGTH), releasedRepositoryName: long('r', LENGTH), ...props,
  });
  const sizes = Object.values(resolved(stack).findResources('AWS::IAM::ManagedPolicy')).map(({ Properties: { Description, PolicyDocument } }) => [Description, sizeOf(PolicyDocument)]);
  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.filter(([, size]) => size > MOST)).toEqual([]);
});
