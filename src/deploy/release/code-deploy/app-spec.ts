import type { Service } from '@aws-sdk/client-ecs';
import { groupOf } from './deployments';
import type { Run } from '../run';

/**
 * What CodeDeploy is to do, as JSON. A property of the service that the AppSpec does not repeat falls back to its default: without its capacity
 * providers the new tasks would run on plain Fargate.
 * @see https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
 */
export function appSpec(run: Run, service: Service, taskDefinition: string): string {
  const { containerPort, hooks, loadBalancedContainer = run.place.containerName } = groupOf(run);
  const primary = service.taskSets?.find(({ status }) => status === 'PRIMARY');
  const capacity = firstFilled(service.capacityProviderStrategy, primary?.capacityProviderStrategy);
  const { platformVersion = 'LATEST' } = service;
  return JSON.stringify({
    version: 0,
    Resources: [{
      TargetService: {
        Type: 'AWS::ECS::Service',
        Properties: {
          TaskDefinition: taskDefinition,
          LoadBalancerInfo: { ContainerName: loadBalancedContainer, ContainerPort: containerPort },
          ...platformVersion !== 'LATEST' && { PlatformVersion: platformVersion },
          ...capacity && {
            CapacityProviderStrategy: capacity.map(({ base = 0, capacityProvider, weight = 0 }) => ({ Base: base, CapacityProvider: capacityProvider, Weight: weight })),
          },
        },
      },
    }],
    Hooks: Object.entries(hooks).map(([event, lambda]) => ({ [event]: lambda })),
  });
}

function firstFilled<T>(...lists: Array<T[] | undefined>): T[] | undefined {
  return lists.find(list => list !== undefined && list.length > 0);
}
