import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { nameOf } from '../../release/service/ecs-service';
import { decisive, type OneOff } from '../run/one-off';

/** Lines between which a task prints its report. */
const BEGIN = '-----BEGIN JUNIT-----';
const END = '-----END JUNIT-----';

/** From the end of the log so many pages are read, each of up to 1 MB. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html */
const PAGES = 10;

/** What the decisive container has printed, as far as it was read. */
export async function readLog(run: OneOff, taskArn: string): Promise<string[]> {
  const { clients, logGroupName, logStreamPrefix } = run;
  const logStreamName = `${logStreamPrefix}/${decisive(run)}/${nameOf(taskArn)}`;
  let lines: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < PAGES && !lines.some((line) => line.trim() === BEGIN); page++) {
    const { events = [], nextBackwardToken } = await clients.logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: false, nextToken }));
    lines = [...events.map(({ message }) => message!), ...lines];
    // The same token again means that there is nothing before.
    if (nextBackwardToken === undefined || nextBackwardToken === nextToken) break;
    nextToken = nextBackwardToken;
  }
  return lines;
}

/** Results of tests. */
export interface Report {
  readonly xml: string;
  readonly cases: number;
  readonly skipped: number;
  /** Names of cases that failed or had an error. */
  readonly failed: string[];
}

/** The last report in the log; a text says what is wrong with it. */
export function findReport(lines: string[]): Report | string | undefined {
  const from = lines.map((line) => line.trim()).lastIndexOf(BEGIN);
  if (from < 0) return undefined;
  const length = lines.slice(from + 1).findIndex((line) => line.trim() === END);
  if (length < 0) return `the log has no line ${END}`;
  return parseReport(lines.slice(from + 1, from + 1 + length).join('\n'));
}

/** Attributes of an element, and how it closes. */
const OPENING = /^((?:[^>"'/]|"[^"]*"|'[^']*')*)(\/?>)/;

/** What a report says; a text says what is wrong with it. */
export function parseReport(xml: string): Report | string {
  // Texts may hold whatever looks like elements.
  const bare = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->/g, '').trim();
  if (!/<testsuites?\b/.test(bare) || !/(<\/testsuites?\s*>|<testsuites?\b[^>]*\/>)$/.test(bare)) return 'it is no <testsuites> or <testsuite> from beginning to end';
  // Cut where cases begin: one expression for all would look through all the rest for each case without an end.
  const cases = bare.split(/<testcase\b/).slice(1).map(caseOf);
  const whole = cases.filter((one) => one !== undefined);
  if (whole.length < cases.length) return 'a <testcase> in it has no end';
  return {
    xml,
    cases: whole.length,
    skipped: whole.filter(({ skipped }) => skipped).length,
    failed: whole.filter(({ failed }) => failed).map(({ name }) => name),
  };
}

function caseOf(text: string): { name: string; failed: boolean; skipped: boolean } | undefined {
  const [opening, attributes, closing] = OPENING.exec(text) ?? [];
  if (opening === undefined) return undefined;
  const [body, end] = closing === '/>' ? ['', ''] : text.slice(opening.length).split(/<\/testcase\s*>/);
  return end === undefined ? undefined : { name: nameIn(attributes), failed: /<(failure|error)\b/.test(body), skipped: /<skipped\b/.test(body) };
}

function nameIn(attributes: string): string {
  const [suite, name] = ['classname', 'name'].map((key) => new RegExp(`(?:^|\\s)${key}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes)?.slice(1).find((value) => value !== undefined));
  return [suite, name ?? '(no name)'].filter(Boolean).join(' ');
}

/** `12 tests, 1 failed, 2 skipped`. */
export const summaryOf = ({ cases, failed, skipped }: Report): string => `${cases} tests, ${failed.length} failed, ${skipped} skipped`;
