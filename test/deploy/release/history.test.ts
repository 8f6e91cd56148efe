import { deployment } from '../../support/doubles/fake-ecs';
import { awsError } from '../../support/doubles/fake-service';
import { ReleaseWorld, TOPIC } from '../../support/doubles/release-world';

let world: ReleaseWorld;
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  world = new ReleaseWorld();
});

const breaks = () => world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'it crashed' }));

describe('the record', () => {
  test('of a good release', async () => {
    world.built.tags.set('c0ffee', world.next);
    world.built.scans.set(world.next, { HIGH: 2 });
    const began = world.clock.now();
    await world.release({ commitTime: '2026-01-15T11:00:00Z' });
    expect(world.history.records).toEqual([{
      deploymentId: expect.stringMatching(/^execution-1\/production\/[0-9a-f-]{36}$/),
      timestamp: began,
      environment: 'production',
      suffix: 'dev',
      region: 'eu-west-1',
      executionId: 'execution-1',
      commit: 'c0ffee',
      commitTime: '2026-01-15T11:00:00Z',
      digest: world.next,
      imageTags: ['c0ffee'],
      scanStatus: 'COMPLETE',
      scanFindings: { HIGH: 2 },
      previousDigest: world.previous,
      strategy: 'ROLLING',
      outcome: 'RELEASED',
      reason: expect.stringContaining('runs in production'),
      taskDefinition: expect.stringContaining('task-definition/web:2'),
      serviceDeployment: world.ecs.latest.serviceDeploymentArn,
      copySeconds: 0,
      deploySeconds: expect.any(Number),
      verifySeconds: 0,
      totalSeconds: expect.any(Number),
    }]);
    expect(world.history.messages).toEqual([]);
  });

  describe('names the author of the commit', () => {
    afterEach(() => { delete process.env.CODECOMMIT_REPOSITORY; });
    const authorIn = async (repository: string | undefined, commit = 'c0ffee') => {
      Object.assign(process.env, repository === undefined ? {} : { CODECOMMIT_REPOSITORY: repository });
      world.history.authors.set('shop c0ffee', 'The author');
      await world.release({ commit });
      return world.history.records[0].author;
    };

    test('as CodeCommit has it', async () => expect(await authorIn('shop')).toBe('The author'));

    test('as the build has found it', async () => {
      await world.release({ author: 'Zoë O\'Hara' });
      expect(world.history.records[0].author).toBe('Zoë O\'Hara');
    });

    test('says why CodeCommit does not tell', async () => expect(await authorIn('other')).toBe('UNKNOWN: CommitIdDoesNotExistException: c0ffee'));

    test.each([['with another source', undefined, 'c0ffee'], ['without a commit', 'shop', '']])('not %s, and asks nobody', async (_, repository, commit) => {
      expect(await authorIn(repository, commit)).toBeUndefined();
      expect(world.history.inputs('GetCommitCommand')).toEqual([]);
    });
  });

  test('of a failed release, with what runs still; the topic is told once', async () => {
    breaks();
    const { cause } = await world.failure({ commit: '' });
    expect(world.history.records).toMatchObject([{ outcome: 'FAILED', reason: cause.replace('production: ', ''), digest: world.next, previousDigest: world.previous, scanStatus: 'NONE' }]);
    expect(world.history.messages).toEqual([{ TopicArn: TOPIC, Subject: 'Release failed: production', Message: expect.stringContaining(`${cause}\n`) }]);
    expect(world.history.messages[0].Message).toContain(`Image: ${world.next}\nCommit: not known\nExecution: execution-1`);
  });

  test.each([
    ['us-east-1', 'https://us-east-1.console.aws.amazon.com'], ['cn-north-1', 'https://cn-north-1.console.amazonaws.cn'],
    ['us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com'],
  ])('the message leads to the pipeline in %s, when its name is known', async (region, address) => {
    breaks();
    const [{ Message }] = await inRegion(region);
    expect(Message.split('\n').slice(-2)).toEqual(['Execution: execution-1', `Pipeline: ${address}/codesuite/codepipeline/pipelines/shop/view?region=${region}`]);
  });

  /** The builds stand in the region of the function. */
  const inRegion = async (region: string) => {
    Object.assign(world.built.props, { region });
    Object.assign(process.env, { PIPELINE_NAME: 'shop', AWS_REGION: region, ECR_REPOSITORY: world.built.arn });
    await world.failure();
    return world.history.messages;
  };

  test('of a release that was refused before it began', async () => {
    world.around.roles.clear();
    await world.failure();
    expect(world.history.records).toMatchObject([{ outcome: 'FAILED', reason: expect.stringContaining('does not exist, or does not trust') }]);
    expect(world.history.records[0]).not.toHaveProperty('strategy');
  });

  test('none of a request that makes no sense: it names no place', async () => {
    await world.failure({ digest: 'latest' });
    await world.failure({ commitTime: 3 as never });
    await world.failure({ author: 3 as never });
    expect(world.history.records).toEqual([]);
    expect(world.history.messages).toEqual([]);
  });

  test('expires when it shall', async () => {
    process.env.RECORD_EXPIRY_SECONDS = '86400';
    await world.release();
    expect(world.history.records[0].expiresAt).toBe(Math.floor(world.clock.now() / 1000) + 86_400);
  });

  test('of an event that is delivered twice is one item, one message, one set of metrics', async () => {
    world.around.roles.clear();
    const event = world.pipeline.event(world.userParameters());
    await world.pipeline.invoke(event);
    world.clock.pass(60_000);
    expect(await world.pipeline.invoke(event)).toBeUndefined();
    expect(world.history.inputs('PutItem')).toHaveLength(2);
    expect(world.history.records).toHaveLength(1);
    expect(world.history.messages).toHaveLength(1);
    expect(world.history.metrics).toHaveLength(1);
  });

  test('says that ECR told nothing', async () => {
    world.ecr.fail('DescribeImages', awsError('AccessDeniedException', 'no'));
    world.ecr.fail('DescribeImageScanFindings', awsError('AccessDeniedException', 'not allowed'));
    await world.release();
    expect(world.history.records).toMatchObject([{ scanStatus: 'UNKNOWN: AccessDeniedException: not allowed' }]);
    expect(world.history.records[0]).not.toHaveProperty('imageTags');
  });

  test('says that a kind of image is not scanned', async () => {
    world.built.unsupported = true;
    await world.release();
    expect(world.history.records).toMatchObject([{ scanStatus: 'UNSUPPORTED_IMAGE' }]);
    expect(world.history.records[0]).not.toHaveProperty('scanFindings');
  });
});

