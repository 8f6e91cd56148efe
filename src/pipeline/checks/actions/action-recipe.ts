import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { IReleaseTarget } from '../../../deploy/release-target';
import { Inspection } from '../../../private/problems';
import { ScopedRole } from '../../../private/scoped-role';
import { BuiltImage, PipelineParts } from '../../parts';
import { NAME, NAME_ALLOWED } from '../check-options';

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
  /** Name of the action. */
  readonly name: string;
  readonly needsImage?: boolean;
  /** It can only stand after a release. */
  readonly needsService?: boolean;
  readonly inEachPlace?: boolean;
  inspect(look: Inspection): void;
  bind(scope: Construct, parts: PipelineParts, context: CheckContext): codepipeline.IAction;
}

/** @internal */
export const inspectStageOf = (look: Inspection, stage: string | undefined): void => look.matches('stage', stage, NAME, NAME_ALLOWED, 'leave out other characters');

/** @internal */
export function inspectNameAndStage(look: Inspection, prop: string, name: string | undefined, stage: string | undefined): void {
  look.matches(prop, name ?? '', NAME, NAME_ALLOWED, 'leave out other characters');
  inspectStageOf(look, stage);
}

/** A role of an action that may invoke one function, and nothing else. @internal */
export function createInvokingRole(scope: Construct, { pipelineRole }: Pick<PipelineParts, 'pipelineRole'>, { functionArn }: lambda.IFunction): ScopedRole {
  return new ScopedRole(scope, 'ActionRole', { assumedBy: new iam.ArnPrincipal(pipelineRole.roleArn), description: `Invokes the function of ${scope.node.path}` })
    .allow({ actions: ['lambda:InvokeFunction'], resources: [functionArn] });
}
