import { IResolvable, IResolveContext, Lazy, Stack, Tokenization } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { keepWithin, Limit } from '../private/limits/limit';

const COMMON = { prop: 'stages', id: 'nearly-full' };

/** All of them are fixed. https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const ACTIONS: Limit = { ...COMMON, what: 'actions in the stage', most: 50, cure: 'release to some of the places in a stage of their own, or by a second DeliveryPipeline' };
const ALL_ACTIONS: Limit = { ...COMMON, what: 'actions in the pipeline', most: 1_000, cure: 'release to some of the places by a second DeliveryPipeline' };
const STAGES: Limit = { ...COMMON, what: 'stages in the pipeline', most: 50, cure: 'release to several places in one stage, or make a second DeliveryPipeline' };

/** Of every invoke action, with its variables as they are written. https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfiguration.html */
const PARAMETERS: Limit = {
  ...COMMON, id: 'long-user-parameters', what: 'characters in UserParameters', most: 1_000,
  cure: 'shorten what they name: placeName and externalId of the place, userParameters or url of the check, the names of stacks and constructs',
};

/** What only CloudFormation knows, in an ARN or a name. */
const UNKNOWN = 40;

/** Looks when the app is synthesized: users may add stages and actions of their own. @internal */
export function watchLimits(scope: Construct, pipeline: codepipeline.Pipeline): void {
  scope.node.addValidation({
    validate: () => [
      ...keepWithin(scope, pipeline.stageCount, STAGES),
      ...keepWithin(scope, pipeline.stages.reduce((sum, { actions }) => sum + actions.length, 0), ALL_ACTIONS),
      ...pipeline.stages.flatMap(({ stageName, actions }) => keepWithin(scope, actions.length, { ...ACTIONS, what: `${ACTIONS.what} ${stageName}` })),
      ...inspectParameters(scope, pipeline),
    ],
  });
}

/** As the template has them, whoever wrote the action. Nothing else of the pipeline is resolved for it: all of it takes ten times as long. */
function inspectParameters(scope: Construct, pipeline: codepipeline.Pipeline): string[] {
  const { stages } = pipeline.node.defaultChild as codepipeline.CfnPipeline;
  const written: { name: string; text: unknown }[] = Stack.of(pipeline).resolve(Lazy.uncachedAny({
    produce: (context) => inside(stages, context).flatMap((stage) => inside(inside(stage, context).actions, context))
      .map((action) => inside(action, context)).map(({ name, configuration }) => ({ name, text: inside(configuration, context)?.UserParameters })),
  }));
  return written.flatMap(({ name, text }) => {
    const [certain, likely] = lengthsOf(text);
    return keepWithin(scope, certain > PARAMETERS.most ? certain : Math.min(likely, PARAMETERS.most), { ...PARAMETERS, what: `${PARAMETERS.what} of the action ${name}` });
  });
}

const inside = <T>(value: T | IResolvable, context: IResolveContext): T => Tokenization.isResolvable(value) ? value.resolve(context) : value;

/** Of a resolved text: what is certain, and what it will be. */
function lengthsOf(text: any): [certain: number, likely: number] {
  const parts: unknown[] = text?.['Fn::Join']?.[1] ?? [text ?? ''];
  const certain = parts.reduce<number>((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0);
  return [certain, certain + UNKNOWN * parts.filter((part) => typeof part !== 'string').length];
}
