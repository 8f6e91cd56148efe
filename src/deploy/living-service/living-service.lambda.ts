import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { applySettings, type ServiceSettings } from './service-settings';
import { guardTraffic, type GuardedListener } from './traffic-guard';
import { respond } from '../../private/custom-resource-response';

type Event = CloudFormationCustomResourceEvent<ServiceSettings | GuardedListener>;

const isOfService = (properties: ServiceSettings | GuardedListener): properties is ServiceSettings => 'Service' in properties;

/** What CloudFormation cannot do, or must not do, to a service whose traffic CodeDeploy moves. */
export async function handler(event: Event, context: Context): Promise<void> {
  await respond(event, context, event.LogicalResourceId, async (abortSignal) => {
    const { RequestType: request, ResourceProperties: properties } = event;
    if (request === 'Delete') return 'nothing to do';
    if (isOfService(properties)) return applySettings(properties, new ECSClient(), abortSignal);
    return request === 'Create' ? 'no traffic yet' : guardTraffic(properties, new ElasticLoadBalancingV2Client(), abortSignal);
  });
}
