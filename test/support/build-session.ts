import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/**
 * Each command is a script of its own that takes over variables and directory from the one before, set or exported alike, which
 * is how CodeBuild makes commands "run in the same instance of the default shell" [spec, see buildspec.ts]. So functions, aliases, arrays and
 * `set -e` end with their command, and so does `exit 0`, which also forgets what the command set. The form of the script is
 * CodeBuild's own, as the runner of CodeCatalyst (github.com/aws/codecatalyst-runner-cli) publishes it.
 */
export class BuildSession {
  private succeeding = true;
  private readonly log: string;
  private readonly runner: ChildProcessByStdio<Writable, Readable, null>;
  private readonly statuses: AsyncIterator<string>;

  constructor(
    private readonly scratch: string,
    shell = '/bin/sh', // the default [shells]
    directory: string,
    variables: Record<string, string>,
  ) {
    this.log = this.file('log');
    writeFileSync(this.log, '');
    writeFileSync(this.file('directory'), directory);
    writeFileSync(this.file('environment'), Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`).join(''));
    const program = shell === 'bash' ? '/bin/bash' : shell;
    this.runner = spawn('/bin/sh', ['-c', RUNNER, program, this.file('script.sh')], { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
    this.statuses = createInterface(this.runner.stdout)[Symbol.asyncIterator]();
  }

  output(): string {
    return readFileSync(this.log, 'utf8');
  }

  say(line: string): void {
    appendFileSync(this.log, `[Container] ${line}\n`);
  }

  /** Runs a command of a phase; one that fails makes the build a failing one. */
  async run(command: string): Promise<boolean> {
    this.say(`Running command ${command}`);
    const status = await this.script(command, this.log);
    if (status === 0) return true;
    this.say(`Command did not exit successfully ${command} exit status ${status}`);
    this.succeeding = false;
    return false;
  }

  /** The values of variables now, of those that are set. */
  async values(names: string[]): Promise<Record<string, string>> {
    const fileOf = (name: string) => this.file(`value-${name}`);
    await this.script(names.map(name => `[ -n "\${${name}+set}" ] && printf %s "$${name}" > ${quote(fileOf(name))}`).join('\n'), '/dev/null');
    return Object.fromEntries(names.filter(name => existsSync(fileOf(name))).map(name => [name, readFileSync(fileOf(name), 'utf8')]));
  }

  /** Ends when all commands have ended. */
  async end(): Promise<void> {
    const ended = once(this.runner, 'exit');
    this.runner.stdin.end();
    await ended;
  }

  private async script(command: string, output: string): Promise<number> {
    const [directory, environment] = ['directory', 'environment'].map(name => this.file(name));
    writeFileSync(this.file('script.sh'), [
      `cd ${quote(readFileSync(directory, 'utf8').trimEnd())}`,
      'set -a',
      `. ${quote(environment)}`,
      `CODEBUILD_BUILD_SUCCEEDING=${this.succeeding ? 1 : 0}`,
      command,
      'CODEBUILD_LAST_EXIT=$?',
      `export -p > ${quote(environment)}`,
      `pwd > ${quote(directory)}`,
      'exit $CODEBUILD_LAST_EXIT',
    ].join('\n'));
    this.runner.stdin.write(`${output}\n`);
    const { value } = await this.statuses.next();
    return Number(value);
  }

  private file(name: string): string {
    return join(this.scratch, name);
  }
}

/**
 * Runs the script that is there each time that it is told where the output goes, and tells how that ended. It waits for the end of the shell only, not of what
 * that left running in the background. To start each of them by itself takes Node with much memory ten times as long.
 */
const RUNNER = `while IFS= read -r output; do
  /usr/bin/env -i "$0" "$1" >> "$output" 2>&1 < /dev/null
  echo $?
done`;

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
