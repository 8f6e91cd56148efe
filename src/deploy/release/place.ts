import type { Service, TaskDefinition } from '@aws-sdk/client-ecs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { CLIENT_SETTINGS, type PlaceClients } from './clients';
import { ReleaseFailure, unless } from './failure';
import { uriOf } from './image/repository';
import type { ReleaseRequest } from './release-request';
import type { DescribedPlace, PublishedCodeDeploy, PublishedPlace } from '../published-place';
import { definitionInUse, loadBalancersOf, nameOf, readService } from './service/ecs-service';
import { containerOf, readTaskDefinition } from './service/task-definition';

/** What the place says about itself, or, where it cannot, what the pipeline and ECS say. */
export async function readPlace(clients: PlaceClients, request: ReleaseRequest): Promise<PublishedPlace> {
  const { parameterName, region } = request;
  if (!parameterName.startsWith('arn:')) return await readParameter(clients.ssm, parameterName, region) as PublishedPlace;
  // Beside the pipeline, so the function reads it with its own rights.
  const [,,, ownRegion] = parameterName.split(':');
  return complete(clients, await readParameter(new SSMClient({ ...CLIENT_SETTINGS, region: ownRegion }), parameterName, ownRegion) as DescribedPlace);
}

async function readParameter(ssm: SSMClient, name: string, region: string): Promise<DescribedPlace | PublishedPlace> {
  const answer = await unless(ssm.send(new GetParameterCommand({ Name: name })), 'ParameterNotFound');
  const value = answer?.Parameter?.Value;
  if (value === undefined) {
    throw new ReleaseFailure(`the SSM parameter ${name} does not exist in ${region}: deploy the stack of the place first`, [], 'ConfigurationError');
  }
  try {
    return JSON.parse(value) as DescribedPlace | PublishedPlace;
  } catch {
    throw new ReleaseFailure(`the SSM parameter ${name} in ${region} does not describe a place (it is not JSON)`, [], 'ConfigurationError');
  }
}

/** A service that this library has not made: what is in use now is what a release builds on. */
async function complete(clients: PlaceClients, { repositoryArn, ...described }: DescribedPlace): Promise<PublishedPlace> {
  const { clusterArn, serviceArn, containerName, codeDeploy } = described;
  const service = await readService({ clients, place: { clusterArn, serviceArn, strategy: codeDeploy ? 'CODE_DEPLOY' : 'ROLLING' } });
  refuseOtherLaunchTypes(service);
  const taskDefinitionArn = definitionInUse(service);
  if (!taskDefinitionArn) throw unusable(`the ECS service ${nameOf(serviceArn)} uses no task definition: nothing has been deployed to it yet`);
  const revision = await readTaskDefinition({ clients }, taskDefinitionArn);
  if (!revision) throw unusable(`the task definition ${taskDefinitionArn}, which the service uses, does not exist any more`);
  return {
    ...described,
    repositoryUri: repositoryArn && uriOf(repositoryArn),
    ...logOf(revision.definition, containerName),
    taskFamily: revision.definition.family!,
    taskDefinitionArn,
    strategy: codeDeploy ? 'CODE_DEPLOY' : service.deploymentConfiguration?.strategy ?? 'ROLLING',
    codeDeploy: codeDeploy && { ...codeDeploy, ...loadBalancedBy(service) },
  };
}

/** Tasks are proved by the addresses of their network interfaces, as tasks on Fargate have them. */
function refuseOtherLaunchTypes({ capacityProviderStrategy = [], launchType, serviceName }: Service): void {
  const others = [launchType, ...capacityProviderStrategy.map(({ capacityProvider }) => capacityProvider)]
    .filter(kind => kind !== undefined && !['FARGATE', 'FARGATE_SPOT'].includes(kind));
  if (others.length > 0) throw unusable(`the ECS service ${serviceName} runs on ${others.join(', ')}, not on FARGATE`);
}

/** Where the container logs to, when it logs to CloudWatch in a way that names the stream of each task. */
function logOf(definition: TaskDefinition, containerName: string): Pick<PublishedPlace, 'logGroupName' | 'logStreamPrefix'> {
  const { logDriver, options = {} } = containerOf(definition, containerName).logConfiguration ?? {};
  return logDriver === 'awslogs' ? { logGroupName: options['awslogs-group'], logStreamPrefix: options['awslogs-stream-prefix'] } : {};
}

function loadBalancedBy(service: Service): Pick<PublishedCodeDeploy, 'loadBalancedContainer' | 'containerPort'> {
  const [balanced] = loadBalancersOf(service);
  if (balanced?.containerPort === undefined) throw unusable(`the ECS service ${service.serviceName} has no load balancer whose traffic CodeDeploy could move`);
  return { loadBalancedContainer: balanced.containerName, containerPort: balanced.containerPort };
}

function unusable(cause: string): ReleaseFailure {
  return new ReleaseFailure(cause, [], 'ConfigurationError');
}
