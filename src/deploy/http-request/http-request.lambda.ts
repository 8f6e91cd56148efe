import type { CodePipelineEvent } from 'aws-lambda';
import { handleJob } from './http-request';

/** Asks a service over HTTP for CodePipeline. */
export async function handler(event: CodePipelineEvent): Promise<void> {
  return handleJob(event);
}
