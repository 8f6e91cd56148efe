import { Duration } from 'aws-cdk-lib';
import { TrafficRouting } from './traffic-routing';
import { Inspection } from '../../../private/problems';
import { inspectLongest, ShiftOptions } from '../shifting';

/** How an application and a deployment group of CodeDeploy are made. */
export interface CodeDeployGroupOptions {
  /** How production traffic moves. @default TrafficRouting.allAtOnce() */
  readonly trafficRouting?: TrafficRouting;
  /**
   * How long the old tasks stay after all traffic has moved, so that a rollback takes seconds: 0 to 22 hours, in whole minutes. The release takes as much longer.
   * @default Duration.minutes(5)
   */
  readonly terminationWait?: Duration;
  /** Base name of the CodeDeploy application, at most 83 of A-Z a-z 0-9 . _ + = , @ -. @default - by `resourceNames` */
  readonly applicationName?: string;
  /** Base name of the deployment group, at most 83 of the same characters. @default - by `resourceNames` */
  readonly deploymentGroupName?: string;
}

/** Options of `DeployStrategy.codeDeploy`. */
export interface CodeDeployOptions extends CodeDeployGroupOptions, ShiftOptions {}

/** Names end with a suffix of up to 17 characters; CodeDeploy counts 100. */
const NAME: [RegExp, string, string] = [/^[A-Za-z0-9._+=,@-]{1,83}$/, '1 to 83 of A-Z a-z 0-9 . _ + = , @ -', 'leave out spaces and other characters'];

/** @internal */
export function inspectCodeDeploy(look: Inspection, options: CodeDeployGroupOptions): void {
  const found = look.problems.length;
  look.choice('trafficRouting', options.trafficRouting, TrafficRouting);
  look.literal('terminationWait', options.terminationWait, 'the time of a release follows from it');
  look.seconds('terminationWait', options.terminationWait, 0, 22 * 3600, 'take for example Duration.minutes(5)', 60);
  look.matches('applicationName', options.applicationName, ...NAME);
  look.matches('deploymentGroupName', options.deploymentGroupName, ...NAME);
  if (look.problems.length === found) inspectLongest(look, 'terminationWait', codeDeployMinutes(options));
}

/** Minutes of a release in which CodeDeploy waits; the options must be sound. @internal */
export const codeDeployMinutes = ({ trafficRouting, terminationWait }: CodeDeployGroupOptions): number =>
  (trafficRouting?._minutes ?? 0) + terminationWaitOf({ terminationWait }).toMinutes();

/** @internal */
export const terminationWaitOf = ({ terminationWait }: CodeDeployGroupOptions): Duration => terminationWait ?? Duration.minutes(5);
