import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { createBuildRepository } from './create-build-repository';
import { DeliveryPipelineProps } from './delivery-pipeline-props';
import { notifyFailures } from './failure-events';
import { inspectDelivery } from './inspect-pipeline';
import { watchLimits } from './limits';
import { PipelineParts } from './parts';
import { mayWriteArtifacts } from './project/artifact-rights';
import { waitForRights } from './project/wait-for-rights';
import { Source } from './source/source';
import { addBuildStages } from './stages/build-stages';
import { addDeployStages } from './stages/deploy-stages';
import { createBucket } from '../common/bucket';
import { createReleaseFunction } from '../deploy/create-release-function';
import { ReleaseAction } from '../deploy/release-action';
import { Dashboard } from '../observe/dashboard';
import { DeploymentHistory } from '../observe/deployment-history';
import { Foundation, layFoundation } from '../observe/foundation';
import { PipelineAlarm, PipelineDimensions } from '../observe/pipeline-alarm';
import { acknowledge } from '../private/acknowledge';
import { pipelineUrl } from '../private/console';
import { guarded, openRoles, ScopedRole } from '../private/scoped-role';

/** The road alone, for teams whose places are made elsewhere: source, build, checks, and the stages that release. */
export class DeliveryPipeline extends Construct {
  /** The pipeline; further stages and triggers may be added. */
  readonly pipeline: codepipeline.Pipeline;
  /** Built images; only the build writes here, and no tag ever moves. */
  readonly repository: ecr.IRepository;
  /** What goes from action to action. */
  readonly artifactBucket: s3.Bucket;
  /** The project that builds the image; of several, the first. */
  readonly buildProject: codebuild.IProject;
  /** The function that releases. */
  readonly releaseFunction: lambda.IFunction;
  /** What was released when and how it ended; undefined with `DeploymentHistory.none()`. */
  readonly historyTable?: dynamodb.Table;
  /** The alarms of the pipeline. */
  readonly alarms: cloudwatch.Alarm[];
  /** Topics that are told about failures. */
  readonly topics: sns.ITopic[];
  /** The dashboard, if this construct made one. */
  readonly dashboard?: cloudwatch.Dashboard;
  private readonly places: string[];

  constructor(scope: Construct, id: string, props: DeliveryPipelineProps) {
    super(scope, id);
    inspectDelivery(props).throwFor(this);
    const foundation = layFoundation(this, props);
    const { stages, releaseAction = ReleaseAction.releaseFunction() } = props;
    const targets = stages.flatMap(({ releases }) => releases.map(({ target }) => target));
    this.places = [...new Set(targets.map((target) => target._releaseTarget().placeName))];
    this.topics = foundation.topics;
    this.repository = createBuildRepository(this, foundation, props);
    this.artifactBucket = this.createArtifactBucket(props, foundation);
    const pipelineRole = this.createRole(foundation);
    this.pipeline = this.createPipeline(props, foundation, pipelineRole);
    const parts = this.addSource(props.source, foundation, pipelineRole);
    const { images, buildProject, projects } = addBuildStages(this, this.pipeline, parts, props);
    this.buildProject = buildProject;
    const history = (props.history ?? DeploymentHistory.table())._bind(this, foundation);
    this.historyTable = history?.table;
    const crossing = { repository: this.repository, targets, history, commits: parts.commits, pipelineName: this.nameForMessages(), deploying: this.deploying(props) };
    this.releaseFunction = createReleaseFunction(this, foundation, crossing, releaseAction._options).function;
    const settings = { parts, images, releaseAction, releaseFunction: this.releaseFunction, topics: this.topics };
    const checkProjects = addDeployStages(new Construct(this, 'Stages'), this.pipeline, stages, settings);
    this.alarms = (props.pipelineAlarms ?? PipelineAlarm._all()).map((alarm) => alarm._bind(this, this._dimensions(), foundation));
    this.dashboard = (props.dashboard ?? Dashboard.standard())._bind(this, { names: foundation.names, services: [], pipeline: this._dimensions() });
    notifyFailures(this, this.pipeline, [...projects, ...checkProjects], this.topics);
    this.createOutputs();
    openRoles(this);
  }

