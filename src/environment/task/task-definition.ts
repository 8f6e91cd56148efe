import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ContainerOptions } from './container';
import { watchOrder } from './inspect-neighbours';
import { BoundTask } from './task-parts';
import { createTaskRole, GivenRole, TaskRole } from '../../common/task-role';
import { taskSize } from '../../common/task-size';
import { RELEASED_TAG } from '../../deploy/published-place';
import { Foundation } from '../../observe/foundation';
import { acknowledge } from '../../private/acknowledge';
import { createLogGroup } from '../../private/log-group';
import { REGISTRY_LOGIN } from '../../private/scoped-role';
import { allowCommands, ClusterCommandOptions } from '../running/execute-command';
import { CONNECTED_PORT } from '../running/service-connect';
import { VolumeParts } from '../volume/volume';

export const LOG_STREAM_PREFIX = 'task';

interface TaskSettings {
  readonly foundation: Foundation;
  readonly container: ContainerOptions;
  readonly repository: ecr.Repository;
  readonly family: string;
  /** Where sessions of people go, if there may be any. */
  readonly commands?: ClusterCommandOptions;
  /** Whether the port has a name, for Service Connect. */
  readonly connected: boolean;
}

export interface Task {
  readonly definition: ecs.FargateTaskDefinition;
  readonly taskRole: TaskRole;
  /** Of both roles: whoever registers a revision passes them to ECS. */
  readonly roleArns: string[];
  readonly logGroup: logs.LogGroup;
  /** That the tasks mount. */
  readonly fileSystems: efs.IFileSystem[];
}

/**
 * The task definition of the template. Its image is `<repository>:released` for ever: whatever CloudFormation deploys, forward or rolling
 * back, is the last good release.
 */
export function createTaskDefinition(scope: Construct, settings: TaskSettings): Task {
  const { foundation, container, repository, family } = settings;
  const logGroup = createLogGroup(scope, 'Logs', {
    ...foundation, retention: container.logRetention,
    logGroupName: foundation.names.name({ type: 'log-group', base: container.logGroupName, prop: 'container.logGroupName', maxLength: 512 }),
  });
  const taskRole = roleOf(scope, 'taskRole', container, 'What the application may do');
  if (container.metricNamespace !== undefined) allowMetrics(taskRole, container.metricNamespace);
  if (settings.commands) allowCommands(taskRole, settings.commands);
  const executionRole = roleOf(scope, 'executionRole', container, 'Pulls the image, reads secrets and writes logs').allow(
    REGISTRY_LOGIN,
    { actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], resources: [repository.repositoryArn] },
  );
  const definition = new ecs.FargateTaskDefinition(scope, 'TaskDefinition', {
    family,
    ...taskSize(container),
    ephemeralStorageGiB: container.ephemeralStorageGiB,
    runtimePlatform: { cpuArchitecture: container.cpuArchitecture ?? ecs.CpuArchitecture.X86_64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    taskRole,
    executionRole,
  });
  watchOrder(definition);
  const logging = ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: LOG_STREAM_PREFIX, mode: ecs.AwsLogDriverMode.NON_BLOCKING });
  const fileSystems = addContainers(scope, settings, { definition, taskRole, logGroup, logging }, `${repository.repositoryUri}:${RELEASED_TAG}`);
  return { definition, taskRole, roleArns: [...new Set([taskRole.roleArn, executionRole.roleArn])], logGroup, fileSystems };
}

/** The application first: ECS takes the first essential container for the one that matters. */
function addContainers(scope: Construct, settings: TaskSettings, task: BoundTask, image: string): efs.IFileSystem[] {
  const { definition, taskRole } = task;
  const { sidecars = [], volumes = [] } = settings.container;
  const application = addApplication(settings, task, image);
  const parts: VolumeParts = { definition, taskRole, scope: volumes.length + sidecars.length > 0 ? new Construct(scope, 'Volumes') : scope, names: new Map(), fileSystems: new Set() };
  volumes.forEach((volume) => volume._bind(application, parts));
  for (const sidecar of sidecars) {
    const bound = sidecar._bind(task);
    sidecar._volumes?.forEach((volume) => volume._bind(bound, parts));
    if (sidecar._awaited) application.addContainerDependencies({ container: bound, condition: sidecar._awaited });
  }
  return [...parts.fileSystems];
}

