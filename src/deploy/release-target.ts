import * as ecs from 'aws-cdk-lib/aws-ecs';
import { IConstruct } from 'constructs';
import { CodeDeployArns } from './release-role';
import { Right } from '../private/scoped-role';

/** What a release action needs to know at synth; everything else it reads from the place's parameter. @internal */
export interface ReleaseTargetParts {
  /** Name of the place in messages and actions. */
  readonly placeName: string;
  readonly roleArn: string;
  readonly parameterName: string;
  readonly region: string;
  /** Its tasks certainly reach AWS and nothing else. */
  readonly onlyAws?: boolean;
  /** Accounts whose pipelines may release there; absent: not known. */
  readonly trustedAccounts?: string[];
  /** What the names of roles are like that may release there; absent: not known, or it names one role. */
  readonly trustedNames?: string;
  /** What the release role wants to hear of its caller. */
  readonly externalId?: string;
  /** For CodePipeline's own action; absent in a place of another app. */
  readonly clusterName?: string;
  readonly serviceName?: string;
  readonly serviceArn?: string;
  /** Absent in a place that this library has not made. */
  readonly taskFamily?: string;
  /** Absent in a place that this library has not made. */
  readonly passableRoleArns?: string[];
  readonly containerName: string;
  /** Architecture that images must be built for. */
  readonly cpuArchitecture: ecs.CpuArchitecture;
  /** When CodeDeploy deploys to the place. */
  readonly codeDeploy?: CodeDeployTargetParts;
  /** A place that this library has not made. */
  readonly existing?: ExistingTargetParts;
  /** Longest time that a deployment waits by design (steps and bakes), in minutes; absent: none. */
  readonly waitMinutes?: number;
}

/** @internal */
export interface CodeDeployTargetParts extends CodeDeployArns {
  readonly applicationName: string;
  readonly deploymentGroupName: string;
  readonly containerPort: number;
}

/** @internal */
export interface ExistingTargetParts {
  /** Account of the service. */
  readonly account: string;
  /** It has no repository, so it runs images from the build repository. */
  readonly pullsBuilds: boolean;
  /** It says where it answers. */
  readonly hasUrl: boolean;
}

/** Name of a place: part of names of actions and stages, which are narrower than ids. @internal */
export const placeNameOf = ({ node }: IConstruct): string =>
  (node.id === 'Environment' ? node.scope!.node.id : node.id).replace(/[^A-Za-z0-9.@_-]+/g, '-').slice(0, 80);

/** A place that images can be released to. `FargateEnvironment` is one, and what `FargateEnvironment.fromAttributes` returns. */
export interface IReleaseTarget extends IConstruct {
  /** @internal */
  _releaseTarget(): ReleaseTargetParts;
}

/** What is known of places that cannot publish themselves stands beside the pipeline, and is read without the role of the place. @internal */
export function mayReadDescriptions(targets: IReleaseTarget[]): Right[] {
  const described = targets.map((target) => target._releaseTarget()).filter(({ existing }) => existing);
  return described.length > 0 ? [{ actions: ['ssm:GetParameter'], resources: [...new Set(described.map(({ parameterName }) => parameterName))] }] : [];
}
