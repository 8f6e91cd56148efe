import { Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { FargateEnvironmentProps } from './fargate-environment-props';
import { LOG_STREAM_PREFIX, Task } from './task/task-definition';
import { Mover } from './traffic/mover';
import { PublishedPlace } from '../deploy/published-place';
import { createReleaseRole, releaseRoleArn, releaseRoleName, trustedNames, TrustParts } from '../deploy/release-role';
import { placeNameOf, ReleaseTargetParts } from '../deploy/release-target';
import { ReleaseTrust } from '../deploy/release-trust';
import { Foundation } from '../observe/foundation';
import { BoundServiceAlarm } from '../observe/service-alarm';
import { explicitName } from '../private/naming';

/** Of a place, what releases touch. */
interface Place extends Construct {
  readonly cluster: ecs.ICluster;
  readonly service: ecs.FargateService;
  readonly repository: ecr.Repository;
  readonly targetGroup: elbv2.ApplicationTargetGroup;
  readonly alternateTargetGroup: elbv2.ApplicationTargetGroup;
  readonly url: string;
}

interface PlaceParts {
  readonly foundation: Foundation;
  readonly task: Task;
  readonly alarms: BoundServiceAlarm[];
  readonly mover: Mover;
}

interface Publication {
  readonly target: ReleaseTargetParts;
  readonly releaseRole: iam.IRole;
}

/**
 * A place publishes itself: in one SSM parameter, which holds what a release needs to know, and by one role, which may do what a release does. Pipelines know no more of it than
 * the names of both.
 */
export function publishPlace(place: Place, props: FargateEnvironmentProps, parts: PlaceParts): Publication {
  const trust = (props.releaseTrust ?? ReleaseTrust.account(Stack.of(place).account))._bind();
  const target = describeTarget(place, props, parts, trust);
  const parameter = createParameter(place, props, parts, target);
  return { target, releaseRole: createRole(place, parts, target, trust, parameter) };
}

function describeTarget(place: Place, { container = {}, deployStrategy, network, placeName }: FargateEnvironmentProps, { foundation, task, mover: { group } }: PlaceParts,
  trust: TrustParts): ReleaseTargetParts {
  return {
    placeName: placeName ?? placeNameOf(place),
    roleArn: releaseRoleArn(place),
    parameterName: `/cdk-fargate-cicd/${explicitName(place, 'place', 200, { suffix: foundation.names.suffix })}`,
    region: Stack.of(place).region,
    onlyAws: network?._onlyAws,
    trustedAccounts: trust.accounts,
    trustedNames: trustedNames(trust),
    externalId: trust.externalId,
    clusterName: place.cluster.clusterName,
    serviceName: place.service.serviceName,
    serviceArn: place.service.serviceArn,
    taskFamily: task.definition.family,
    passableRoleArns: task.roleArns,
    containerName: container.containerName ?? 'app',
    cpuArchitecture: container.cpuArchitecture ?? ecs.CpuArchitecture.X86_64,
    waitMinutes: deployStrategy?._minutes,
    codeDeploy: group && {
      applicationName: group.application.applicationName,
      applicationArn: group.application.applicationArn,
      deploymentGroupName: group.deploymentGroupName,
      deploymentGroupArn: group.deploymentGroupArn,
      deploymentConfigArn: group.deploymentConfig.deploymentConfigArn,
      containerPort: container.port ?? 80,
    },
  };
}

function createParameter(place: Place, { deployStrategy }: FargateEnvironmentProps, { task: { definition, logGroup }, alarms, mover: { hooks } }: PlaceParts,
  { codeDeploy, containerName, parameterName }: ReleaseTargetParts): ssm.StringParameter {
  const published: PublishedPlace = {
    clusterArn: place.cluster.clusterArn,
    serviceArn: place.service.serviceArn,
    containerName,
    taskFamily: definition.family,
    taskDefinitionArn: definition.taskDefinitionArn,
    repositoryUri: place.repository.repositoryUri,
    logGroupName: logGroup.logGroupName,
    logStreamPrefix: LOG_STREAM_PREFIX,
    targetGroupArns: [place.targetGroup, place.alternateTargetGroup].map(({ targetGroupArn }) => targetGroupArn),
    alarmNames: namesOf(alarms),
    url: place.url,
    strategy: deployStrategy?._name ?? 'ROLLING',
    stackId: Stack.of(place).stackId,
    codeDeploy: codeDeploy && {
      applicationName: codeDeploy.applicationName, deploymentGroupName: codeDeploy.deploymentGroupName, containerPort: codeDeploy.containerPort,
      hooks: Object.fromEntries(hooks.map(({ event, functionArn }) => [event, functionArn])),
    },
  };
  return new ssm.StringParameter(place, 'Place', {
    parameterName,
    description: `What a release to ${place.node.path} needs to know`,
    stringValue: Stack.of(place).toJsonString(published),
  });
}

function createRole(place: Place, { foundation, task: { definition, logGroup, roleArns }, alarms }: PlaceParts, { codeDeploy }: ReleaseTargetParts, trust: TrustParts,
  { parameterArn }: ssm.StringParameter): iam.IRole {
  return createReleaseRole(place, releaseRoleName(place, foundation.names.suffix), {
    clusterArn: place.cluster.clusterArn,
    clusterName: place.cluster.clusterName,
    serviceArn: place.service.serviceArn,
    serviceName: place.service.serviceName,
    codeDeploy,
    taskFamily: definition.family,
    passableRoleArns: roleArns,
    repositoryArn: place.repository.repositoryArn,
    logGroupArn: logGroup.logGroupArn,
    alarmNames: namesOf(alarms),
    parameterArn,
    trust,
    stackArn: Stack.of(place).stackId,
  });
}

/** Of those that roll a release back. */
const namesOf = (alarms: BoundServiceAlarm[]): string[] => alarms.filter(({ rollsBack }) => rollsBack).map(({ alarmName }) => alarmName);
