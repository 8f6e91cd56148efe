import type { Ended, Recorded } from './record';
import { RELEASE_METRICS } from '../../../observe/release-metrics';

/**
 * One line in the embedded metric format: CloudWatch Logs makes metrics of it, no call and no right is needed.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function writeMetrics({ request, time }: Ended, { outcome, restoredAfter }: Recorded): void {
  if (outcome === 'PREPARED') return;
  const { namespace, deployments, failures, leadTime, timeToRestore } = RELEASE_METRICS;
  const committed = commitTime(request.commitTime);
  const values: Record<string, number> = {
    // That an image ran already was no deployment.
    ...outcome !== 'ALREADY_RUNNING' && { [deployments]: 1, [failures]: outcome === 'FAILED' ? 1 : 0 },
    // An image released again, by hand or by a rollback, has no new commit: only the pipeline says the time.
    ...outcome === 'RELEASED' && committed !== undefined && { [leadTime]: Math.round((time.now() - committed) / 1000) },
    ...restoredAfter !== undefined && { [timeToRestore]: restoredAfter },
  };
  const Metrics = Object.keys(values).map(Name => ({ Name, Unit: Name === deployments || Name === failures ? 'Count' : 'Seconds' }));
  if (Metrics.length === 0) return;
  // Not console.log: Lambda would put a time and a level before the JSON.
  process.stdout.write(`${JSON.stringify({
    _aws: { Timestamp: time.now(), CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [['ReleaseFunction', 'Place']], Metrics }] },
    ReleaseFunction: process.env.AWS_LAMBDA_FUNCTION_NAME,
    Place: request.place,
    ...values,
  })}\n`);
}

/** Milliseconds since 1970. Sources say ISO 8601, or a number of seconds or milliseconds. */
function commitTime(text = ''): number | undefined {
  const number = Number(text.split(' ')[0] || NaN);
  const time = Number.isNaN(number) ? Date.parse(text) : number * (number < 1e11 ? 1000 : 1);
  return Number.isNaN(time) ? undefined : time;
}
