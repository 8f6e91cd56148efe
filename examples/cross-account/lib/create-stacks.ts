import { App } from 'aws-cdk-lib';
import { readConfiguration } from './configuration';
import { LiveStack } from './live-stack';
import { PipelineStack } from './pipeline-stack';

/** At least one stack in each account; the place is named by its environment. */
export function createStacks(app: App): { readonly live: LiveStack; readonly pipeline: PipelineStack } {
  const configuration = readConfiguration(app.node);
  const { environmentSuffix, toolsAccount, targetAccount, region } = configuration;
  const live = new LiveStack(app, `cross-account-live-${environmentSuffix}`, { configuration, env: { account: targetAccount, region } });
  const pipeline = new PipelineStack(app, `cross-account-pipeline-${environmentSuffix}`, { configuration, place: live.place, env: { account: toolsAccount, region } });
  return { live, pipeline };
}
