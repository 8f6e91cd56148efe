import { Duration } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ACTIONS, ReleaseRequest } from './release/release-request';
import { IReleaseTarget } from './release-target';
import { StandardEcsAction, standardEcsRights } from './standard-ecs-action';
import { Choice, inspect, Inspection } from '../private/problems';
import { ScopedRole } from '../private/scoped-role';

/** Settings of the release function, which every release needs. */
export interface ReleaseFunctionOptions {
  /**
   * Longest time of one release in all, 5 minutes to 23 hours. Then a deployment that is still running is rolled back and the action fails.
   * @default Duration.hours(1)
   */
  readonly releaseTimeout?: Duration;
  /** Memory of the function in MB, 256 to 10240. @default 1024 */
  readonly memorySize?: number;
  /** Longest time of one call, 30 seconds to 15 minutes; a release goes on over as many calls as it takes. @default Duration.minutes(15) */
  readonly timeout?: Duration;
  /** Calls that may run at once. Fails in young accounts, whose quota is 10. @default - not reserved */
  readonly reservedConcurrentExecutions?: number;
}

/** @internal */
export interface ReleaseParts {
  readonly target: IReleaseTarget;
  readonly function: lambda.IFunction;
  /** Settings that the function has. */
  readonly settings: ReleaseFunctionOptions;
  readonly digest: string;
  readonly commit: string;
  readonly commitTime?: string;
  readonly author?: string;
  readonly artifactBucket: s3.IBucket;
  readonly key?: kms.IKey;
  readonly pipelineRole: iam.IRole;
  /** First free run order within the stage. */
  readonly runOrder: number;
}

/** @internal */
export interface BoundRelease {
  readonly actions: codepipeline.IAction[];
  /** Variable that holds where the service answers; absent where the place does not say it. */
  readonly serviceUrl?: string;
  /** First free run order afterwards. */
  readonly nextRunOrder: number;
}

/** Which action of the pipeline releases. */
export abstract class ReleaseAction extends Choice {
  /** The library's function alone: it copies, updates, follows, proves, and fails within seconds of ECS knowing, with the reason. */
  static releaseFunction(options: ReleaseFunctionOptions = {}): ReleaseAction {
    return new OwnFunction(options);
  }

  /**
   * CodePipeline's own action deploys: its ECS action, or CodeDeployToECS where CodeDeploy deploys to the place. The release function runs before it (copies the image to
   * the place, writes what the action reads) and after it (proves the release, moves the tag). The ECS action notices a failure late and ends after an hour (steps and
   * bake times of a strategy that take as long are refused). When it fails, EventBridge calls the function, which explains and records why. For places in the stack of the pipeline: the action's rights name
   * roles of the place.
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECSbluegreen.html
   */
  static codePipelineAction(options: ReleaseFunctionOptions = {}): ReleaseAction {
    return new StandardAction(options);
  }

  /** @internal */
  abstract readonly _options: ReleaseFunctionOptions;

  /** CodePipeline's own action deploys: so the pipeline names resources of the place that have no name before they exist. @internal */
  abstract readonly _isCodePipelines: boolean;

  /** @internal */
  abstract _bind(scope: Construct, parts: ReleaseParts): BoundRelease;
}

class OwnFunction extends ReleaseAction {
  readonly _isCodePipelines = false;

  constructor(readonly _options: ReleaseFunctionOptions) {
    super();
    this._inspect(inspectOptions(_options), _options);
  }

  _bind(scope: Construct, parts: ReleaseParts): BoundRelease {
    const { existing, placeName } = parts.target._releaseTarget();
    refuseLongWaits(parts.target, parts.settings.releaseTimeout ?? Duration.hours(1), 'give the release function a longer releaseTimeout, or take shorter waits');
    const action = invoke(scope, 'release', `Release-${placeName}`, parts.runOrder, parts);
    return { actions: [action], serviceUrl: existing?.hasUrl === false ? undefined : action.variable('ServiceUrl'), nextRunOrder: parts.runOrder + 1 };
  }
}

class StandardAction extends ReleaseAction {
  readonly _isCodePipelines = true;

  constructor(readonly _options: ReleaseFunctionOptions) {
    super();
    this._inspect(inspectOptions(_options), _options);
  }

