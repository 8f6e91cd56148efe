import type { TaskDefinition } from '@aws-sdk/client-ecs';
import { DeleteObjectsCommand, GetBucketTaggingCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { ModelStack, type Properties, type Provider, type Template } from './account/cloudformation';
import { CustomResources } from './account/custom-resources';
import { type Account, ACCOUNT, buckets, clusters, customResources, loadBalancers, PlainProvider, REGION, repositories, tables, taskDefinitions } from './account/providers';
import { ModelRegistry } from './account/registry';
import { ServiceProvider } from './account/service-provider';
import { Traffic } from './account/traffic';
import { POISONOUS } from './templates';
import type { PublishedPlace } from '../../src/deploy/published-place';
import type { ReleaseRequest } from '../../src/deploy/release/release-request';
import { byCodeDeploy, type CodeDeployStep } from '../support/doubles/fake-codedeploy';
import type { ActionResult } from '../support/doubles/fake-codepipeline';
import type { FakeRepository } from '../support/doubles/fake-ecr';
import { deployment, type Script } from '../support/doubles/fake-ecs';
import { OwnAction } from '../support/doubles/own-action';
import { Doubles, setEnvironment, STACK } from '../support/doubles/release-world';

/** Seconds of a deployment: each look at a longer one would cost the tests time. */
const BRIEFLY = 10;

export interface WorldOptions {
  /** Whether CloudFormation tells ECS all properties of a service, or those that have changed; it is not documented. */
  readonly tellsAll?: boolean;
}

/** How an image behaves when it is deployed. */
export type Behaviour = 'good' | 'crashes' | 'makes an alarm ring';

/**
 * A place in an account: its stack, made by `ModelStack` from the template that CDK synthesizes, what is in it (images, tasks, buckets),
 * and the real release function and custom resources at work on it.
 */
export class ModelWorld extends Doubles {
  readonly customResources = new CustomResources();
  readonly traffic = new Traffic(this.ecs, this.codeDeploy);
  readonly account: Account = new Map();
  readonly objects = new Map<string, Set<string>>();
  readonly stack: ModelStack;
  /** Who makes the resources of a type. */
  readonly providers: Record<string, Provider>;
  readonly built: FakeRepository = this.ecr.repository({ account: '111111111111', region: 'us-east-1', name: 'builds' });
  private readonly behaviours = new Map<string, Behaviour>();
  private builds = 0;

  constructor({ tellsAll = true }: WorldOptions = {}) {
    super();
    setEnvironment({ AWS_REGION: REGION, ECR_REPOSITORY: this.built.arn, RELEASE_TIMEOUT_MINUTES: '5' });
    const tags = new Map<string, Properties[]>();
    this.providers = {
      'AWS::ECS::Service': new ServiceProvider(this.ecs, this.clock, tellsAll, service => this.traffic.watch(service)),
      'AWS::ElasticLoadBalancingV2::Listener': this.traffic.listenersOf(this.account),
      'AWS::ElasticLoadBalancingV2::ListenerRule': this.traffic.rules(this.account),
      'AWS::ECS::TaskDefinition': taskDefinitions(this.ecs),
      'AWS::ECR::Repository': repositories(this.account, this.ecr),
      'AWS::S3::Bucket': buckets(this.account, this.objects, tags),
      'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancers(this.account),
      'AWS::DynamoDB::Table': tables(this.account),
      'Test::Broken': { create: () => { throw new Error('this resource cannot be made'); }, update: id => ({ id }), delete: () => {} },
      ...customResources(this.customResources),
      ...this.watched(),
    };
    this.stack = new ModelStack(type => this.providers[type] ??= new PlainProvider(type, this.account), {
      'AWS::AccountId': ACCOUNT, 'AWS::Partition': 'aws', 'AWS::Region': REGION, 'AWS::StackId': STACK, 'AWS::StackName': 'Shop', 'AWS::URLSuffix': 'amazonaws.com',
    });
    this.around.stackStatus = () => this.stack.status;
    // A place has two target groups, and a task is in one of them.
    this.around.health = (_, targetGroup) => targetGroup === this.traffic.tasks ? { State: 'healthy' } : undefined;
    this.around.listeners = () => [...this.traffic.listeners.values()];
    this.ecs.usually = taskDefinition => this.script(taskDefinition);
    this.codeDeploy.usually = taskDefinition => BY_CODE_DEPLOY[this.behaviourOf(taskDefinition)]();
    const unfold = this.ecs.unfold.bind(this.ecs);
    this.ecs.unfold = () => {
      unfold();
      this.traffic.follow();
    };
    this.serveRequests();
    this.serveBuckets(tags);
  }

  /** Builds an image that behaves so; answers its digest. */
  build(behaviour: Behaviour = 'good'): string {
    const digest = this.built.push(['base', `app ${++this.builds}`]);
    this.behaviours.set(digest, behaviour);
    return digest;
  }

  /** Releases an image by the real release function. */
  async release(digest: string): Promise<ActionResult> {
    const result = await this.pipeline.act(this.userParameters(digest));
    this.settle();
    return result;
  }

  /** Releases an image by CodePipeline's own action, which waits an hour; the release function prepares it and proves what it did, or hears from EventBridge that it failed. */
  async releaseByCodePipeline(digest: string): Promise<ActionResult> {
    const { clock, codeDeploy, ecs, pipeline } = this;
    const action = new OwnAction(this);
    const prepared = await action.prepare(this.userParameters(digest, 'prepare'));
    if (!prepared.succeeded) return prepared;
    const id = ecs.service.taskSets && action.deployByCodeDeploy();
    if (!id) action.deploy();
    clock.pass(3_600_000);
    codeDeploy.unfold();
    ecs.unfold();
    const isGood = id ? codeDeploy.deployments.find(({ info }) => info.deploymentId === id)!.info.status === 'Succeeded' : ecs.latest.status === 'SUCCESSFUL';
    if (!isGood) await action.fail({ 'execution-result': { 'external-execution-id': id } });
    const result = isGood ? await pipeline.act(this.userParameters(digest, 'verify')) : { ...prepared, succeeded: false };
    this.settle();
    return result;
  }

  /** Releases an image, and does something as soon as the service deploys it. */
  async releaseDuring(digest: string, act: () => Promise<void>): Promise<ActionResult> {
    const { pipeline, clock } = this;
    const before = pipeline.functionTimeout;
    const UserParameters = this.userParameters(digest);
    // So short that the function hands over to its next invocation while the deployment is under way.
    pipeline.functionTimeout = 18;
    const { continuationToken } = await pipeline.invoke(pipeline.event(UserParameters));
    clock.pass(1000);
    await act();
    const result = await pipeline.follow(pipeline.event(UserParameters, { continuationToken }));
    pipeline.functionTimeout = before;
    this.settle();
    return result;
  }

  /** Several releases, and a `cdk deploy`, all at once. */
  async atOnce(digests: string[], template?: Template): Promise<ActionResult[]> {
    const { clock, pipeline } = this;
    const deploy = template ? [async () => this.stack.update(template)] : [];
    const releases = digests.map(digest => async () => pipeline.act(this.userParameters(digest)));
    clock.actors = deploy.length + releases.length;
    const alone = async <T>(act: () => Promise<T>): Promise<T> => act().finally(() => clock.leave());
    const [results] = await Promise.all([Promise.all(releases.map(alone)), ...deploy.map(alone)]);
    clock.actors = 1;
    this.settle();
    return results;
  }

  userParameters(digest: string, task: ReleaseRequest['task'] = 'release'): string {
    const request: ReleaseRequest = {
      task,
      place: 'production',
      roleArn: this.stack.find(/(Place|Environment)ReleaseRole[0-9A-F]{8}$/).attributes!.Arn as string,
      parameterName: this.stack.find(/Place[0-9A-F]{8}$/).id,
      region: REGION,
      digest,
      commit: digest.slice('sha256:'.length, 20),
      executionId: 'execution',
    };
    return JSON.stringify(request);
  }

  /** `cdk deploy`: true when it succeeded, false when it came back to the former template. */
  async deploy(template: Template): Promise<boolean> {
    try {
      await (this.stack.status === 'NOT_CREATED' ? this.stack.create(template) : this.stack.update(template));
    } catch (error) {
      if (this.stack.status !== 'UPDATE_ROLLBACK_COMPLETE') throw error;
    }
    this.settle();
    return this.stack.status === 'CREATE_COMPLETE' || this.stack.status === 'UPDATE_COMPLETE';
  }

  /** By hand: the service deploys once more what it has. Under CodeDeploy ECS refuses it. */
  forceNewDeployment(): void {
    if (this.ecs.service.taskSets) return;
    this.ecs.deploy(this.ecs.service.taskDefinition!);
    this.settle();
  }

  /** Time passes until nothing is under way. */
  settle(): void {
    do {
      this.clock.pass(3_600_000);
      this.codeDeploy.unfold();
      this.ecs.unfold();
    } while (!this.codeDeploy.isQuiet);
    this.around.ringing.clear();
  }

  /** What is published for releases. */
  get place(): PublishedPlace {
    return JSON.parse(this.stack.find(/Place[0-9A-F]{8}$/).properties.Value);
  }

  /** The place's own repository. */
  get repository(): FakeRepository {
    return this.ecr.at(this.place.repositoryUri!)!;
  }

  /** All repositories of the account. */
  get repositories(): FakeRepository[] {
    return [...this.account].filter(([, type]) => type === 'AWS::ECR::Repository')
      .map(([key]) => this.ecr.at(`${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${key.split(' ')[1]}`)!);
  }

  /** Digest under the tag of released images. */
  get released(): string | undefined {
    return this.repository.tags.get('released');
  }

  /** Digests that run, one for each task. */
  get running(): (string | undefined)[] {
    return this.ecs.running.map(({ containers }) => containers!.find(({ name }) => name === this.place.containerName)!.imageDigest);
  }

  /** The task definition that the service runs. */
  get definition(): TaskDefinition {
    const { taskSets: [primary] = [], taskDefinition = primary.taskDefinition } = this.ecs.service;
    return this.ecs.definitions.get(taskDefinition!)!.definition;
  }

  /** An image in words. */
  nameOf(digest?: string): string {
    if (digest === undefined) return 'no image';
    const number = [...this.behaviours.keys()].indexOf(digest) + 1;
    return number > 0 ? `image ${number}` : `the first image ${digest.slice(7, 11)}`;
  }

  private get hasCircuitBreaker(): boolean {
    return this.stack.find('AWS::ECS::Service').properties.DeploymentConfiguration.DeploymentCircuitBreaker.Enable;
  }

  /** What the image of a task definition does when it is deployed; without an image under the tag no task starts. */
  private behaviourOf(taskDefinition: string): Behaviour {
    const { image, environment = [] } = this.ecs.definitions.get(taskDefinition)!.definition.containerDefinitions![0];
    const digest = this.ecr.resolve(image!);
    const isHopeless = digest === undefined || environment.some(({ name }) => name === POISONOUS);
    return isHopeless ? 'crashes' : this.behaviours.get(digest) ?? 'good';
  }

  private script(taskDefinition: string): Script {
    const behaviour = this.behaviourOf(taskDefinition);
    // Nothing to go back to, or no breaker at all, which ECS has for rolling deployments only: the deployment never ends by itself.
    if (behaviour === 'crashes' && (this.ecs.deployments.length === 0 || !this.hasCircuitBreaker)) return deployment.hangs();
    if (behaviour === 'crashes') return deployment.isGivenUpByTheCircuitBreaker({ stoppedReason: 'Essential container in task exited' }, BRIEFLY);
    if (behaviour === 'makes an alarm ring') return deployment.isRolledBackByAlarms(['errors'], BRIEFLY);
    return deployment.succeeds(BRIEFLY);
  }

  /** What the release function sees beside the service: the release role, the parameter and the target groups. */
  private watched(): Record<string, Provider> {
    const { around, account } = this;
    const watch = (type: string, see: (id: string, properties: Properties) => void): Provider => {
      const plain = new PlainProvider(type, account);
      return {
        createOnly: plain.createOnly,
        create: (properties, name) => {
          const physical = plain.create(properties, name);
          see(type === 'AWS::IAM::Role' ? physical.attributes!.Arn as string : physical.id, properties);
          return physical;
        },
        update: (id, properties) => {
          see(id, properties);
          return plain.update(id);
        },
        delete: id => plain.delete(id),
      };
    };
    return {
      'AWS::IAM::Role': watch('AWS::IAM::Role', arn => around.roles.set(arn, 'release-role')),
      'AWS::ECS::Cluster': clusters(this.ecs),
      'AWS::CodeDeploy::DeploymentGroup': watch('AWS::CodeDeploy::DeploymentGroup', (deploymentGroupName, properties) => {
        Object.assign(this.codeDeploy.group, { applicationName: properties.ApplicationName, deploymentGroupName });
        this.traffic.watchGroup(properties);
      }),
      'AWS::SSM::Parameter': watch('AWS::SSM::Parameter', (name, { Value }) => around.parameters.set(name, Value)),
      'AWS::ElasticLoadBalancingV2::TargetGroup': watch('AWS::ElasticLoadBalancingV2::TargetGroup', arn => around.targetGroups.add(arn)),
    };
  }

  /** One network for all: registries, answers to custom resources, and the addresses of layers, which the double of ECR serves. */
  private serveRequests(): void {
    const fetchLayer = (globalThis.fetch as jest.Mock).getMockImplementation()!;
    const registry = new ModelRegistry(this.ecr);
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (address, init) => {
      const url = String(address);
      if (this.customResources.receive(url, String(init!.body))) return new Response();
      return registry.answer(url, init!) ?? fetchLayer(url, init);
    });
  }

  private serveBuckets(tags: Map<string, Properties[]>): void {
    const s3 = mockClient(S3Client);
    s3.on(GetBucketTaggingCommand).callsFake(async ({ Bucket }) => ({ TagSet: tags.get(Bucket) }));
    s3.on(PutObjectCommand).callsFake(async artifact => void this.around.objects.push(artifact));
    s3.on(ListObjectVersionsCommand).callsFake(async ({ Bucket }) => ({ Versions: [...this.objects.get(Bucket)!].map(Key => ({ Key, VersionId: '1' })) }));
    s3.on(DeleteObjectsCommand).callsFake(async ({ Bucket, Delete }) => {
      Delete.Objects.forEach(({ Key }: { Key: string }) => this.objects.get(Bucket)!.delete(Key));
      return {};
    });
  }
}

/** CodeDeploy itself would wait for an hour before it gives up tasks that crash. */
const BY_CODE_DEPLOY: Record<Behaviour, () => CodeDeployStep[]> = {
  'good': () => byCodeDeploy.succeeds(BRIEFLY),
  'crashes': () => [
    { after: 1, event: 'Install' },
    ...[1, 2, 3].map(seconds => ({ after: seconds, stops: { stoppedReason: 'Essential container in task exited' } })),
    { after: 3_600, ends: 'Failed' },
  ],
  'makes an alarm ring': () => byCodeDeploy.failsIn('AllowTraffic', 'ALARM_ACTIVE', 'One or more alarms have been activated: errors', undefined, BRIEFLY),
};
