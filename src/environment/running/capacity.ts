import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { Choice } from '../../private/problems';

/** Options of `Capacity.fargateSpot`. */
export interface FargateSpotOptions {
  /** Tasks that always run on plain Fargate, before the weights count, 0 to 100000. @default 1 */
  readonly onDemandBase?: number;
  /** Share of the further tasks that run on plain Fargate, 0 to 1000. @default 1 */
  readonly onDemandWeight?: number;
  /** Share of the further tasks that run on Fargate Spot, 0 to 1000. @default 1 */
  readonly spotWeight?: number;
}

/** What the tasks run on. */
export abstract class Capacity extends Choice {
  /** Fargate, at the usual price. */
  static fargate(): Capacity {
    return new Plain();
  }

  /**
   * Some tasks on Fargate Spot, up to 70 % cheaper. AWS takes such a task back with a warning of two minutes, and stops it with SIGTERM: `container.stopTimeout` of
   * 120 seconds uses them. A new cluster gets both capacity providers; an existing one must have `FARGATE` and `FARGATE_SPOT`. The way back to plain Fargate is
   * `spotWeight: 0`, because ECS does not forget a strategy that a template leaves out.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
   */
  static fargateSpot(options: FargateSpotOptions = {}): Capacity {
    return new Spot(options);
  }

  /** Tasks that certainly run on plain Fargate; undefined: all. @internal */
  abstract readonly _onDemandBase: number | undefined;

  /** @internal */
  abstract _bind(scope: Construct, cluster: ecs.ICluster, isOurs: boolean): ecs.CapacityProviderStrategy[] | undefined;
}

class Plain extends Capacity {
  readonly _onDemandBase = undefined;

  _bind(): undefined {
    return undefined;
  }
}

class Spot extends Capacity {
  readonly _onDemandBase: number | undefined;

  constructor(private readonly options: FargateSpotOptions) {
    super();
    const { onDemandBase = 1, onDemandWeight = 1, spotWeight = 1 } = options ?? {};
    this._onDemandBase = spotWeight === 0 ? undefined : onDemandBase;
    this._inspect((look) => {
      look.integer('onDemandBase', onDemandBase, 0, 100000, 'take for example 1');
      look.integer('onDemandWeight', onDemandWeight, 0, 1000, 'take for example 1');
      look.integer('spotWeight', spotWeight, 0, 1000, 'take for example 1');
      look.that(onDemandWeight !== 0 || spotWeight !== 0, 'spotWeight', spotWeight, 'a weight above 0 for one of both', 'raise spotWeight or onDemandWeight');
    }, options);
  }

  _bind(scope: Construct, cluster: ecs.ICluster, isOurs: boolean): ecs.CapacityProviderStrategy[] {
    const { onDemandBase = 1, onDemandWeight = 1, spotWeight = 1 } = this.options;
    // Apart from the cluster: an account without any cluster has no role yet that ECS could use capacity providers with.
    if (isOurs) {
      new ecs.CfnClusterCapacityProviderAssociations(scope, 'CapacityProviders', {
        cluster: cluster.clusterName, capacityProviders: ['FARGATE', 'FARGATE_SPOT'], defaultCapacityProviderStrategy: [],
      });
    }
    return [
      { capacityProvider: 'FARGATE', base: onDemandBase, weight: onDemandWeight },
      { capacityProvider: 'FARGATE_SPOT', weight: spotWeight },
    ];
  }
}
