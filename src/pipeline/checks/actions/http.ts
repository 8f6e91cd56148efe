import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import { Construct } from 'constructs';
import { ActionCheckOptions, ActionRecipe, CheckContext, createInvokingRole, inspectNameAndStage } from './action-recipe';
import { createHttpRequest } from '../../../deploy/http-request/create-http-request';
import { HttpCheckHookOptions, inspectHttpCheck } from '../../../deploy/strategy/http-check/http-check-options';
import { PipelineParts } from '../../parts';

/** Options of `Check.http`. */
export interface HttpCheckOptions extends HttpCheckHookOptions, ActionCheckOptions {
  /** Name of the action, 1 to 100 of `A-Z a-z 0-9 . @ - _`, unique within the pipeline. @default 'Http' */
  readonly actionName?: string;
  /** Where `path` is asked for, for example `https://shop.example.com`. Needed in `checks` and `beforeRelease`. @default - where the first place of the stage answers */
  readonly url?: string;
}

/** @internal */
export function httpRecipe({ actionName = 'Http', url, stage, ...options }: HttpCheckOptions): ActionRecipe {
  return {
    name: actionName,
    stage,
    needsService: url === undefined,
    inspect: (look) => {
      inspectNameAndStage(look, 'actionName', actionName, stage);
      look.matches('url', url, /^https?:\/\/[^\s/]+\/?$/, 'a URL without a path', "write for example 'https://shop.example.com', and the path in path");
      inspectHttpCheck(look, options);
    },
    bind: (scope, parts, context) => bindHttp(scope, parts, context, { actionName, url, ...options }),
  };
}

function bindHttp(scope: Construct, parts: PipelineParts, { environment, pipeline, runOrder }: CheckContext,
  { actionName, url, ...options }: HttpCheckOptions): codepipeline.IAction {
  const asks = createHttpRequest(scope, { ...parts, owner: pipeline.node.scope! }, options);
  return new actions.LambdaInvokeAction({
    actionName: actionName!, runOrder, lambda: asks, role: createInvokingRole(scope, parts, asks), userParameters: { url: url ?? environment!.SERVICE_URL },
  });
}