function addApplication({ container, commands, connected }: TaskSettings, task: BoundTask, image: string): ecs.ContainerDefinition {
  const { definition } = task;
  const { containerName = 'app', port = 80, sidecars = [], volumes = [] } = container;
  const { cpu, memoryLimitMiB } = taskSize(container);
  const rest = (whole: number, part: 'cpu' | 'memoryLimitMiB') => sidecars.reduce((left, { _share }) => left - _share[part], whole);
  const application = definition.addContainer(containerName, {
    containerName,
    image: ecs.ContainerImage.fromRegistry(image),
    // Without a share of its own the application would get no more than a sidecar when CPU is short.
    cpu: sidecars.length > 0 ? rest(cpu, 'cpu') : undefined,
    memoryLimitMiB: rest(memoryLimitMiB, 'memoryLimitMiB'),
    portMappings: [{ containerPort: port, name: connected ? CONNECTED_PORT : undefined }],
    environment: container.environment,
    secrets: container.secrets,
    command: container.command,
    entryPoint: container.entryPoint,
    user: container.user,
    healthCheck: container.commandHealthCheck,
    readonlyRootFilesystem: container.readonlyRootFilesystem,
    stopTimeout: container.stopTimeout,
    ulimits: container.ulimits,
    linuxParameters: commands || volumes.some(({ _memoryMiB }) => _memoryMiB !== 0)
      // Sessions of people leave processes behind that somebody must end.
      ? new ecs.LinuxParameters(definition, 'Linux parameters', { initProcessEnabled: commands && true }) : undefined,
    logging: sidecars.map((sidecar) => sidecar._logging(task)).find((driver) => driver) ?? task.logging,
    // Lets an image that does not run as root listen on a port below 1024 (AWS containers roadmap 1721).
    systemControls: port < 1024 ? [{ namespace: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] : undefined,
  });
  const reason = 'depends on the image: ordinary images write to their file system and choose their own user';
  acknowledge(definition, { 'cfn-guard::CT.ECS.PR.3': reason, 'cfn-guard::CT.ECS.PR.6': reason, 'CKV_AWS_336': reason });
  return application;
}

/** Open from birth: what CDK grants to these roles (secrets, log streams) is exact, and the task role is the user's. */
function roleOf(scope: Construct, prop: 'taskRole' | 'executionRole', { [prop]: given }: ContainerOptions, description: string): TaskRole {
  const id = `${prop[0].toUpperCase()}${prop.slice(1)}`;
  if (given) return new GivenRole(scope, id, given, `container.${prop}`);
  const role = createTaskRole(scope, id, description);
  role._open();
  return role;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html */
function allowMetrics(taskRole: TaskRole, namespace: string): void {
  const wildcard = 'metrics have no resource level; a condition limits them to one namespace';
  taskRole.allow({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': namespace } }, wildcard });
  acknowledge(taskRole, { 'IAM-STAR[cloudwatch:PutMetricData]': wildcard });
}

/** First words of all that runs in the image: a stand-in for the image must have them. */
export const programsOf = ({ command, entryPoint, commandHealthCheck }: ContainerOptions): string[] => {
  // Of a single text, and after CMD-SHELL, the program is a shell, which a stand-in has in any case.
  const [kind, ...words] = commandHealthCheck?.command ?? [];
  const check = kind === 'CMD' ? words[0] : kind === 'CMD-SHELL' || words.length === 0 ? undefined : kind;
  return [entryPoint?.[0], command?.[0], check].filter((word) => word !== undefined);
};
