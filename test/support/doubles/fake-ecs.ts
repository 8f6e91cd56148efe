import {
  type ContainerDefinition, DescribeServiceDeploymentsCommand, DescribeServiceRevisionsCommand, DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand,
  ECSClient, ListServiceDeploymentsCommand, ListTasksCommand, RegisterTaskDefinitionCommand, RunTaskCommand, type Service, type ServiceDeployment,
  type ServiceRevision, StopServiceDeploymentCommand, StopTaskCommand, type Tag, type Task, type TaskDefinition, UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { deployment, type Script, type Step } from './ecs-script';
import type { FakeClock } from './fake-clock';
import { FakeOneOffTasks } from './fake-one-off-tasks';
import { awsError, FakeService } from './fake-service';

export { deployment, type Script };

const CLUSTER = 'arn:aws:ecs:eu-west-1:222222222222:cluster/shop';
const PREFIX = 'arn:aws:ecs:eu-west-1:222222222222';
const PAGE = 2;

/** Throws what ECS answers to containers that it does not take: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html */
export function refuseContainers(containers: ContainerDefinition[]): void {
  if (new Set(containers.map(({ name }) => name)).size < containers.length) throw awsError('ClientException', 'Container names must be unique');
  for (const { containerName, condition } of containers.flatMap(({ dependsOn = [] }) => dependsOn)) {
    const awaited = containers.find(({ name }) => name === containerName);
    if (!awaited) throw awsError('ClientException', `Unknown container ${containerName}`);
    if (condition === 'HEALTHY' && !awaited.healthCheck) throw awsError('ClientException', 'Dependency on HEALTHY needs a health check');
    if (['SUCCESS', 'COMPLETE'].includes(condition!) && awaited.essential !== false) throw awsError('ClientException', 'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container');
  }
}

interface Deployment {
  readonly state: ServiceDeployment;
  readonly script: Script;
  readonly source?: string;
}

/**
 * Amazon ECS with one cluster and one service, deployed by ECS itself or handed over to CodeDeploy. The outcome of each deployment is written down
 * before it begins; it unfolds with the clock, and tasks, revisions and the service follow it.
 */
export class FakeEcs extends FakeService {
  readonly clusterArn = CLUSTER;
  readonly service: Service = {
    serviceArn: `${PREFIX}:service/shop/web`, serviceName: 'web', clusterArn: CLUSTER, status: 'ACTIVE', desiredCount: 2, events: [],
  };
  readonly definitions = new Map<string, { definition: TaskDefinition; tags: Tag[] }>();
  readonly deployments: Deployment[] = [];
  readonly revisions = new Map<string, ServiceRevision>();
  readonly oneOff: FakeOneOffTasks;
  running: Task[] = [];
  stopped: Task[] = [];
  /** Scripts of the deployments to come; when there are none, the usual happens. */
  readonly scripts: Script[] = [];
  /** Seconds until a deployment is listed. */
  appearsAfter = 0;
  private started = 0;

  constructor(private readonly clock: FakeClock, private readonly resolve: (image: string) => string | undefined) {
    super();
    this.oneOff = new FakeOneOffTasks(clock);
    const on = (command: new (input: any) => any, answer: (input: any) => unknown) => this.on(ECSClient, command, input => {
      this.unfold();
      return structuredClone(answer(input));
    });
    on(DescribeServicesCommand, ({ cluster, services }) => this.describeServices(cluster, services));
    on(DescribeTaskDefinitionCommand, ({ taskDefinition, include }) => this.describeTaskDefinition(taskDefinition, include));
    on(RegisterTaskDefinitionCommand, input => this.register(input));
    on(UpdateServiceCommand, input => this.update(input));
    on(ListServiceDeploymentsCommand, input => this.listDeployments(input));
    on(DescribeServiceDeploymentsCommand, ({ serviceDeploymentArns }) => ({
      serviceDeployments: this.deployments.map(({ state }) => state).filter(state => serviceDeploymentArns.includes(state.serviceDeploymentArn)),
    }));
    on(DescribeServiceRevisionsCommand, ({ serviceRevisionArns }) => this.describeRevisions(serviceRevisionArns));
    on(StopServiceDeploymentCommand, ({ serviceDeploymentArn }) => this.stop(serviceDeploymentArn));
    on(ListTasksCommand, ({ desiredStatus, family, nextToken }) => family ? this.oneOff.list(family, desiredStatus, nextToken) : this.listTasks(desiredStatus, nextToken));
    on(DescribeTasksCommand, ({ include, tasks }) => ({
      tasks: [...this.running, ...this.stopped, ...this.oneOff.describe(include)].filter(({ taskArn }) => tasks.includes(taskArn)),
    }));
    on(RunTaskCommand, input => this.oneOff.run(input, this.definitions.get(input.taskDefinition)!.definition));
    on(StopTaskCommand, ({ task, reason }) => this.oneOff.stop(task, reason));
  }

  /** What happens to a deployment of this task definition. */
  usually: (taskDefinition: string) => Script = () => deployment.succeeds();

  /** Makes the tasks of a deployment, when they are not as usual. */
  disturbTask: (task: Task) => Task = task => task;

  get latest(): ServiceDeployment {
    return this.deployments.at(-1)!.state;
  }

  /** The desired count changes and no deployment begins: further tasks run the digest that the last deployment has fixed. */
  scale(desiredCount: number): void {
    this.unfold();
    this.service.desiredCount = desiredCount;
    const revision = this.settledRevision();
    while (revision && this.running.length < desiredCount) this.running.push(this.disturbTask(this.task(revision, { lastStatus: 'RUNNING' })));
    this.running.splice(desiredCount);
  }

  /** Registers a task definition; answers its ARN. */
  define(definition: TaskDefinition, tags: Tag[] = []): string {
    const revision = [...this.definitions.values()].filter(({ definition: { family } }) => family === definition.family).length + 1;
    const taskDefinitionArn = `${PREFIX}:task-definition/${definition.family}:${revision}`;
    this.definitions.set(taskDefinitionArn, { definition: { ...definition, taskDefinitionArn, revision, status: 'ACTIVE', registeredAt: this.clock.date() }, tags });
    return taskDefinitionArn;
  }

  /** Deploys, as UpdateService would, whoever calls it. */
  deploy(taskDefinition: string, script: Script = this.scripts.shift() ?? this.usually(taskDefinition)): ServiceDeployment {
    this.unfold();
    const number = this.deployments.length + 1;
    for (const { state } of this.deployments) {
      if (!isOver(state)) Object.assign(state, { status: 'STOPPED', finishedAt: this.clock.date() });
    }
    const arn = `${PREFIX}:service-revision/shop/web/${number}`;
    this.revisions.set(arn, { serviceRevisionArn: arn, taskDefinition, containerImages: [] });
    const state: ServiceDeployment = {
      serviceDeploymentArn: `${PREFIX}:service-deployment/shop/web/deployment-${number}`,
      createdAt: this.clock.date(),
      status: 'PENDING',
      targetServiceRevision: { arn, requestedTaskCount: this.service.desiredCount, runningTaskCount: 0 },
    };
    this.deployments.push({ state, script: [...script], source: this.settledRevision() });
    this.service.taskDefinition = taskDefinition;
    return state;
  }

  /** Hands the service over to CodeDeploy: what runs now is its first task set. */
  handOver(): void {
    const { taskDefinition, ...service } = this.service;
    Object.assign(this.service, { ...service, deploymentController: { type: 'CODE_DEPLOY' }, taskSets: [{ id: 'ecs-svc/0', status: 'PRIMARY', taskDefinition }] });
    delete this.service.taskDefinition;
  }

  /** For CodeDeploy: the traffic goes to the tasks of this definition, the others are gone. */
  setPrimary(taskDefinition: string, externalId: string): void {
    const { taskSets } = this.service;
    if (taskSets!.find(({ status }) => status === 'PRIMARY')!.taskDefinition === taskDefinition) return;
    taskSets!.splice(0, Infinity, { id: `ecs-svc/${externalId}`, status: 'PRIMARY', taskDefinition, externalId });
    const revision = `${PREFIX}:service-revision/shop/web/${externalId}`;
    this.revisions.set(revision, { serviceRevisionArn: revision, taskDefinition, containerImages: [] });
    this.establish(revision);
    this.running = Array.from({ length: this.service.desiredCount! }, () => this.disturbTask(this.task(revision, { lastStatus: 'RUNNING' })));
  }

  /** A task of this definition stops. */
  stopTask(taskDefinitionArn: string, more: Partial<Task>): void {
    const number = ++this.started;
    this.stopped.push({ taskArn: `${PREFIX}:task/shop/task${number}`, taskDefinitionArn, containers: [], ...more, lastStatus: 'STOPPED', stoppedAt: this.clock.date() });
  }

  /** Lets what is due happen. */
  unfold(): void {
    for (const one of this.deployments) {
      if (isOver(one.state)) continue;
      const age = (this.clock.now() - one.state.createdAt!.getTime()) / 1000;
      while (one.script.length > 0 && one.script[0].after <= age) this.take(one, one.script.shift()!);
    }
  }

  private take({ state, source }: Deployment, { change, stops, weight }: Step): void {
    Object.assign(state, change);
    if (weight !== undefined) state.targetServiceRevision!.requestedProductionTrafficWeight = weight;
    const target = state.targetServiceRevision!.arn!;
    if (stops) this.stopped.push(this.task(target, { ...stops, lastStatus: 'STOPPED', stoppedAt: this.clock.date() }));
    if (state.status === 'SUCCESSFUL') this.run(target, state);
    if (!state.status!.startsWith('ROLLBACK')) return;
    state.rollback = { reason: 'Service deployment rolled back.', ...state.rollback, serviceRevisionArn: source, startedAt: this.clock.date() };
    this.service.taskDefinition = this.revisions.get(source!)!.taskDefinition;
    if (state.status === 'ROLLBACK_SUCCESSFUL') this.run(source!, state);
  }

  /** The tasks of a revision run, those of others are gone. */
  private run(revision: string, state: ServiceDeployment): void {
    this.establish(revision);
    this.running = Array.from({ length: this.service.desiredCount! }, () => this.disturbTask(this.task(revision, { lastStatus: 'RUNNING' })));
    state.finishedAt = this.clock.date();
  }

  /** ECS establishes digests when it starts the first task. */
  private establish(arn: string): void {
    if (this.service.desiredCount === 0) return;
    const revision = this.revisions.get(arn)!;
    if (revision.containerImages!.length > 0) return;
    revision.containerImages = this.definitions.get(revision.taskDefinition!)!.definition.containerDefinitions!
      .map(({ name, image }) => ({ containerName: name, image, imageDigest: this.resolve(image!) }));
  }

  private task(revision: string, more: Partial<Task>): Task {
    const number = ++this.started;
    const { taskDefinition, containerImages } = this.revisions.get(revision)!;
    return {
      taskArn: `${PREFIX}:task/shop/task${number}`,
      taskDefinitionArn: taskDefinition,
      containers: containerImages!.map(({ containerName, image, imageDigest }) => ({
        name: containerName, image, imageDigest, networkInterfaces: [{ privateIpv4Address: `10.0.0.${number}` }],
      })),
      ...more,
    };
  }

  private settledRevision(): string | undefined {
    const byCodeDeploy = this.service.taskSets?.find(({ status }) => status === 'PRIMARY')?.externalId;
    if (byCodeDeploy) return `${PREFIX}:service-revision/shop/web/${byCodeDeploy}`;
    const over = this.deployments.map(({ state }) => state).reverse().find(({ status }) => status === 'SUCCESSFUL' || status === 'ROLLBACK_SUCCESSFUL');
    return over?.status === 'SUCCESSFUL' ? over.targetServiceRevision!.arn : over?.rollback!.serviceRevisionArn;
  }

  private describeServices(cluster: string, [service]: string[]) {
    if (cluster !== this.clusterArn) throw awsError('ClusterNotFoundException');
    return service === this.service.serviceArn
      ? { services: [{ ...this.service }] }
      : { services: [], failures: [{ arn: service, reason: 'MISSING' }] };
  }

  private describeTaskDefinition(arn: string, include: string[] = []) {
    // A family alone means its latest revision.
    const found = this.definitions.get(arn) ?? [...this.definitions.values()].filter(({ definition: { family } }) => family === arn).at(-1);
    if (!found) throw awsError('ClientException', 'Unable to describe task definition.');
    return { taskDefinition: found.definition, tags: include.includes('TAGS') ? found.tags : undefined };
  }

  private register({ tags, ...definition }: any) {
    const unknown = ['taskDefinitionArn', 'revision', 'status', 'registeredAt', 'registeredBy', 'compatibilities', 'requiresAttributes']
      .filter(key => key in definition);
    if (unknown.length > 0) throw awsError('ClientException', `unknown parameters ${unknown}`);
    if (tags.some(({ key }: Tag) => key!.startsWith('aws:'))) throw awsError('InvalidParameterException', 'aws: prefixed tag key names are not allowed');
    refuseContainers(definition.containerDefinitions);
    return { taskDefinition: this.definitions.get(this.define(definition, tags))!.definition };
  }

  /** Without a change no deployment begins. */
  private update({ taskDefinition, desiredCount, healthCheckGracePeriodSeconds = this.service.healthCheckGracePeriodSeconds }: any) {
    if (taskDefinition && this.service.deploymentController?.type === 'CODE_DEPLOY') {
      throw awsError('InvalidParameterException', 'Unable to update task definition on services with a CODE_DEPLOY deployment controller.');
    }
    Object.assign(this.service, { healthCheckGracePeriodSeconds });
    if (desiredCount !== undefined) this.scale(desiredCount);
    if (taskDefinition && this.service.taskDefinition !== taskDefinition) this.deploy(taskDefinition);
    return { service: this.service };
  }

  private listDeployments({ createdAt, nextToken = '0', status }: any) {
    const all = this.deployments.map(({ state }) => state)
      .filter(state => !status || status.includes(state.status))
      .filter(state => !createdAt || state.createdAt! >= createdAt.after)
      .filter(state => this.clock.now() >= state.createdAt!.getTime() + 1000 * this.appearsAfter);
    const from = Number(nextToken);
    return {
      serviceDeployments: all.slice(from, from + PAGE).map(({ serviceDeploymentArn, createdAt: created, finishedAt, status: now, targetServiceRevision }) => ({
        serviceDeploymentArn, createdAt: created, finishedAt, status: now, targetServiceRevisionArn: targetServiceRevision!.arn,
      })),
      nextToken: from + PAGE < all.length ? String(from + PAGE) : undefined,
    };
  }

  private describeRevisions(arns: string[]) {
    if (arns.length > 20) throw awsError('InvalidParameterException', 'too many');
    return { serviceRevisions: arns.map(arn => this.revisions.get(arn)).filter(Boolean) };
  }

  private stop(arn: string) {
    const one = this.deployments.find(({ state }) => state.serviceDeploymentArn === arn)!;
    if (isOver(one.state)) throw awsError('ConflictException', 'the deployment is over');
    this.take(one, { after: 0, change: { status: 'ROLLBACK_IN_PROGRESS' } });
    const age = (this.clock.now() - one.state.createdAt!.getTime()) / 1000;
    one.script.splice(0, Infinity, { after: age + 60, change: { status: 'ROLLBACK_SUCCESSFUL' } });
    return { serviceDeploymentArn: arn };
  }

  private listTasks(desiredStatus: string, nextToken = '0') {
    const tasks = desiredStatus === 'STOPPED' ? this.stopped : this.running;
    const from = Number(nextToken);
    return {
      taskArns: tasks.slice(from, from + PAGE).map(({ taskArn }) => taskArn),
      nextToken: from + PAGE < tasks.length ? String(from + PAGE) : undefined,
    };
  }
}

function isOver({ status }: ServiceDeployment): boolean {
  return ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(status!);
}
