import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { probe } from './probe';

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

/** Tries until enough answers in a row have passed or the time is up, and tells whoever asked: ECS by the answer, CodeDeploy by a call. Never throws for what it finds. */
export async function tryNewTasks(event: HookEvent, environment: HttpCheckEnvironment): Promise<HookAnswer> {
  const answer = await check(environment).catch((error: Error): HookAnswer => ({ hookStatus: 'FAILED', reason: error.message }));
  console.log(JSON.stringify(answer));
  if (event.LifecycleEventHookExecutionId) await tellCodeDeploy(event, answer);
  return answer;
}

async function check({ LOAD_BALANCER, TEST_URL, VERIFY_NAME, HEALTHY_CODES, CONTAINS, SUCCESSES, TIMEOUT_SECONDS }: HttpCheckEnvironment): Promise<HookAnswer> {
  const { passed, reason } = await probe({
    url: TEST_URL, verifyName: VERIFY_NAME === 'true', healthyCodes: HEALTHY_CODES, contains: CONTAINS, successes: Number(SUCCESSES), timeoutSeconds: Number(TIMEOUT_SECONDS),
  }, await privateAddresses(LOAD_BALANCER));
  return { hookStatus: passed ? 'SUCCEEDED' : 'FAILED', reason };
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

async function tellCodeDeploy({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId }: HookEvent, answer: HookAnswer): Promise<void> {
  const status = answer.hookStatus === 'SUCCEEDED' ? 'Succeeded' : 'Failed';
  await new CodeDeployClient(CLIENT_SETTINGS).send(new PutLifecycleEventHookExecutionStatusCommand({ deploymentId, lifecycleEventHookExecutionId, status }));
}
