import { posix } from 'path';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import { CheckRecipe, CheckReport, listOr, NamedCheckOptions, ReportFormat } from './check-options';
import { Inspection } from '../../private/problems';

/** What all checks with Python can be told. */
export interface PythonCheckOptions extends NamedCheckOptions {
  /**
   * Version of Python: 3.9 or newer, for example `3.12`, or `latest`. Of CodeBuild's own images only; another `buildImage` has its own.
   * @default '3.13'
   * @see https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html
   */
  readonly pythonVersion?: string;
  /** Folder in which everything runs, below the root of the source. @default '.' */
  readonly directory?: string;
  /** Run before the check installs what it needs itself, for example `apt-get install -y libpq-dev`. @default - none */
  readonly installCommands?: string[];
}

/** Options of `Check.pythonTests`. */
export interface PythonTestsOptions extends PythonCheckOptions {
  /** File of requirements that are installed with pytest and pytest-cov, below `directory`. Named here, it must exist. @default - `requirements.txt` where there is one */
  readonly requirementsFile?: string;
  /**
   * Run one after the other instead of pytest. Say in `reports` which reports they write.
   * @default - pytest with its results (report `test-results`) and the coverage of the code (report `coverage-results`)
   */
  readonly commands?: string[];
}

/**
 * How bad a finding of Bandit is.
 * @see https://bandit.readthedocs.io/en/latest/man/bandit.html
 */
export enum BanditSeverity {
  /** Everything that has a severity at all; `assert` in tests is among it. */
  LOW = 'low',
  /** Medium and high. */
  MEDIUM = 'medium',
  /** High only. */
  HIGH = 'high',
}

/** Options of `Check.bandit`. */
export interface BanditOptions extends PythonCheckOptions {
  /** Folders and files that Bandit looks at, below `directory`. One that is missing, or none with Python in it, fails the check. @default ['.'] */
  readonly directories?: string[];
  /** Findings of this severity and above fail the check. @default BanditSeverity.MEDIUM */
  readonly severity?: BanditSeverity;
}

const REQUIREMENTS = 'requirements.txt';
const RESULTS = 'test-results/pytest.xml';
const COVERAGE = 'coverage/coverage.xml';

/**
 * Pinned: it runs over the whole source, and a newer one may find more on a day when nothing was changed.
 * https://pypi.org/project/bandit/
 */
const BANDIT = 'bandit==1.9.4';
const FOUND = '/tmp/bandit.txt';

/** @internal */
export const pythonTestsRecipe = (options: PythonTestsOptions): CheckRecipe => recipe('PythonTests', 'Runs pytest', options, {
  install: installTests(options.requirementsFile),
  commands: options.commands ?? [`python -m pytest --junitxml=${RESULTS} --cov --cov-report=xml:${COVERAGE}`],
  reports: options.commands ? [] : [
    { name: 'test-results', files: [below(options, RESULTS)] },
    { name: 'coverage-results', files: [below(options, COVERAGE)], format: ReportFormat.COBERTURA_XML },
  ],
});

/** In one go, so that the versions which the requirements ask for are those that run. */
function installTests(file?: string): string {
  const install = (requirements: string) => `python -m pip install ${requirements}pytest pytest-cov`;
  if (file) return install(`--requirement '${file}' `);
  return `if [ -f ${REQUIREMENTS} ]; then ${install(`--requirement ${REQUIREMENTS} `)}; else ${install('')}; fi`;
}

/** @internal */
export function banditRecipe({ directories = ['.'], severity = BanditSeverity.MEDIUM, ...options }: BanditOptions): CheckRecipe {
  const targets = listOr([], directories).map((directory) => `'${directory}'`).join(' ');
  return recipe('Bandit', 'Looks for insecure code in Python', options, {
    install: `python -m pip install ${BANDIT}`,
    commands: [scan(targets, severity)],
    reports: [],
  });
}

/** Bandit itself is content with folders that are not there, with nothing to read, and with files that it cannot read. */
const scan = (targets: string, severity: string): string => [
  `for target in ${targets}; do [ -e "$target" ] || { echo "bandit: $target is missing" >&2; exit 1; }; done`,
  `rm -f ${FOUND}; CODE=0`,
  `bandit --recursive --severity-level ${severity} --format txt --output ${FOUND} ${targets} || CODE=$?`,
  `cat ${FOUND}`,
  `if grep -q 'Total lines of code: 0$' ${FOUND}; then echo "bandit: no Python in ${targets}" >&2; exit 1; fi`,
  `grep -q 'Files skipped (0)' ${FOUND} || { echo "bandit: not every file could be read" >&2; exit 1; }`,
  '[ "$CODE" = 0 ]',
].join('\n');

interface Steps {
  readonly install: string;
  readonly commands: string[];
  readonly reports: CheckReport[];
}

function recipe(actionName: string, description: string, options: PythonCheckOptions, { install, commands, reports }: Steps): CheckRecipe {
  const { directory = '.', installCommands } = options;
  const enter = directory === '.' ? [] : [`cd '${directory}'`];
  return {
    actionName: options.actionName ?? actionName,
    description,
    needsImage: false,
    buildSpec: {
      phases: {
        install: { 'runtime-versions': { python: options.pythonVersion ?? '3.13' }, 'commands': [...enter, ...listOr([], installCommands), install] },
        build: { commands },
      },
    },
    cachedDirectories: ['/root/.cache/pip'],
    reports,
    buildImage: () => codebuild.LinuxBuildImage.STANDARD_7_0,
  };
}

const below = ({ directory = '.' }: PythonCheckOptions, file: string): string => posix.join(String(directory), file);

/** @internal */
export function inspectPython(look: Inspection, options: PythonTestsOptions & BanditOptions): void {
  const inside: [RegExp, string] = [/^(?![-/])(?!(.*\/)?\.\.(\/|$))[^'"\n]+$/, 'a path below the root of the source, without quotes'];
  look.matches('pythonVersion', options.pythonVersion, /^(3\.(9|[1-9]\d)|latest)$/, "3.9 or newer, or 'latest'", "write for example '3.13'");
  look.matches('directory', options.directory, ...inside, "write for example 'services/web'");
  look.matches('requirementsFile', options.requirementsFile, ...inside, "write for example 'requirements-dev.txt'");
  look.oneOf('severity', options.severity, Object.values(BanditSeverity), 'take for example BanditSeverity.HIGH');
  if (options.directories !== undefined) look.notEmpty('directories', options.directories, "write for example 'src'");
  look.each('directories', options.directories, (path, directory) => look.matches(path, directory ?? '', ...inside, "write for example 'src'"));
  if (options.commands !== undefined) look.notEmpty('commands', options.commands, "write for example 'python -m pytest tests'");
  for (const prop of ['commands', 'installCommands'] as const) {
    look.each(prop, options[prop], (path, command) => look.matches(path, command ?? '', /\S/, 'a text that is not empty', 'write it in quotes'));
  }
}
