import * as ecs from 'aws-cdk-lib/aws-ecs';
import { IConstruct } from 'constructs';

/** What a release action needs to know at synth; everything else it reads from the place's parameter. @internal */
export interface ReleaseTargetParts {
  /** Name of the place in messages and actions. */
  readonly placeName: string;
  readonly roleArn: string;
  readonly parameterName: string;
  readonly region: string;
  /** For CodePipeline's own ECS action. */
  readonly clusterName: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly taskFamily: string;
  readonly passableRoleArns: string[];
  readonly containerName: string;
  /** Architecture that images must be built for. */
  readonly cpuArchitecture: ecs.CpuArchitecture;
  /** How long the strategy keeps a release waiting, beside the time of starting and stopping tasks. */
  readonly minutesOfWaiting: number;
  /** With `DeployStrategy.codeDeploy` only. */
  readonly codeDeploy?: CodeDeployTarget;
}

/** What a deployment by CodeDeploy goes through. @internal */
export interface CodeDeployTarget {
  readonly applicationName: string;
  readonly applicationArn: string;
  readonly deploymentGroupName: string;
  readonly deploymentGroupArn: string;
  readonly deploymentConfigArn: string;
  readonly containerPort: number;
}

/** A place that images can be released to. `FargateEnvironment` is one. */
export interface IReleaseTarget extends IConstruct {
  /** @internal */
  _releaseTarget(): ReleaseTargetParts;
}
