import { Duration } from 'aws-cdk-lib';
import { Inspection } from '../../../private/problems';

/** Options of `DeployHook.httpCheck`. */
export interface HttpCheckHookOptions {
  /** Path that is asked, beginning with `/`; a query is allowed. At most 1024 characters. @default '/' */
  readonly path?: string;
  /** Statuses that pass: one, several or a range, for example `200-299`. @default '200' */
  readonly healthyHttpCodes?: string;
  /** A text that the answer must contain, 1 to 256 characters. @default - any answer of the right status passes */
  readonly contains?: string;
  /** How many answers in a row must pass, 1 to 100. @default 3 */
  readonly successes?: number;
  /** How long to keep trying until then, 10 to 600 seconds. @default Duration.minutes(2) */
  readonly timeout?: Duration;
}

/** @internal */
export function inspectHttpCheck(look: Inspection, options: HttpCheckHookOptions): void {
  look.matches('path', options.path, /^\/\S{0,1023}$/, "a path that begins with '/', at most 1024 characters", "write for example '/health'");
  look.matches('healthyHttpCodes', options.healthyHttpCodes, /^[1-5]\d\d([,-][1-5]\d\d)*$/, '100 to 599, as list or range', "write for example '200-299'");
  look.matches('contains', options.contains, /^[^]{1,256}$/, '1 to 256 characters', 'shorten it');
  look.integer('successes', options.successes, 1, 100, 'take for example 3');
  look.seconds('timeout', options.timeout, 10, 600, 'take for example Duration.minutes(2)');
}
