import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ActionCheckOptions, ActionRecipe, createInvokingRole, inspectNameAndStage } from './action-recipe';
import { placeOf } from '../../../private/problems';

/** Options of `Check.invokeFunction`. */
export interface FunctionCheckOptions extends ActionCheckOptions {
  /** What the function gets as `UserParameters`, as JSON beside `IMAGE_URI` before a release (in a pipeline of one image) and `SERVICE_URL` after it; at most 600 characters. @default - only those */
  readonly userParameters?: { [name: string]: string };
}

/** CodePipeline takes 1,000 characters; the variables need room once they are known. https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html */
const LONGEST_PARAMETERS = 600;

/** @internal */
export const functionRecipe = (name: string, handler: lambda.IFunction, { stage, userParameters }: FunctionCheckOptions): ActionRecipe => ({
  name,
  stage,
  inspect: (look) => {
    inspectNameAndStage(look, 'name', name, stage);
    look.kind('handler', handler ?? null, 'functionArn', 'a function', 'hand over a lambda.IFunction');
    look.own('handler', 'a function', placeOf(handler?.functionArn));
    if (userParameters === undefined || !look.struct('userParameters', userParameters, 'a map of names to values')) return;
    for (const [key, value] of Object.entries(userParameters)) look.text(`userParameters.${key}`, value);
    const { length } = JSON.stringify(userParameters);
    look.that(length <= LONGEST_PARAMETERS, 'userParameters', `${length} characters`, `${LONGEST_PARAMETERS} characters as JSON`, 'hand over where the rest is found');
  },
  bind: (scope, parts, { image, environment, runOrder }) => new actions.LambdaInvokeAction({
    actionName: name, runOrder, lambda: handler, role: createInvokingRole(scope, parts, handler),
    userParameters: { ...userParameters, ...image && { IMAGE_URI: image.uri }, ...environment },
  }),
});
