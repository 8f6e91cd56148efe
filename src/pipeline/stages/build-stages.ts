import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { PipelineOptions } from '../delivery-pipeline-props';
import { ImageBuild } from '../image-build/image-build';
import { BuiltImage, PipelineParts } from '../parts';
import { planBuildStages } from './stage-plan';
import { IReleaseTarget } from '../../deploy/release-target';

export interface BuildStages {
  readonly image: BuiltImage;
  readonly buildProject: codebuild.IProject;
  readonly projects: codebuild.IProject[];
}

/** The image build and the checks before any release, in their stages. */
export function addBuildStages(scope: Construct, pipeline: codepipeline.Pipeline, parts: PipelineParts, props: PipelineOptions,
  place: IReleaseTarget): BuildStages {
  const { containerName, cpuArchitecture } = place._releaseTarget();
  const { imageBuild = ImageBuild.dockerfile(), checks } = props;
  const built = imageBuild._bind(scope, parts, { actionName: 'Build', containerName, architecture: cpuArchitecture });
  const home = new Construct(scope, 'Checks');
  const projects = [built.project];
  for (const stage of planBuildStages(checks)) {
    const bound = stage.checks.map((check) => check._bind(home, parts, { image: built.image, pipeline, place }));
    projects.push(...bound.flatMap(({ project }) => project ?? []));
    pipeline.addStage({ stageName: stage.name, actions: [...(stage.builds ? [built.action] : []), ...bound.map(({ action }) => action)] });
  }
  return { image: built.image, buildProject: built.project, projects };
}
