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
  if (controller !== 'ECS') throw unusable(`the ECS service ${nameOf(serviceArn)} is deployed by ${controller}, not by ECS itself`);
  return service;
}

/** The part of an ARN behind its last slash. */
export function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/**
 * Which of the place's alarms ring now. Metric alarms only: CloudWatch tells of composite ones only to those who may see all
 * alarms of the account.
 */
export async function ringingAlarms({ clients, place }: Run): Promise<string[]> {
  // Without names CloudWatch would answer with all alarms of the account.
  if (place.alarmNames.length === 0) return [];
  const { MetricAlarms = [] } = await clients.alarms.send(new DescribeAlarmsCommand({ AlarmNames: place.alarmNames, StateValue: 'ALARM' }));
  return MetricAlarms.map(alarm => alarm.AlarmName!);
}

function unusable(cause: string): ReleaseFailure {
  return new ReleaseFailure(cause, [], 'ConfigurationError');
}
