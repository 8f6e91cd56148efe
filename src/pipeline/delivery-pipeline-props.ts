import { BuildRepository } from './build-repository';
import { Check } from './checks/check';
import { ImageBuild } from './image-build/image-build';
import { Source } from './source/source';
import { DeployStage } from './stages/deploy-stage';
import { ReleaseAction } from '../deploy/release-action';
import { Dashboard } from '../observe/dashboard';
import { DeploymentHistory } from '../observe/deployment-history';
import { NotifyingProps } from '../observe/foundation';
import { PipelineAlarm } from '../observe/pipeline-alarm';

/** What stands in the pipeline before the first release, and what watches it. */
export interface PipelineOptions {
  /** Where the code comes from. */
  readonly source: Source;
  /** How the image is made of releases that do not say it themselves. @default ImageBuild.dockerfile() */
  readonly imageBuild?: ImageBuild;
  /** Tests and scans before any release; an empty list: none. @default - [Check.imageScan()] */
  readonly checks?: Check[];
  /** Which action releases. @default ReleaseAction.releaseFunction() */
  readonly releaseAction?: ReleaseAction;
  /** Where it is written down what was released. @default DeploymentHistory.table() */
  readonly history?: DeploymentHistory;
  /** Alarms of the pipeline, which only notify; an empty list: none. @default - failedExecutions and releaseFunctionErrors */
  readonly pipelineAlarms?: PipelineAlarm[];
  /** The repository that builds push to. @default BuildRepository.create() */
  readonly repository?: BuildRepository;
  /** How many built images a new repository keeps for each image build, 2 to 1000. @default 50 */
  readonly imageCount?: number;
  /** How many days artifacts are kept, 1 to 3650. @default 30 */
  readonly artifactDays?: number;
  /** Base name of the pipeline, 1 to 100 of A-Z a-z 0-9 . @ _ -. @default - by `resourceNames` */
  readonly pipelineName?: string;
  /** Base name of a new repository that builds push to, 2 to 256 of a-z 0-9 . _ / -. @default - by `resourceNames` */
  readonly repositoryName?: string;
}

/** The road: from a push to released images. */
export interface DeliveryPipelineProps extends PipelineOptions, NotifyingProps {
  /** Stages that release, in this order; at least one. */
  readonly stages: DeployStage[];
  /** The dashboard. @default Dashboard.standard() */
  readonly dashboard?: Dashboard;
}
