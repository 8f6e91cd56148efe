import { synthesize } from './synthesize';
import { holdsForEveryExample } from '../../../test/support/example';
import { all } from '../../../test/support/template';

const region = 'us-east-1';

const { live, tools } = synthesize();

holdsForEveryExample({ synthesize, name: 'cross-account-pipeline', region, account: '111111111111', others: { 'cross-account-live': { region, account: '222222222222' } } });

test.each([
  ['pipeline', 'CodePipeline::Pipeline', 'Name'], ['project', 'CodeBuild::Project', 'Name'], ['cluster', 'ECS::Cluster', 'ClusterName'], ['service', 'ECS::Service', 'ServiceName'],
  ['repository', 'ECR::Repository', 'RepositoryName'], ['topic', 'SNS::Topic', 'TopicName'], ['table', 'DynamoDB::Table', 'TableName'], ['alarm', 'CloudWatch::Alarm', 'AlarmName'],
])('each %s has a name of its type, its purpose and the suffix', (type, resource, property) => {
  const names = [live, tools].flatMap((template) => all(template, `AWS::${resource}`)).map(([, properties]) => properties[property]);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !new RegExp(`^${type}-[a-z0-9-]+-dev$`).test(name))).toEqual([]);
});

test.each(['pipelineArn', 'pipelineUrl', 'ecrRepositoryUri', 'lambdaFunctionArn', 'deploymentTableName'])('the output %s is there and described', (name) => {
  const outputs = Object.entries(tools.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
  expect(outputs).toHaveLength(1);
  expect(outputs[0][1].Description).toMatch(/\w/);
});
