import { ImageBuild } from './image-build';
import { DeployStage, Release } from '../stages/deploy-stage';

/** An image that a pipeline builds, and where it goes. @internal */
export interface PlannedBuild {
  readonly imageBuild: ImageBuild;
  /** Tells the images of a pipeline apart; undefined for the one that stands in the props of the pipeline. */
  readonly imageName?: string;
  readonly releases: Release[];
}

/** The images of a pipeline in the order of first mention: each is built once, however many releases name it. @internal */
export function planBuilds(stages: DeployStage[], standard: ImageBuild = ImageBuild.dockerfile()): PlannedBuild[] {
  const builds = new Map<ImageBuild, Release[]>();
  for (const release of stages.flatMap(({ releases }) => releases)) {
    const imageBuild = release.imageBuild ?? standard;
    builds.set(imageBuild, [...builds.get(imageBuild) ?? [], release]);
  }
  return [...builds].map(([imageBuild, releases]) => ({
    imageBuild,
    imageName: imageBuild === standard ? undefined : imageBuild._imageName ?? releases[0].target._releaseTarget().placeName,
    releases,
  }));
}

/** @internal */
export const buildActionName = (imageName?: string): string => imageName === undefined ? 'Build' : `Build-${imageName}`;
