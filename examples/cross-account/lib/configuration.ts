import { Node } from 'constructs';

/** What differs between users: the context of `cdk.json`, or `-c key=value` on the command line. */
export interface Configuration {
  /** What every name ends with. */
  readonly environmentSuffix: string;
  /** Account of the pipeline. */
  readonly toolsAccount: string;
  /** Account of the service. */
  readonly targetAccount: string;
  /** Region of both. */
  readonly region: string;
  /** What the release role in the target account wants to hear; empty: nothing. */
  readonly externalId: string;
  /** Repository on GitHub as `owner/repository`, with a Dockerfile in its root. */
  readonly repository: string;
  /** Branch that is released. */
  readonly branch: string;
  /** Connection to GitHub. */
  readonly connectionArn: string;
  /** Who is told about failures. */
  readonly emails: string[];
  /** Concurrent calls of the release function that are reserved; a young account has 10 in all. */
  readonly reservedConcurrency: number;
  /** CPU units of a task. */
  readonly cpu: number;
  /** Memory of a task. */
  readonly memoryMiB: number;
  /** How many tasks run. */
  readonly desiredCount: number;
  /** Tags of everything, beside those that every resource has. */
  readonly tags: { [key: string]: string };
}

/** Stack names are made of it before the library can look at it. */
const SUFFIX = /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/;

/** Reads the context and says everything that is wrong with it at once. Formats of ARNs, addresses and sizes are checked by the library. */
export function readConfiguration(node: Node): Configuration {
  const problems: string[] = [];
  const read = <T>(key: string, fallback: T | undefined, allowed: string, parse: (value: any) => T | undefined): T => {
    const got = node.tryGetContext(key) ?? fallback;
    const value = got === undefined ? undefined : parse(got);
    if (value === undefined) problems.push(`  ${key}: got ${JSON.stringify(got) ?? 'nothing'}; allowed ${allowed}`);
    return value as T;
  };
  const text = (key: string, fallback?: string) => read(key, fallback, 'a text that is not empty', (value) => typeof value === 'string' && value.trim() ? value : undefined);
  const account = (key: string) => read(key, undefined, "an account, 12 digits in quotes, for example '111111111111'", (value) => /^\d{12}$/.test(value) ? String(value) : undefined);
  // On the command line everything is a text.
  const number = (key: string, fallback: number) => read(key, fallback, 'a whole number', (value) => /^\d+$/.test(String(value)) ? Number(value) : undefined);
  const configuration = {
    environmentSuffix: read('environmentSuffix', 'dev', "1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'",
      (value) => typeof value === 'string' && SUFFIX.test(value) ? value : undefined),
    toolsAccount: account('toolsAccount'),
    targetAccount: account('targetAccount'),
    region: text('region', 'us-east-1'),
    externalId: read('externalId', '', 'a text', (value) => typeof value === 'string' ? value : undefined),
    repository: text('repository'),
    branch: text('branch', 'main'),
    connectionArn: text('connectionArn'),
    emails: read<string[]>('emails', [], "a list, or 'one,two' on the command line",
      (value) => typeof value === 'string' ? value.split(',').map((element) => element.trim()) : Array.isArray(value) ? value : undefined),
    reservedConcurrency: number('reservedConcurrency', 50),
    cpu: number('cpu', 512),
    memoryMiB: number('memoryMiB', 1024),
    desiredCount: number('desiredCount', 2),
    tags: read<{ [key: string]: string }>('tags', {}, 'an object of texts, written in cdk.json',
      (value) => typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((element) => typeof element === 'string') ? value : undefined),
  };
  if (problems.length > 0) throw new Error(`The context of the app (cdk.json, or -c key=value) needs a correction:\n${problems.join('\n')}`);
  return configuration;
}
