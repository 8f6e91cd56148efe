import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { context as cdkJson } from '../cdk.json';
import { createStacks } from '../lib/create-stacks';

export interface Synthesized {
  readonly app: App;
  /** The stack in the target account. */
  readonly live: Template;
  /** The stack in the tools account. */
  readonly tools: Template;
}

/** What `cdk synth` does, with the context of `cdk.json` and what comes on top of it. */
export function synthesize(context: Record<string, unknown> = {}): Synthesized {
  const app = new App({ context: { ...cdkJson, ...context } });
  const { live, pipeline } = createStacks(app);
  return { app, live: Template.fromStack(live), tools: Template.fromStack(pipeline) };
}
