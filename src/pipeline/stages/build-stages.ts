import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { Check } from '../checks/check';
import { DeliveryPipelineProps } from '../delivery-pipeline-props';
import { buildActionName, PlannedBuild, planBuilds } from '../image-build/build-plan';
import { BoundImageBuild } from '../image-build/image-build';
import { BuiltImage, PipelineParts } from '../parts';
import { Release } from './deploy-stage';
import { planBuildStages } from './stage-plan';

export interface BuildStages {
  /** What each release releases. */
  readonly images: ReadonlyMap<Release, BuiltImage>;
  /** Of several, the first. */
  readonly buildProject: codebuild.IProject;
  readonly projects: codebuild.IProject[];
}

/** The image builds and the checks before any release, in their stages. A check of the image stands there for each image. */
export function addBuildStages(scope: Construct, pipeline: codepipeline.Pipeline, parts: PipelineParts, { stages, imageBuild, checks }: DeliveryPipelineProps): BuildStages {
  const built = planBuilds(stages, imageBuild).map((build) => ({ ...build, bound: bindBuild(scope, parts, build) }));
  const home = new Construct(scope, 'Checks');
  // A check that looks at no image in particular gets one where there is only one.
  const [{ bound: first, releases: [{ target: place }] }] = built;
  const whole = { image: built.length === 1 ? first.image : undefined, pipeline, place };
  const projects = built.map(({ bound }) => bound.project);
  const [buildProject] = projects;
  for (const stage of planBuildStages(checks)) {
    const bound = stage.checks.flatMap((check) => check._needsImage
      ? built.map((build) => check._bind(home, parts, { ...whole, ...contextOf(check, build) }))
      : [check._bind(home, parts, whole)]);
    projects.push(...bound.flatMap(({ project }) => project ?? []));
    pipeline.addStage({ stageName: stage.name, actions: [...(stage.builds ? built.map((build) => build.bound.action) : []), ...bound.map(({ action }) => action)] });
  }
  return { images: new Map(built.flatMap(({ releases, bound: { image } }) => releases.map((release) => [release, image]))), buildProject, projects };
}

/** Where there are several images, each has an action of its own, and is tried where it will run. */
const contextOf = (check: Check, { imageName, bound: { image }, releases: [{ target: place }] }: PlannedBuild & { bound: BoundImageBuild }) =>
  ({ image, place, actionName: imageName === undefined ? undefined : `${check._name}-${imageName}` });

function bindBuild(scope: Construct, parts: PipelineParts, { imageBuild, imageName, releases: [{ target }] }: PlannedBuild): BoundImageBuild {
  const { containerName, cpuArchitecture: architecture } = target._releaseTarget();
  const tagSuffix = imageName === undefined ? undefined : `-${imageName.replace(/[^A-Za-z0-9_.-]/g, '-')}`;
  return imageBuild._bind(scope, parts, { actionName: buildActionName(imageName), containerName, architecture, tagSuffix });
}
