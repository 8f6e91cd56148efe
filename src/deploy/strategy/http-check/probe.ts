import * as http from 'http';
import * as https from 'https';
import { setTimeout as sleep } from 'timers/promises';

/** What is asked for, and what passes. */
export interface ProbeSettings {
  readonly url: string;
  /** Whether the certificate must be for the name in the URL. */
  readonly verifyName: boolean;
  readonly healthyCodes: string;
  /** Empty: any answer of the right status passes. */
  readonly contains: string;
  /** Answers in a row that must pass. */
  readonly successes: number;
  readonly timeoutSeconds: number;
}

export interface ProbeResult {
  readonly passed: boolean;
  readonly reason: string;
}

const PAUSE = 1_000;
const LONGEST_REQUEST = 10_000;
/** Of an answer only so much is looked at. */
const LONGEST_BODY = 1_000_000;

/** Tries until enough answers in a row have passed or the time is up; at the addresses in turn, or at the one that the name in the URL has. */
export async function probe(settings: ProbeSettings, addresses: string[] = [new URL(settings.url).hostname]): Promise<ProbeResult> {
  const { url, successes, timeoutSeconds } = settings;
  const until = Date.now() + timeoutSeconds * 1000;
  let reason = 'nothing was asked';
  for (let passed = 0, turn = 0; Date.now() < until; turn++) {
    const problem = await problemOf(addresses[turn % addresses.length], settings, until);
    passed = problem ? 0 : passed + 1;
    if (passed === successes) return { passed: true, reason: `${passed} answers of ${url} passed` };
    reason = problem ?? reason;
    await sleep(Math.max(0, Math.min(PAUSE, until - Date.now())));
  }
  return { passed: false, reason: `${url} did not pass in ${timeoutSeconds} seconds: ${reason}` };
}

/** What is wrong with one answer; undefined when it passes. */
async function problemOf(address: string, settings: ProbeSettings, until: number): Promise<string | undefined> {
  try {
    const { status, body } = await ask(address, settings, Math.min(LONGEST_REQUEST, until - Date.now()));
    if (!isHealthy(status, settings.healthyCodes)) return `it answered ${status}, not ${settings.healthyCodes}`;
    if (!body.includes(settings.contains)) return `its answer does not contain '${settings.contains}'`;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isHealthy(status: number, codes: string): boolean {
  return codes.split(',').some((code) => {
    const [from, to = from] = code.split('-').map(Number);
    return status >= from && status <= to;
  });
}

async function ask(address: string, { url, verifyName }: ProbeSettings, timeout: number): Promise<{ status: number; body: string }> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const options = {
    host: address, port, path: pathname + search, headers: { host }, signal: AbortSignal.timeout(Math.max(1, timeout)),
    servername: hostname, rejectUnauthorized: verifyName,
  };
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? https : http).request(options, (response) => {
      const status = response.statusCode!;
      let body = '';
      response.setEncoding('utf-8').on('error', reject).on('end', () => resolve({ status, body }));
      response.on('data', (text: string) => { if (body.length < LONGEST_BODY) body += text; });
    });
    request.on('error', reject).end();
  });
}
