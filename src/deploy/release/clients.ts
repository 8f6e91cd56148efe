import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { isError, ReleaseFailure } from './failure';
import type { ReleaseRequest } from './release-request';

/** Clients in the place's account and region, with the rights of its release role. */
export interface PlaceClients {
  readonly alarms: CloudWatchClient;
  readonly codeDeploy: CodeDeployClient;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly logs: CloudWatchLogsClient;
  readonly ssm: SSMClient;
  readonly stacks: CloudFormationClient;
}

/**
 * Settings of every client. Time-outs are short, so that a lost connection does not eat the end of an invocation; adaptive
 * retries slow down when AWS throttles.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 4,
  retryMode: 'adaptive',
  requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000 },
};

/**
 * Assumes the release role of the place. The same way for a place in the same account, in another account and in another
 * region. Each invocation does it anew: credentials of a chained role live one hour at most, releases may take longer.
 */
export async function clientsOf(request: ReleaseRequest): Promise<PlaceClients> {
  const { roleArn, region, externalId } = request;
  try {
    const { Credentials: assumed } = await new STSClient(CLIENT_SETTINGS).send(new AssumeRoleCommand({
      RoleArn: roleArn,
      ExternalId: externalId,
      RoleSessionName: `release-${request.executionId}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
    }));
    const credentials = {
      accessKeyId: assumed!.AccessKeyId!,
      secretAccessKey: assumed!.SecretAccessKey!,
      sessionToken: assumed!.SessionToken!,
    };
    const settings = { ...CLIENT_SETTINGS, region, credentials };
    return {
      alarms: new CloudWatchClient(settings),
      codeDeploy: new CodeDeployClient(settings),
      ecr: new ECRClient(settings),
      ecs: new ECSClient(settings),
      loadBalancing: new ElasticLoadBalancingV2Client(settings),
      logs: new CloudWatchLogsClient(settings),
      ssm: new SSMClient(settings),
      stacks: new CloudFormationClient(settings),
    };
  } catch (error) {
    // STS gives the same answer for a role that is missing and for one that does not trust the caller.
    if (!isError(error, 'AccessDenied', 'AccessDeniedException')) throw error;
    throw new ReleaseFailure(`the release role ${roleArn} does not exist, or does not trust the release function`, [error.message], 'PermissionError');
  }
}
