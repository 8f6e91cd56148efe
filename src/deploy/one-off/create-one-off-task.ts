import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { OneOffFunction } from './one-off-function';
import { OneOffSettings } from './run/settings';
import { BoundTaskPlace, TaskPlaceParts } from './task-place';
import { TaskReport } from './task-report';
import { isOutsideEcr } from '../../common/image-name';
import { callBy, createFunction } from '../../private/function';
import { explicitName } from '../../private/naming';
import { inspect } from '../../private/problems';
import { RELEASE_FUNCTION_PREFIX } from '../release-role';
import { expectTrust } from '../release-trust';

/** @internal */
export interface OneOffTaskSettings extends Pick<OneOffSettings, 'name' | 'command' | 'environment' | 'tests'> {
  readonly timeout: Duration;
  readonly report: TaskReport;
}

/** @internal */
export interface OneOffTaskParts extends TaskPlaceParts {
  readonly pipeline: codepipeline.IPipeline;
  readonly artifactBucket: s3.IBucket;
  /** Construct that holds the dead-letter queue. */
  readonly owner: Construct;
}

/** Lambda takes 4 KB of variables in all; the others need up to 1.5 KB. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST_SETTINGS = 2_500;

/**
 * The function that runs a one-off task and follows it. CodePipeline calls nobody for an execution that was stopped, so EventBridge does: when an execution is stopped, and every
 * five minutes, for tasks whose time is over.
 * @internal
 */
export function createOneOffTask(scope: Construct, parts: OneOffTaskParts, place: BoundTaskPlace, { timeout, report, ...settings }: OneOffTaskSettings): lambda.IFunction {
  const given = JSON.stringify(settings).length;
  inspect((look) => {
    look.that(given <= LONGEST_SETTINGS, settings.name, `a command and variables of ${given} characters`, `${LONGEST_SETTINGS} characters, since Lambda takes 4 KB of variables`,
      'put them into a script of the image');
    look.that(!place.onlyAwsIn || !settings.tests || !isOutsideEcr(settings.tests.image, place.onlyAwsIn), `${settings.name}.tests.image`,
      `${settings.tests?.image}, in a place with Egress.vpcEndpoints`, 'images of a private repository in ECR, in the region of the place', 'copy the image there');
  }).throwFor(scope);
  const made = createFunction(scope, 'Function', OneOffFunction, {
    description: `Runs the one-off task ${settings.name} for ${parts.owner.node.path}`,
    timeout: Duration.minutes(15),
    memorySize: 512,
    functionName: parts.names.name({ type: 'function', detail: `${scope.node.scope!.node.id}-${scope.node.id}`, maxLength: 64 }),
    // Places trust this name; they know no pipeline.
    roleName: explicitName(scope, RELEASE_FUNCTION_PREFIX, 64, { perRegion: true, suffix: parts.names.suffix }),
    environment: {
      ECR_REPOSITORY: parts.repository.repositoryArn,
      RELEASE_TIMEOUT_MINUTES: Tokenization.stringifyNumber(timeout.toMinutes()),
      SETTINGS: Stack.of(scope).toJsonString({ ...settings, place: place.name, home: place.home }),
    },
    key: parts.key,
    removalPolicy: parts.removalPolicy,
    owner: parts.owner,
  });
  expectTrust(made.role, place.targets);
  made.role.allow({
    actions: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'], resources: ['*'], wildcard: 'results of jobs have no resource level',
  }, ...place.rights);
  const uploads = report._bind(scope, { ...parts, made, timeout });
  if (uploads) made.function.addEnvironment('REPORT_UPLOADS', Stack.of(scope).toJsonString(uploads));
  callBy(scope, 'EveryFiveMinutes', made.function, parts.owner, { schedule: events.Schedule.rate(Duration.minutes(5)), description: 'Stops one-off tasks whose time is over' });
  callBy(scope, 'Stopped', made.function, parts.owner, {
    description: 'Stops one-off tasks of an execution that was stopped',
    eventPattern: {
      source: ['aws.codepipeline'],
      detailType: ['CodePipeline Pipeline Execution State Change'],
      detail: { pipeline: [parts.pipeline.pipelineName], state: ['STOPPED', 'CANCELED'] },
    },
  });
  return made.function;
}
