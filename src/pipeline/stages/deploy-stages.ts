import { Stack, Stage } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, IConstruct } from 'constructs';
import { DeployStage, Release } from './deploy-stage';
import { BuiltImage, PipelineParts } from '../parts';
import { approvalStageName, deployStageName } from './stage-plan';
import { ReleaseAction } from '../../deploy/release-action';

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
  readonly serviceUrl: string;
}

function addDeployStage(home: Construct, pipeline: codepipeline.Pipeline, stage: DeployStage, settings: DeploySettings): AddedStage {
  const { parts, images, releaseAction, releaseFunction } = settings;
  stage.releases.forEach(({ target }) => waitFor(home, target));
  const releases = stage.releases.map((release) => (release.action ?? releaseAction)._bind(new Construct(home, release.target._releaseTarget().placeName), {
    ...parts, target: release.target, function: releaseFunction, settings: releaseAction._options, digest: images.get(release)!.digest, runOrder: 1,
  }));
  const runOrder = Math.max(...releases.map(({ nextRunOrder }) => nextRunOrder));
  const [{ serviceUrl }] = releases;
  const checks = (stage.checks ?? []).map((check) => check._bind(home, parts, { runOrder, environment: { SERVICE_URL: serviceUrl } }));
  pipeline.addStage({
    stageName: deployStageName(stage),
    actions: [...releases.flatMap(({ actions }) => actions), ...checks.map(({ action }) => action)],
  });
  return { projects: checks.map(({ project }) => project), serviceUrl };
}

/** A new pipeline starts at once, so its places should exist. The order is all that binds the stacks; nothing is exported. */
function waitFor(scope: Construct, place: IConstruct): void {
  const [road, there] = [Stack.of(scope), Stack.of(place)];
  if (road !== there && Stage.of(road) === Stage.of(there)) road.addDependency(there, 'releases to it');
}
