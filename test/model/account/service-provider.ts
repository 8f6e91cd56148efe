import { isDeepStrictEqual } from 'node:util';
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Physical, Properties, Provider } from './cloudformation';
import type { FakeClock } from '../../support/doubles/fake-clock';
import type { FakeEcs } from '../../support/doubles/fake-ecs';

/**
 * Parameters of UpdateService that begin a deployment when they change, each marked so in its description; desired count, grace
 * period and deployment configuration are marked as not beginning one.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
const DEPLOYED = ['TaskDefinition', 'NetworkConfiguration', 'LoadBalancers', 'PlatformVersion', 'ServiceRegistries', 'ServiceConnectConfiguration', 'VolumeConfigurations'];

/** CloudFormation waits three hours for a service to become steady. */
const PATIENCE = 3 * 3_600_000;

/**
 * CloudFormation's handler of `AWS::ECS::Service`: tells ECS what the template says and waits until the deployment is over.
 *
 * Whether it tells ECS only what has changed, or all that the template says, is not documented; it matters since the service runs
 * a task definition that a release has registered. So both are modelled.
 * @see https://github.com/aws/containers-roadmap/issues/1205 for an update that ECS rolls back: the stack rolls back too
 */
export class ServiceProvider implements Provider {
  readonly createOnly = ['Cluster', 'Role', 'SchedulingStrategy', 'ServiceName', 'LaunchType'];
  /** What the last successful deployment has, apart from the task definition, which releases change as well. */
  private settled: Properties = {};

  constructor(
    private readonly ecs: FakeEcs,
    private readonly clock: FakeClock,
    private readonly tellsAll: boolean,
    private readonly onTold: (properties: Properties) => void = () => {},
  ) {}

  async create(properties: Properties): Promise<Physical> {
    const { service } = this.ecs;
    this.onTold(properties);
    Object.assign(service, { status: 'ACTIVE', desiredCount: properties.DesiredCount ?? 1 });
    try {
      await this.deploy(properties, properties.TaskDefinition);
    } catch (error) {
      // What could not be finished is deleted with the rest.
      this.delete();
      throw error;
    }
    if (properties.DeploymentController?.Type === 'CODE_DEPLOY') this.ecs.handOver();
    return { id: service.serviceArn!, attributes: { Name: service.serviceName, ServiceArn: service.serviceArn } };
  }

  async update(id: string, properties: Properties, former: Properties): Promise<Physical> {
    this.onTold(properties);
    const told = Object.keys(properties).filter(name => this.tellsAll || !isDeepStrictEqual(properties[name], former[name]));
    if (properties.DeploymentController?.Type === 'CODE_DEPLOY') return this.updateForCodeDeploy(id, properties);
    if (told.includes('DesiredCount')) this.ecs.scale(properties.DesiredCount);
    const inForce = { ...this.settled, TaskDefinition: this.ecs.service.taskDefinition };
    if (told.some(name => DEPLOYED.includes(name) && !isDeepStrictEqual(properties[name], inForce[name as keyof typeof inForce]))) {
      await this.deploy(properties, told.includes('TaskDefinition') ? properties.TaskDefinition : this.ecs.service.taskDefinition);
    }
    return { id, attributes: { Name: this.ecs.service.serviceName, ServiceArn: id } };
  }

  /**
   * Under CodeDeploy ECS takes desired count and grace period, but not in one call with a task definition, and CloudFormation sends all properties. So any
   * change fails. Whether it also refuses to be told what is so already, as a rollback does, is not documented; here it accepts it.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
   */
  private updateForCodeDeploy(id: string, properties: Properties): Physical {
    const refused = Object.keys({ ...properties, ...this.settled }).filter(name => !isDeepStrictEqual(properties[name], this.settled[name]));
    if (refused.length > 0) throw new Error(`Unable to update ${refused.join(', ')} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.`);
    return { id, attributes: { Name: this.ecs.service.serviceName, ServiceArn: id } };
  }

  delete(): void {
    Object.assign(this.ecs.service, { status: 'INACTIVE', desiredCount: 0 });
    this.ecs.running = [];
  }

  private async deploy(properties: Properties, taskDefinition: string): Promise<void> {
    const definition = this.revisionOf(taskDefinition);
    if (definition?.status !== 'ACTIVE') throw new Error('TaskDefinition is inactive');
    const deployment = this.ecs.deploy(definition.taskDefinitionArn!);
    const end = this.clock.now() + PATIENCE;
    while (['PENDING', 'IN_PROGRESS', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS'].includes(deployment.status!)) {
      if (this.clock.now() >= end) throw new Error('the service did not become steady in time');
      await this.clock.sleep(30_000);
      this.ecs.unfold();
    }
    if (deployment.status !== 'SUCCESSFUL') throw new Error(`the deployment of the service ended as ${deployment.status}`);
    this.settled = properties;
  }

  /** A family means its latest active revision. */
  private revisionOf(name: string): TaskDefinition | undefined {
    const all = [...this.ecs.definitions.values()].map(({ definition }) => definition);
    return all.find(({ taskDefinitionArn }) => taskDefinitionArn === name) ?? all.filter(({ family, status }) => family === name && status === 'ACTIVE').at(-1);
  }
}
