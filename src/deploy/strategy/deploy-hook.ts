import { Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { HookParts } from './hook-parts';
import { createHttpCheck } from './http-check/create-http-check';
import { HttpCheckHookOptions, inspectHttpCheck } from './http-check/http-check-options';
import { Choice, Inspection } from '../../private/problems';

/** Options of `DeployHook.ecs`. */
export interface EcsHookOptions {
  /**
   * Stages at which the function is asked. At the two stages in which traffic shifts it is asked again during a rollback, and must then answer SUCCEEDED.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html
   */
  readonly stages: ecs.DeploymentLifecycleStage[];
  /**
   * Time after which ECS rolls back when the function keeps answering IN_PROGRESS: 1 minute to 22 hours, in whole minutes. What is given here
   * must fit into the release action, together with bake times.
   * @default Duration.minutes(30)
   */
  readonly timeout?: Duration;
}

/** Events of a deployment by CodeDeploy at which a function can be asked. */
export enum CodeDeployEvent {
  /** Before the new tasks are started. */
  BEFORE_INSTALL = 'BeforeInstall',
  /** When the new tasks run and get no traffic yet. */
  AFTER_INSTALL = 'AfterInstall',
  /** When the test listener leads to the new tasks. */
  AFTER_ALLOW_TEST_TRAFFIC = 'AfterAllowTestTraffic',
  /** Before production traffic moves. */
  BEFORE_ALLOW_TRAFFIC = 'BeforeAllowTraffic',
  /** When production traffic has moved. */
  AFTER_ALLOW_TRAFFIC = 'AfterAllowTraffic',
}

/** @internal */
export interface BoundHook {
  readonly functionArn: string;
  readonly stages: ecs.DeploymentLifecycleStage[];
  readonly event?: CodeDeployEvent;
  readonly timeoutMinutes: number;
  /** What must exist before the hook can be asked. */
  readonly ready: Construct[];
}

/** A function that is asked on the way of a release, and may end it. */
export abstract class DeployHook extends Choice {
  /**
   * A function of yours, for `DeployStrategy.blueGreen`, `linear` and `canary`. It answers `{ hookStatus }`: SUCCEEDED, FAILED (ECS rolls back) or IN_PROGRESS (ECS asks
   * again in 30 seconds).
   */
  static ecs(handler: lambda.IFunction, options: EcsHookOptions): DeployHook {
    return new OfEcs(handler, options);
  }

  /** A function of yours, for `DeployStrategy.codeDeploy`. It answers by `codedeploy:PutLifecycleEventHookExecutionStatus`, which it must be allowed, within an hour. */
  static codeDeploy(handler: lambda.IFunction, event: CodeDeployEvent): DeployHook {
    return new OfCodeDeploy(handler, event);
  }

  /** Asks the new tasks over HTTP through the test listener, before production traffic moves. Needs a test listener. For every strategy that can have one. */
  static httpCheck(options: HttpCheckHookOptions = {}): DeployHook {
    return new HttpCheck(options);
  }

  /** Who can ask this hook; both when undefined. @internal */
  readonly _engine?: 'ecs' | 'codeDeploy';
  /** @internal */
  readonly _event?: CodeDeployEvent;
  /** @internal */
  readonly _needsTestListener: boolean = false;
  /** Minutes that the user gives it. @internal */
  readonly _minutes: number = 0;

  /** @internal */
  abstract _bind(scope: Construct, parts: HookParts): BoundHook;
}

const inspectHandler = (look: Inspection, handler: lambda.IFunction): void =>
  look.kind('handler', handler ?? null, 'functionArn', 'a function', 'hand over a lambda.IFunction');

class OfEcs extends DeployHook {
  readonly _engine = 'ecs';
  readonly _minutes: number;

  constructor(private readonly handler: lambda.IFunction, private readonly options: EcsHookOptions) {
    super();
    this._inspect((look) => {
      inspectHandler(look, handler);
      look.notEmpty('stages', options.stages ?? [], 'say when the function is asked');
      look.each('stages', options.stages, (path, stage) => look.oneOf(path, stage ?? null, Object.values(ecs.DeploymentLifecycleStage), 'take one of ecs.DeploymentLifecycleStage'));
      look.seconds('timeout', options.timeout, 60, 22 * 3600, 'take for example Duration.minutes(30)', 60);
    }, options ?? null);
    const { timeout = Duration.minutes(0) } = options ?? {};
    this._minutes = this._problems.length > 0 || timeout.isUnresolved() ? 0 : timeout.toMinutes();
  }

  _bind(): BoundHook {
    const { stages, timeout = Duration.minutes(30) } = this.options;
    return { functionArn: this.handler.functionArn, stages, timeoutMinutes: timeout.toMinutes(), ready: [] };
  }
}

class OfCodeDeploy extends DeployHook {
  readonly _engine = 'codeDeploy';

  constructor(private readonly handler: lambda.IFunction, readonly _event: CodeDeployEvent) {
    super();
    this._inspect((look) => {
      inspectHandler(look, handler);
      look.oneOf('event', _event ?? null, Object.values(CodeDeployEvent), 'take one of CodeDeployEvent');
    });
  }

  _bind(): BoundHook {
    return { functionArn: this.handler.functionArn, stages: [], event: this._event, timeoutMinutes: 60, ready: [] };
  }
}

class HttpCheck extends DeployHook {
  readonly _event = CodeDeployEvent.AFTER_ALLOW_TEST_TRAFFIC;
  readonly _needsTestListener = true;

  constructor(private readonly options: HttpCheckHookOptions) {
    super();
    this._inspect((look) => inspectHttpCheck(look, options), options);
  }

  _bind(scope: Construct, parts: HookParts): BoundHook {
    return {
      ...createHttpCheck(scope, this.options, parts),
      stages: [ecs.DeploymentLifecycleStage.POST_TEST_TRAFFIC_SHIFT], event: this._event, timeoutMinutes: 30,
    };
  }
}
