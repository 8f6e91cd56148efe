import { Duration } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import { Construct } from 'constructs';
import { ActionCheckOptions, ActionRecipe, CheckContext, createInvokingRole, inspectStageOf } from './action-recipe';
import { createOneOffTask } from '../../../deploy/one-off/create-one-off-task';
import { TaskPlace } from '../../../deploy/one-off/task-place';
import { TaskReport } from '../../../deploy/one-off/task-report';
import { Inspection } from '../../../private/problems';
import { PipelineParts } from '../../parts';

/** A container beside the one of the image, for example with the tests; both see each other at `localhost`. */
export interface TestContainer {
  /** The image as ECS pulls it, for example `public.ecr.aws/acme/shop-tests:1`; the execution role of the task must be allowed to. */
  readonly image: string;
  /** Its command. @default - the one of the image */
  readonly command?: string[];
  /** Its variables. @default - none */
  readonly environment?: { [name: string]: string };
}

/** Options of `Check.task`. */
export interface TaskCheckOptions extends ActionCheckOptions {
  /** Where the task runs. @default - beside the service of the place that is released to next; before all releases, of the first one */
  readonly place?: TaskPlace;
  /** What the container runs. @default - what it runs in the service: the command of the container, or of the image */
  readonly command?: string[];
  /** Variables of the container, beside those that it has in the service. @default - none */
  readonly environment?: { [name: string]: string };
  /** A second container; its exit code then decides, and the container of the image serves it. @default - none: the exit code of the image's container decides */
  readonly tests?: TestContainer;
  /** How the JUnit report comes back, if there is one. @default TaskReport.printed() */
  readonly report?: TaskReport;
  /** Longest time in all, 2 minutes to 23 hours, in whole minutes; then the task is stopped and the check fails. @default Duration.minutes(30) */
  readonly timeout?: Duration;
}

/** @internal */
export const taskRecipe = (name: string, options: TaskCheckOptions): ActionRecipe => ({
  name,
  stage: options.stage,
  needsImage: true,
  inEachPlace: options.place === undefined,
  inspect: (look) => inspectTask(look, name, options),
  bind: (scope, parts, context) => bindTask(scope, parts, context, name, options),
});

function bindTask(scope: Construct, parts: PipelineParts, context: CheckContext, name: string, given: TaskCheckOptions): codepipeline.IAction {
  const { place, timeout = Duration.minutes(30), report = TaskReport.printed(), stage, ...options } = given;
  const { image, pipeline, actionName = name, runOrder } = context;
  const taskParts = { ...parts, pipeline, owner: pipeline.node.scope!, architecture: context.place._releaseTarget().cpuArchitecture };
  const bound = (place ?? TaskPlace.ofService(context.place))._bind(scope, taskParts);
  const called = createOneOffTask(scope, taskParts, bound, { ...options, name, timeout, report });
  // The function writes the artifact with credentials that CodePipeline derives from this role.
  const role = createInvokingRole(scope, parts, called).allow(
    { actions: ['s3:PutObject'], resources: [parts.artifactBucket.arnForObjects('*')], wildcard: 'CodePipeline names the artifacts' },
    ...(parts.key ? [{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [parts.key.keyArn] }] : []),
  );
  return new actions.LambdaInvokeAction({
    actionName, runOrder, role, lambda: called,
    outputs: [new codepipeline.Artifact(`${scope.node.scope!.node.id}-${actionName}`.replace(/[^A-Za-z0-9_-]/g, '_').slice(-100))],
    userParameters: { digest: image!.digest, commit: parts.commit, executionId: '#{codepipeline.PipelineExecutionId}' },
  });
}

function inspectTask(look: Inspection, name: string, options: TaskCheckOptions): void {
  look.matches('name', name ?? '', /^[A-Za-z0-9_-]{1,100}$/, '1 to 100 of A-Z a-z 0-9 _ -', 'leave out other characters');
  inspectStageOf(look, options.stage);
  look.choice('place', options.place, TaskPlace);
  look.choice('report', options.report, TaskReport);
  look.seconds('timeout', options.timeout, 120, 23 * 3600, 'take for example Duration.minutes(30)', 60);
  inspectContainer(look, '', options);
  if (options.tests === undefined || !look.struct('tests', options.tests, 'a container', "write for example { image: 'public.ecr.aws/acme/tests:1' }")) return;
  look.matches('tests.image', options.tests.image ?? '', /^[^\s]+$/, 'an image', "write for example 'public.ecr.aws/acme/tests:1'");
  inspectContainer(look, 'tests.', options.tests);
}

function inspectContainer(look: Inspection, at: string, { command, environment }: Pick<TestContainer, 'command' | 'environment'>): void {
  look.notEmpty(`${at}command`, command, "leave it out for the image's own");
  if (Array.isArray(command)) command.forEach((word, index) => look.text(`${at}command[${index}]`, word));
  if (environment === undefined || !look.struct(`${at}environment`, environment, 'a map of names to values')) return;
  for (const [key, value] of Object.entries(environment)) look.text(`${at}environment.${key}`, value);
}
