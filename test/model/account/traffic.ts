import type { Properties, Provider } from './cloudformation';
import { type Account, PlainProvider } from './providers';
import type { FakeEcs } from '../../support/fake-ecs';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';

/**
 * The rules of load balancers and where their weights lead. CloudFormation writes what the template says whenever it touches a rule;
 * ECS moves the weights of the service's rule with every deployment that is not rolling, and does not look at what they were.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
 */
export class Traffic {
  /** Target group in which the tasks of the service are. */
  tasks?: string;
  private readonly weights = new Map<string, Record<string, number>>();
  private service?: Properties;
  private moved = 0;

  constructor(private readonly ecs: FakeEcs) {}

  /** Target groups that get requests. */
  get leadsTo(): string[] {
    const { ProductionListenerRule } = balancing(this.service!).AdvancedConfiguration;
    return Object.entries(this.weights.get(ProductionListenerRule)!).filter(([, weight]) => weight > 0).map(([group]) => group);
  }

  rules(account: Account): Provider {
    const plain = new PlainProvider(RULE, account);
    const write = (id: string, { Actions: [{ ForwardConfig }] }: Properties) => this.weights.set(id, Object.fromEntries(
      ForwardConfig.TargetGroups.map(({ TargetGroupArn, Weight }: Properties) => [TargetGroupArn, Weight]),
    ));
    return {
      createOnly: plain.createOnly,
      create: (properties, name) => {
        const made = plain.create(properties, name);
        write(made.id, properties);
        return made;
      },
      update: (id, properties) => {
        write(id, properties);
        return plain.update(id);
      },
      delete: id => {
        this.weights.delete(id);
        plain.delete(id);
      },
    };
  }

  /** The service that moves traffic, as the template says it. */
  watch(service: Properties): void {
    this.service = service;
  }

  /** Lets traffic follow the deployments that have succeeded since the last look. */
  follow(): void {
    if (!this.service || this.service.DeploymentController?.Type === 'CODE_DEPLOY') return;
    const succeeded = this.ecs.deployments.filter(({ state }) => state.status === 'SUCCESSFUL').length;
    for (; this.moved < succeeded; this.moved++) this.shift();
  }

  /** The first deployment takes the first group; each later one the other group, unless it is rolling. */
  private shift(): void {
    const { DeploymentConfiguration: { Strategy } } = this.service!;
    const { TargetGroupArn, AdvancedConfiguration: { AlternateTargetGroupArn, ProductionListenerRule } } = balancing(this.service!);
    this.tasks ??= AlternateTargetGroupArn;
    if (this.moved > 0 && Strategy === 'ROLLING') return;
    this.tasks = this.tasks === TargetGroupArn ? AlternateTargetGroupArn : TargetGroupArn;
    this.weights.set(ProductionListenerRule, { [TargetGroupArn]: 0, [AlternateTargetGroupArn]: 0, [this.tasks!]: 100 });
  }
}

function balancing({ LoadBalancers: [one] }: Properties): Properties {
  return one;
}
