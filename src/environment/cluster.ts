import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ClusterCommandOptions, commandConfiguration } from './running/execute-command';
import { acknowledge } from '../private/acknowledge';
import { Choice, placeOf } from '../private/problems';

/** Options of `Cluster.create`. */
export interface CreateClusterOptions {
  /** How closely Container Insights looks. @default ecs.ContainerInsights.ENHANCED */
  readonly containerInsights?: ecs.ContainerInsights;
  /**
   * Key of the disks of all tasks, which Fargate encrypts with a key of AWS otherwise. One of this app: its policy is to admit Fargate, and gets the statements for it; not of
   * several regions. Without the key, or when it is disabled, no task starts.
   * @default - a key that AWS owns
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-storage-encryption.html
   */
  readonly storageKey?: kms.IKey;
}

/** @internal */
export interface ClusterParts {
  readonly vpc: ec2.IVpc;
  readonly clusterName?: string;
  /** What sessions of people are written to and encrypted with. */
  readonly commands?: ClusterCommandOptions;
}

/** The ECS cluster of the service. */
export abstract class Cluster extends Choice {
  /** A new cluster for Fargate tasks. */
  static create(options: CreateClusterOptions = {}): Cluster {
    return new Created(options);
  }

  /** An existing cluster; its VPC is used unless `network` says otherwise. */
  static fromCluster(cluster: ecs.ICluster): Cluster {
    return new Existing(cluster);
  }

  /** VPC of an existing cluster. @internal */
  abstract readonly _vpc: ec2.IVpc | undefined;

  /** @internal */
  abstract _bind(scope: Construct, parts: ClusterParts): ecs.ICluster;
}

class Created extends Cluster {
  readonly _vpc = undefined;

  constructor(private readonly options: CreateClusterOptions) {
    super();
    this._inspect((look) => {
      look.oneOf('containerInsights', options.containerInsights, Object.values(ecs.ContainerInsights), 'take for example ecs.ContainerInsights.ENABLED');
      look.kind('storageKey', options.storageKey, 'keyArn', 'a key', 'hand over a kms.IKey');
      look.own('storageKey', 'a key', placeOf(options.storageKey?.keyArn));
    }, options);
  }

  _bind(scope: Construct, { vpc, clusterName, commands }: ClusterParts): ecs.ICluster {
    const cluster = new ecs.Cluster(scope, 'Cluster', {
      vpc, clusterName, containerInsightsV2: this.options.containerInsights ?? ecs.ContainerInsights.ENHANCED,
      executeCommandConfiguration: commands && commandConfiguration(commands),
      managedStorageConfiguration: this.options.storageKey && { fargateEphemeralStorageKmsKey: this.options.storageKey },
    });
    acknowledge(cluster, { 'cfn-guard::CT.ECS.PR.2': 'the rule knows `enabled` only; `enhanced` is more, and less is chosen by the user' });
    return cluster;
  }
}

class Existing extends Cluster {
  readonly _vpc: ec2.IVpc | undefined;

  constructor(private readonly existing: ecs.ICluster) {
    super();
    this._vpc = vpcOf(existing);
    this._inspect((look) => {
      look.that(typeof existing?.clusterArn === 'string', '', existing, 'a cluster', 'hand over an ecs.ICluster');
      look.own('', 'a cluster', placeOf(existing?.clusterArn));
      if (look.problems.length > 0) return;
      look.that(this._vpc !== undefined, '', 'a cluster without its VPC', 'a cluster with its VPC', 'import it with ecs.Cluster.fromClusterAttributes({ clusterName, vpc })');
    });
  }

  _bind(): ecs.ICluster {
    return this.existing;
  }
}

/** A cluster that was imported by its ARN alone throws when it is asked. */
function vpcOf(cluster: ecs.ICluster | undefined): ec2.IVpc | undefined {
  try {
    return cluster?.vpc;
  } catch {
    return undefined;
  }
}
