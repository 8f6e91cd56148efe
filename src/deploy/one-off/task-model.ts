import { RemovalPolicy } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { NameMaker } from '../../common/resource-names';
import { createTaskRole } from '../../common/task-role';
import { taskSize } from '../../common/task-size';
import { acknowledge } from '../../private/acknowledge';
import { createLogGroup } from '../../private/log-group';
import { explicitName } from '../../private/naming';
import { REGISTRY_LOGIN } from '../../private/scoped-role';

/** @internal */
export interface TaskModelSettings {
  readonly names: NameMaker;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly repository: ecr.IRepository;
  readonly architecture: ecs.CpuArchitecture;
  readonly taskRole?: iam.IRole;
  readonly cpu?: number;
  readonly memoryLimitMiB?: number;
}

/** @internal */
export interface TaskModel {
  readonly definition: ecs.FargateTaskDefinition;
  readonly logGroup: logs.ILogGroup;
  readonly family: string;
}

/** Name of the container, and of the first part of its log streams. */
export const CONTAINER = 'app';
export const LOG_STREAM_PREFIX = 'one-off';

/** The task definition that one-off tasks in a foreign cluster are copied from. Nobody runs it itself: it names no image that exists. */
export function createTaskModel(scope: Construct, settings: TaskModelSettings): TaskModel {
  const { names, key, removalPolicy, repository, architecture } = settings;
  const size = taskSize(settings);
  const logGroup = createLogGroup(scope, 'TaskLogs', { key, removalPolicy });
  const executionRole = createTaskRole(scope, 'ExecutionRole', 'Pulls the image and writes logs').allow(
    REGISTRY_LOGIN,
    { actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], resources: [repository.repositoryArn] },
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
  );
  const family = explicitName(scope, 'one-off', 255, { suffix: names.suffix });
  const definition = new ecs.FargateTaskDefinition(scope, 'Task', {
    family,
    ...size,
    runtimePlatform: { cpuArchitecture: architecture, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    taskRole: settings.taskRole ?? createTaskRole(scope, 'TaskRole', 'What the task may do'),
    executionRole,
  });
  definition.addContainer(CONTAINER, {
    containerName: CONTAINER,
    image: ecs.ContainerImage.fromRegistry(`${repository.repositoryUri}:none`),
    memoryLimitMiB: size.memoryLimitMiB,
    logging: ecs.LogDrivers.awsLogs({ logGroup, streamPrefix: LOG_STREAM_PREFIX }),
  });
  const reason = 'depends on the image: ordinary images write to their file system and choose their own user';
  acknowledge(definition, { 'cfn-guard::CT.ECS.PR.3': reason, 'cfn-guard::CT.ECS.PR.6': reason, 'CKV_AWS_336': reason });
  return { definition, logGroup, family };
}
