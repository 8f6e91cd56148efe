import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { PublishedEnvironmentAttributes } from './attributes';
import { ROLE_ARN } from './existing-service';
import { inspect } from '../../private/problems';
import { IReleaseTarget, placeNameOf, ReleaseTargetParts } from '../release-target';
import { EXTERNAL_ID } from '../release-trust';

/**
 * A place that publishes itself in another app. Nothing is made for it; all that a release needs to know beyond these names it reads there.
 * @internal
 */
export class PublishedEnvironment extends Construct implements IReleaseTarget {
  private readonly target: ReleaseTargetParts;

  constructor(scope: Construct, id: string, attributes: PublishedEnvironmentAttributes) {
    super(scope, id);
    inspect((look) => {
      if (!look.struct('attributes', attributes, 'releaseRoleArn and parameterName', 'write them in braces')) return;
      look.matches('releaseRoleArn', attributes.releaseRoleArn ?? null, ...ROLE_ARN);
      look.matches('parameterName', attributes.parameterName ?? null, /^\/[\w./-]{1,1010}$/, 'the name of an SSM parameter, which begins with /', 'copy the output PlaceParameterName');
      look.matches('region', attributes.region, /^[a-z]{2}(-[a-z]+)+-\d$/, 'a region', "write for example 'eu-west-1'");
      look.matches('externalId', attributes.externalId, ...EXTERNAL_ID);
      look.kind('cpuArchitecture', attributes.cpuArchitecture, '_cpuArchitecture', 'an ecs.CpuArchitecture', 'take for example ecs.CpuArchitecture.ARM64');
    }).throwFor(this);
    const { releaseRoleArn, parameterName, region = Stack.of(this).region, externalId, cpuArchitecture = ecs.CpuArchitecture.X86_64 } = attributes;
    this.target = { placeName: placeNameOf(this), roleArn: releaseRoleArn, parameterName, region, externalId, cpuArchitecture, containerName: 'app' };
  }

  /** @internal */
  _releaseTarget(): ReleaseTargetParts {
    return this.target;
  }
}
