import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ActionCheckOptions, ActionRecipe, BoundCheck, CheckContext } from './actions/action-recipe';
import { FunctionCheckOptions, functionRecipe } from './actions/function';
import { givenRecipe } from './actions/given-action';
import { HttpCheckOptions, httpRecipe } from './actions/http';
import { TaskCheckOptions, taskRecipe } from './actions/task';
import { CheckOptions, CheckOrder, CheckRecipe, checkSpec, inspectCheck } from './check-options';
import { CommandsCheckOptions, commandsRecipe, inspectCommands } from './commands';
import { ImageScanOptions, imageScanRecipe, inspectImageScan } from './image-scan';
import { EslintOptions, eslintRecipe, inspectNode, NodeTestsOptions, nodeTestsRecipe, NpmAuditOptions, npmAuditRecipe } from './node';
import { BanditOptions, banditRecipe, inspectPython, PythonTestsOptions, pythonTestsRecipe } from './python';
import { Choice, Inspection } from '../../private/problems';
import { REGISTRY_LOGIN } from '../../private/scoped-role';
import { BuildCache } from '../image-build/build-cache';
import { PipelineParts } from '../parts';
import { createAction, createProject, createProjectRole } from '../project/project';

/** What must be fulfilled for the pipeline to go on. Each check has a project and roles of its own and may not do anything but what it needs. */
export abstract class Check extends Choice {
  /**
   * Commands of yours over the source.
   * @param name name of the action, unique within the pipeline, 1 to 100 of `A-Z a-z 0-9 . @ - _`
   */
  static commands(name: string, options: CommandsCheckOptions): Check {
    return new ProjectCheck((known) => commandsRecipe(name, known), options, inspectCommands);
  }

  /** Scripts of `package.json`: `npm ci`, then `npm run test`, or the `scripts` that you name. */
  static nodeTests(options: NodeTestsOptions = {}): Check {
    return new ProjectCheck(nodeTestsRecipe, options, inspectNode);
  }

  /** `npm audit` over the dependencies. */
  static npmAudit(options: NpmAuditOptions = {}): Check {
    return new ProjectCheck(npmAuditRecipe, options, inspectNode);
  }

  /** `npx eslint` over the source, with the project's own version and configuration. */
  static eslint(options: EslintOptions = {}): Check {
    return new ProjectCheck(eslintRecipe, options, inspectNode);
  }

  /** pytest over the source, with the coverage of the code: installs `requirements.txt`, where there is one, and pytest. */
  static pythonTests(options: PythonTestsOptions = {}): Check {
    return new ProjectCheck(pythonTestsRecipe, options, inspectPython);
  }

  /** Bandit over the source: insecure code in Python. Any finding of medium or high severity fails it, unless you say otherwise. */
  static bandit(options: BanditOptions = {}): Check {
    return new ProjectCheck(banditRecipe, options, inspectPython);
  }

  /** Trivy over the image that was built. Any finding of HIGH or CRITICAL fails it, unless it is waived. */
  static imageScan(options: ImageScanOptions = {}): Check {
    return new ProjectCheck(imageScanRecipe, options, inspectImageScan);
  }

  /**
   * The image that was built, as a one-off task on Fargate. Its exit code decides; the end of its log and its JUnit report come back. For tests before a release, and for
   * migrations in `beforeRelease`. Two tasks of one name never run at once in a place.
   * @param name name of the action, unique within the pipeline, 1 to 100 of `A-Z a-z 0-9 _ -`
   */
  static task(name: string, options: TaskCheckOptions = {}): Check {
    return new ActionCheck((known) => taskRecipe(name, known), options);
  }

  /**
   * Requests over HTTP, by a function outside of any VPC, until enough answers in a row have passed. After a release it asks the service, whose load balancer must be
   * reachable from the internet.
   */
  static http(options: HttpCheckOptions = {}): Check {
    return new ActionCheck(httpRecipe, options);
  }

  /**
   * A function of yours. CodePipeline invokes it with a job, and the function answers by `codepipeline:PutJobSuccessResult` or `PutJobFailureResult`, which it gets the
   * right for; one that never answers fails after 20 minutes.
   * @param name name of the action, unique within the pipeline, 1 to 100 of `A-Z a-z 0-9 . @ - _`
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
   */
  static invokeFunction(name: string, handler: lambda.IFunction, options: FunctionCheckOptions = {}): Check {
    return new ActionCheck((known) => functionRecipe(name, handler, known), options);
  }

