import { synthesize } from './synthesize';
import { holdsForEveryExample } from '../../../test/support/example';

const { template } = synthesize();

holdsForEveryExample({ synthesize, name: 'validated-release', withoutSuffix: ['production-cluster'] });

test.each([
  'pipelineName', 'ecrRepositoryUri', 'artifactBucketName', 'buildProjectName', 'snsTopicArn', 'validationLambdaArn', 'stateTableName', 'kmsKeyId',
])('the output %s is there and described', (name) => {
  const outputs = Object.entries(template.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
  expect(outputs).toHaveLength(1);
  expect(outputs[0][1].Description).toMatch(/\w/);
});
