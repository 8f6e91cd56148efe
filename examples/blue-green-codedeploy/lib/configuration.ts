import { Node } from 'constructs';

/** What differs between users: the context of `cdk.json`, or `-c key=value` on the command line. */
export interface Configuration {
  /** What every name ends with, so that one account holds dev, staging and prod. */
  readonly environmentSuffix: string;
  /** Branch that is released. */
  readonly branch: string;
  /** Parameter that holds the user at Docker Hub. */
  readonly dockerUserParameter: string;
  /** Parameter that holds the password or access token at Docker Hub. */
  readonly dockerPasswordParameter: string;
  /** The DevOps team, who is told about failures. */
  readonly emails: string[];
  /** CPU units of a task. */
  readonly cpu: number;
  /** Memory of a task. */
  readonly memoryMiB: number;
  /** How many tasks run. */
  readonly desiredCount: number;
  /** Tags of everything. */
  readonly tags: { [key: string]: string };
}

/** Stack names are made of it before the library can look at it. */
const SUFFIX = /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/;

/** Reads the context and says everything that is wrong with it at once. Formats of addresses, parameters and sizes are checked by the library. */
export function readConfiguration(node: Node): Configuration {
  const problems: string[] = [];
  const read = <T>(key: string, fallback: T | undefined, allowed: string, parse: (value: any) => T | undefined): T => {
    const got = node.tryGetContext(key) ?? fallback;
    const value = got === undefined ? undefined : parse(got);
    if (value === undefined) problems.push(`  ${key}: got ${JSON.stringify(got) ?? 'nothing'}; allowed ${allowed}`);
    return value as T;
  };
  const text = (key: string, fallback?: string) => read(key, fallback, 'a text that is not empty', (value) => typeof value === 'string' && value.trim() ? value : undefined);
  // On the command line everything is a text.
  const number = (key: string, fallback: number) => read(key, fallback, 'a whole number', (value) => /^\d+$/.test(String(value)) ? Number(value) : undefined);
  const configuration = {
    environmentSuffix: read('environmentSuffix', 'dev', "1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'",
      (value) => typeof value === 'string' && SUFFIX.test(value) ? value : undefined),
    branch: text('branch', 'main'),
    dockerUserParameter: text('dockerUserParameter'),
    dockerPasswordParameter: text('dockerPasswordParameter'),
    emails: read<string[]>('emails', [], "a list, or 'one,two' on the command line",
      (value) => typeof value === 'string' ? value.split(',').map((element) => element.trim()) : Array.isArray(value) ? value : undefined),
    cpu: number('cpu', 512),
    memoryMiB: number('memoryMiB', 1024),
    desiredCount: number('desiredCount', 2),
    tags: read<{ [key: string]: string }>('tags', {}, 'an object of texts, written in cdk.json',
      (value) => typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((element) => typeof element === 'string') ? value : undefined),
  };
  if (problems.length > 0) throw new Error(`The context of the app (cdk.json, or -c key=value) needs a correction:\n${problems.join('\n')}`);
  return configuration;
}
