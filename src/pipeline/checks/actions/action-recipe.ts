import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { IReleaseTarget } from '../../../deploy/release-target';
import { Inspection } from '../../../private/problems';
import { BuiltImage, PipelineParts } from '../../parts';
import { CheckOrder, NAME, NAME_ALLOWED } from '../check-options';

/** What the pipeline knows about a check. @internal */
export interface CheckContext {
  /** The image that was built; undefined before there is one. */
  readonly image?: BuiltImage;
  /** Variables for this run, for example `SERVICE_URL` after a release. */
  readonly environment?: { [name: string]: string };
  readonly runOrder?: number;
  readonly pipeline: codepipeline.Pipeline;
  /** The place that the check stands before or after; before all, the first one. */
  readonly place: IReleaseTarget;
  /** Name of the action, where the check stands in one stage several times. */
  readonly actionName?: string;
}

/** @internal */
export interface BoundCheck {
  readonly action: codepipeline.IAction;
  /** When CodeBuild runs it. */
  readonly project?: codebuild.IProject;
}

/** Where a check stands that is an action by itself. */
export interface ActionCheckOptions {
  /** Stage of its own, or together with all checks of the same `stage`: 1 to 100 of `A-Z a-z 0-9 . @ - _`. @default - after the build */
  readonly stage?: string;
}

/** What a family of such checks makes of its options. @internal */
export interface ActionRecipe extends ActionCheckOptions {
  readonly order?: CheckOrder;
  readonly needsImage: boolean;
  readonly inEachPlace?: boolean;
  inspect(look: Inspection): void;
  bind(scope: Construct, parts: PipelineParts, context: CheckContext): codepipeline.IAction;
}

/** @internal */
export const inspectStageOf = (look: Inspection, { stage }: ActionCheckOptions): void => look.matches('stage', stage, NAME, NAME_ALLOWED, 'leave out other characters');
