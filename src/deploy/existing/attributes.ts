import * as ecs from 'aws-cdk-lib/aws-ecs';
import { CodeDeployAddress, inspectGroupAddress, inspectReleasable, inspectSites, listed, LONGEST_ROLE, ReleasableService, ROLE_ARN, TARGET_GROUP_ARN } from './existing-service';
import { ResourceNames } from '../../common/resource-names';
import { Inspection } from '../../private/problems';
import { EXTERNAL_ID } from '../release-trust';
import { CodeDeployEvent } from '../strategy/deploy-hook';

/** An existing deployment group, and what each deployment of it asks. */
export interface ExistingCodeDeploy extends CodeDeployAddress {
  /**
   * Functions that are asked on the way of a deployment: name of the event, as the values of `CodeDeployEvent`, to the ARN or name of a function. They stand in the AppSpec, so those of earlier deployments
   * do not carry over.
   * @default - none
   */
  readonly hooks?: { [event: string]: string };
}

/** An ECS service that this library has not made, as a place to release to. */
export interface FargateEnvironmentAttributes extends ReleasableService {
  /** The role in the account of the service that the release function takes on, by ARN; `ReleaseRole` makes one. */
  readonly releaseRoleArn: string;
  /** What the release role wants to hear of its caller, 2 to 128 characters of A-Z a-z 0-9 + = , . @ : / _ and -. @default - nothing */
  readonly externalId?: string;
  /** The container whose image is released, 1 to 255 of A-Z a-z 0-9 _ -. @default 'app' */
  readonly containerName?: string;
  /** Target groups that released tasks must be healthy in, each task in one. @default - those that the service names when its release ends */
  readonly targetGroupArns?: string[];
  /** The deployment group, when CodeDeploy deploys to the service. @default - ECS does, by whatever strategy the service has */
  readonly codeDeploy?: ExistingCodeDeploy;
  /** Where the service answers: `SERVICE_URL` of checks after a release, and what an approval shows. @default - nobody is told */
  readonly url?: string;
  /** Architecture that images are built for. @default ecs.CpuArchitecture.X86_64 */
  readonly cpuArchitecture?: ecs.CpuArchitecture;
  /** Who names the parameter beside the pipeline that tells of the service. @default ResourceNames.generated() */
  readonly resourceNames?: ResourceNames;
}

/** How a `FargateEnvironment` of another CDK app is found: by two outputs of its stack. */
export interface PublishedEnvironmentAttributes {
  /** Its output `ReleaseRoleArn`. */
  readonly releaseRoleArn: string;
  /** Its output `PlaceParameterName`. */
  readonly parameterName: string;
  /** Its region. @default - the region of the stack that this is written in */
  readonly region?: string;
  /** What its `releaseTrust` wants to hear, 2 to 128 characters of A-Z a-z 0-9 + = , . @ : / _ and -. @default - nothing */
  readonly externalId?: string;
  /** Architecture of its tasks, which images are built for. @default ecs.CpuArchitecture.X86_64 */
  readonly cpuArchitecture?: ecs.CpuArchitecture;
}

/** What is wrong with attributes. @internal */
export function inspectAttributes(attributes: FargateEnvironmentAttributes): Inspection {
  const look = new Inspection();
  if (!look.struct('attributes', attributes, 'cluster, service and releaseRoleArn', 'write them in braces')) return look;
  const { cluster, codeDeploy, containerName, cpuArchitecture, externalId, releaseRoleArn, repositoryArn, resourceNames, service, targetGroupArns, url } = attributes;
  inspectReleasable(look, attributes);
  look.matches('releaseRoleArn', releaseRoleArn ?? null, ...ROLE_ARN);
  look.that(typeof releaseRoleArn !== 'string' || releaseRoleArn.length <= LONGEST_ROLE, 'releaseRoleArn', `${releaseRoleArn?.length} characters`, `${LONGEST_ROLE} characters`, 'give the role a shorter path');
  look.matches('containerName', containerName, /^[A-Za-z0-9_-]{1,255}$/, '1 to 255 of A-Z a-z 0-9 _ -', 'take the name in the task definition');
  look.each('targetGroupArns', targetGroupArns, (path, arn) => look.matches(path, arn ?? null, ...TARGET_GROUP_ARN));
  look.matches('url', url, /^https?:\/\/[^\s]{1,2000}$/, 'an address that begins with http:// or https://', "write for example 'https://shop.example.com'");
  look.matches('externalId', externalId, ...EXTERNAL_ID);
  look.kind('cpuArchitecture', cpuArchitecture, '_cpuArchitecture', 'an ecs.CpuArchitecture', 'take for example ecs.CpuArchitecture.ARM64');
  look.choice('resourceNames', resourceNames, ResourceNames);
  if (codeDeploy !== undefined) inspectGroup(look, codeDeploy);
  inspectSites(look, [
    ['cluster', cluster], ['service', service], ['releaseRoleArn', releaseRoleArn], ['repositoryArn', repositoryArn], ['codeDeploy.application', codeDeploy?.application],
    ['codeDeploy.deploymentGroup', codeDeploy?.deploymentGroup], ...listed('targetGroupArns', targetGroupArns),
  ]);
  return look;
}

function inspectGroup(look: Inspection, codeDeploy: ExistingCodeDeploy): void {
  inspectGroupAddress(look, 'codeDeploy', codeDeploy);
  const { hooks } = codeDeploy ?? {};
  if (hooks === undefined || !look.struct('codeDeploy.hooks', hooks, 'a map of events to functions', "write for example { AfterAllowTraffic: 'ask-the-shop' }")) return;
  for (const [event, handler] of Object.entries(hooks)) {
    look.oneOf(`codeDeploy.hooks.${event}`, event as CodeDeployEvent, Object.values(CodeDeployEvent), 'take a value of CodeDeployEvent');
    look.matches(`codeDeploy.hooks.${event}`, handler ?? null, /^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,64}(:[\w$-]+)?$/, 'the name or ARN of a function', 'write its name');
  }
}
