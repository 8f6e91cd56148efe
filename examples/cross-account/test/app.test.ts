import { synthesize } from './synthesize';
import { holdsForEveryExample } from '../../../test/support/example';

const region = 'us-east-1';

holdsForEveryExample({ synthesize, name: 'cross-account-pipeline', region, account: '111111111111', others: { 'cross-account-live': { region, account: '222222222222' } } });

test.each(['pipelineArn', 'pipelineUrl', 'ecrRepositoryUri', 'lambdaFunctionArn', 'deploymentTableName'])('the output %s is there and described', (name) => {
  const outputs = Object.entries(synthesize().tools.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
  expect(outputs).toHaveLength(1);
  expect(outputs[0][1].Description).toMatch(/\w/);
});
