import { Node } from 'constructs';

/** What differs between users: the context of `cdk.json`, or `-c key=value` on the command line. */
export interface Configuration {
  /** What every name ends with, so that one account holds several copies. */
  readonly environmentSuffix: string;
  /** Repository on GitHub as `owner/repository`; its root is what lies in `app/`. */
  readonly repository: string;
  /** Branch that is released. */
  readonly branch: string;
  /** Connection to GitHub. */
  readonly connectionArn: string;
  /** Certificate of the load balancer. */
  readonly certificateArn: string;
  /** Who is told about alarms, failures and waiting approvals. */
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

/** The library accepts the same, but stack names are made of it before. */
const SUFFIX = /^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/;

/** Reads the context and says everything that is wrong with it at once. Formats of ARNs, addresses and sizes are checked by the library. */
export function readConfiguration(node: Node): Configuration {
  const problems: string[] = [];
  const complain = (key: string, got: unknown, allowed: string): void => {
    problems.push(`  ${key}: got ${JSON.stringify(got) ?? 'nothing'}; allowed ${allowed}`);
  };
  const text = (key: string, fallback?: string): string => {
    const value = node.tryGetContext(key) ?? fallback;
    if (typeof value !== 'string' || value.trim() === '') complain(key, value, 'a text that is not empty');
    return value;
  };
  // On the command line everything is a text.
  const number = (key: string, fallback: number): number => {
    const value = node.tryGetContext(key) ?? fallback;
    if (!/^\d+$/.test(String(value))) complain(key, value, 'a whole number');
    return Number(value);
  };
  const list = (key: string): string[] => {
    const value = node.tryGetContext(key) ?? [];
    if (typeof value === 'string') return value.split(',').map((element) => element.trim());
    if (!Array.isArray(value)) complain(key, value, "a list, or 'one,two' on the command line");
    return value;
  };
  const pairs = (key: string): { [name: string]: string } => {
    const value = node.tryGetContext(key) ?? {};
    const complete = typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((element) => typeof element === 'string');
    if (!complete) complain(key, value, 'an object of texts, written in cdk.json');
    return value;
  };
  const environmentSuffix = node.tryGetContext('environmentSuffix') ?? 'dev';
  if (typeof environmentSuffix !== 'string' || !SUFFIX.test(environmentSuffix)) {
    complain('environmentSuffix', environmentSuffix,
      "1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'");
  }
  const configuration = {
    environmentSuffix,
    repository: text('repository'),
    branch: text('branch', 'main'),
    connectionArn: text('connectionArn'),
    certificateArn: text('certificateArn'),
    emails: list('emails'),
    cpu: number('cpu', 1024),
    memoryMiB: number('memoryMiB', 2048),
    desiredCount: number('desiredCount', 2),
    tags: pairs('tags'),
  };
  if (problems.length > 0) throw new Error(`The context of the app (cdk.json, or -c key=value) needs a correction:\n${problems.join('\n')}`);
  return configuration;
}
