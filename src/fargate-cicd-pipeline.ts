import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { FargateEnvironment } from './environment/fargate-environment';
import { FargateEnvironmentProps } from './environment/fargate-environment-props';
import { inspectEnvironment } from './environment/inspect-environment';
import { Dashboard } from './observe/dashboard';
import { layFoundation } from './observe/foundation';
import { Check } from './pipeline/checks/check';
import { DeliveryPipeline } from './pipeline/delivery-pipeline';
import { PipelineOptions } from './pipeline/delivery-pipeline-props';
import { inspectArchitecture, inspectPipelineOptions, inspectStage, inspectStageNames, inspectStages } from './pipeline/inspect-pipeline';
import { Approval } from './pipeline/stages/approval';
import { DeployStage, Release } from './pipeline/stages/deploy-stage';
import { StageConditions } from './pipeline/stages/stage-condition';
import { StageFailure } from './pipeline/stages/stage-failure';
import { consoleUrl } from './private/console';
import { Inspection } from './private/problems';

/** A place and the road to it. Only `source` is required. */
export interface FargateCicdPipelineProps extends FargateEnvironmentProps, PipelineOptions {
  /** Stages that release to other places before this one, for example staging. @default - none */
  readonly earlierStages?: DeployStage[];
  /** A gate before the release to this place. @default - none */
  readonly approval?: Approval;
  /** Checks right before the release to this place, for example a migration by `Check.task`. @default - none */
  readonly beforeRelease?: Check[];
  /** Checks after the release to this place, with the variable `SERVICE_URL` set. @default - none */
  readonly releaseChecks?: Check[];
  /** What must hold before and after the release to this place, for example a deployment window. @default - none */
  readonly releaseConditions?: StageConditions;
  /** What becomes of the stage that releases to this place when the release or a check fails. @default StageFailure.stop() */
  readonly onReleaseFailure?: StageFailure;
  /** Name of the stage that releases to this place, 1 to 100 of A-Z a-z 0-9 . @ _ -. @default 'Deploy' */
  readonly stageName?: string;
}

/** Everything between `git push` and healthy containers behind a load balancer: a place and the road to it, in one stack. */
export class FargateCicdPipeline extends Construct {
  /** The place. */
  readonly environment: FargateEnvironment;
  /** The road. */
  readonly delivery: DeliveryPipeline;
  /** The dashboard of both. */
  readonly dashboard?: cloudwatch.Dashboard;
  /** Topics of both. */
  readonly topics: sns.ITopic[];
  /** The key of both; undefined with `Encryption.awsManaged()`. */
  readonly encryptionKey?: kms.IKey;

  constructor(scope: Construct, id: string, props: FargateCicdPipelineProps) {
    super(scope, id);
    inspectProps(props).throwFor(this);
    const foundation = layFoundation(this, props);
    const shared = { ...props, _foundation: foundation, tags: undefined, dashboard: Dashboard.none() };
    this.environment = new FargateEnvironment(this, 'Environment', shared);
    this.delivery = new DeliveryPipeline(this, 'Delivery', { ...shared, stages: stagesOf(props, [{ target: this.environment }]) });
    this.topics = foundation.topics;
    this.encryptionKey = foundation.key;
    this.dashboard = (props.dashboard ?? Dashboard.standard())._bind(this, {
      names: foundation.names, services: [this.environment._dimensions()], pipeline: this.delivery._dimensions(),
    });
    this.createOutputs();
  }

  private createOutputs(): void {
    const { region } = Stack.of(this);
    const output = (id: string, value: string | undefined, description: string) => value && new CfnOutput(this, id, { value, description });
    output('SnsTopicArn', this.topics[0]?.topicArn, 'Who subscribes here is told about alarms and failures');
    output('KmsKeyId', this.encryptionKey?.keyId, 'Key of everything at rest');
    output('DashboardUrl', this.dashboard && `${consoleUrl(region)}/cloudwatch/home?region=${region}#dashboards/dashboard/${this.dashboard.dashboardName}`,
      'The dashboard in the console');
  }
}

/** Earlier stages, and the one that releases to this construct's own place. */
const stagesOf = ({ earlierStages = [], stageName = 'Deploy', ...props }: FargateCicdPipelineProps, releases: Release[]): DeployStage[] =>
  [...earlierStages, { ...ownStage(props), stageName, releases }];

/** What stands around the release to this construct's own place. */
const ownStage = ({ approval, beforeRelease, releaseChecks: checks, releaseConditions: conditions, onReleaseFailure: onFailure }: Partial<FargateCicdPipelineProps>) =>
  ({ approval, beforeRelease, checks, conditions, onFailure });

/** Place and road together, so that all problems stand in one error on the construct that the user wrote. */
function inspectProps(props: FargateCicdPipelineProps): Inspection {
  const look = new Inspection();
  if (!look.struct('props', props, 'at least a source', "write for example { source: Source.gitHub('acme/shop') }")) return look;
  inspectEnvironment(props, look);
  inspectPipelineOptions(look, props);
  inspectArchitecture(look, props.imageBuild, props.container?.cpuArchitecture ?? ecs.CpuArchitecture.X86_64);
  inspectStage(look, { stageName: props.stageName, ...ownStage(props) }, {
    stageName: 'stageName', approval: 'approval', checks: 'releaseChecks', conditions: 'releaseConditions', onFailure: 'onReleaseFailure', beforeRelease: 'beforeRelease',
  });
  inspectStages(look, 'earlierStages', props.earlierStages, props.releaseAction);
  if (look.problems.length === 0) inspectStageNames(look, 'earlierStages', stagesOf(props, []), props.checks);
  return look;
}
