import { Node } from 'constructs';

/** What differs between users: the context of `cdk.json`, or `-c key=value` on the command line. */
export interface Configuration {
  /** What every name ends with. */
  readonly environmentSuffix: string;
  /** Repository on GitHub as `owner/repository`, with a folder `services/<name>` for each service and what they share in `lib`. */
  readonly repository: string;
  /** Branch that is released. */
  readonly branch: string;
  /** Connection to GitHub. */
  readonly connectionArn: string;
  /** Certificate for `domain`. */
  readonly certificateArn: string;
  /** Where all services answer. */
  readonly domain: string;
  /** Who is told about failures and asked for approval. */
  readonly emails: string[];
  /** The services; one pipeline takes 28. A new one comes at the end: its place in the list is the priority of its rule. */
  readonly services: string[];
  /** Tags of everything, beside those that every resource has. */
  readonly tags: { [key: string]: string };
}

/** Stack names are made of it before the library can look at it. */
const SUFFIX = /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/;
const SERVICE = /^[a-z][a-z0-9]{0,11}$/;

/** Reads the context and says everything that is wrong with it at once. Formats of ARNs and addresses are checked by the library. */
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
  const list = (value: unknown): string[] | undefined => typeof value === 'string' ? value.split(',').map((element) => element.trim()) : Array.isArray(value) ? value : undefined;
  const configuration = {
    environmentSuffix: read('environmentSuffix', 'dev', "1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'",
      (value) => typeof value === 'string' && SUFFIX.test(value) ? value : undefined),
    repository: text('repository'),
    branch: text('branch', 'main'),
    connectionArn: text('connectionArn'),
    certificateArn: text('certificateArn'),
    domain: text('domain'),
    emails: read<string[]>('emails', [], "a list, or 'one,two' on the command line", list),
    services: read<string[]>('services', undefined, 'different names of 1 to 12 lower-case letters and digits, beginning with a letter', (value) => {
      const names = list(value);
      return names && names.length > 0 && names.every((name) => SERVICE.test(name)) && new Set(names).size === names.length ? names : undefined;
    }),
    tags: read<{ [key: string]: string }>('tags', {}, 'an object of texts, written in cdk.json',
      (value) => typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((element) => typeof element === 'string') ? value : undefined),
  };
  if (problems.length > 0) throw new Error(`The context of the app (cdk.json, or -c key=value) needs a correction:\n${problems.join('\n')}`);
  return configuration;
}
