import { join } from 'path';
import { App, Duration, Stack, Stage } from 'aws-cdk-lib';
import { Template as Assertions } from 'aws-cdk-lib/assertions';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as patterns from 'aws-cdk-lib/aws-ecs-patterns';
import * as pipelines from 'aws-cdk-lib/pipelines';
import type { Template } from './account/cloudformation';

/** What teams have who do not use this library, as far as the time of a release depends on it. */
interface Other {
  readonly road: Template;
  readonly place: Template;
}

const CONNECTION = 'arn:aws:codeconnections:eu-west-1:111111111111:connection/11111111-2222-3333-4444-555555555555';
const TRIVY = 'public.ecr.aws/aquasecurity/trivy:latest';
const templateOf = (stack: Stack): Template => Assertions.fromStack(stack).toJSON() as Template;

/** What a careful team writes with L2 constructs: the numbers of examples/rolling-service, its stages one after another, CodePipeline's own action. */
export function handWritten(): Other {
  const stack = new Stack(new App(), 'Shop');
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 }) });
  const { service, targetGroup } = new patterns.ApplicationLoadBalancedFargateService(stack, 'Service', {
    cluster, desiredCount: 2, minHealthyPercent: 50, maxHealthyPercent: 200, circuitBreaker: { rollback: true },
    taskImageOptions: { image: ecs.ContainerImage.fromRegistry('public.ecr.aws/acme/shop:1') },
  });
  targetGroup.configureHealthCheck({ path: '/', interval: Duration.seconds(30), timeout: Duration.seconds(5), healthyThresholdCount: 2, unhealthyThresholdCount: 3 });
  targetGroup.setAttribute('deregistration_delay.timeout_seconds', '30');

  const [source, image] = [new codepipeline.Artifact('Source'), new codepipeline.Artifact('Image')];
  const run = (actionName: string, buildImage: codebuild.IBuildImage = codebuild.LinuxBuildImage.STANDARD_7_0, outputs?: codepipeline.Artifact[]) => new actions.CodeBuildAction({
    actionName, input: source, outputs, project: new codebuild.PipelineProject(stack, actionName, { environment: { buildImage } }),
  });
  new codepipeline.Pipeline(stack, 'Pipeline', {
    stages: [
      {
        stageName: 'Source',
        actions: [new actions.CodeStarConnectionsSourceAction({ actionName: 'Source', owner: 'acme', repo: 'shop', branch: 'main', connectionArn: CONNECTION, output: source })],
      },
      { stageName: 'Build', actions: [run('Build', undefined, [image])] },
      { stageName: 'Test', actions: [run('Test')] },
      { stageName: 'Security-Scan', actions: [run('Audit'), run('ImageScan', codebuild.LinuxBuildImage.fromDockerRegistry(TRIVY))] },
      { stageName: 'Deploy', actions: [new actions.EcsDeployAction({ actionName: 'Deploy', service, input: image })] },
    ],
  });
  const template = templateOf(stack);
  return { road: template, place: template };
}

/** CDK Pipelines and the pattern of aws-ecs-patterns, each with as few options as they let. */
export function patternsOfTheCdk(): Other {
  const app = new App();
  const stack = new Stack(app, 'Pipeline');
  const pipeline = new pipelines.CodePipeline(stack, 'Pipeline', {
    synth: new pipelines.ShellStep('Synth', { input: pipelines.CodePipelineSource.connection('acme/shop', 'main', { connectionArn: CONNECTION }), commands: ['npx cdk synth'] }),
  });
  const stage = new Stage(app, 'Production');
  const service = new Stack(stage, 'Service');
  new patterns.ApplicationLoadBalancedFargateService(service, 'Service', {
    taskImageOptions: { image: ecs.ContainerImage.fromAsset(join(__dirname, '../../examples/rolling-service/app')) },
  });
  pipeline.addStage(stage);
  return { road: templateOf(stack), place: templateOf(service) };
}
