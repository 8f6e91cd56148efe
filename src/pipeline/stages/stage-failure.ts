import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Choice } from '../../private/problems';

/**
 * What becomes of a stage in which something failed: a release, a check, or a condition after them. Releases of a stage stand side by side, and CodePipeline lets
 * each of them end. ECS or CodeDeploy has then rolled back the place that failed; the question is what happens to its siblings.
 */
export abstract class StageFailure extends Choice {
  /** The pipeline stops. Places whose release succeeded keep the new image, others run the one before. */
  static stop(): StageFailure {
    return new Failure(codepipeline.Result.FAIL, undefined, codepipeline.Result.FAIL);
  }

  /**
   * CodePipeline tries what failed once more, once, and leaves alone what succeeded; then as with `stop`. A condition after the releases that does not hold is
   * not tried again.
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
   */
  static retry(): StageFailure {
    return new Failure(codepipeline.Result.RETRY, { retryMode: codepipeline.RetryMode.FAILED_ACTIONS }, codepipeline.Result.FAIL);
  }

  /**
   * All places of the stage go back to the image of the last execution in which the whole stage succeeded: the release actions run again, with the digest of that
   * execution. CodePipeline goes back only to executions of the pipeline as it is now, and after a change of the pipeline there is none at first: then as with `stop`.
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback-auto.html
   */
  static rollBack(): StageFailure {
    return new Failure(codepipeline.Result.ROLLBACK, {}, codepipeline.Result.ROLLBACK);
  }

  /** What CodePipeline does when an action failed; undefined: it stops, as ever. @internal */
  abstract readonly _onFailure: codepipeline.FailureConditions | undefined;

  /** What it does when the actions succeeded and a condition does not hold. @internal */
  abstract readonly _unmet: codepipeline.Result;
}

class Failure extends StageFailure {
  readonly _onFailure: codepipeline.FailureConditions | undefined;

  constructor(result: codepipeline.Result, options: codepipeline.FailureConditions | undefined, readonly _unmet: codepipeline.Result) {
    super();
    this._onFailure = options && { result, ...options };
  }
}
