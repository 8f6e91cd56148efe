import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../../src/deploy/first-image/first-image.lambda';
import { FakeCloudFormation } from '../../support/doubles/fake-cloudformation';

test('Lambda\'s entry looks at the tag and answers CloudFormation', async () => {
  jest.spyOn(console, 'log').mockImplementation();
  const ecr = mockClient(ECRClient);
  ecr.on(BatchGetImageCommand, { repositoryName: 'web', imageIds: [{ imageTag: 'released' }] }).resolves({ images: [{ imageManifest: '{}' }] });
  const cloudFormation = await new FakeCloudFormation().start();

  const ResourceProperties = { RepositoryUri: 'registry/web', RepositoryName: 'web', Tag: 'released', Ports: ['80'], Status: '200', Commands: [], Users: [] };
  await handler(cloudFormation.event({ RequestType: 'Create', ResourceProperties }), { getRemainingTimeInMillis: () => 120_000 } as Context);

  expect(cloudFormation.answers).toMatchObject([{
    body: { Status: 'SUCCESS', PhysicalResourceId: 'web/released', Reason: 'web/released holds a released image: nothing to do' },
  }]);
  await cloudFormation.stop();
});