  /** Any action of CodePipeline that you have made, with its own role and rights. Its run order is that of the place where it stands. */
  static action(action: codepipeline.IAction, options: ActionCheckOptions = {}): Check {
    return new ActionCheck((known) => givenRecipe(action, known), options);
  }

  /** Name of the action. @internal */
  abstract readonly _name: string;
  /** @internal */
  abstract readonly _stage?: string;
  /** @internal */
  abstract readonly _order: CheckOrder;
  /** @internal */
  abstract readonly _needsImage: boolean;
  /** It can only stand after a release. @internal */
  readonly _needsService: boolean = false;
  /** In `beforeRelease` it runs once for each place of the stage. @internal */
  readonly _inEachPlace: boolean = false;
  /** @internal */
  abstract _bind(scope: Construct, parts: PipelineParts, context: CheckContext): BoundCheck;
}

/** A check that is a CodeBuild project. */
class ProjectCheck<Options extends CheckOptions> extends Check {
  readonly _name: string;
  readonly _stage?: string;
  readonly _order: CheckOrder;
  readonly _needsImage: boolean;

  private readonly recipe: CheckRecipe;
  private readonly options: Options;

  constructor(recipeOf: (options: Options) => CheckRecipe, given: Options, inspectFamily: (look: Inspection, options: Options) => void) {
    super();
    // Options that are none are reported; the rest of the constructor must live through them.
    const options = typeof given === 'object' && given !== null ? given : {} as Options;
    const recipe = recipeOf(options);
    [this.options, this.recipe] = [options, recipe];
    this._name = recipe.actionName;
    this._stage = options.stage;
    this._needsImage = recipe.needsImage;
    this._order = options.order ?? (recipe.needsImage || options.stage !== undefined ? CheckOrder.AFTER_BUILD : CheckOrder.WITH_BUILD);
    this._inspect((look) => {
      inspectFamily(look, options);
      inspectCheck(look, options, recipe);
    }, given);
  }

  _bind(scope: Construct, parts: PipelineParts, { image, environment, runOrder, actionName = this._name }: CheckContext): BoundCheck {
    const home = new Construct(scope, actionName);
    const made = this.createProject(home, parts);
    if (this._needsImage) {
      made.role.allow(REGISTRY_LOGIN, { actions: PULL, resources: [parts.repository.repositoryArn] });
    }
    const variables = { ...(this._needsImage ? { IMAGE_URI: image!.uri } : {}), ...environment };
    const action = createAction(home, parts, made, {
      actionName,
      environment: Object.keys(variables).length > 0 ? variables : undefined,
      runOrder,
      isTest: true,
    });
    return { action, project: made.project };
  }

  private createProject(home: Construct, parts: PipelineParts) {
    const { recipe, options } = this;
    const role = createProjectRole(home, `${recipe.description} in ${home.node.path}`);
    const cache = (options.cache ?? BuildCache.none())._bind(home, { parts, role, forImages: false });
    return createProject(home, parts, role, {
      // Checks of one name may stand in several stages; each stage is a scope of its own.
      purpose: `${home.node.scope!.node.id}-${home.node.id}`,
      description: recipe.description,
      options,
      computeType: options.computeType ?? codebuild.ComputeType.SMALL,
      buildImage: options.buildImage ?? recipe.buildImage(),
      buildSpec: checkSpec(recipe, options),
      hasOutputs: false,
      reports: [...recipe.reports, ...options.reports ?? []].map(({ name }) => name),
      cache: cache.projectCache,
    });
  }
}

/** What it takes to read an image: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

/** A check that is an action by itself. */
class ActionCheck<Options extends object> extends Check {
  readonly _name: string;
  readonly _stage?: string;
  readonly _order = CheckOrder.AFTER_BUILD;
  readonly _needsImage: boolean;
  readonly _needsService: boolean;
  readonly _inEachPlace: boolean;

  private readonly recipe: ActionRecipe;

  constructor(recipeOf: (options: Options) => ActionRecipe, options: Options) {
    super();
    // Options that are none are reported; the rest of the constructor must live through them.
    this.recipe = recipeOf(typeof options === 'object' && options !== null ? options : {} as Options);
    ({ name: this._name, stage: this._stage } = this.recipe);
    ({ needsImage: this._needsImage = false, needsService: this._needsService = false, inEachPlace: this._inEachPlace = false } = this.recipe);
    this._inspect((look) => this.recipe.inspect(look), options);
  }

  _bind(scope: Construct, parts: PipelineParts, context: CheckContext): BoundCheck {
    return { action: this.recipe.bind(new Construct(scope, context.actionName ?? this._name), parts, context) };
  }
}
