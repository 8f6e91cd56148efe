import { Stack, Stage } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, IConstruct } from 'constructs';
import { DeployStage, Release } from './deploy-stage';
import { BoundCheck } from '../checks/actions/action-recipe';
import { BuiltImage, PipelineParts } from '../parts';
import { conditionOf } from './stage-condition';
import { StageFailure } from './stage-failure';
import { approvalStageName, deployStageName } from './stage-plan';
import { ReleaseAction } from '../../deploy/release-action';
import { bindNotifications } from '../../observe/notification';
import { notifyFailedStage } from '../failure-events';

interface DeploySettings {
  readonly parts: PipelineParts;
  readonly images: ReadonlyMap<Release, BuiltImage>;
  readonly topics: sns.ITopic[];
  readonly releaseFunction: lambda.IFunction;
  readonly releaseAction: ReleaseAction;
}

/** Gate, releases side by side, checks of the running service: for each stage that releases. Returns the projects of the checks. */
export function addDeployStages(scope: Construct, pipeline: codepipeline.Pipeline, stages: DeployStage[], settings: DeploySettings): codebuild.IProject[] {
  let serviceUrl: string | undefined;
  return stages.flatMap((stage) => {
    const home = new Construct(scope, deployStageName(stage));
    const { approval } = stage;
    if (approval) pipeline.addStage({ stageName: approvalStageName(stage), actions: [approval._bind(home, { ...settings.parts, topics: settings.topics, serviceUrl })] });
    const added = addDeployStage(home, pipeline, stage, settings);
    ({ serviceUrl } = added);
    return added.projects;
  });
}

interface AddedStage {
  readonly projects: codebuild.IProject[];
  readonly serviceUrl?: string;
}

function addDeployStage(home: Construct, pipeline: codepipeline.Pipeline, stage: DeployStage, settings: DeploySettings): AddedStage {
  const { parts, images, releaseAction, releaseFunction } = settings;
  stage.releases.forEach(({ target }) => waitFor(home, target));
  const before = bindBefore(home, pipeline, stage, settings);
  const releases = stage.releases.map((release) => (release.action ?? releaseAction)._bind(new Construct(home, release.target._releaseTarget().placeName), {
    ...parts, target: release.target, function: releaseFunction, settings: releaseAction._options, ...variablesOf(images.get(release)!), runOrder: before.length > 0 ? 2 : 1,
  }));
  const runOrder = Math.max(...releases.map(({ nextRunOrder }) => nextRunOrder));
  const [{ serviceUrl }] = releases;
  const place = stage.releases[0].target;
  const environment = serviceUrl === undefined ? undefined : { SERVICE_URL: serviceUrl };
  const after = (stage.checks ?? []).map((check) => check._bind(home, parts, { runOrder, pipeline, place, environment }));
  pipeline.addStage({
    ...surroundings(home, stage, parts),
    actions: [...before.map(({ action }) => action), ...releases.flatMap(({ actions }) => actions), ...after.map(({ action }) => action)],
  });
  tellOfFailure(home, pipeline, stage, parts);
  return { projects: [...before, ...after].flatMap(({ project }) => project ?? []), serviceUrl };
}

const variablesOf = ({ digest, author }: BuiltImage) => ({ digest, author });

/** What runs in each place needs a name for each. */
function bindBefore(home: Construct, pipeline: codepipeline.Pipeline, { releases, beforeRelease = [] }: DeployStage, { parts, images }: DeploySettings): BoundCheck[] {
  if (beforeRelease.length === 0) return [];
  const scope = new Construct(home, `Before-${home.node.id}`);
  return beforeRelease.flatMap((check) => (check._inEachPlace ? releases : releases.slice(0, 1)).map((release) => {
    const { target: place } = release;
    const { placeName } = place._releaseTarget();
    const several = check._inEachPlace && releases.length > 1;
    return check._bind(scope, parts, {
      image: images.get(release)!, pipeline, place, runOrder: 1, actionName: several ? `${check._name}-${placeName}`.slice(0, 100) : undefined,
    });
  }));
}

/** What CodePipeline looks at before the actions of a stage and after them. Ids with a space are never those of checks and places. */
function surroundings(home: Construct, stage: DeployStage, parts: PipelineParts): Omit<codepipeline.StageOptions, 'actions'> {
  const { onFailure = StageFailure.stop(), conditions } = stage;
  const stageName = deployStageName(stage);
  return {
    stageName,
    onFailure: onFailure._onFailure,
    beforeEntry: conditionOf(new Construct(home, 'Conditions before'), conditions?.before, codepipeline.Result.FAIL, { ...parts, name: `${stageName}-before` }),
    onSuccess: conditionOf(new Construct(home, 'Conditions after'), conditions?.after, onFailure._unmet, { ...parts, name: `${stageName}-after` }),
  };
}

function tellOfFailure(home: Construct, pipeline: codepipeline.Pipeline, stage: DeployStage, parts: PipelineParts): void {
  if (!stage.notifications) return;
  const owner = new Construct(home, 'Stage notifications');
  notifyFailedStage(owner, pipeline, deployStageName(stage), bindNotifications(owner, stage.notifications, { ...parts, detail: `stage-${home.node.id}` }));
}

/** A new pipeline starts at once, so its places should exist. The order is all that binds the stacks; nothing is exported. A nested stack is part of its parent, which it cannot wait for. */
function waitFor(scope: Construct, place: IConstruct): void {
  const [road, there] = [Stack.of(scope), Stack.of(place)];
  if (road.node.scopes.includes(there) || Stage.of(road) !== Stage.of(there)) return;
  // Versions of aws-cdk-lib that have the second name warn of the first.
  const { addDependency, addStackDependency = addDependency } = road as Stack & { addStackDependency?: Stack['addDependency'] };
  addStackDependency.call(road, there, 'releases to it');
}
