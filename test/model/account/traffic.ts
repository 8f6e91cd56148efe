import type { Listener } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Properties, Provider } from './cloudformation';
import { type Account, PlainProvider } from './providers';
import type { FakeCodeDeploy } from '../../support/doubles/fake-codedeploy';
import type { FakeEcs } from '../../support/doubles/fake-ecs';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';

/**
 * The rules and listeners of load balancers and where they lead. CloudFormation writes what the template says whenever it touches one.
 * ECS moves the weights of the service's rule with every deployment that is not rolling, and does not look at what they were; CodeDeploy moves the
 * default action of its listener in the same way.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
 */
export class Traffic {
  /** Target group in which the tasks of the service are. */
  tasks?: string;
  /** Listeners as they are now, whoever wrote them. */
  readonly listeners = new Map<string, Listener>();
  private readonly weights = new Map<string, Record<string, number>>();
  private service?: Properties;
  private pair?: Properties;
  private moved = 0;

  constructor(private readonly ecs: FakeEcs, private readonly codeDeploy: FakeCodeDeploy) {}

  /** Target groups that get requests. */
  get leadsTo(): string[] {
    if (this.isByCodeDeploy) return this.listeners.get(this.ways().entrance)!.DefaultActions!.map(({ TargetGroupArn }) => TargetGroupArn!);
    return Object.entries(this.weights.get(this.ways().entrance)!).filter(([, weight]) => weight > 0).map(([group]) => group);
  }

  rules(account: Account): Provider {
    return this.written(RULE, account, this.weights, ({ Actions: [{ ForwardConfig }] }) => Object.fromEntries(
      ForwardConfig.TargetGroups.map(({ TargetGroupArn, Weight }: Properties) => [TargetGroupArn, Weight]),
    ));
  }

  listenersOf(account: Account): Provider {
    return this.written(LISTENER, account, this.listeners, properties => structuredClone(properties));
  }

  /** The service that moves traffic, as the template says it. */
  watch(service: Properties): void {
    this.service = service;
  }

  /** The deployment group that moves traffic, as the template says it. */
  watchGroup({ LoadBalancerInfo }: Properties): void {
    [this.pair] = LoadBalancerInfo.TargetGroupPairInfoList;
  }

  /** Lets traffic follow the deployments that have succeeded since the last look. */
  follow(): void {
    if (!this.service) return;
    const succeeded = this.ecs.deployments.filter(({ state }) => state.status === 'SUCCESSFUL').length
      + this.codeDeploy.deployments.filter(({ info }) => info.status === 'Succeeded' && info.creator === 'user').length;
    for (; this.moved < succeeded; this.moved++) this.shift();
  }

  /** The first deployment takes the first group; each later one the other group, unless it is rolling. */
  private shift(): void {
    if (!this.tasks) return this.begin();
    if (this.service!.DeploymentConfiguration.Strategy === 'ROLLING') return;
    const { entrance, groups } = this.ways();
    this.tasks = groups.find(group => group !== this.tasks)!;
    if (this.isByCodeDeploy) this.listeners.get(entrance)!.DefaultActions = [{ Type: 'forward', TargetGroupArn: this.tasks }];
    else this.weights.set(entrance, Object.fromEntries(groups.map(group => [group, group === this.tasks ? 100 : 0])));
  }

  /** CodeDeploy has no part in the creation, and the listener leads to the first group from its own creation on. */
  private begin(): void {
    const { TargetGroupArn } = balancing(this.service!);
    this.tasks = TargetGroupArn;
    if (this.isByCodeDeploy) return;
    const { entrance, groups } = this.ways();
    this.weights.set(entrance, Object.fromEntries(groups.map(group => [group, group === TargetGroupArn ? 100 : 0])));
  }

  private get isByCodeDeploy(): boolean {
    return this.service!.DeploymentController?.Type === 'CODE_DEPLOY';
  }

  /** Where traffic comes in, and the two groups that it can go to. */
  private ways(): { readonly entrance: string; readonly groups: string[] } {
    if (this.isByCodeDeploy) {
      const { ProdTrafficRoute: { ListenerArns: [entrance] }, TargetGroups } = this.pair!;
      // The stack makes the name from the ARN, for want of a better one.
      return { entrance, groups: TargetGroups.map(({ Name }: Properties) => Name.replace(/\.TargetGroupName$/, '')) };
    }
    const { TargetGroupArn, AdvancedConfiguration: { AlternateTargetGroupArn, ProductionListenerRule } } = balancing(this.service!);
    return { entrance: ProductionListenerRule, groups: [TargetGroupArn, AlternateTargetGroupArn] };
  }

  private written<T>(type: string, account: Account, state: Map<string, T>, read: (properties: Properties) => T): Provider {
    const plain = new PlainProvider(type, account);
    return {
      createOnly: plain.createOnly,
      create: (properties, name) => {
        const made = plain.create(properties, name);
        state.set(made.id, read(properties));
        return made;
      },
      update: (id, properties) => {
        state.set(id, read(properties));
        return plain.update(id);
      },
      delete: id => {
        state.delete(id);
        plain.delete(id);
      },
    };
  }
}

function balancing({ LoadBalancers: [one] }: Properties): Properties {
  return one;
}
