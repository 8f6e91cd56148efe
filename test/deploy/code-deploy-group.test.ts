import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CodeDeployGroup, CodeDeployGroupProps, ResourceNames, TrafficRouting } from '../../src';

const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:222222222222:${resource}`;
const LISTENER = arn('elasticloadbalancing', 'listener/app/shop/0123456789abcdef/0123456789abcdef');
const TEST_LISTENER = arn('elasticloadbalancing', 'listener/app/shop/0123456789abcdef/fedcba9876543210');
const ROLES = ['arn:aws:iam::222222222222:role/task', 'arn:aws:iam::222222222222:role/execution'];
const props: CodeDeployGroupProps = {
  cluster: 'shop', service: 'web', listenerArn: LISTENER, passableRoleArns: ROLES,
  targetGroupArns: ['blue', 'green'].map((name) => arn('elasticloadbalancing', `targetgroup/${name}/0123456789abcdef`)),
};

function made(changes: Partial<CodeDeployGroupProps> = {}) {
  const stack = new Stack(new App(), 'Shop', { env: { account: '222222222222', region: 'us-east-1' } });
  const group = new CodeDeployGroup(stack, 'Deployments', { ...props, ...changes });
  return { group, template: Template.fromStack(stack) };
}

const statements = (template: Template): any[] => Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

test('an application and a deployment group for the service, between its two target groups', () => {
  const { group, template } = made();
  expect(group.address).toEqual({ application: 'codedeploy-Shop-Deployments-CCB5BB54', deploymentGroup: 'deployment-group-Shop-Deployments-CCB5BB54' });
  template.hasResourceProperties('AWS::CodeDeploy::Application', { ApplicationName: group.address.application, ComputePlatform: 'ECS' });
  template.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    DeploymentGroupName: group.address.deploymentGroup,
    DeploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    ECSServices: [{ ClusterName: 'shop', ServiceName: 'web' }],
    LoadBalancerInfo: {
      TargetGroupPairInfoList: [{ TargetGroups: [{ Name: 'blue' }, { Name: 'green' }], ProdTrafficRoute: { ListenerArns: [LISTENER] }, TestTrafficRoute: Match.absent() }],
    },
    AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] },
    BlueGreenDeploymentConfiguration: { TerminateBlueInstancesOnDeploymentSuccess: { TerminationWaitTimeInMinutes: 5 } },
  });
  template.resourceCountIs('AWS::ECS::Service', 0);
  template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 0);
  template.hasOutput('*', { Value: group.address.application });
});

test('its role may do that for this service and these listeners, and nothing else', () => {
  const { template } = made({ testListenerArn: TEST_LISTENER, alarmNames: ['errors'], hookFunctionArns: [arn('lambda', 'function:ask')] });
  const text = JSON.stringify(statements(template)).replace(/\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/g, '"arn:aws$1"');
  expect(text).toContain('"Action":["ecs:DescribeServices","ecs:UpdateServicePrimaryTaskSet"],"Effect":"Allow","Resource":"arn:aws:ecs:us-east-1:222222222222:service/shop/web"');
  expect(text).toContain('"Resource":"arn:aws:ecs:us-east-1:222222222222:task-set/shop/web/*"');
  expect(text).toContain(`"Action":"elasticloadbalancing:ModifyListener","Effect":"Allow","Resource":["${LISTENER}","${TEST_LISTENER}"]`);
  expect(text).toContain(JSON.stringify({ Action: 'iam:PassRole', Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }, Effect: 'Allow', Resource: ROLES }));
  expect(text).toContain('"Resource":"arn:aws:lambda:us-east-1:222222222222:function:ask"');
  expect(text).toContain('"Resource":"arn:aws:cloudwatch:us-east-1:222222222222:alarm:errors"');
  template.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    AlarmConfiguration: { Alarms: [{ Name: 'errors' }], Enabled: true },
    LoadBalancerInfo: { TargetGroupPairInfoList: [{ TestTrafficRoute: { ListenerArns: [TEST_LISTENER] } }] },
  });
});

test('moves traffic and is named as the user says', () => {
  const { group, template } = made({ trafficRouting: TrafficRouting.canary(), applicationName: 'shop', resourceNames: ResourceNames.suffixed({ suffix: 'prod' }) });
  expect(group.address).toEqual({ application: 'shop-prod', deploymentGroup: 'deployment-group-deployments-prod' });
  template.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', { DeploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes' });
});
