import { codeDeployLink, expectedTaskSet, followCodeDeploy } from './code-deploy/follow';
import { appSpecForAction, findBegunByCodeDeploy, findCodeDeployed, startCodeDeploy, waitForQuietGroup } from './code-deploy/start';
import { imageDefinitions } from './pipeline/artifact';
import type { Run } from './run';
import { deploymentLink, expectedRevision, followDeployment } from './service/follow';
import { findBegunDeployment, findDeployed, startDeployment, waitForQuiet } from './service/start';
import type { Expected } from './tasks/verify';

/** What replaces the tasks of a service: ECS itself, or CodeDeploy. */
export interface Engine {
  /** Finds the deployment of this release, or starts it. */
  start(run: Run): Promise<void>;
  /** Waits until nothing is in the way of CodePipeline's own action. */
  waitForQuiet(run: Run): Promise<void>;
  /** The files that CodePipeline's own action reads. */
  artifact(run: Run): Promise<Record<string, string>>;
  /** Finds the deployment that CodePipeline's own action has started. */
  find(run: Run): Promise<void>;
  /** Finds the deployment that CodePipeline's own action had started when it failed, under the id that the action told, if it told one; false: none. */
  findBegun(run: Run, id?: string): Promise<boolean>;
  /** Follows it to its end; fails when that is not success. */
  follow(run: Run): Promise<void>;
  /** What must run then. */
  expected(run: Run): Promise<Expected>;
  /** Its page in the console. */
  link(run: Run): string;
}

const ECS: Engine = {
  start: startDeployment,
  waitForQuiet,
  artifact: async ({ image, place }) => imageDefinitions(place.containerName, image),
  find: findDeployed,
  findBegun: findBegunDeployment,
  follow: followDeployment,
  expected: expectedRevision,
  link: deploymentLink,
};

const CODE_DEPLOY: Engine = {
  start: startCodeDeploy,
  waitForQuiet: waitForQuietGroup,
  artifact: appSpecForAction,
  find: findCodeDeployed,
  findBegun: findBegunByCodeDeploy,
  follow: followCodeDeploy,
  expected: expectedTaskSet,
  link: codeDeployLink,
};

/** The engine of the place that the release goes to. */
export function engineOf({ place }: Run): Engine {
  return place.strategy === 'CODE_DEPLOY' ? CODE_DEPLOY : ECS;
}
