import { Approval } from './approval';
import { StageConditions } from './stage-condition';
import { StageFailure } from './stage-failure';
import { ReleaseAction } from '../../deploy/release-action';
import { IReleaseTarget } from '../../deploy/release-target';
import { Notification } from '../../observe/notification';
import { Check } from '../checks/check';
import { ImageBuild } from '../image-build/image-build';

/** A release to one place. */
export interface Release {
  /** The place. */
  readonly target: IReleaseTarget;
  /**
   * How the image of this release is made, where a pipeline has several: releases that name the same object get the same image, which is built once. All builds run side by side in the
   * stage `Build`.
   * @default - the `imageBuild` of the pipeline
   */
  readonly imageBuild?: ImageBuild;
  /** Which action releases here; settings of the release function stand in `releaseAction` of the pipeline. @default - the `releaseAction` of the pipeline */
  readonly action?: ReleaseAction;
}

/** A stage of the pipeline that releases. */
export interface DeployStage {
  /** Name of the stage, 1 to 100 of A-Z a-z 0-9 . @ _ -, unique within the pipeline. @default - `Deploy-` and the name of the first place */
  readonly stageName?: string;
  /** Releases of this stage, side by side; at least one. */
  readonly releases: Release[];
  /** A gate before the releases. @default - none */
  readonly approval?: Approval;
  /**
   * Checks right before the releases, for example a migration by `Check.task`, which runs in each place of the stage. When one fails nothing is released.
   * @default - none
   */
  readonly beforeRelease?: Check[];
  /** Checks after the releases, with the variable `SERVICE_URL` set to where the first place answers. @default - none */
  readonly checks?: Check[];
  /** What must hold before and after the releases, for example a deployment window. @default - none */
  readonly conditions?: StageConditions;
  /** What becomes of the stage when one of its releases or checks fails. @default StageFailure.stop() */
  readonly onFailure?: StageFailure;
  /** Who is told that this stage failed, beside those whom the pipeline tells. @default - nobody else */
  readonly notifications?: Notification[];
}