  _bind(scope: Construct, parts: ReleaseParts): BoundRelease {
    const target = parts.target._releaseTarget();
    const { runOrder } = parts;
    if (!target.codeDeploy) refuseLongWaits(parts.target, Duration.hours(1), 'take ReleaseAction.releaseFunction(), which has no such limit, or shorter waits');
    const definitions = new codepipeline.Artifact(identifier(scope, 'Definitions'));
    const prepare = invoke(scope, 'prepare', ACTIONS.prepare + target.placeName, runOrder, parts, definitions);
    const role = actionRole(scope, 'DeployRole', parts.pipelineRole, `Deploys to ${target.placeName}`).allow(...standardEcsRights(scope, target, parts));
    const deploy = new StandardEcsAction({ actionName: ACTIONS.deploy + target.placeName, runOrder: runOrder + 1, role, input: definitions, target });
    const verify = invoke(scope, 'verify', ACTIONS.verify + target.placeName, runOrder + 2, parts);
    return { actions: [prepare, deploy, verify], serviceUrl: verify.variable('ServiceUrl'), nextRunOrder: runOrder + 3 };
  }
}

/** What a strategy waits for by design must fit into the time that the action has. */
function refuseLongWaits(target: IReleaseTarget, limit: Duration, cure: string): void {
  const { waitMinutes = 0 } = target._releaseTarget();
  if (limit.isUnresolved() || waitMinutes < limit.toMinutes()) return;
  inspect((look) => look.report('deployStrategy', `steps, bake times and hooks of ${waitMinutes} minutes`, `less than ${limit.toMinutes()} minutes, the limit of the release action`, cure))
    .throwFor(target);
}

/** An invocation of the release function, by a role that may do only that. */
function invoke(scope: Construct, task: ReleaseRequest['task'], actionName: string, runOrder: number, parts: ReleaseParts,
  output?: codepipeline.Artifact): actions.LambdaInvokeAction {
  const { placeName, roleArn, parameterName, region, externalId } = parts.target._releaseTarget();
  const role = actionRole(scope, `${task[0].toUpperCase()}${task.slice(1)}Role`, parts.pipelineRole, `Invokes the release function for ${placeName}`);
  role.allow({ actions: ['lambda:InvokeFunction'], resources: [parts.function.functionArn] });
  if (output) {
    // The function writes the artifact with credentials that CodePipeline derives from this role.
    role.allow({ actions: ['s3:PutObject'], resources: [parts.artifactBucket.arnForObjects('*')], wildcard: 'CodePipeline names the artifacts' });
    if (parts.key) role.allow({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [parts.key.keyArn] });
  }
  const userParameters: ReleaseRequest = {
    task, place: placeName, roleArn, parameterName, region, externalId, digest: parts.digest, commit: parts.commit, commitTime: parts.commitTime, author: parts.author, executionId: '#{codepipeline.PipelineExecutionId}',
  };
  return new actions.LambdaInvokeAction({
    actionName, runOrder, role, lambda: parts.function, userParameters: { ...userParameters }, variablesNamespace: identifier(scope, task),
    outputs: output ? [output] : undefined,
  });
}

const actionRole = (scope: Construct, id: string, pipelineRole: iam.IRole, description: string): ScopedRole =>
  new ScopedRole(scope, id, { assumedBy: new iam.ArnPrincipal(pipelineRole.roleArn), description });

/** Artifacts and variables have names that are unique within the pipeline: two stages may release to places of one name. */
const identifier = (scope: Construct, purpose: string): string =>
  `${scope.node.scope!.node.id}-${scope.node.id}-${purpose}`.replace(/[^A-Za-z0-9_-]/g, '_').slice(-100);

const inspectOptions = (options: ReleaseFunctionOptions) => (look: Inspection): void => {
  look.seconds('releaseTimeout', options.releaseTimeout, 5 * 60, 23 * 3600, 'take for example Duration.hours(1)', 60);
  look.integer('memorySize', options.memorySize, 256, 10240, 'take for example 1024');
  look.seconds('timeout', options.timeout, 30, 900, 'take for example Duration.minutes(15)');
  look.integer('reservedConcurrentExecutions', options.reservedConcurrentExecutions, 1, 1000, 'leave it out, or take what the account can spare');
};
