import { Stack, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { BuildRepository } from './build-repository';
import { Check } from './checks/check';
import { CheckOrder } from './checks/check-options';
import { DeliveryPipelineProps, PipelineOptions } from './delivery-pipeline-props';
import { buildActionName, planBuilds } from './image-build/build-plan';
import { ImageBuild } from './image-build/image-build';
import { Source } from './source/source';
import { Approval } from './stages/approval';
import { DeployStage, Release } from './stages/deploy-stage';
import { StageCondition, StageConditions } from './stages/stage-condition';
import { StageFailure } from './stages/stage-failure';
import { approvalStageName, deployStageName, planBuildStages } from './stages/stage-plan';
import { ReleaseAction } from '../deploy/release-action';
import { IReleaseTarget } from '../deploy/release-target';
import { Dashboard } from '../observe/dashboard';
import { DeploymentHistory } from '../observe/deployment-history';
import { inspectFoundation } from '../observe/foundation';
import { Notification } from '../observe/notification';
import { PipelineAlarm } from '../observe/pipeline-alarm';
import { areApart, Inspection } from '../private/problems';

const NAME: [RegExp, string, string] = [/^[A-Za-z0-9.@_-]{1,100}$/, '1 to 100 of A-Z a-z 0-9 . @ _ -', 'leave out spaces and other characters'];

/** Everything before the first release. @internal */
export function inspectPipelineOptions(look: Inspection, props: PipelineOptions): void {
  look.that(props.source !== undefined, 'source', props.source, 'a Source', "write for example Source.gitHub('acme/shop')");
  look.choice('source', props.source, Source);
  look.choice('imageBuild', props.imageBuild, ImageBuild);
  look.choices('checks', props.checks, Check);
  look.choice('releaseAction', props.releaseAction, ReleaseAction);
  look.choice('history', props.history, DeploymentHistory);
  look.choices('pipelineAlarms', props.pipelineAlarms, PipelineAlarm);
  look.choice('repository', props.repository, BuildRepository);
  look.that(!(props.repository instanceof BuildRepository && props.repository._exists) || (props.imageCount ?? props.repositoryName) === undefined, 'repository',
    'BuildRepository.fromRepository beside imageCount or repositoryName', 'BuildRepository.create() with them', 'leave them out: an existing repository has its own name and keeps what its owner says');
  look.literal('imageCount', props.imageCount, 'it stands inside a text, the lifecycle policy');
  look.integer('imageCount', props.imageCount, 2, 1000, 'take at least 2: one runs, one is there to go back to');
  inspectUnique(look, 'pipelineAlarms', (Array.isArray(props.pipelineAlarms) ? props.pipelineAlarms : []).map((alarm) => alarm?._id));
  look.integer('artifactDays', props.artifactDays, 1, 3650, 'take for example 30');
  look.matches('pipelineName', props.pipelineName, ...NAME);
  look.matches('repositoryName', props.repositoryName, /^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'a-z 0-9, divided by . _ / or -', 'write it in lower case');
  // The image build stands in one stage with checks that run beside it.
  const beside = (Array.isArray(props.checks) ? props.checks : []).filter((check) => check?._order === CheckOrder.WITH_BUILD);
  look.that(beside.every(({ _name }) => _name !== 'Build'), 'checks', 'Build', 'a name that the image build does not have', 'give the check another name');
  inspectUrls(look, 'checks', props.checks);
  inspectUnique(look, 'checks', (Array.isArray(props.checks) ? props.checks : []).map((check) => check?._name));
}

/** Before a release there is no service that a check could ask by itself. */
function inspectUrls(look: Inspection, prop: string, checks: Check[] | undefined): void {
  if (!Array.isArray(checks)) return;
  look.each(prop, checks, (path, check) => look.that(!check?._needsService, `${path}.url`, undefined, 'a URL, since the service is asked after its release only', 'say what is asked, or move the check behind the release'));
}

/** Stages that release, each by itself. @internal */
export function inspectStages(look: Inspection, prop: string, stages: DeployStage[] | undefined, action: ReleaseAction | undefined): void {
  const found = look.problems.length;
  look.each(prop, stages, (path, stage) => {
    if (!look.struct(path, stage, 'a stage', 'write for example { releases: [{ target }] }')) return;
    const { releases } = stage;
    look.that(Array.isArray(releases) && releases.length > 0, `${path}.releases`, releases, 'at least one release', 'say where to release to');
    if (Array.isArray(releases)) inspectReleases(look, `${path}.releases`, releases, action);
    inspectStage(look, stage, {
      stageName: `${path}.stageName`, approval: `${path}.approval`, checks: `${path}.checks`, conditions: `${path}.conditions`, onFailure: `${path}.onFailure`,
      beforeRelease: `${path}.beforeRelease`,
    });
    look.choices(`${path}.notifications`, stage.notifications, Notification);
  });
  if (look.problems.length > found || !Array.isArray(stages)) return;
  const targets = stages.flatMap(({ releases }) => releases.map(({ target }) => target));
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  look.that(!twice, prop, `the place ${twice?.node.path} twice`, 'each place once', 'release to it in one stage only');
}

function inspectReleases(look: Inspection, prop: string, releases: Release[], action: ReleaseAction | undefined): void {
  const found = look.problems.length;
  look.each(prop, releases, (path, release) =>
    look.kind(`${path}.target`, release?.target ?? null, '_releaseTarget', 'a place', 'hand over a FargateEnvironment'));
  releases.forEach((release, index) => inspectOwnChoices(look, `${prop}[${index}]`, release));
  if (look.problems.length > found) return;
  inspectUnique(look, prop, releases.map(({ target }) => target._releaseTarget().placeName));
  releases.forEach(({ target, action: own }, index) => look.inPlace((later, stack) => inspectWay(later, `${prop}[${index}].target`, stack, target, own ?? action)));
}

function inspectOwnChoices(look: Inspection, prop: string, release: Release | null | undefined): void {
  const { imageBuild, action } = release ?? {} as Partial<Release>;
  look.choice(`${prop}.imageBuild`, imageBuild, ImageBuild);
  look.choice(`${prop}.action`, action, ReleaseAction);
  const settings = action instanceof ReleaseAction && action._problems.length === 0 ? Object.keys(action._options) : [];
  look.that(settings.length === 0, `${prop}.action`, settings, 'no settings: one release function serves the whole pipeline', 'give them to releaseAction of the pipeline');
}

/** That a pipeline in one stack can reach a place in another, wherever that is. */
function inspectWay(look: Inspection, prop: string, here: Stack, target: IReleaseTarget, action: ReleaseAction | undefined): void {
  const there = Stack.of(target);
  const { existing, region: reached, serviceArn, trustedAccounts: accounts = [here.account] } = target._releaseTarget();
  for (const part of ['account', 'region'] as const) {
    const [ours, theirs] = [here[part], there[part]].map((value) => Token.isUnresolved(value) ? undefined : value);
    look.that((ours === undefined) === (theirs === undefined), prop,
      `a place in ${ours ? 'a stack without' : 'the'} ${part}${theirs ? ` ${theirs}` : ''}`,
      `places whose stack says its ${part} as that of the pipeline does${ours ? ` (${ours})` : ', or does not'}`,
      `give the stack ${(ours ? there : here).node.path} an env with account and region: without, nobody knows where it will stand`);
  }
  const [ours, theirs] = [here.region, reached].map((region) => RegionInfo.get(region).partition);
  look.that(!ours || !theirs || ours === theirs, prop, `a place in the region ${reached}`, `places in the partition ${ours} of the pipeline`,
    'make a pipeline there: AWS lets nobody cross partitions');
  look.that(accounts.some((account) => !areApart(here.account, account)), prop, `a place that trusts ${accounts.join(', ')}`,
    `places that trust the account ${here.account} of the pipeline`, `give the place releaseTrust: ReleaseTrust.account('${here.account}')`);
  const known = existing !== undefined || serviceArn !== undefined;
  look.that((here === there && known) || !(action instanceof ReleaseAction) || !action._isCodePipelines, prop, known ? `a place in the stack ${there.node.path}` : 'a place of another app',
    'places in the stack of the pipeline with ReleaseAction.codePipelineAction(), which would bind the stacks to each other by exports',
    'take ReleaseAction.releaseFunction(), which needs none');
  if (existing) inspectExisting(look, prop, here, target, action);
}

/** That the pipeline of a stack can reach a service which the library has not made. */
function inspectExisting(look: Inspection, prop: string, here: Stack, target: IReleaseTarget, action: ReleaseAction | undefined): void {
  const { existing, region } = target._releaseTarget();
  const there = Stack.of(target);
  look.that(!areApart(here.account, there.account), prop, `a place from attributes in the stack ${there.node.path} of the account ${there.account}`,
    `places from attributes in stacks of ${here.account}, the account of the pipeline, which keeps what is known of them`, 'write FargateEnvironment.fromAttributes in the stack of the pipeline');
  look.that(!existing!.pullsBuilds || !areApart(here.region, region), prop, `a place from attributes in ${region} without a repository`,
    `places in ${here.region}, where the build repository is, or with a repository of their own`, 'give it repositoryArn');
  look.that(!(action instanceof ReleaseAction) || !action._isCodePipelines, prop, 'a place from attributes',
    'places of this library with ReleaseAction.codePipelineAction(), whose rights name the roles of the place', 'take ReleaseAction.releaseFunction()');
}

/** What stands around the releases of a stage; `at` says under which props the user wrote it. @internal */
export function inspectStage(look: Inspection, { stageName, approval, beforeRelease, checks, conditions, onFailure }: Omit<DeployStage, 'releases' | 'notifications'>,
  at: Record<'stageName' | 'approval' | 'beforeRelease' | 'checks' | 'conditions' | 'onFailure', string>): void {
  look.matches(at.stageName, stageName, ...NAME);
  look.choice(at.approval, approval, Approval);
  look.choice(at.onFailure, onFailure, StageFailure);
  inspectConditions(look, at.conditions, conditions);
  look.choices(at.checks, checks, Check);
  look.choices(at.beforeRelease, beforeRelease, Check);
  inspectUrls(look, at.beforeRelease, beforeRelease);
  if (Array.isArray(beforeRelease)) inspectUnique(look, at.beforeRelease, [...beforeRelease, ...Array.isArray(checks) ? checks : []].map((check) => check?._name));
  if (!Array.isArray(checks)) return;
  inspectUnique(look, at.checks, checks.map((check) => check?._name));
  look.each(at.checks, checks, (path, check) => look.that(!check?._needsImage, path, 'a check of the image', 'checks of the running service', 'move it to checks, or to beforeRelease'));
}

/** CodePipeline takes one condition before a stage and one after it, of up to five rules: these are ours. */
function inspectConditions(look: Inspection, prop: string, conditions: StageConditions | undefined): void {
  if (conditions === undefined || !look.struct(prop, conditions, 'conditions', 'write for example { before: [StageCondition.deploymentWindow(...)] }')) return;
  for (const when of ['before', 'after'] as const) {
    const found = conditions[when];
    look.choices(`${prop}.${when}`, found, StageCondition);
    look.that(!Array.isArray(found) || found.length <= 5, `${prop}.${when}`, `${found?.length} conditions`, 'at most 5', 'leave some out');
  }
}

/** That no two stages have one name. Stages and checks must be sound by themselves. @internal */
export function inspectStageNames(look: Inspection, prop: string, stages: DeployStage[], checks?: Check[]): void {
  inspectUnique(look, prop, [
    'Source', ...planBuildStages(checks).map(({ name }) => name),
    ...stages.flatMap((stage) => [...(stage.approval ? [approvalStageName(stage)] : []), deployStageName(stage)]),
  ]);
}

function inspectUnique(look: Inspection, prop: string, names: (string | undefined)[], cure = 'give one of them another name'): void {
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
  look.that(twice === undefined, prop, `${twice} twice`, 'each name once', cure);
}

/** Everything that is wrong with a pipeline. @internal */
export function inspectDelivery(props: DeliveryPipelineProps, look: Inspection = new Inspection()): Inspection {
  if (!look.struct('props', props, 'source and stages', "write for example { source: Source.gitHub('acme/shop'), stages: [...] }")) return look;
  inspectFoundation(look, props);
  inspectPipelineOptions(look, props);
  look.choice('dashboard', props.dashboard, Dashboard);
  look.notEmpty('stages', props.stages ?? [], 'say where to release to');
  if (Array.isArray(props.stages)) inspectStages(look, 'stages', props.stages, props.releaseAction);
  if (look.problems.length === 0) inspectStageNames(look, 'stages', props.stages, props.checks);
  if (look.problems.length === 0) inspectBuilds(look, props);
  return look;
}

/** The image must be built for the tasks that run it. @internal */
export function inspectArchitecture(look: Inspection, imageBuild: ImageBuild | undefined, architecture: ecs.CpuArchitecture): void {
  if (imageBuild instanceof ImageBuild && imageBuild._problems.length === 0) imageBuild._inspectFor(look, 'imageBuild', architecture);
}

/** An image is built once, so all its places are of one architecture. Stages must be sound by themselves. */
function inspectBuilds(look: Inspection, { imageBuild, checks, stages }: DeliveryPipelineProps): void {
  const builds = planBuilds(stages, imageBuild);
  for (const build of builds) {
    const [first, ...others] = build.releases.map(({ target }) => target._releaseTarget().cpuArchitecture);
    inspectArchitecture(look, build.imageBuild, first);
    look.that(others.every((other) => other === first), 'stages', 'places of several architectures', 'places of one architecture for each image, since it is built once',
      'make a pipeline for each, or give releases an imageBuild of their own');
  }
  look.that(imageBuild === undefined || builds.some((build) => build.imageBuild === imageBuild), 'imageBuild', 'an image that is released nowhere', 'an image of at least one release',
    'leave it out, or leave imageBuild out of a release');
  const beside = (checks ?? []).filter(({ _order }) => _order === CheckOrder.WITH_BUILD);
  inspectUnique(look, 'stages', [...builds.map(({ imageName }) => buildActionName(imageName)), ...beside.map(({ _name }) => _name)], 'give the image build another imageName');
}
