import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Task } from '@aws-sdk/client-ecs';
import { DescribeListenersCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, type Listener, type TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { FakeClock } from './fake-clock';
import { FakeCodeDeploy } from './fake-codedeploy';
import { type ActionResult, FakeCodePipeline } from './fake-codepipeline';
import { FakeEcr } from './fake-ecr';
import { deployment, FakeEcs } from './fake-ecs';
import { FakeHistory } from './fake-history';
import { awsError, FakeService } from './fake-service';
import type { PublishedPlace } from '../../../src/deploy/published-place';
import { handleJob } from '../../../src/deploy/release/pipeline/job';
import type { ReleaseEnvironment, ReleaseRequest } from '../../../src/deploy/release/release-request';

export const ROLE = 'arn:aws:iam::222222222222:role/release-web';
const PARAMETER = '/places/web';
/** Where a direct call finds the places. */
export const ADDRESSES = 'addresses-1';
export const STACK = 'arn:aws:cloudformation:eu-west-1:222222222222:stack/shop/11111111-2222-3333-4444-555555555555';
export const TABLE = 'history';
export const TOPIC = 'arn:aws:sns:us-east-1:111111111111:ops';
const TARGET_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/web/0123456789abcdef';
export const GREEN_TARGET_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/green/0123456789abcdef';

/** The environment of the release function: what is not said is as it is without options. */
export function setEnvironment(variables: Pick<ReleaseEnvironment, 'ECR_REPOSITORY'> & Partial<ReleaseEnvironment> & { AWS_REGION?: string }): void {
  delete process.env.RELEASE_TIMEOUT_MINUTES;
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'function',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-function',
    AWS_LAMBDA_FUNCTION_NAME: 'release',
    STATE_TABLE: TABLE,
    RECORD_EXPIRY_SECONDS: '',
    SNS_TOPIC_ARN: TOPIC,
    PIPELINE_NAME: '',
    ENVIRONMENT_SUFFIX: '',
    PLACES: ADDRESSES,
  }, variables);
}

/** The small services around a place: roles, parameters, alarms, logs, load balancer, artifact store. */
export class FakeSurroundings extends FakeService {
  /** Roles that may be assumed, and the access keys that STS makes for them. */
  readonly roles = new Map([[ROLE, 'release-role']]);
  /** What roles want to hear of their callers. */
  readonly externalIds = new Map<string, string>();
  readonly parameters = new Map([[ADDRESSES, JSON.stringify({ production: [ROLE, PARAMETER, 'eu-west-1'] })]]);
  readonly ringing = new Set<string>();
  readonly logs = new Map<string, string[]>();
  /** Lines that one call answers with at most. */
  pageLength = 10_000;
  readonly objects: any[] = [];
  /** What was uploaded to buckets by others, by key. */
  readonly uploads = new Map<string, { readonly text: string; readonly size?: number }>();
  readonly targetGroups = new Set([TARGET_GROUP, GREEN_TARGET_GROUP]);

