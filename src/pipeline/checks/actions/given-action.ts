import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as events from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { ActionCheckOptions, ActionRecipe, inspectStageOf } from './action-recipe';

/** Name of an action that is none yet: that is reported. */
const nameOf = (action: codepipeline.IAction): string => typeof action === 'object' && action !== null ? action.actionProperties?.actionName : '';

/** @internal */
export const givenRecipe = (action: codepipeline.IAction, { stage }: ActionCheckOptions): ActionRecipe => ({
  name: nameOf(action),
  stage,
  inspect: (look) => {
    look.kind('action', action ?? null, 'actionProperties', 'an action', 'hand over a codepipeline.IAction');
    inspectStageOf(look, stage);
  },
  bind: (_scope, _parts, { runOrder }) => runOrder === undefined ? action : new InOrder(action, runOrder),
});

/** An action whose place within its stage is known only where it stands. */
class InOrder implements codepipeline.IAction {
  constructor(private readonly inner: codepipeline.IAction, private readonly runOrder: number) {}

  get actionProperties(): codepipeline.ActionProperties {
    return { ...this.inner.actionProperties, runOrder: this.runOrder };
  }

  bind(scope: Construct, stage: codepipeline.IStage, options: codepipeline.ActionBindOptions): codepipeline.ActionConfig {
    return this.inner.bind(scope, stage, options);
  }

  onStateChange(name: string, target?: events.IRuleTarget, options?: events.RuleProps): events.Rule {
    return this.inner.onStateChange(name, target, options);
  }
}
