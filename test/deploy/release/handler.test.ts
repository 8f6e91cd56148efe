import type { Context } from 'aws-lambda';
import { handler } from '../../../src/deploy/release/release.lambda';
import { PIPELINE } from '../../support/doubles/fake-codepipeline';
import { throttled } from '../../support/doubles/fake-service';
import { ReleaseWorld } from '../../support/doubles/release-world';

jest.mock('node:timers/promises', () => ({ setTimeout: async () => {} }));

test('Lambda\'s entry takes its time from Lambda', async () => {
  jest.spyOn(console, 'log').mockImplementation();
  const world = new ReleaseWorld();
  const getRemainingTimeInMillis = jest.fn(() => 5_000);
  world.ecs.fail('ListServiceDeployments', throttled());

  await handler(world.pipeline.event(world.userParameters()), { getRemainingTimeInMillis } as unknown as Context);

  expect(getRemainingTimeInMillis).toHaveBeenCalled();
  expect(world.pipeline.inputs('PutJobSuccessResult')).toMatchObject([{ continuationToken: expect.any(String) }]);
});

test('an event about a failed action of CodePipeline ends its release', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  new ReleaseWorld();
  const detail = { 'pipeline': PIPELINE, 'execution-id': 'execution-1', 'stage': 'Deploy', 'action': 'Deploy-production', 'action-execution-id': 'action-1' };
  expect(await handler({ 'detail-type': 'CodePipeline Action Execution State Change', detail }, { getRemainingTimeInMillis: () => 5_000 } as unknown as Context)).toBeUndefined();
  expect(JSON.parse(log.mock.lastCall![0])).toEqual({ message: 'The action belongs to no release', action: 'action-1', name: 'Deploy-production', execution: 'execution-1' });
});

test('any other event is a direct call, known by its invocation', async () => {
  jest.spyOn(console, 'log').mockImplementation();
  const world = new ReleaseWorld();
  const context = { getRemainingTimeInMillis: () => 5_000, awsRequestId: 'request-1' } as unknown as Context;
  for (const event of [null, 'text', {}]) expect(await handler(event, context)).toMatchObject({ status: 'REFUSED' });
  world.ecs.fail('ListServiceDeployments', throttled());
  expect(await handler({ place: 'production', digest: world.next }, context)).toMatchObject({ status: 'IN_PROGRESS', id: 'request-1' });
});