  constructor(ecs: FakeEcs) {
    super();
    this.on(STSClient, AssumeRoleCommand, ({ RoleArn, ExternalId }) => {
      if (!this.roles.has(RoleArn) || ExternalId !== this.externalIds.get(RoleArn)) throw awsError('AccessDenied', `not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`);
      return { Credentials: { AccessKeyId: this.roles.get(RoleArn), SecretAccessKey: 'secret-key', SessionToken: 'secret-token' } };
    });
    this.on(SSMClient, GetParameterCommand, ({ Name }) => {
      if (!this.parameters.has(Name)) throw awsError('ParameterNotFound');
      return { Parameter: { Value: this.parameters.get(Name) } };
    });
    this.on(CloudWatchClient, DescribeAlarmsCommand, ({ AlarmNames }) => ({
      MetricAlarms: AlarmNames.filter((name: string) => this.ringing.has(name)).map((AlarmName: string) => ({ AlarmName })),
    }));
    this.on(CloudWatchLogsClient, GetLogEventsCommand, ({ logGroupName, logStreamName, limit, nextToken }) => {
      const lines = this.logs.get(`${logGroupName} ${logStreamName}`);
      if (!lines) throw awsError('ResourceNotFoundException', 'The specified log stream does not exist.');
      const before = nextToken === undefined ? lines.length : Number(nextToken);
      const from = Math.max(0, before - (limit ?? this.pageLength));
      return { events: lines.slice(from, before).map(message => ({ message })), nextBackwardToken: String(from) };
    });
    this.on(ElasticLoadBalancingV2Client, DescribeListenersCommand, () => ({ Listeners: this.listeners() }));
    this.on(ElasticLoadBalancingV2Client, DescribeTargetHealthCommand, ({ TargetGroupArn }) => {
      if (!this.targetGroups.has(TargetGroupArn)) throw awsError('TargetGroupNotFoundException');
      return {
        TargetHealthDescriptions: ecs.running.flatMap(task => {
          const health = this.health(task, TargetGroupArn);
          const Id = task.containers![0].networkInterfaces?.[0].privateIpv4Address;
          return health && Id ? [{ Target: { Id }, TargetHealth: health }] : [];
        }),
      };
    });
    this.on(CloudFormationClient, DescribeStacksCommand, ({ StackName }) => {
      if (StackName !== STACK) throw awsError('ValidationError', `Stack with id ${StackName} does not exist`);
      return { Stacks: [{ StackId: STACK, StackStatus: this.stackStatus() }] };
    });
    this.on(S3Client, PutObjectCommand, input => { this.objects.push(input); });
    this.on(S3Client, ListObjectsV2Command, ({ Prefix }) => {
      const found = [...this.uploads].filter(([key]) => key.startsWith(Prefix)).map(([Key, { text, size }]) => ({ Key, Size: size ?? text.length }));
      return { Contents: found.length > 0 ? found : undefined };
    });
    this.on(S3Client, GetObjectCommand, ({ Key }) => ({ Body: { transformToString: async () => this.uploads.get(Key)!.text } }));
  }

  /** Listeners of the place's load balancer. */
  listeners: () => Listener[] = () => [];

  /** State of the place's stack. */
  stackStatus: () => string = () => 'UPDATE_COMPLETE';

  /** Health of a task's target; undefined: it is not registered. */
  health: (task: Task, targetGroup: string) => TargetHealth | undefined = () => ({ State: 'healthy' });
}

/** The doubles of AWS around a release, with one clock, and a pipeline with the real release function. */
export class Doubles {
  readonly clock = new FakeClock();
  readonly ecr = new FakeEcr();
  readonly ecs = new FakeEcs(this.clock, image => this.ecr.resolve(image));
  readonly codeDeploy = new FakeCodeDeploy(this.clock, this.ecs);
  readonly around = new FakeSurroundings(this.ecs);
  readonly history = new FakeHistory();
  readonly pipeline = new FakeCodePipeline(this.clock, handleJob);
}

/**
 * A place in one account and region, a build repository in others, and a pipeline. The service runs an image that was
 * released before; `next` is in the build repository and waits for its release.
 */
export class ReleaseWorld extends Doubles {
  readonly built = this.ecr.repository({ account: '111111111111', region: 'us-east-1', name: 'builds', readers: ['function'], writers: [] });
  readonly released = this.ecr.repository({
    account: '222222222222', region: 'eu-west-1', name: 'web', mutableTags: ['released'], readers: ['release-role'], writers: ['release-role'],
  });
  readonly previous: string;
  readonly next: string;
  readonly place: PublishedPlace;

