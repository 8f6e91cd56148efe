import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, type Service } from '@aws-sdk/client-ecs';
import { ReleaseFailure, unless } from '../failure';
import type { Run } from '../run';

/** The service as ECS has it now; the release ends here when there is none that it could release to. */
export async function readService({ clients, place }: Run): Promise<Service> {
  const { clusterArn, serviceArn } = place;
  const answer = await unless(
    clients.ecs.send(new DescribeServicesCommand({ cluster: clusterArn, services: [serviceArn] })), 'ClusterNotFoundException',
  );
  if (!answer) throw unusable(`the ECS cluster ${nameOf(clusterArn)} does not exist`);
  const service = answer.services?.[0];
  if (!service) throw unusable(`the ECS service ${nameOf(serviceArn)} does not exist in the cluster ${nameOf(clusterArn)}`);
  if (service.status !== 'ACTIVE') throw unusable(`the ECS service ${nameOf(serviceArn)} is being deleted (${service.status})`);
  const controller = service.deploymentController?.type ?? 'ECS';
  const expected = place.strategy === 'CODE_DEPLOY' ? 'CODE_DEPLOY' : 'ECS';
  if (controller !== expected) throw unusable(`the ECS service ${nameOf(serviceArn)} is deployed by ${controller}, not by ${expected}`);
  return service;
}

/** The part of an ARN behind its last slash. */
export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** The console of the place's region and partition. */
export function consoleOf({ place, request }: { place: { serviceArn: string }; request: { region: string } }): string {
  const partition = place.serviceArn.split(':')[1];
  const domain = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' }[partition] ?? 'console.aws.amazon.com';
  return `https://${request.region}.${domain}`;
}

/**
 * Which of the place's alarms ring now. Metric alarms only: CloudWatch tells of composite ones only to those who may see all
 * alarms of the account.
 */
async function ringingAlarms({ clients, place }: Run): Promise<string[]> {
  // Without names CloudWatch would answer with all alarms of the account.
  if (place.alarmNames.length === 0) return [];
  const { MetricAlarms = [] } = await clients.alarms.send(new DescribeAlarmsCommand({ AlarmNames: place.alarmNames, StateValue: 'ALARM' }));
  return MetricAlarms.map(alarm => alarm.AlarmName!);
}

/**
 * ECS ignores, for the whole of a deployment, the alarms that ring when it starts, and CodeDeploy stops it: a release would
 * be without them, or in vain. Only an image that has run well here may pass. Answers whether alarms ring.
 */
export async function refuseRingingAlarms(run: Run, hasRunHere: () => Promise<boolean>): Promise<boolean> {
  const alarms = await ringingAlarms(run);
  if (alarms.length === 0) return false;
  if (await hasRunHere()) {
    run.log('Alarms ring, but the image has run here before', { alarms });
    return true;
  }
  throw new ReleaseFailure(`${alarms.length === 1 ? 'an alarm rings' : 'alarms ring'} already: ${alarms.join(', ')}`, [
    'A deployment that starts while an alarm rings cannot be judged by it: ECS ignores it until the end, CodeDeploy stops at once.',
    'Release again when they are quiet, or release an image that has run here before.',
  ]);
}

function unusable(cause: string): ReleaseFailure {
  return new ReleaseFailure(cause, [], 'ConfigurationError');
}
