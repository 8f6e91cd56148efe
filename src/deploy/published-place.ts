/**
 * What a place publishes about itself in one SSM parameter, as JSON. All that a release needs to know of a place: a
 * pipeline in the same stack, another stack, account or region reads it through the place's release role.
 */
export interface PublishedPlace {
  /** ARN of the ECS cluster. */
  readonly clusterArn: string;
  /** ARN of the ECS service. */
  readonly serviceArn: string;
  /** Name of the container whose image is released. */
  readonly containerName: string;
  /** Family of the service's task definitions. */
  readonly taskFamily: string;
  /** ARN of the task definition in the template (its image is `<repository>:released`); of the one in use where no template of ours makes it. */
  readonly taskDefinitionArn: string;
  /** URI of the place's own repository, `<account>.dkr.ecr.<region>.<suffix>/<name>`; absent: it runs images from the build repository. */
  readonly repositoryUri?: string;
  /** Log group of the container; absent: the log is not in CloudWatch. */
  readonly logGroupName?: string;
  /** Prefix of the container's log streams: `<prefix>/<container>/<task id>`. */
  readonly logStreamPrefix?: string;
  /** Target groups of the place; each released task must be healthy in one of them. Absent: those that the service names. */
  readonly targetGroupArns?: string[];
  /** Alarms that roll a release back. */
  readonly alarmNames: string[];
  /** Where the service answers. */
  readonly url: string;
  /** How a release replaces tasks; decides what a release follows. */
  readonly strategy: PublishedStrategy;
  /** ARN of the place's stack; a release waits while it is being updated. Absent: nobody knows of a stack. */
  readonly stackId?: string;
  /** With the strategy CODE_DEPLOY only. */
  readonly codeDeploy?: PublishedCodeDeploy;
}

/**
 * What is known at synth of a place that this library has not made. It stands, as JSON, in an SSM parameter beside the pipeline; the release function finds out
 * all else from ECS.
 */
export interface DescribedPlace extends Pick<PublishedPlace, 'clusterArn' | 'serviceArn' | 'containerName' | 'targetGroupArns' | 'alarmNames' | 'url'> {
  /** The place's own repository, if it has one. */
  readonly repositoryArn?: string;
  /** When CodeDeploy deploys to it. */
  readonly codeDeploy?: Omit<PublishedCodeDeploy, 'containerPort' | 'loadBalancedContainer'>;
}

/** ECS's own strategies, by ECS's names, and releases by CodeDeploy. */
export type PublishedStrategy = 'ROLLING' | 'BLUE_GREEN' | 'LINEAR' | 'CANARY' | 'CODE_DEPLOY';

/** What a deployment by CodeDeploy needs. */
export interface PublishedCodeDeploy {
  readonly applicationName: string;
  readonly deploymentGroupName: string;
  /** Container that the load balancer leads to, for the AppSpec; absent: the one that is released. */
  readonly loadBalancedContainer?: string;
  /** Its port, for the AppSpec. */
  readonly containerPort: number;
  /** Lifecycle hooks of the AppSpec: name of the event to ARN or name of the function. */
  readonly hooks: Record<string, string>;
}

/** Tag of the place's repository that always names the last good release; the template's task definition says it for ever. */
export const RELEASED_TAG = 'released';

/** One-off tasks of a place have a family of their own: that of the service, and this. */
export const ONE_OFF_SUFFIX = '-one-off';
