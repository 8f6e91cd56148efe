import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import { CheckOptions, CheckRecipe } from './check-options';
import { Inspection } from '../../private/problems';

/** Options of `Check.commands`. */
export interface CommandsCheckOptions extends CheckOptions {
  /** Run one after the other in the root of the source; the first that fails fails the check. */
  readonly commands: string[];
  /** Run before `commands`, for example to install what they need. @default - none */
  readonly installCommands?: string[];
  /**
   * Runtimes of CodeBuild's own images, for example `{ python: '3.12' }`.
   * @default - the defaults of the image
   * @see https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html
   */
  readonly runtimes?: { [name: string]: string };
  /** Directories that `cache` keeps, absolute or relative to the root of the source, for example `/root/.cache/pip`. @default - none */
  readonly cachedDirectories?: string[];
}

/** @internal */
export const commandsRecipe = (name: string, { commands, installCommands, runtimes, cachedDirectories }: CommandsCheckOptions): CheckRecipe => ({
  actionName: name,
  description: `Runs the check ${name}`,
  needsImage: false,
  buildSpec: {
    phases: {
      ...(installCommands || runtimes ? {
        install: { ...(runtimes ? { 'runtime-versions': runtimes } : {}), ...(installCommands ? { commands: installCommands } : {}) },
      } : {}),
      build: { commands },
    },
  },
  cachedDirectories: cachedDirectories ?? [],
  reports: [],
  buildImage: () => codebuild.LinuxBuildImage.STANDARD_7_0,
});

/** @internal */
export const inspectCommands = (look: Inspection, options: CommandsCheckOptions): void => {
  look.notEmpty('commands', options.commands ?? [], "write for example 'npm test'");
  for (const prop of ['commands', 'installCommands', 'cachedDirectories'] as const) {
    look.each(prop, options[prop], (path, text) => look.matches(path, text ?? '', /\S/, 'a text that is not empty', 'write it in quotes'));
  }
  if (options.runtimes !== undefined && look.struct('runtimes', options.runtimes, 'a map of names to versions')) {
    for (const [name, version] of Object.entries(options.runtimes)) look.text(`runtimes.${name}`, version);
  }
  look.that(!(options.cache && options.cache._layers !== 'none') || (options.cachedDirectories?.length ?? 0) > 0, 'cachedDirectories',
    options.cachedDirectories, 'at least one directory beside cache', 'say what is kept, or leave the cache out');
};
