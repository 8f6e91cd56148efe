import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { context as cdkJson } from '../cdk.json';
import { BlueGreenCodeDeployStack } from '../lib/blue-green-codedeploy-stack';
import { readConfiguration } from '../lib/configuration';

export interface Synthesized {
  readonly app: App;
  readonly stack: BlueGreenCodeDeployStack;
  readonly template: Template;
}

/** What `cdk synth` does, with the context of `cdk.json` and what comes on top of it. */
export function synthesize(context: Record<string, unknown> = {}): Synthesized {
  const app = new App({ context: { ...cdkJson, ...context } });
  const configuration = readConfiguration(app.node);
  const stack = new BlueGreenCodeDeployStack(app, `blue-green-codedeploy-${configuration.environmentSuffix}`, { configuration });
  return { app, stack, template: Template.fromStack(stack) };
}
