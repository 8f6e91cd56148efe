import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { type GuardedRule, guardRule } from './rule-guard';
import { applySettings, type ServiceSettings } from './service-settings';
import { guardTraffic, type GuardedListener } from './traffic-guard';
import { respond } from '../../private/custom-resource-response';

type Properties = ServiceSettings | GuardedListener | GuardedRule;
type Event = CloudFormationCustomResourceEvent<Properties>;

const isOfService = (properties: Properties): properties is ServiceSettings => 'Service' in properties;
const isOfRule = (properties: Properties): properties is GuardedRule => 'Priority' in properties;

/** What CloudFormation cannot do, or must not do, to a service whose traffic somebody else moves. */
export async function handler(event: Event, context: Context): Promise<void> {
  await respond(event, context, event.LogicalResourceId, async (abortSignal) => {
    const { RequestType: request, ResourceProperties: properties } = event;
    if (request === 'Delete') return 'nothing to do';
    if (isOfService(properties)) return applySettings(properties, new ECSClient(), abortSignal);
    if (request === 'Create') return 'no traffic yet';
    const client = new ElasticLoadBalancingV2Client();
    return isOfRule(properties) ? guardRule(properties, client, abortSignal) : guardTraffic(properties, client, abortSignal);
  });
}