describe('halves of a release', () => {
  test('the one before CodePipeline\'s own action is recorded only when it fails', async () => {
    await world.pipeline.act(world.userParameters({ task: 'prepare' }), { outputArtifacts: [{ name: 'a', revision: null, location: { type: 'S3', s3Location: { bucketName: 'b', objectKey: 'k' } } }] });
    expect(world.history.records).toEqual([]);
    expect(world.history.metrics).toEqual([]);
    await world.failure({ task: 'prepare' });
    expect(world.history.records).toMatchObject([{ outcome: 'FAILED' }]);
  });
});

describe('a table or a topic that fails', () => {
  test('a good release stays good; summary and topic say that it is not recorded', async () => {
    world.history.fail('PutItem', awsError('ResourceNotFoundException', 'no table'));
    const { succeeded, summaries } = await world.release();
    expect(succeeded).toBe(true);
    expect(summaries.at(-1)).toMatch(/healthy; the release could not be recorded in history: ResourceNotFoundException, no table$/);
    expect(world.history.messages).toMatchObject([{ Subject: 'Release not recorded: production', Message: expect.stringContaining('no table') }]);
  });

  test('a failed release keeps its own reason in the first line', async () => {
    breaks();
    world.history.fail('UpdateItem', awsError('AccessDeniedException', 'no right'));
    const { cause, details } = await world.failure();
    expect(cause).toContain('circuit breaker');
    expect(details).toMatch(/^And the release could not be recorded in history: AccessDeniedException, no right\n/);
    expect(world.history.messages[0].Message).toContain('could not be recorded');
  });

  test('a topic that fails is logged and changes nothing', async () => {
    breaks();
    world.history.fail('Publish', awsError('NotFoundException', 'no topic'));
    await world.failure();
    expect(world.history.records).toHaveLength(1);
    expect(console.log).toHaveBeenCalledWith(expect.stringContaining('The topic is not told'));
  });

  test('without table and topic there is nothing to write', async () => {
    process.env.STATE_TABLE = '';
    process.env.SNS_TOPIC_ARN = '';
    breaks();
    await world.failure();
    expect(world.history.calls).toEqual([]);
    expect(world.history.metrics).toMatchObject([{ FailedDeployments: 1 }]);
  });
});

describe('metrics', () => {
  test('of a release: one line in the embedded metric format', async () => {
    await world.release({ commitTime: '2026-01-15T11:00:00Z' });
    expect(world.history.metrics).toEqual([{
      _aws: {
        Timestamp: world.clock.now(),
        CloudWatchMetrics: [{
          Namespace: 'cdk-fargate-cicd', Dimensions: [['ReleaseFunction', 'Place']],
          Metrics: [{ Name: 'Deployments', Unit: 'Count' }, { Name: 'FailedDeployments', Unit: 'Count' }, { Name: 'LeadTime', Unit: 'Seconds' }],
        }],
      },
      ReleaseFunction: 'release', Place: 'production', Deployments: 1, FailedDeployments: 0,
      LeadTime: Math.round((world.clock.now() - Date.parse('2026-01-15T11:00:00Z')) / 1000),
    }]);
  });

  test.each([['1768474800 +0000'], ['1768474800000'], ['2026-01-15T11:00:00Z']])('lead time from %s', async (commitTime) => {
    await world.release({ commitTime });
    expect(world.history.metrics[0].LeadTime).toBe(Math.round((world.clock.now() - 1768474800_000) / 1000));
  });

  test.each([[undefined], [''], ['yesterday']])('no lead time from %s', async (commitTime) => {
    await world.release({ commitTime });
    expect(world.history.metrics[0]).not.toHaveProperty('LeadTime');
  });

  test('time to restore: places that have one role do not restore one another', async () => {
    breaks();
    await world.failure({ place: 'staging' });
    await world.release({ place: 'production' });
    expect(world.history.metrics.at(-1)).not.toHaveProperty('TimeToRestore');
    await world.release({ place: 'staging' });
    expect(world.history.metrics.at(-1)).toMatchObject({ Place: 'staging', TimeToRestore: expect.any(Number) });
  });

  test('time to restore: from the first failure to the next good release', async () => {
    breaks();
    await world.failure();
    const since = world.clock.now();
    world.clock.pass(60_000);
    world.ecs.scripts.push(deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'again' }));
    await world.failure();
    world.clock.pass(60_000);
    await world.release();
    await world.release();
    expect(world.history.metrics).toHaveLength(3);
    expect(world.history.metrics.at(-1)).toMatchObject({ FailedDeployments: 0, TimeToRestore: Math.round((world.clock.now() - since) / 1000) });
  });
});
