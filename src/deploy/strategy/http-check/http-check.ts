import * as http from 'http';
import * as https from 'https';
import { setTimeout as sleep } from 'timers/promises';
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';

/** What CodeDeploy sends; ECS sends a description of the deployment, which a check does not need. */
export interface HookEvent {
  readonly DeploymentId?: string;
  readonly LifecycleEventHookExecutionId?: string;
}

/** What ECS expects. @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html */
export interface HookAnswer {
  readonly hookStatus: 'SUCCEEDED' | 'FAILED';
  readonly reason: string;
}

/** The function's environment. */
export interface HttpCheckEnvironment {
  /** `app/<name>/<id>`. */
  readonly LOAD_BALANCER: string;
  readonly TEST_URL: string;
  readonly VERIFY_NAME: string;
  readonly HEALTHY_CODES: string;
  readonly CONTAINS: string;
  readonly SUCCESSES: string;
  readonly TIMEOUT_SECONDS: string;
}

/** Short time-outs: without a way out of the VPC a call must not eat the time of the check. */
const CLIENT_SETTINGS = { requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000 } };
const PAUSE = 1_000;
const LONGEST_REQUEST = 10_000;
/** Of an answer only so much is looked at. */
const LONGEST_BODY = 1_000_000;

/** Tries until enough answers in a row have passed or the time is up, and tells whoever asked: ECS by the answer, CodeDeploy by a call. Never throws for what it finds. */
export async function tryNewTasks(event: HookEvent, environment: HttpCheckEnvironment): Promise<HookAnswer> {
  const answer = await check(environment).catch((error: Error): HookAnswer => ({ hookStatus: 'FAILED', reason: error.message }));
  console.log(JSON.stringify(answer));
  if (event.LifecycleEventHookExecutionId) await tellCodeDeploy(event, answer);
  return answer;
}

async function check(environment: HttpCheckEnvironment): Promise<HookAnswer> {
  const until = Date.now() + Number(environment.TIMEOUT_SECONDS) * 1000;
  const addresses = await privateAddresses(environment.LOAD_BALANCER);
  let reason = 'nothing was asked';
  for (let passed = 0, turn = 0; Date.now() < until; turn++) {
    const problem = await problemOf(addresses[turn % addresses.length], environment, until);
    passed = problem ? 0 : passed + 1;
    if (passed === Number(environment.SUCCESSES)) return { hookStatus: 'SUCCEEDED', reason: `${passed} answers of ${environment.TEST_URL} passed` };
    reason = problem ?? reason;
    await sleep(Math.max(0, Math.min(PAUSE, until - Date.now())));
  }
  return { hookStatus: 'FAILED', reason: `${environment.TEST_URL} did not pass in ${environment.TIMEOUT_SECONDS} seconds: ${reason}` };
}

/** Where the load balancer is reached within the VPC. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html */
async function privateAddresses(loadBalancer: string): Promise<string[]> {
  const { NetworkInterfaces = [] } = await new EC2Client(CLIENT_SETTINGS).send(new DescribeNetworkInterfacesCommand({
    Filters: [{ Name: 'description', Values: [`ELB ${loadBalancer}`] }],
  }));
  const addresses = NetworkInterfaces.map(({ PrivateIpAddress }) => PrivateIpAddress!);
  if (addresses.length === 0) throw new Error(`the load balancer ${loadBalancer} has no address in the VPC`);
  return addresses;
}

/** What is wrong with one answer; undefined when it passes. */
async function problemOf(address: string, environment: HttpCheckEnvironment, until: number): Promise<string | undefined> {
  try {
    const { status, body } = await ask(address, environment, Math.min(LONGEST_REQUEST, until - Date.now()));
    if (!isHealthy(status, environment.HEALTHY_CODES)) return `it answered ${status}, not ${environment.HEALTHY_CODES}`;
    if (!body.includes(environment.CONTAINS)) return `its answer does not contain '${environment.CONTAINS}'`;
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

async function ask(address: string, { TEST_URL, VERIFY_NAME }: HttpCheckEnvironment, timeout: number): Promise<{ status: number; body: string }> {
  const { protocol, hostname, port, pathname, search, host } = new URL(TEST_URL);
  const options = {
    host: address, port, path: pathname + search, headers: { host }, signal: AbortSignal.timeout(Math.max(1, timeout)),
    servername: hostname, rejectUnauthorized: VERIFY_NAME === 'true',
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

async function tellCodeDeploy({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId }: HookEvent, answer: HookAnswer): Promise<void> {
  const status = answer.hookStatus === 'SUCCEEDED' ? 'Succeeded' : 'Failed';
  await new CodeDeployClient(CLIENT_SETTINGS).send(new PutLifecycleEventHookExecutionStatusCommand({ deploymentId, lifecycleEventHookExecutionId, status }));
}
