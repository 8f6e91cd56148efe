/**
 * Metrics that the release function writes into its log (embedded metric format) and that dashboards read. Their dimensions are
 * `ReleaseFunction` and `Place`. Bundled into the function: nothing of the CDK may be imported here.
 */
export const RELEASE_METRICS = {
  namespace: 'cdk-fargate-cicd',
  /** Releases that are over, good or bad: the deployment frequency. */
  deployments: 'Deployments',
  /** Those that failed: with the former the change failure rate. */
  failures: 'FailedDeployments',
  /** Seconds from the commit to its release. */
  leadTime: 'LeadTime',
  /** Seconds from the first failed release of a place to its next good one. */
  timeToRestore: 'TimeToRestore',
} as const;
