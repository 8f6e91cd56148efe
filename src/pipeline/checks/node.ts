import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import { CheckRecipe, listOr, NamedCheckOptions } from './check-options';
import { Inspection } from '../../private/problems';

/** What all checks with Node.js can be told. */
export interface NodeCheckOptions extends NamedCheckOptions {
  /**
   * Version of Node.js: a major version such as `22`, or `latest`. Of CodeBuild's own images only; another `buildImage` has its own.
   * @default '22'
   * @see https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html
   */
  readonly nodeVersion?: string;
  /** Folder of `package.json`, below the root of the source. @default '.' */
  readonly directory?: string;
  /** Installs dependencies. @default 'npm ci' */
  readonly installCommand?: string;
}

/** Options of `Check.nodeTests`. */
export interface NodeTestsOptions extends NodeCheckOptions {
  /** Scripts of `package.json`, run one after the other by `npm run`. @default ['test'] */
  readonly scripts?: string[];
}

/** From which severity on `Check.npmAudit` fails. */
export enum NpmAuditLevel {
  /** Everything that has a severity at all. */
  LOW = 'low',
  /** Moderate and above. */
  MODERATE = 'moderate',
  /** High and critical. */
  HIGH = 'high',
  /** Critical only. */
  CRITICAL = 'critical',
}

/** Options of `Check.npmAudit`. */
export interface NpmAuditOptions extends NodeCheckOptions {
  /**
   * Known holes of this severity and above fail the check.
   * @default NpmAuditLevel.HIGH
   * @see https://docs.npmjs.com/cli/commands/npm-audit
   */
  readonly level?: NpmAuditLevel;
  /** Whether dependencies for development count as well. @default true */
  readonly devDependencies?: boolean;
}

/** Options of `Check.eslint`. The project must have ESLint among its dependencies, and its configuration. */
export interface EslintOptions extends NodeCheckOptions {
  /** Files, folders and globs that ESLint looks at; it expands globs itself. @default ['.'] */
  readonly files?: string[];
}

/** @internal */
export const nodeTestsRecipe = (options: NodeTestsOptions): CheckRecipe => recipe('NodeTests', 'Runs scripts of package.json', options,
  listOr(['test'], options.scripts).map((script) => `npm run ${script}`));

/** @internal */
export const npmAuditRecipe = (options: NpmAuditOptions): CheckRecipe => recipe('NpmAudit', 'Looks for known holes in dependencies', options,
  [`npm audit --audit-level=${options.level ?? NpmAuditLevel.HIGH}${options.devDependencies === false ? ' --omit=dev' : ''}`]);

/** In quotes: a shell without globstar takes `**` for `*` and leaves out what lies deeper. @internal */
export const eslintRecipe = (options: EslintOptions): CheckRecipe => recipe('Eslint', 'Runs ESLint', options,
  [`npx eslint ${listOr(['.'], options.files).map((file) => `'${file}'`).join(' ')}`]);

function recipe(actionName: string, description: string, options: NodeCheckOptions, commands: string[]): CheckRecipe {
  const { directory = '.', installCommand = 'npm ci' } = options;
  const enter = directory === '.' ? [] : [`cd '${directory}'`];
  return {
    actionName: options.actionName ?? actionName,
    description,
    needsImage: false,
    buildSpec: {
      phases: {
        install: { 'runtime-versions': { nodejs: options.nodeVersion ?? '22' }, 'commands': [...enter, installCommand] },
        build: { commands },
      },
    },
    // npm fills node_modules from its cache; `npm ci` would delete node_modules itself.
    cachedDirectories: ['/root/.npm'],
    reports: [],
    buildImage: () => codebuild.LinuxBuildImage.STANDARD_7_0,
  };
}

/** @internal */
export function inspectNode(look: Inspection, options: NodeTestsOptions & EslintOptions & NpmAuditOptions): void {
  look.matches('nodeVersion', options.nodeVersion, /^(\d+(\.x)?|latest)$/, "a major version or 'latest'", "write for example '22'");
  look.matches('directory', options.directory, /^(?!\/)(?!(.*\/)?\.\.(\/|$))[^']+$/, 'a path below the root of the source', "write for example 'services/web'");
  look.matches('installCommand', options.installCommand, /\S/, 'a command', "write for example 'npm ci'");
  look.oneOf('devDependencies', options.devDependencies, [true, false], 'say whether dependencies for development count');
  look.oneOf('level', options.level, Object.values(NpmAuditLevel), 'take for example NpmAuditLevel.HIGH');
  if (Array.isArray(options.scripts)) look.notEmpty('scripts', options.scripts, "write for example 'test'");
  look.each('scripts', options.scripts, (path, script) => look.matches(path, script ?? '', /^[A-Za-z0-9][A-Za-z0-9:._-]*$/, 'the name of a script of package.json',
    "write for example 'test:unit'; other commands go into Check.commands"));
  if (Array.isArray(options.files)) look.notEmpty('files', options.files, "write for example 'lib/**/*.ts'");
  look.each('files', options.files, (path, file) => look.matches(path, file ?? '', /^[^'\n-][^'\n]*$/, 'a file, folder or glob', "write for example 'lib/**/*.ts'"));
}