  constructor() {
    super();
    setEnvironment({
      ECR_REPOSITORY: this.built.arn,
      ENVIRONMENT_SUFFIX: 'dev',
    });
    this.previous = this.released.push(['base', 'app 1'], { tag: 'released' });
    this.next = this.built.push(['base', 'app 2']);
    const taskDefinitionArn = this.ecs.define({
      family: 'web',
      cpu: '256',
      containerDefinitions: [
        { name: 'web', image: `${this.released.uri}:released`, environment: [{ name: 'COLOUR', value: 'green' }] },
        { name: 'proxy', image: 'public.ecr.aws/proxy@sha256:0123' },
      ],
      compatibilities: ['FARGATE'],
      registeredBy: 'CloudFormation',
    }, [{ key: 'team', value: 'shop' }, { key: 'aws:cloudformation:stack-name', value: 'web' }]);
    this.ecs.deploy(taskDefinitionArn, deployment.succeeds(0));
    this.ecs.unfold();
    this.clock.pass(3_600_000);
    this.place = {
      clusterArn: this.ecs.clusterArn,
      serviceArn: this.ecs.service.serviceArn!,
      containerName: 'web',
      taskFamily: 'web',
      taskDefinitionArn,
      repositoryUri: this.released.uri,
      logGroupName: '/web',
      logStreamPrefix: 'app',
      targetGroupArns: [TARGET_GROUP],
      alarmNames: ['errors', 'slow'],
      strategy: 'ROLLING',
      stackId: STACK,
      url: 'https://web.example',
    };
    this.publish();
  }

  /** Publishes the place, changed in these respects. */
  publish(changes: Partial<PublishedPlace> = {}): void {
    this.around.parameters.set(PARAMETER, JSON.stringify({ ...this.place, ...changes }));
  }

  /** Makes the place one with two target groups, whose tasks all stand in the second one. */
  inTwoColours(strategy: PublishedPlace['strategy']): void {
    this.publish({ strategy, targetGroupArns: [TARGET_GROUP, GREEN_TARGET_GROUP] });
    this.around.health = (_, targetGroup) => targetGroup === GREEN_TARGET_GROUP ? { State: 'healthy' } : undefined;
  }

  /** Makes the place one that CodeDeploy deploys to. */
  byCodeDeploy(changes: Partial<PublishedPlace> = {}): void {
    this.inTwoColours('CODE_DEPLOY');
    this.ecs.handOver();
    this.publish({
      strategy: 'CODE_DEPLOY', targetGroupArns: [TARGET_GROUP, GREEN_TARGET_GROUP],
      codeDeploy: { ...this.codeDeploy.group, containerPort: 8080, hooks: { AfterAllowTestTraffic: 'arn:aws:lambda:eu-west-1:222222222222:function:smoke' } },
      ...changes,
    });
  }

  /** Runs the release action. */
  async release(changes: Partial<ReleaseRequest> = {}): Promise<ActionResult> {
    return this.pipeline.act(this.userParameters(changes));
  }

  /** Runs the release action, which must fail: the first line of its message, and the others. */
  async failure(changes: Partial<ReleaseRequest> = {}): Promise<{ cause: string; details: string; type?: string; invocations: number }> {
    const { succeeded, message, failureType, invocations } = await this.release(changes);
    if (succeeded) throw new Error('the release did not fail');
    const [cause, ...details] = message.split('\n');
    return { cause, details: details.join('\n'), type: failureType, invocations };
  }

  userParameters(changes: Partial<ReleaseRequest> = {}): string {
    const request: ReleaseRequest = {
      task: 'release',
      place: 'production',
      roleArn: ROLE,
      parameterName: PARAMETER,
      region: 'eu-west-1',
      digest: this.next,
      commit: 'c0ffee',
      executionId: 'execution-1',
      ...changes,
    };
    return JSON.stringify(request);
  }

  /** Digest under the tag of released images. */
  get releasedDigest(): string | undefined {
    return this.released.tags.get('released');
  }

  /** Digests that run. */
  get runningDigests(): Array<string | undefined> {
    return this.ecs.running.map(({ containers }) => containers!.find(({ name }) => name === 'web')!.imageDigest);
  }
}
