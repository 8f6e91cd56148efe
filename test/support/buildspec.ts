import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parse } from 'yaml';
import { BuildSession } from './build-session';

/**
 * Runs a buildspec as CodeBuild does, on this machine and without AWS.
 *
 * Pages of the CodeBuild user guide that say how it behaves, named below by the words in brackets:
 * - docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html [spec]
 * - docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html [transitions]
 * - docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html [variables]
 * - docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-cmd.html [shells]
 *
 * Not run, and refused where ignoring it would lie: version 0.1, `run-as`, `batch`, `on-failure: RETRY`. Ignored: `cache`,
 * `runtime-versions`, `proxy`, artifact names. Secrets are not masked in the output, so that a test sees them leak.
 */

const PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
type PhaseName = typeof PHASES[number];

interface Phase {
  readonly 'commands'?: string | string[];
  readonly 'finally'?: string | string[];
  readonly 'on-failure'?: string;
  readonly 'run-as'?: string;
  readonly 'runtime-versions'?: Record<string, unknown>;
}

interface FileSet {
  readonly 'files'?: string | string[];
  readonly 'base-directory'?: string;
  readonly 'discard-paths'?: string | boolean;
  readonly 'exclude-paths'?: string | string[];
}

export interface Buildspec {
  readonly 'version': string | number;
  readonly 'run-as'?: string;
  readonly 'batch'?: unknown;
  readonly 'env'?: {
    readonly 'shell'?: string;
    readonly 'variables'?: Record<string, string | number | boolean>;
    readonly 'parameter-store'?: Record<string, string>;
    readonly 'secrets-manager'?: Record<string, string>;
    readonly 'exported-variables'?: string[];
  };
  readonly 'phases': Partial<Record<PhaseName, Phase>>;
  readonly 'artifacts'?: FileSet & { readonly 'secondary-artifacts'?: Record<string, FileSet> };
  readonly 'reports'?: Record<string, FileSet & { readonly 'file-format'?: string }>;
}

