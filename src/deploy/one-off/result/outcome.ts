import type { Container, Task } from '@aws-sdk/client-ecs';
import { findReport, readLog, type Report, summaryOf } from './report';
import { uploadedReport } from './upload';
import { consoleUrl } from '../../../private/console';
import { ReleaseFailure } from '../../release/failure';
import { nameOf } from '../../release/service/ecs-service';
import { decisive, type OneOff } from '../run/one-off';

/** Lines of the log in a message, and failed tests named there. */
const LOG_LINES = 20;
const FAILED_TESTS = 10;

/** What a task has left behind. */
export interface Outcome {
  readonly summary: string;
  readonly variables: Record<string, string>;
  /** For the artifact of the action. */
  readonly files: Record<string, string>;
  /** Why the action fails; undefined: it does not. */
  readonly failure?: ReleaseFailure;
}

/** What a task that is over proves. The exit code decides; the report says more. */
export async function judge(run: OneOff, task: Task): Promise<Outcome> {
  const { lines, problem } = await linesOf(run, task.taskArn!);
  const report = run.settings.uploads ? await uploadedReport(run, run.settings.uploads) : findReport(lines);
  const cause = causeOf(run, task);
  const results = resultsOf(report);
  return {
    summary: [`${decisive(run)} exited with code 0 in ${run.settings.place}`, ...results].join('; '),
    variables: { TaskArn: task.taskArn!, ...isReport(report) ? countsOf(report) : {} },
    files: { 'task.log': `${lines.join('\n')}\n`, ...isReport(report) ? { 'report.xml': report.xml } : {} },
    failure: cause === undefined ? undefined : new ReleaseFailure(cause, [
      ...aboutTask(task), ...results, ...failedTests(report), ...tail(run, lines, problem), link(run, task.taskArn!),
    ]),
  };
}

/** What can be said of a task that is not over by itself. */
export async function detailsOf(run: OneOff, { taskArn }: Required<Pick<Task, 'taskArn'>>): Promise<string[]> {
  const { lines, problem } = await linesOf(run, taskArn);
  return [...tail(run, lines, problem), link(run, taskArn)];
}

const isReport = (report: Report | string | undefined): report is Report => typeof report === 'object';

function resultsOf(report: Report | string | undefined): string[] {
  if (report === undefined) return [];
  return [isReport(report) ? summaryOf(report) : `the JUnit report cannot be read: ${report}`];
}

const countsOf = ({ cases, failed, skipped }: Report): Record<string, string> =>
  ({ Tests: String(cases), FailedTests: String(failed.length), SkippedTests: String(skipped) });

const failedTests = (report: Report | string | undefined): string[] => isReport(report) ? report.failed.slice(0, FAILED_TESTS).map((name) => `Failed: ${name}`) : [];

/** Whoever stops a task may make it exit with 0, so that comes first. */
function causeOf(run: OneOff, { containers = [], stopCode, stoppedReason = 'no reason given' }: Task): string | undefined {
  if (['UserInitiated', 'SpotInterruption', 'TerminationNotice'].includes(stopCode!)) return `the task was stopped: ${stoppedReason}`;
  const name = decisive(run);
  const exitCode = containers.find((container) => container.name === name)?.exitCode;
  if (exitCode === 0) return undefined;
  if (exitCode !== undefined) return `${name} exited with code ${exitCode}`;
  const other = containers.find((container) => container.exitCode !== undefined);
  return other ? `${other.name} exited with code ${other.exitCode} before ${name} was over` : `the task did not start: ${stoppedReason}`;
}

function aboutTask({ containers = [], stopCode, stoppedReason, taskArn }: Task): string[] {
  return [
    `Stopped task ${nameOf(taskArn!)}: ${stopCode ?? 'no stop code'}, ${stoppedReason ?? 'no reason given'}`,
    ...containers.flatMap(({ name, exitCode, reason }: Container) => [
      ...exitCode === undefined ? [] : [`Container ${name} exited with code ${exitCode}`],
      ...reason ? [`Container ${name} reports: ${reason}`] : [],
    ]),
  ];
}

/** What was printed, or why it could not be read: that never hides what the task did. */
async function linesOf(run: OneOff, taskArn: string): Promise<{ lines: string[]; problem?: string }> {
  if (run.logGroupName === undefined) return { lines: [], problem: `${decisive(run)} does not log to CloudWatch, so nothing is known of what it printed.` };
  try {
    return { lines: await readLog(run, taskArn) };
  } catch (error) {
    const { name, message } = error as Error;
    return { lines: [], problem: name === 'ResourceNotFoundException' ? 'There is nothing in the log of the task.' : `Could not read the log of the task: ${name}, ${message}` };
  }
}

function tail(run: OneOff, lines: string[], problem?: string): string[] {
  if (problem) return [problem];
  return [`Last log lines of ${decisive(run)}:`, ...lines.length > 0 ? lines.slice(-LOG_LINES).map((line) => `  ${line}`) : ['  (none)']];
}

const link = (run: OneOff, taskArn: string): string =>
  `Look at ${consoleUrl(run.region)}/ecs/v2/clusters/${nameOf(run.clusterArn)}/tasks/${nameOf(taskArn)}`;
