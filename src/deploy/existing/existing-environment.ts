import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { FargateEnvironmentAttributes, inspectAttributes } from './attributes';
import { addressOf, codeDeployNames, partOf, ServiceAddress } from './existing-service';
import { ResourceNames } from '../../common/resource-names';
import { explicitName } from '../../private/naming';
import { DescribedPlace } from '../published-place';
import { IReleaseTarget, placeNameOf, ReleaseTargetParts } from '../release-target';

/**
 * A place that cannot publish itself: what is known of it stands in a parameter beside the pipeline. It makes nothing in the account of the service and looks nothing up.
 * @internal
 */
export class ExistingEnvironment extends Construct implements IReleaseTarget {
  private readonly target: ReleaseTargetParts;

  constructor(scope: Construct, id: string, attributes: FargateEnvironmentAttributes) {
    super(scope, id);
    inspectAttributes(attributes).throwFor(this);
    const { account, partition, region } = Stack.of(this);
    const address = addressOf(attributes, { partition, region, account: partOf(attributes.releaseRoleArn, 4) });
    const { suffix } = (attributes.resourceNames ?? ResourceNames.generated())._bind(this);
    const parameterName = `/cdk-fargate-cicd/${explicitName(this, 'place', 100, { suffix })}`;
    new ssm.StringParameter(this, 'Place', {
      parameterName,
      description: `What a release to ${this.node.path} needs to know`,
      stringValue: Stack.of(this).toJsonString(describe(attributes, address)),
    });
    // Made of its name: the stack of the pipeline may be another one, and nothing is exported.
    this.target = targetOf(this, attributes, address, `arn:${partition}:ssm:${region}:${account}:parameter${parameterName}`);
  }

  /** @internal */
  _releaseTarget(): ReleaseTargetParts {
    return this.target;
  }
}

function describe(attributes: FargateEnvironmentAttributes, { clusterArn, serviceArn }: ServiceAddress): DescribedPlace {
  const { alarmNames = [], codeDeploy, containerName = 'app', repositoryArn, targetGroupArns, url = '' } = attributes;
  return {
    clusterArn, serviceArn, containerName, repositoryArn, targetGroupArns, alarmNames, url,
    codeDeploy: codeDeploy && { ...codeDeployNames(codeDeploy), hooks: codeDeploy.hooks ?? {} },
  };
}

function targetOf(place: Construct, attributes: FargateEnvironmentAttributes, address: ServiceAddress, parameterArn: string): ReleaseTargetParts {
  const { containerName = 'app', cpuArchitecture = ecs.CpuArchitecture.X86_64, externalId, releaseRoleArn, repositoryArn, url } = attributes;
  const { account, clusterName, region, serviceArn, serviceName } = address;
  return {
    placeName: placeNameOf(place),
    roleArn: releaseRoleArn,
    // Not a name: the release role does not reach it.
    parameterName: parameterArn,
    region, clusterName, serviceArn, serviceName, containerName, cpuArchitecture, externalId,
    existing: { account, pullsBuilds: repositoryArn === undefined, hasUrl: url !== undefined },
  };
}
