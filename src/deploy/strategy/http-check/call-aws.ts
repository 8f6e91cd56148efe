import { createHash, createHmac } from 'crypto';

/** As in Lambda; AWS_ENDPOINT_URL is the variable of all SDKs for another endpoint. */
interface Surroundings {
  readonly AWS_REGION: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN?: string;
  readonly AWS_ENDPOINT_URL?: string;
  readonly URL_SUFFIX?: string;
}

const LONGEST_CALL = 10_000;

/**
 * One signed call of a service of AWS. Two calls do not weigh up two clients of the SDK in the bundle.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function callAws(service: string, headers: Record<string, string>, body: string): Promise<string> {
  const surroundings = process.env as unknown as Surroundings;
  const { AWS_REGION: region, AWS_ENDPOINT_URL, URL_SUFFIX = 'amazonaws.com' } = surroundings;
  const url = new URL(AWS_ENDPOINT_URL ?? `https://${service}.${region}.${URL_SUFFIX}`);
  const response = await fetch(url, {
    method: 'POST', headers: sign(service, url.host, headers, body, surroundings, new Date()), body, signal: AbortSignal.timeout(LONGEST_CALL),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} answered ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

/** The headers of a POST to `/` with its signature. */
export function sign(service: string, host: string, headers: Record<string, string>, body: string, surroundings: Surroundings, now: Date): Record<string, string> {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = surroundings;
  const time = now.toISOString().replace(/[:-]|\.\d+/g, '');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const all: Record<string, string> = { ...headers, host, 'x-amz-date': time, ...(token ? { 'x-amz-security-token': token } : {}) };
  const names = Object.keys(all).sort();
  const signedHeaders = names.join(';');
  const request = ['POST', '/', '', ...names.map((name) => `${name}:${all[name]}`), '', signedHeaders, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce<string | Buffer>((above, part) => hmac(above, part), `AWS4${secret}`);
  const signature = hmac(key, toSign).toString('hex');
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope.join('/')}, SignedHeaders=${signedHeaders}, Signature=${signature}` };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