/** A plain value, or where CodeBuild finds it. */
export type Variable = string | { readonly type?: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER'; readonly value: string };

export interface Build {
  /** An object, or JSON or YAML text. */
  readonly buildspec: object | string;
  /** Where the source lies: CODEBUILD_SRC_DIR, and where the first command runs. */
  readonly directory: string;
  /** Variables of the build project; they win over those of the buildspec. */
  readonly project?: Record<string, Variable>;
  /** Variables of the start of this build, as a pipeline action gives them; they win over all others, PATH and HOME included. */
  readonly overrides?: Record<string, Variable>;
  /** What Parameter Store and Secrets Manager hold, by parameter name or secret reference. */
  readonly secrets?: Record<string, string>;
}

export interface PhaseResult {
  readonly name: PhaseName | 'upload_artifacts';
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output: string;
}

export interface BuildResult {
  readonly succeeded: boolean;
  /** The phases that were entered, in order. */
  readonly phases: PhaseResult[];
  readonly exported: Record<string, string>;
  /** The paths within the artifact. */
  readonly artifacts: string[];
  readonly secondaryArtifacts: Record<string, string[]>;
  /** The report files that were found, by report group. */
  readonly reports: Record<string, { readonly format: string; readonly files: string[] }>;
  readonly output: string;
}

export async function runBuild(build: Build): Promise<BuildResult> {
  const spec = readBuildspec(build.buildspec);
  const scratch = mkdtempSync(join(tmpdir(), 'build-'));
  let session: BuildSession | undefined;
  try {
    const variables = variablesOf(spec, build, scratch);
    session = new BuildSession(scratch, spec.env?.shell, build.directory, variables);
    const phases = await runPhases(spec, session);

    // "The UPLOAD_ARTIFACTS phase is always attempted, even if the BUILD phase fails" [transitions]: once it was reached.
    const reached = phases.at(-1)?.name === 'post_build' && !isAborted(spec, phases.at(-1)!);
    const collect = (files?: FileSet) => (reached && files ? collectFiles(build.directory, files) : []);
    const artifacts = collect(spec.artifacts);
    if (reached) phases.push(await uploadPhase(session, spec, artifacts));

    return {
      succeeded: phases.every(phase => phase.status === 'SUCCEEDED'),
      phases,
      exported: await exportedVariables(spec, build, session),
      artifacts,
      secondaryArtifacts: mapValues(spec.artifacts?.['secondary-artifacts'] ?? {}, collect),
      reports: mapValues(spec.reports ?? {}, report => ({
        format: (report['file-format'] ?? 'JUNITXML').toUpperCase(),
        files: collect(report),
      })),
      output: session.output(),
    };
  } finally {
    await session?.end();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Variables as a template's project (`Name`, `Type`, `Value`) or a pipeline action (`name`, `type`, `value`) lists them. */
export function variablesFrom(list: ReadonlyArray<Record<string, string>>): Record<string, Variable> {
  return Object.fromEntries(list.map(item => [
    item.Name ?? item.name,
    { type: item.Type ?? item.type, value: item.Value ?? item.value } as Variable,
  ]));
}

// Reading

function readBuildspec(text: object | string): Buildspec {
  const spec = (typeof text === 'string' ? parse(text) : text) as Buildspec;
  refuseUnless(String(spec.version) === '0.2', `version ${spec.version} is not run here, only 0.2`);
  refuseUnless(!spec.batch && !spec['run-as'], 'batch and run-as are not run here');
  for (const [name, phase] of Object.entries(spec.phases ?? {}) as [PhaseName, Phase][]) {
    refuseUnless(PHASES.includes(name), `unknown phase ${name}`);
    refuseUnless(!phase['run-as'], `phases/${name}: run-as is not run here`);
    refuseUnless(['ABORT', 'CONTINUE', undefined].includes(phase['on-failure']), `phases/${name}: on-failure ${phase['on-failure']} is not run here`);
    for (const command of [...listOf(phase.commands), ...listOf(phase.finally)]) {
      // A command with ": " in it is a mapping in YAML; CodeBuild refuses it with these words.
      refuseUnless(typeof command === 'string', `phases/${name}: expected commands to be of string type: found subkeys instead: ${JSON.stringify(command)}`);
    }
  }
  return spec;
}

function refuseUnless(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(`YAML_FILE_ERROR: ${reason}`);
}

// "The value in the start build operation call takes highest precedence", then the project, then the buildspec [spec].
function variablesOf(spec: Buildspec, build: Build, scratch: string): Record<string, string> {
  const home = join(scratch, 'home');
  mkdirSync(home);
  const variables: Record<string, Variable> = {
    ...builtIn(build.directory, home),
    ...mapValues(spec.env?.variables ?? {}, String),
    ...mapValues(spec.env?.['parameter-store'] ?? {}, value => ({ type: 'PARAMETER_STORE', value } as const)),
    ...mapValues(spec.env?.['secrets-manager'] ?? {}, value => ({ type: 'SECRETS_MANAGER', value } as const)),
    ...build.project,
    ...build.overrides,
  };
  return mapValues(variables, (variable) => {
    if (typeof variable === 'string') return variable;
    if (!isSecret(variable)) return variable.value;
    const value = build.secrets?.[variable.value];
    if (value === undefined) throw new Error(`${variable.type} holds no ${variable.value}: give it in \`secrets\``);
    return value;
  });
}

function isSecret(variable?: Variable): boolean {
  return typeof variable === 'object' && (variable.type ?? 'PLAINTEXT') !== 'PLAINTEXT';
}

// [variables]
function builtIn(directory: string, home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    CODEBUILD_BUILD_ARN: 'arn:aws:codebuild:us-east-1:111111111111:build/project:00000000-0000-0000-0000-000000000000',
    CODEBUILD_BUILD_ID: 'project:00000000-0000-0000-0000-000000000000',
    CODEBUILD_BUILD_NUMBER: '1',
    CODEBUILD_CI: 'true',
    CODEBUILD_INITIATOR: 'codepipeline/pipeline',
    CODEBUILD_RESOLVED_SOURCE_VERSION: '0123456789abcdef0123456789abcdef01234567',
    CODEBUILD_SRC_DIR: directory,
    CODEBUILD_START_TIME: String(Date.now()),
  };
}

// Running

async function runPhases(spec: Buildspec, session: BuildSession): Promise<PhaseResult[]> {
  const phases: PhaseResult[] = [];
  for (const name of PHASES) {
    const phase = await runPhase(session, name, spec.phases[name]);
    phases.push(phase);
    if (isAborted(spec, phase)) break;
  }
  return phases;
}

async function runPhase(session: BuildSession, name: PhaseName, phase: Phase = {}): Promise<PhaseResult> {
  return record(session, name, async () => {
    let succeeded = true;
    // "If any command in a phase fails, the phase fails"; `finally` runs "even if a command in the commands block fails" [spec].
    for (const block of [phase.commands, phase.finally]) {
      for (const command of listOf(block)) {
        if (await session.run(command)) continue;
        succeeded = false;
        break;
      }
    }
    return succeeded;
  });
}

// Without `on-failure` "the failure process follows the transition phases" [spec]: only what fails in build or post_build goes on
// [transitions]. A phase that failed with CONTINUE still makes the build fail: the guide does not say; it is the stricter reading.
function isAborted(spec: Buildspec, { name, status }: PhaseResult): boolean {
  const onFailure = spec.phases[name as PhaseName]?.['on-failure'];
  const goesOn = onFailure ? onFailure === 'CONTINUE' : name === 'build' || name === 'post_build';
  return status === 'FAILED' && !goesOn;
}

// As seen in public logs: single paths without a file are skipped, none at all is an error.
async function uploadPhase(session: BuildSession, spec: Buildspec, artifacts: string[]): Promise<PhaseResult> {
  return record(session, 'upload_artifacts', async () => {
    const succeeded = !spec.artifacts || artifacts.length > 0;
    if (!succeeded) session.say('CLIENT_ERROR: no matching artifact paths found');
    return succeeded;
  });
}

async function record(session: BuildSession, name: PhaseResult['name'], work: () => Promise<boolean>): Promise<PhaseResult> {
  const start = session.output().length;
  session.say(`Entering phase ${name.toUpperCase()}`);
  const status = await work() ? 'SUCCEEDED' : 'FAILED';
  session.say(`Phase complete: ${name.toUpperCase()} State: ${status}`);
  return { name, status, output: session.output().slice(start) };
}

// "The following cannot be exported": secrets and "environment variables that start with AWS_" [spec].
async function exportedVariables(spec: Buildspec, build: Build, session: BuildSession): Promise<Record<string, string>> {
  const isTold = (name: string) => !name.startsWith('AWS_') && !(name in (spec.env?.['parameter-store'] ?? {})) && !(name in (spec.env?.['secrets-manager'] ?? {}))
    && !isSecret(build.project?.[name]) && !isSecret(build.overrides?.[name]);
  return session.values((spec.env?.['exported-variables'] ?? []).filter(isTold));
}

// Collecting

/** Paths are relative to the original build location, whatever directory the last command was in [spec]. */
function collectFiles(directory: string, set: FileSet): string[] {
  const all = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(directory, join(entry.parentPath, entry.name)));
  const base = glob(`${set['base-directory'] ?? '.'}/`).source.replace('$', '(.+)$');
  const chosen = all
    .flatMap(path => new RegExp(base).exec(path)?.[1] ?? [])
    .filter(path => listOf(set.files).some(pattern => glob(pattern).test(path)))
    .filter(path => !listOf(set['exclude-paths']).some(pattern => glob(pattern).test(path)));
  const flat = ['yes', 'true'].includes(String(set['discard-paths']));
  return [...new Set(flat ? chosen.map(path => basename(path)) : chosen)].sort();
}

/** `*` stays within a folder, `**` does not [spec]; files that begin with a dot match as all others do. */
function glob(pattern: string): RegExp {
  const source = pattern.replace(/^\.\/+/, '').replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, part => ({
    '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]',
  })[part] ?? `\\${part}`);
  return new RegExp(`^${source}$`);
}

function listOf<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : [value].flat() as T[];
}

function mapValues<T, R>(object: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
