import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient, type NetworkConfiguration } from '@aws-sdk/client-ecs';
import type { Home, OneOff, OneOffProgress } from './one-off';
import { type ClusterHome, type OneOffRequest, type OneOffSettings, type ServiceHome, settingsOf } from './settings';
import { ONE_OFF_SUFFIX } from '../../published-place';
import { CLIENT_SETTINGS } from '../../release/clients';
import { ReleaseFailure } from '../../release/failure';
import { copyImage } from '../../release/image/copy-image';
import { open, releaseTime } from '../../release/release';
import type { Log, Time } from '../../release/run';
import { readService } from '../../release/service/ecs-service';

/** One invocation's view of the task that the function is for. */
export async function openOneOff(request: OneOffRequest, progress: OneOffProgress, time: Time, log: Log): Promise<OneOff> {
  const [settings, invokedAt] = [settingsOf(), time.now()];
  const { home } = settings;
  const opened = 'clusterArn' in home ? inCluster(home, request) : await besideService({ ...settings, home }, request, progress, time, log);
  return { ...opened, settings, request, progress, time, invokedAt, log, deadline: releaseTime(progress) };
}

/** With the function's own rights. The task pulls from the build repository. */
function inCluster({ subnets, securityGroups, assignPublicIp, taskDefinitionArn, repositoryUri, ...home }: ClusterHome, { digest }: OneOffRequest): Home {
  const region = home.clusterArn.split(':')[3];
  const settings = { ...CLIENT_SETTINGS, region };
  return {
    ...home,
    region,
    clients: { ecs: new ECSClient(settings), logs: new CloudWatchLogsClient(settings) },
    image: `${repositoryUri}@${digest}`,
    bringImage: async () => {},
    model: async () => ({
      taskDefinition: taskDefinitionArn,
      network: { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: assignPublicIp ? 'ENABLED' : 'DISABLED' } },
    }),
  };
}

/** By the release role of the place, and with the image in the repository of the place: a release would bring it there next. */
async function besideService({ home, place: name }: OneOffSettings & { home: ServiceHome }, request: OneOffRequest, progress: OneOffProgress, time: Time, log: Log): Promise<Home> {
  const run = await open({ ...home, ...request, task: 'prepare', place: name }, progress, time, log);
  const { clients, image, place } = run;
  return {
    clients,
    region: home.region,
    clusterArn: place.clusterArn,
    family: `${place.taskFamily}${ONE_OFF_SUFFIX}`,
    containerName: place.containerName,
    logGroupName: place.logGroupName,
    logStreamPrefix: place.logStreamPrefix,
    image,
    bringImage: async () => copyImage(run),
    model: async () => {
      const service = await readService(run);
      // What CodeDeploy deploys has task definition and network in its task sets only; the template's definition is what a release takes there, too.
      const network = service.networkConfiguration ?? service.taskSets?.[0]?.networkConfiguration;
      return { taskDefinition: service.taskDefinition ?? place.taskDefinitionArn, network: ownNetwork(network, place.serviceArn) };
    },
  };
}

function ownNetwork(network: NetworkConfiguration | undefined, service: string): NetworkConfiguration {
  if (network?.awsvpcConfiguration) return network;
  throw new ReleaseFailure(`the service ${service} has no network of its own that a task on Fargate could run in`, [], 'ConfigurationError');
}
