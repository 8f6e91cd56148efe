import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { writeMetrics } from './metrics';
import { type Ended, record, type Recorded } from './record';
import { pipelineUrl } from '../../../private/console';
import { CLIENT_SETTINGS } from '../clients';
import { ReleaseFailure } from '../failure';
import type { ReleaseEnvironment } from '../release-request';

/** Of a release that is no job of CodePipeline, which would refuse the reply to a second delivery: the record tells whether it was told already. */
export async function conclude(ended: Ended): Promise<Recorded> {
  const recorded = await record(ended);
  if (!recorded.repeated) await announce(ended, recorded);
  return recorded;
}

/**
 * Tells the topics about a release that failed, or that is missing in the history, and writes the metrics. To be called once, after the
 * reply was taken: the second of two deliveries of one event is refused there. A topic that fails changes nothing any more; it is logged, and the pipeline's
 * own event about the failed execution goes to the same topics.
 */
export async function announce(ended: Ended, recorded: Recorded): Promise<void> {
  writeMetrics(ended, recorded);
  const { result, request, log } = ended;
  if (!(result instanceof ReleaseFailure) && recorded.problem === undefined) return;
  const topics = (process.env as unknown as ReleaseEnvironment).SNS_TOPIC_ARN.split(',').filter(Boolean);
  const client = new SNSClient(CLIENT_SETTINGS);
  await Promise.all(topics.map(async (TopicArn) => {
    try {
      await client.send(new PublishCommand({ TopicArn, Subject: subject(ended), Message: message(ended, recorded) }));
    } catch (error) {
      const { name, message: reason } = error as Error;
      log('The topic is not told', { topic: TopicArn, error: name, reason, execution: request.executionId });
    }
  }));
}

/** At most 100 printable ASCII characters. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function subject({ request, result }: Ended): string {
  const what = result instanceof ReleaseFailure ? 'Release failed' : 'Release not recorded';
  return `${what}: ${request.place.replace(/[^\x20-\x7e]/g, '?')}`.slice(0, 100);
}

function message({ request, result }: Ended, { problem }: Recorded): string {
  const { PIPELINE_NAME, AWS_REGION } = process.env as unknown as ReleaseEnvironment;
  return [
    `${request.place}: ${result instanceof ReleaseFailure ? result.message : result.summary}`,
    ...result instanceof ReleaseFailure ? result.details : [],
    ...problem === undefined ? [] : [problem],
    '',
    `Image: ${request.digest}`,
    `Commit: ${request.commit || 'not known'}`,
    `Execution: ${request.executionId}`,
    ...PIPELINE_NAME ? [`Pipeline: ${pipelineUrl(PIPELINE_NAME, AWS_REGION)}`] : [],
  ].join('\n');
}
