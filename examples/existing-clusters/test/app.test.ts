import { synthesize } from './synthesize';
import { holdsForEveryExample } from '../../../test/support/example';

const region = 'us-east-1';
const MADE_BY_OTHERS = [
  'AWS::EC2::VPC', 'AWS::EC2::Subnet', 'AWS::EC2::SecurityGroup', 'AWS::ECS::Cluster', 'AWS::ECS::Service', 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ElasticLoadBalancingV2::Listener', 'AWS::ElasticLoadBalancingV2::TargetGroup',
];

const { tools, staging, production } = synthesize();

holdsForEveryExample({
  synthesize, region, name: 'existing-clusters-pipeline', account: '111111111111', without: MADE_BY_OTHERS,
  others: { 'existing-clusters-staging': { region, account: '222222222222' }, 'existing-clusters-production': { region, account: '333333333333' } },
});

test.each(MADE_BY_OTHERS)('no %s is made', (type) => {
  for (const template of [tools, staging, production]) template.resourceCountIs(type, 0);
});

test.each(['pipelineArn', 'pipelineUrl', 'ecrRepositoryUri', 'lambdaFunctionArn', 'deploymentTableName'])('the output %s is there and described', (name) => {
  const outputs = Object.entries(tools.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
  expect(outputs).toHaveLength(1);
  expect(outputs[0][1].Description).toMatch(/\w/);
});
