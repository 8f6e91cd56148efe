import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient, type ECSClientConfig } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { isError, ReleaseFailure } from './failure';
import type { ReleaseRequest } from './release-request';

/**
 * Settings of every client. Time-outs are short, so that a lost connection does not eat the end of an invocation; adaptive
 * retries slow down when AWS throttles.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 4,
  retryMode: 'adaptive',
  requestHandler: { connectionTimeout: 2_000, socketTimeout: 10_000 },
};

type Settings = typeof CLIENT_SETTINGS & Pick<ECSClientConfig, 'credentials' | 'region'>;

/** Clients in the place's account and region, with the rights of its release role. Each is made when it is first used: hardly any invocation needs all of them. */
export class PlaceClients {
  private readonly made = new Map<Function, unknown>();

  constructor(private readonly settings: Settings) {}

  get alarms(): CloudWatchClient { return this.only(CloudWatchClient); }
  get codeDeploy(): CodeDeployClient { return this.only(CodeDeployClient); }
  get ecr(): ECRClient { return this.only(ECRClient); }
  get ecs(): ECSClient { return this.only(ECSClient); }
  get loadBalancing(): ElasticLoadBalancingV2Client { return this.only(ElasticLoadBalancingV2Client); }
  get logs(): CloudWatchLogsClient { return this.only(CloudWatchLogsClient); }
  get ssm(): SSMClient { return this.only(SSMClient); }
  get stacks(): CloudFormationClient { return this.only(CloudFormationClient); }

  private only<T>(Client: new (settings: Settings) => T): T {
    if (!this.made.has(Client)) this.made.set(Client, new Client(this.settings));
    return this.made.get(Client) as T;
  }
}

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
    return new PlaceClients({ ...CLIENT_SETTINGS, region, credentials });
  } catch (error) {
    // STS gives the same answer for a role that is missing and for one that does not trust the caller.
    if (!isError(error, 'AccessDenied', 'AccessDeniedException')) throw error;
    throw new ReleaseFailure(`the release role ${roleArn} does not exist, or does not trust the release function`, [error.message], 'PermissionError');
  }
}
