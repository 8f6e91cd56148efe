import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, CreateServiceCommand, DescribeTaskDefinitionCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { clientsOf, type PlaceClients } from '../../src/deploy/release/clients';
import { describeImage } from '../../src/deploy/release/history/image-facts';
import { digestUnder, getManifest, type Manifest, putManifest } from '../../src/deploy/release/image/repository';
import { readPlace } from '../../src/deploy/release/place';
import type { ReleaseRequest } from '../../src/deploy/release/release-request';
import type { Run } from '../../src/deploy/release/run';
import { readService, refuseRingingAlarms } from '../../src/deploy/release/service/ecs-service';
import { readTaskDefinition, registerRevision } from '../../src/deploy/release/service/task-definition';
import { motoDescribe, startMoto, stopMoto } from '../support/moto';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/release-web`;
const request = (changes: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
  task: 'release', place: 'production', roleArn: ROLE, parameterName: '/place', region: 'us-east-1', digest: `sha256:${'0'.repeat(64)}`, commit: 'c0ffee', executionId: 'e1', ...changes,
});

/** moto knows no service deployments and no jobs of CodePipeline: those stay with the doubles. */
motoDescribe('a release against an emulated AWS', () => {
  let server: ChildProcess;
  let clients: PlaceClients;
  beforeAll(async () => {
    server = await startMoto();
    clients = await clientsOf(request());
  }, 60_000);
  afterAll(() => stopMoto(server));

  test('the role is assumed, and the place read', async () => {
    expect((await clients.ssm.config.credentials()).accessKeyId).not.toBe('test');
    await expect(readPlace(clients, request())).rejects.toThrow('the SSM parameter /place does not exist in us-east-1');
    await new SSMClient({}).send(new PutParameterCommand({ Name: '/place', Type: 'String', Value: '{"containerName":"web"}' }));
    await expect(readPlace(clients, request())).resolves.toEqual({ containerName: 'web' });
  });

  test('a tag moves from image to image, and ECR tells of it', async () => {
    const repository = { client: clients.ecr, registryId: ACCOUNT, repositoryName: 'web' };
    await expect(digestUnder(repository, 'released')).rejects.toThrow(`the repository web does not exist in account ${ACCOUNT}`);
    const { repository: made } = await new ECRClient({}).send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    process.env.ECR_REPOSITORY = made!.repositoryArn;
    const [one, two] = [manifest('one'), manifest('two')];
    expect(await getManifest(repository, one.digest)).toBeUndefined();
    for (const image of [one, two, two]) await putManifest(repository, image, 'released');
    expect(await digestUnder(repository, 'released')).toBe(two.digest);
    expect(await getManifest(repository, two.digest)).toEqual(two);
    expect(await describeImage(two.digest)).toMatchObject({ imageTags: ['released'], scanStatus: 'NONE' });
  });

  test('of the alarms of the place, those that ring are in the way', async () => {
    for (const AlarmName of ['cpu', 'of-another-place']) {
      await clients.alarms.send(new PutMetricAlarmCommand({
        AlarmName, Namespace: 'AWS/ECS', MetricName: 'CPUUtilization', Statistic: 'Average', ComparisonOperator: 'GreaterThanThreshold', Threshold: 80, EvaluationPeriods: 1, Period: 60,
      }));
    }
    // Asked by name, moto tells of alarms in whatever state; that of those which do not ring stays with the doubles.
    for (const AlarmName of ['cpu', 'of-another-place']) await clients.alarms.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'test' }));
    const run = { clients, place: { alarmNames: ['cpu'] }, log: () => {} } as unknown as Run;
    await expect(refuseRingingAlarms(run, async () => false)).rejects.toThrow('an alarm rings already: cpu');
    await expect(refuseRingingAlarms(run, async () => true)).resolves.toBe(true);
    await expect(refuseRingingAlarms({ ...run, place: { ...run.place, alarmNames: ['deleted'] } }, async () => false)).resolves.toBe(false);
  });

  test('a revision is registered with another image and everything else as it was', async () => {
    const ecs = new ECSClient({});
    const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: 'shop' }));
    const { taskDefinition: base } = await ecs.send(new RegisterTaskDefinitionCommand({
      family: 'web', cpu: '256', memory: '512', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], tags: [{ key: 'team', value: 'shop' }],
      containerDefinitions: [{ name: 'web', image: 'web:released', environment: [{ name: 'COLOUR', value: 'green' }] }, { name: 'proxy', image: 'proxy' }],
    }));
    const { service } = await ecs.send(new CreateServiceCommand({ cluster: 'shop', serviceName: 'web', taskDefinition: 'web', desiredCount: 1 }));
    const place = { clusterArn: cluster!.clusterArn, serviceArn: service!.serviceArn, containerName: 'web' };
    const run = { clients, place, image: 'web@sha256:1', progress: { job: 'job-1' }, request: request(), log: () => {} } as unknown as Run;

    const inUse = (await readService(run)).taskDefinition!;
    const arn = await registerRevision(run, inUse);
    expect([inUse, arn]).toEqual([base!.taskDefinitionArn, base!.taskDefinitionArn!.replace(/1$/, '2')]);
    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
    expect(taskDefinition!.containerDefinitions!.map(({ name, image, environment }) => [name, image, environment])).toEqual([
      ['web', 'web@sha256:1', [{ name: 'COLOUR', value: 'green' }]], ['proxy', 'proxy', []],
    ]);
    expect(taskDefinition).toMatchObject({ cpu: '256', memory: '512', networkMode: 'awsvpc' });
    expect((await readTaskDefinition(run, arn))!.tags).toEqual(expect.arrayContaining([{ key: 'team', value: 'shop' }, { key: 'cdk-fargate-cicd:job', value: 'job-1' }]));
    await expect(readService({ ...run, place: { ...place, serviceArn: `${service!.serviceArn}-gone` } } as unknown as Run)).rejects.toThrow('does not exist');
  });
});

function manifest(name: string): Manifest {
  const blob = { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: `sha256:${createHash('sha256').update(name).digest('hex')}` };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const text = JSON.stringify({ schemaVersion: 2, mediaType, config: blob, layers: [] });
  return { text, mediaType, digest: `sha256:${createHash('sha256').update(text).digest('hex')}`, children: [], blobs: [blob].map(({ ...each }) => each) };
}