  /** @internal */
  _dimensions(): PipelineDimensions {
    return { pipelineName: this.pipeline.pipelineName, releaseFunctionName: this.releaseFunction.functionName, places: this.places };
  }

  private createArtifactBucket({ artifactDays = 30 }: DeliveryPipelineProps, { key, removalPolicy, logBucket }: Foundation): s3.Bucket {
    return createBucket(this, 'Artifacts', {
      key, removalPolicy, logBucket: logBucket(), logPrefix: 'artifacts/', logGroupKey: key, versioned: true, expiration: Duration.days(artifactDays),
    });
  }

  private createRole({ key }: Foundation): ScopedRole {
    const role = new ScopedRole(this, 'Role', {
      assumedBy: guarded(this, 'codepipeline.amazonaws.com'),
      description: `Runs the pipeline ${this.node.path}`,
    });
    return role.allow(...mayWriteArtifacts({ artifactBucket: this.artifactBucket, key }));
  }

  private createPipeline({ pipelineName }: DeliveryPipelineProps, { names }: Foundation, role: ScopedRole): codepipeline.Pipeline {
    const pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: names.name({ type: 'pipeline', base: pipelineName, prop: 'pipelineName', maxLength: 100 }),
      pipelineType: codepipeline.PipelineType.V2,
      role,
      artifactBucket: this.artifactBucket,
    });
    watchLimits(this, pipeline);
    waitForRights(this, pipeline);
    acknowledge(pipeline, { 'cfn-lint::W3005': 'explicit order made by CDK', 'CloudFormation-Validate::W3005': 'explicit order made by CDK' });
    return pipeline;
  }

  private addSource(source: Source, foundation: Foundation, pipelineRole: ScopedRole): PipelineParts {
    const { artifactBucket, repository, pipeline } = this;
    const { action, artifact, trigger, ...commits } = source._bind(this, { ...foundation, artifactBucket, pipelineRole, pipeline });
    this.pipeline.addStage({ stageName: 'Source', actions: [action] });
    if (trigger) this.pipeline.addTrigger(trigger);
    return { ...foundation, artifactBucket, repository, pipelineRole, ...commits, source: artifact };
  }

  /** The function tells of the pipeline that invokes it, so it cannot refer to it: only a name that is given is known to both. */
  private nameForMessages(): string | undefined {
    return Stack.of(this).resolve((this.pipeline.node.defaultChild as codepipeline.CfnPipeline).name) as string | undefined;
  }

  /** The pipeline, when it has a deploy action of CodePipeline's own. */
  private deploying({ stages, releaseAction }: DeliveryPipelineProps): codepipeline.Pipeline | undefined {
    return stages.some(({ releases }) => releases.some(({ action = releaseAction }) => action?._isCodePipelines)) ? this.pipeline : undefined;
  }

  private createOutputs(): void {
    const output = (id: string, value: string, description: string) => new CfnOutput(this, id, { value, description });
    output('PipelineName', this.pipeline.pipelineName, 'The pipeline');
    output('PipelineArn', this.pipeline.pipelineArn, 'The pipeline');
    output('PipelineUrl', pipelineUrl(this.pipeline.pipelineName, Stack.of(this).region), 'The pipeline in the console');
    output('EcrRepositoryUri', this.repository.repositoryUri, 'Repository of built images');
    output('ArtifactBucketName', this.artifactBucket.bucketName, 'What goes from action to action');
    output('BuildProjectName', this.buildProject.projectName, 'The project that builds the image');
    output('LambdaFunctionArn', this.releaseFunction.functionArn, 'The function that releases');
    output('ReleaseFunctionRoleArn', this.releaseFunction.role!.roleArn, 'Its role, for ReleaseTrust.role of a place');
    output('ValidationLambdaArn', this.releaseFunction.functionArn, 'The function that proves releases: the same');
    if (!this.historyTable) return;
    output('DeploymentTableName', this.historyTable.tableName, 'What was released when and how it ended');
    output('StateTableName', this.historyTable.tableName, 'The same table, which also holds the state of each place');
  }
}
