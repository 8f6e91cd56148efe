import { Annotations } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';

interface Limit {
  readonly what: string;
  readonly most: number;
  readonly cure: string;
}

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const ACTIONS: Limit = { what: 'actions in the stage', most: 50, cure: 'release to some of the places in a stage of their own, or by a second DeliveryPipeline' };
const ALL_ACTIONS: Limit = { what: 'actions in the pipeline', most: 1_000, cure: 'release to some of the places by a second DeliveryPipeline' };
const STAGES: Limit = { what: 'stages in the pipeline', most: 50, cure: 'release to several places in one stage, or make a second DeliveryPipeline' };

/** Looks when the app is synthesized: users may add stages and actions of their own. @internal */
export function watchLimits(scope: Construct, pipeline: codepipeline.Pipeline): void {
  scope.node.addValidation({
    validate: () => [
      ...compare(scope, pipeline.stageCount, STAGES),
      ...compare(scope, pipeline.stages.reduce((sum, { actions }) => sum + actions.length, 0), ALL_ACTIONS),
      ...pipeline.stages.flatMap(({ stageName, actions }) => compare(scope, actions.length, { ...ACTIONS, what: `${ACTIONS.what} ${stageName}` })),
    ],
  });
}

/** From nine tenths on it warns. */
function compare(scope: Construct, count: number, { what, most, cure }: Limit): string[] {
  if (count > most) return [`stages: got ${count} ${what}; allowed ${most}; ${cure}`];
  if (count >= 0.9 * most) Annotations.of(scope).addWarningV2('cdk-fargate-cicd:nearly-full', `stages: ${count} of at most ${most} ${what}; ${cure}`);
  return [];
}
