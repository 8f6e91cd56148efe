import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import { Inspection } from '../../private/problems';
import { BuildCache } from '../image-build/build-cache';
import { BuildOptions, inspectBuild } from '../project/build-options';

/** When a check runs, seen from the build of the image. */
export enum CheckOrder {
  /** Before the build: what fails here saves the build. */
  BEFORE_BUILD = 'BEFORE_BUILD',
  /** Side by side with the build. */
  WITH_BUILD = 'WITH_BUILD',
  /** After the build; checks of the image are always here. */
  AFTER_BUILD = 'AFTER_BUILD',
}

/** Format of the files of a report. */
export enum ReportFormat {
  /** Results of tests. */
  JUNIT_XML = 'JUNITXML',
  /** Coverage of code. */
  COBERTURA_XML = 'COBERTURAXML',
}

/** A report that CodeBuild shows with its history. Its report group `<project>-<name>` is made by the first build and stays when the stack goes. */
export interface CheckReport {
  /** Name of the report, 2 to 60 of `A-Z a-z 0-9 - _`, for example `test-results`. */
  readonly name: string;
  /** Which files, by globs relative to the root of the source. The check must write them: CodeBuild may fail a build whose reports have no file. */
  readonly files: string[];
  /** Format of the files. @default ReportFormat.JUNIT_XML */
  readonly format?: ReportFormat;
}

/** What every check can be told. */
export interface CheckOptions extends BuildOptions {
  /** Stage of its own, or together with all checks of the same `stage`: 1 to 100 of `A-Z a-z 0-9 . @ - _`. @default - beside the build, or after it */
  readonly stage?: string;
  /** When the check runs. A check of the image can only run after the build. @default - AFTER_BUILD for checks of the image and checks with a `stage`, else WITH_BUILD */
  readonly order?: CheckOrder;
  /** What is kept for the next run: `BuildCache.local()`, `.s3()` or `.none()`. @default BuildCache.none() */
  readonly cache?: BuildCache;
  /** Reports that CodeBuild shows. @default - none */
  readonly reports?: CheckReport[];
}

/** What checks can be told that have a name of their own. */
export interface NamedCheckOptions extends CheckOptions {
  /** Name of the action, 1 to 100 of `A-Z a-z 0-9 . @ - _`, unique within the pipeline. @default - depends on the check */
  readonly actionName?: string;
}

/** What a family of checks makes of its options. @internal */
export interface CheckRecipe {
  readonly actionName: string;
  readonly description: string;
  readonly needsImage: boolean;
  /** Phases of the buildspec, and what else it has beside version, reports and cache. */
  readonly buildSpec: { readonly env?: object; readonly phases: object };
  /** Directories that a cache keeps. */
  readonly cachedDirectories: string[];
  readonly reports: CheckReport[];
  /** A call of a function, for CDK classes cost every consumer their loading at the top level. */
  readonly buildImage: () => codebuild.IBuildImage;
}

/** A list, or the default where it is no list: that is reported, and until then the recipe must live with it. @internal */
export const listOr = <T>(standard: T[], given: T[] | undefined): T[] => Array.isArray(given) ? given : standard;

/** @internal */
export const NAME = /^[A-Za-z0-9.@_-]{1,100}$/;
/** @internal */
export const NAME_ALLOWED = '1 to 100 of A-Z a-z 0-9 . @ - _';

/** @internal */
export function inspectCheck(look: Inspection, options: CheckOptions, recipe: CheckRecipe): void {
  inspectBuild(look, options);
  look.matches('actionName', 'actionName' in options ? (options as NamedCheckOptions).actionName : recipe.actionName ?? '', NAME, NAME_ALLOWED, 'leave out other characters');
  look.matches('stage', options.stage, NAME, NAME_ALLOWED, 'leave out other characters');
  look.oneOf('order', options.order, Object.values(CheckOrder), 'take for example CheckOrder.WITH_BUILD');
  look.that(!recipe.needsImage || options.order === undefined || options.order === CheckOrder.AFTER_BUILD, 'order', options.order,
    'AFTER_BUILD for a check of the image', 'leave it out');
  look.that(options.stage === undefined || options.order !== CheckOrder.WITH_BUILD, 'order', options.order, 'BEFORE_BUILD or AFTER_BUILD for a check with a stage of its own',
    'leave out one of the two');
  look.choice('cache', options.cache, BuildCache);
  look.that(options.cache?._layers !== 'registry', 'cache', 'BuildCache.registry()', 'BuildCache.local(), .s3() or .none(): a registry keeps layers of images only',
    'take for example BuildCache.local()');
  look.each('reports', options.reports, (path, report) => {
    look.matches(`${path}.name`, report?.name ?? '', /^[A-Za-z0-9][A-Za-z0-9_-]{1,59}$/, '2 to 60 of A-Z a-z 0-9 - _', "write for example 'test-results'");
    look.notEmpty(`${path}.files`, report?.files ?? [], "write for example 'test-results/**/*.xml'");
    look.oneOf(`${path}.format`, report?.format, Object.values(ReportFormat), 'take for example ReportFormat.JUNIT_XML');
  });
}

/** The same in the words of CodeBuild, complete. @internal */
export function checkSpec(recipe: CheckRecipe, options: CheckOptions): object {
  const reports = [...recipe.reports, ...options.reports ?? []];
  const whole = options.cache?._directoriesOnly;
  const paths = options.cache && options.cache._layers !== 'none' ? recipe.cachedDirectories.map((path) => whole ? path : `${path}/**/*`) : [];
  return {
    version: '0.2',
    ...recipe.buildSpec,
    ...(reports.length > 0 ? {
      reports: Object.fromEntries(reports.map(({ name, files, format = ReportFormat.JUNIT_XML }) => [name, { 'files': files, 'file-format': format }])),
    } : {}),
    ...(paths.length > 0 ? { cache: { paths } } : {}),
  };
}
