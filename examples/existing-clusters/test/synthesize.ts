import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { context as cdkJson } from '../cdk.json';
import { createStacks, Stacks } from '../lib/create-stacks';

export interface Synthesized {
  readonly app: App;
  readonly stacks: Stacks;
  /** The stack in the tools account. */
  readonly tools: Template;
  /** The stack in the account of staging. */
  readonly staging: Template;
  /** The stack in the account of production. */
  readonly production: Template;
}

/** What `cdk synth` does, with the context of `cdk.json` and what comes on top of it. */
export function synthesize(context: Record<string, unknown> = {}): Synthesized {
  const app = new App({ context: { ...cdkJson, ...context } });
  const stacks = createStacks(app);
  const { pipeline, staging, production } = stacks;
  return { app, stacks, tools: Template.fromStack(pipeline), staging: Template.fromStack(staging), production: Template.fromStack(production) };
}
