import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Inspection, looksSecret } from '../../private/problems';

/** What the application and its sidecars have in common. @internal */
export interface ProcessOptions {
  readonly environment?: { [name: string]: string };
  readonly secrets?: { [name: string]: ecs.Secret };
  readonly command?: string[];
  readonly entryPoint?: string[];
  readonly user?: string;
  readonly readonlyRootFilesystem?: boolean;
  readonly commandHealthCheck?: ecs.HealthCheck;
}

const SECRET_NAME = /(SECRET|PASSWORD|PASSWD|TOKEN|PRIVATE_KEY|ACCESS_KEY|API_KEY|CREDENTIAL)/i;

/** @internal */
export function inspectProcess(look: Inspection, prefix: string, options: ProcessOptions): void {
  const at = (name: string) => `${prefix}${name}`;
  const { command, entryPoint, commandHealthCheck } = options;
  for (const [name, words] of Object.entries({ command, entryPoint })) {
    look.notEmpty(at(name), words, 'leave it out for the image\'s own');
    if (Array.isArray(words)) words.forEach((word, index) => look.text(at(`${name}[${index}]`), word));
  }
  look.matches(at('user'), options.user, /^\S+$/, 'a user, uid or user:group', "write for example '1000'");
  look.oneOf(at('readonlyRootFilesystem'), options.readonlyRootFilesystem, [true, false], 'say whether the image writes to its root file system');
  inspectVariables(look, prefix, options);
  if (commandHealthCheck !== undefined && look.struct(at('commandHealthCheck'), commandHealthCheck)) inspectCommandHealthCheck(look, at('commandHealthCheck'), commandHealthCheck);
}

function inspectVariables(look: Inspection, prefix: string, { environment = {}, secrets = {} }: ProcessOptions): void {
  const maps = [['environment', environment], ['secrets', secrets]] as const;
  if (!maps.every(([name, map]) => look.struct(`${prefix}${name}`, map, 'a map of names to values'))) return;
  for (const [name, value] of Object.entries(environment)) {
    look.text(`${prefix}environment.${name}`, value);
    look.that(!SECRET_NAME.test(name), `${prefix}environment.${name}`, 'a value in clear text', 'a name that tells no secret', `move it to ${prefix}secrets`);
    look.that(!looksSecret(value), `${prefix}environment.${name}`, 'a value in clear text', 'values that tell no secret', `move it to ${prefix}secrets`);
    look.that(!(name in secrets), `${prefix}secrets.${name}`, 'a second value', 'each variable once', 'leave it out of environment');
  }
  for (const [name, secret] of Object.entries(secrets)) {
    look.kind(`${prefix}secrets.${name}`, secret ?? null, 'arn', 'an ecs.Secret', 'use one of its factories, for example ecs.Secret.fromSecretsManager(...)');
  }
}

function inspectCommandHealthCheck(look: Inspection, prop: string, { command, interval, timeout, retries, startPeriod }: ecs.HealthCheck): void {
  look.that(Array.isArray(command) && command.some((word) => !/^CMD(-SHELL)?$/.test(word)), `${prop}.command`, command, 'the words of a command', "write for example ['CMD', 'node', 'check.js']");
  look.seconds(`${prop}.interval`, interval, 5, 300, 'take for example Duration.seconds(30)');
  look.seconds(`${prop}.timeout`, timeout, 2, 60, 'take for example Duration.seconds(5)');
  look.integer(`${prop}.retries`, retries, 1, 10, 'take for example 3');
  look.seconds(`${prop}.startPeriod`, startPeriod, 0, 300, 'take for example Duration.seconds(60)');
}
