/**
 * The AWS console in a region. Templates and functions ask here, so this file knows nothing of the CDK.
 * @param region a region, or what will be one
 * @param known the region as far as it is known now; what is not (a token) is taken for one of the partition `aws`
 * @see https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/configure-account.html
 * @see https://docs.amazonaws.cn/en_us/IAM/latest/UserGuide/id_users_sign-in.html
 */
export function consoleUrl(region: string, known: string = region): string {
  if (known.startsWith('cn-')) return `https://${region}.console.amazonaws.cn`;
  if (known.startsWith('us-gov-')) return `https://${region}.console.amazonaws-us-gov.com`;
  return `https://${region}.console.aws.amazon.com`;
}

/** The page of a pipeline in the console. */
export const pipelineUrl = (name: string, region: string, known?: string): string =>
  `${consoleUrl(region, known)}/codesuite/codepipeline/pipelines/${name}/view?region=${region}`;
