import { isDeepStrictEqual } from 'node:util';
import type { Physical, Properties, Provider } from './cloudformation';
import type { FakeClock } from '../../support/fake-clock';
import type { FakeEcs } from '../../support/fake-ecs';

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
    return { id: service.serviceArn!, attributes: { Name: service.serviceName, ServiceArn: service.serviceArn } };
  }

  async update(id: string, properties: Properties, former: Properties): Promise<Physical> {
    this.onTold(properties);
    const told = Object.keys(properties).filter(name => this.tellsAll || !isDeepStrictEqual(properties[name], former[name]));
    if (told.includes('DesiredCount')) this.ecs.scale(properties.DesiredCount);
    const inForce = { ...this.settled, TaskDefinition: this.ecs.service.taskDefinition };
    if (told.some(name => DEPLOYED.includes(name) && !isDeepStrictEqual(properties[name], inForce[name as keyof typeof inForce]))) {
      await this.deploy(properties, told.includes('TaskDefinition') ? properties.TaskDefinition : this.ecs.service.taskDefinition);
    }
    return { id, attributes: { Name: this.ecs.service.serviceName, ServiceArn: id } };
  }

  delete(): void {
    Object.assign(this.ecs.service, { status: 'INACTIVE', desiredCount: 0 });
    this.ecs.running = [];
  }

  private async deploy(properties: Properties, taskDefinition: string): Promise<void> {
    if (this.ecs.definitions.get(taskDefinition)?.definition.status !== 'ACTIVE') throw new Error('TaskDefinition is inactive');
    const deployment = this.ecs.deploy(taskDefinition);
    const end = this.clock.now() + PATIENCE;
    while (['PENDING', 'IN_PROGRESS', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS'].includes(deployment.status!)) {
      if (this.clock.now() >= end) throw new Error('the service did not become steady in time');
      await this.clock.sleep(30_000);
      this.ecs.unfold();
    }
    if (deployment.status !== 'SUCCESSFUL') throw new Error(`the deployment of the service ended as ${deployment.status}`);
    this.settled = properties;
  }
}
