import { type ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';

/** The properties of the custom resource; CloudFormation hands numbers over as texts. */
export interface ServiceSettings {
  readonly Cluster: string;
  readonly Service: string;
  /** Without one scaling owns the number. */
  readonly DesiredCount?: string;
  readonly HealthCheckGracePeriodSeconds: string;
}

/**
 * Sets what ECS lets be changed of such a service. CloudFormation sends all properties of a service with every change, and ECS then refuses the call because of the
 * task definition among them.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
 */
export async function applySettings(settings: ServiceSettings, ecs: ECSClient, abortSignal: AbortSignal): Promise<string> {
  const { Cluster: cluster, Service: service, DesiredCount, HealthCheckGracePeriodSeconds } = settings;
  const desiredCount = DesiredCount === undefined ? undefined : Number(DesiredCount);
  await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount, healthCheckGracePeriodSeconds: Number(HealthCheckGracePeriodSeconds) }), { abortSignal });
  return `${desiredCount ?? 'scaled'} tasks`;
}
