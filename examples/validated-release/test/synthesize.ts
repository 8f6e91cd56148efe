import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { context as cdkJson } from '../cdk.json';
import { readConfiguration } from '../lib/configuration';
import { ValidatedReleaseStack } from '../lib/validated-release-stack';

export interface Synthesized {
  readonly app: App;
  readonly stack: ValidatedReleaseStack;
  readonly template: Template;
}

/** What `cdk synth` does, with the context of `cdk.json` and what comes on top of it. */
export function synthesize(context: Record<string, unknown> = {}): Synthesized {
  const app = new App({ context: { ...cdkJson, ...context } });
  const configuration = readConfiguration(app.node);
  const stack = new ValidatedReleaseStack(app, `validated-release-${configuration.environmentSuffix}`, { configuration });
  return { app, stack, template: Template.fromStack(stack) };
}
