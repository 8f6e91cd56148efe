import { CfnOutput, Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { addressOf, CodeDeployAddress, ExistingService, inspectAlarmNames, inspectHome, inspectService, inspectSites, listed, LISTENER_ARN, Named, ROLE_ARN, TARGET_GROUP_ARN } from './existing-service';
import { NameMaker, ResourceNames } from '../../common/resource-names';
import { explicitName } from '../../private/naming';
import { Inspection } from '../../private/problems';
import { openRoles } from '../../private/scoped-role';
import { CodeDeployGroupOptions, inspectCodeDeploy } from '../strategy/code-deploy/code-deploy-options';
import { createCodeDeploy } from '../strategy/code-deploy/create-code-deploy';

/** Props of `CodeDeployGroup`. The service has the deployment controller CODE_DEPLOY, and everything stands in the account and region of the stack. */
export interface CodeDeployGroupProps extends ExistingService, CodeDeployGroupOptions {
  /** The two target groups between which traffic moves, by ARN; the service is registered in the first. */
  readonly targetGroupArns: string[];
  /** The listener whose traffic moves, by ARN. */
  readonly listenerArn: string;
  /** A listener that leads to new tasks before production traffic does, by ARN. @default - none */
  readonly testListenerArn?: string;
  /** Roles that the task definition names, the task role and the execution role, by ARN; at least one. */
  readonly passableRoleArns: string[];
  /** Alarms that stop a deployment and roll it back, by name; at most 10. @default - none */
  readonly alarmNames?: string[];
  /** Functions that deployments ask, by ARN. Which event asks which of them stands in `codeDeploy.hooks` of the attributes of the place. @default - none */
  readonly hookFunctionArns?: string[];
  /** Who names application and deployment group. @default ResourceNames.generated() */
  readonly resourceNames?: ResourceNames;
}

/** Application and deployment group of CodeDeploy for an ECS service that this library has not made, with a role of exact rights. They roll failed and stopped deployments back. */
export class CodeDeployGroup extends Construct {
  /** The deployment group. */
  readonly deploymentGroup: codedeploy.IEcsDeploymentGroup;
  /** Names of application and deployment group, for `codeDeploy` of `FargateEnvironment.fromAttributes` and `ReleaseRole`: known at synth, so that no stack exports anything. */
  readonly address: CodeDeployAddress;

  constructor(scope: Construct, id: string, props: CodeDeployGroupProps) {
    super(scope, id);
    inspectProps(props).throwFor(this);
    const names = knownNames(this, props);
    this.deploymentGroup = createCodeDeploy(this, props, {
      names,
      at: '',
      service: serviceOf(this, props),
      targetGroups: props.targetGroupArns.map((targetGroupArn, index) => elbv2.ApplicationTargetGroup.fromTargetGroupAttributes(this, `TargetGroup${index + 1}`, { targetGroupArn })),
      listener: new NamedListener(this, 'Listener', props.listenerArn),
      testListener: props.testListenerArn === undefined ? undefined : new NamedListener(this, 'TestListener', props.testListenerArn),
      alarms: (props.alarmNames ?? []).map((name, index) => cloudwatch.Alarm.fromAlarmName(this, `Alarm${index + 1}`, name)),
      hooks: (props.hookFunctionArns ?? []).map((functionArn) => ({ functionArn })),
      passableRoleArns: props.passableRoleArns,
    });
    this.address = { application: names.made.codedeploy, deploymentGroup: names.made['deployment-group'] };
    new CfnOutput(this, 'Application', { value: this.address.application, description: 'codeDeploy.application of FargateEnvironment.fromAttributes' });
    new CfnOutput(this, 'Group', { value: this.address.deploymentGroup, description: 'codeDeploy.deploymentGroup of FargateEnvironment.fromAttributes' });
    openRoles(this);
  }
}

/** A listener of which nothing is known but its ARN: importing one as the CDK does asks for its security groups. */
class NamedListener extends Resource implements elbv2.IListenerRef {
  readonly listenerRef: elbv2.ListenerReference;

  constructor(scope: Construct, id: string, listenerArn: string) {
    super(scope, id);
    this.listenerRef = { listenerArn };
  }
}

/** Names that are known before CloudFormation has made anything. */
function knownNames(scope: Construct, { resourceNames = ResourceNames.generated() }: CodeDeployGroupProps): NameMaker & { made: Record<string, string> } {
  const names = resourceNames._bind(scope);
  const made: Record<string, string> = {};
  return { suffix: names.suffix, made, name: (request) => (made[request.type] = names.name(request) ?? explicitName(scope, request.type, 100)) };
}

function serviceOf(scope: Construct, props: CodeDeployGroupProps): ecs.IBaseService {
  const { clusterName, serviceName } = addressOf(props, Stack.of(scope));
  return ecs.BaseService.fromServiceArnWithCluster(scope, 'Service', Stack.of(scope).formatArn({ service: 'ecs', resource: 'service', resourceName: `${clusterName}/${serviceName}` }));
}

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html */
const MOST_ALARMS = 10;

function inspectProps(props: CodeDeployGroupProps): Inspection {
  const look = new Inspection();
  if (!look.struct('props', props, 'cluster, service, targetGroupArns, listenerArn and passableRoleArns', 'write them in braces')) return look;
  const { alarmNames, cluster, hookFunctionArns, listenerArn, passableRoleArns, resourceNames, service, targetGroupArns, testListenerArn } = props;
  inspectService(look, props);
  inspectCodeDeploy(look, props);
  look.choice('resourceNames', resourceNames, ResourceNames);
  inspectAlarmNames(look, alarmNames, MOST_ALARMS);
  look.matches('listenerArn', listenerArn ?? null, ...LISTENER_ARN);
  look.matches('testListenerArn', testListenerArn, ...LISTENER_ARN);
  look.that(testListenerArn === undefined || testListenerArn !== listenerArn, 'testListenerArn', testListenerArn, 'another listener than listenerArn', 'take the one of the test traffic, or leave it out');
  look.that(Array.isArray(targetGroupArns) && new Set(targetGroupArns).size === 2, 'targetGroupArns', targetGroupArns, 'two target groups', 'name the one that has the traffic and the other one');
  look.each('hookFunctionArns', hookFunctionArns, (path, arn) => look.matches(path, arn ?? null, /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:[\w$-]+)?$/,
    'arn:<partition>:lambda:<region>:<account>:function:<name>', 'copy the ARN of the function'));
  look.notEmpty('passableRoleArns', passableRoleArns ?? [], 'name the task role and the execution role of the task definition');
  if (Array.isArray(targetGroupArns)) look.each('targetGroupArns', targetGroupArns, (path, arn) => look.matches(path, arn ?? null, ...TARGET_GROUP_ARN));
  if (Array.isArray(passableRoleArns)) look.each('passableRoleArns', passableRoleArns, (path, arn) => look.matches(path, arn ?? null, ...ROLE_ARN));
  const named: Named[] = [
    ['cluster', cluster], ['service', service], ['listenerArn', listenerArn], ['testListenerArn', testListenerArn],
    ...listed('targetGroupArns', targetGroupArns), ...listed('passableRoleArns', passableRoleArns), ...listed('hookFunctionArns', hookFunctionArns),
  ];
  inspectSites(look, named);
  inspectHome(look, named, ['account', 'region']);
  return look;
}
