import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { context as cdkJson } from '../cdk.json';
import { readConfiguration } from '../lib/configuration';
import { RollingServiceStack } from '../lib/rolling-service-stack';

export interface Synthesized {
  readonly app: App;
  readonly stack: RollingServiceStack;
  readonly template: Template;
}

/** What `cdk synth` does, with the context of `cdk.json` and what comes on top of it. */
export function synthesize(context: Record<string, unknown> = {}): Synthesized {
  const app = new App({ context: { ...cdkJson, ...context } });
  const configuration = readConfiguration(app.node);
  const stack = new RollingServiceStack(app, `rolling-service-${configuration.environmentSuffix}`, { configuration, env: { region: 'us-east-1' } });
  return { app, stack, template: Template.fromStack(stack) };
}
