import { Approval } from './approval';
import { Check } from './checks/check';
import { DeliveryPipelineProps, PipelineOptions } from './delivery-pipeline-props';
import { DeployStage } from './deploy-stage';
import { ImageBuild } from './image-build/image-build';
import { Source } from './source';
import { approvalStageName, deployStageName, planBuildStages } from './stage-plan';
import { ReleaseAction } from '../deploy/release-action';
import { Dashboard } from '../observe/dashboard';
import { inspectFoundation } from '../observe/foundation';
import { PipelineAlarm } from '../observe/pipeline-alarm';
import { Inspection } from '../private/problems';

const NAME: [RegExp, string, string] = [/^[A-Za-z0-9.@_-]{1,100}$/, '1 to 100 of A-Z a-z 0-9 . @ _ -', 'leave out spaces and other characters'];

/** Everything before the first release. @internal */
export function inspectPipelineOptions(look: Inspection, props: PipelineOptions): void {
  look.that(props.source !== undefined, 'source', props.source, 'a Source', "write for example Source.gitHub('acme/shop')");
  look.choice('source', props.source, Source);
  look.choice('imageBuild', props.imageBuild, ImageBuild);
  look.choices('checks', props.checks, Check);
  look.choice('releaseAction', props.releaseAction, ReleaseAction);
  look.choices('pipelineAlarms', props.pipelineAlarms, PipelineAlarm);
  look.integer('imageCount', props.imageCount, 2, 1000, 'take at least 2: one runs, one is there to go back to');
  look.integer('artifactDays', props.artifactDays, 1, 3650, 'take for example 30');
  look.matches('pipelineName', props.pipelineName, ...NAME);
  look.matches('repositoryName', props.repositoryName, /^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'a-z 0-9, divided by . _ / or -', 'write it in lower case');
  inspectUnique(look, 'checks', (Array.isArray(props.checks) ? props.checks : []).map((check) => check?._name));
}

/** The stages that release, and that no two stages have one name. @internal */
export function inspectStages(look: Inspection, prop: string, stages: DeployStage[] | undefined, checks: Check[] = []): void {
  look.that(Array.isArray(stages) && stages.length > 0, prop, stages, 'at least one stage', 'say where to release to');
  if (!Array.isArray(stages)) return;
  look.each(prop, stages, (path, stage) => {
    look.matches(`${path}.stageName`, stage.stageName, ...NAME);
    look.that(Array.isArray(stage.releases) && stage.releases.length > 0, `${path}.releases`, stage.releases, 'at least one release', 'say where to release to');
    look.choice(`${path}.approval`, stage.approval, Approval);
    look.choices(`${path}.checks`, stage.checks, Check);
    inspectUnique(look, `${path}.checks`, (stage.checks ?? []).map((check) => check?._name));
    look.each(`${path}.checks`, stage.checks, (at, check) => look.that(!check?._needsImage, at, 'a check of the image', 'checks of the running service', 'move it to checks'));
  });
  if (look.problems.length > 0) return;
  const names = [
    'Source', ...planBuildStages(checks).map(({ name }) => name),
    ...stages.flatMap((stage) => [...(stage.approval ? [approvalStageName(stage)] : []), deployStageName(stage)]),
  ];
  inspectUnique(look, prop, names);
  look.that(names.length <= 50, prop, `${names.length} stages in all`, '2 to 50', 'release to several places in one stage, or make a second pipeline');
}

function inspectUnique(look: Inspection, prop: string, names: (string | undefined)[]): void {
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
  look.that(twice === undefined, prop, `'${twice}' twice`, 'each name once', 'give one of them another name');
}

/** Everything that is wrong with a pipeline. @internal */
export function inspectDelivery(props: DeliveryPipelineProps, look: Inspection = new Inspection()): Inspection {
  if (props === undefined || props === null) {
    look.report('props', props, 'source and stages', "write for example { source: Source.gitHub('acme/shop'), stages: [...] }");
    return look;
  }
  inspectFoundation(look, props);
  inspectPipelineOptions(look, props);
  look.choice('dashboard', props.dashboard, Dashboard);
  inspectStages(look, 'stages', props.stages, props.checks);
  return look;
}
