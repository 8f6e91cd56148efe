import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import { CheckRecipe, listOr, NamedCheckOptions } from './check-options';
import { Inspection } from '../../private/problems';

/** How bad a vulnerability is, as its database says. */
export enum VulnerabilitySeverity {
  /** Low. */
  LOW = 'LOW',
  /** Medium. */
  MEDIUM = 'MEDIUM',
  /** High. */
  HIGH = 'HIGH',
  /** Critical. */
  CRITICAL = 'CRITICAL',
  /** Not judged yet. */
  UNKNOWN = 'UNKNOWN',
}

/** Options of `Check.imageScan`. */
export interface ImageScanOptions extends NamedCheckOptions {
  /** Findings of these severities fail the check. @default [VulnerabilitySeverity.HIGH, VulnerabilitySeverity.CRITICAL] */
  readonly severities?: VulnerabilitySeverity[];
  /** Whether findings count for which there is no fixed version yet. @default true */
  readonly unfixed?: boolean;
  /**
   * File in the source that waives findings, each with a reason (`statement`) and a last day (`expired_at`). Named here, it must exist.
   * @default - `.trivyignore.yaml` where there is one
   * @see https://trivy.dev/latest/docs/configuration/filtering/
   */
  readonly waiverFile?: string;
}

/**
 * Trivy 0.74.0 with its report templates, from the mirror that does not throttle anonymous pulls. Pinned: a scanner with rights in the account is a
 * dependency like any other. CodeBuild documents `repository@digest` and `repository:tag`, not both at once:
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html
 */
const TRIVY = 'public.ecr.aws/aquasecurity/trivy@sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969';
const WAIVERS = '.trivyignore.yaml';
const FOUND = '/tmp/image-scan.json';
const REPORT = 'image-scan.xml';

/**
 * One scan, whose findings are then shown twice: as a table in the log, and as a report. The commands are for a plain `sh`:
 * Trivy's image has no other. Trivy reads ECR with the role of the build.
 * @internal
 */
export function imageScanRecipe(options: ImageScanOptions): CheckRecipe {
  const severities = listOr([VulnerabilitySeverity.HIGH, VulnerabilitySeverity.CRITICAL], options.severities);
  const scan = [
    'trivy image --no-progress --scanners vuln', `--severity ${severities.join(',')}`, '--exit-code 1',
    ...(options.unfixed === false ? ['--ignore-unfixed'] : []),
    '--db-repository public.ecr.aws/aquasecurity/trivy-db:2', '--java-db-repository public.ecr.aws/aquasecurity/trivy-java-db:1',
    `--format json --output ${FOUND} $WAIVERS "$IMAGE_URI"`,
  ].join(' ');
  return {
    actionName: options.actionName ?? 'ImageScan',
    description: 'Scans the image for vulnerabilities',
    needsImage: true,
    buildSpec: {
      phases: {
        pre_build: { commands: [`rm -f ${REPORT}`, waivers(options.waiverFile)] },
        build: { commands: [scan] },
        // Runs after findings have failed the build, too. There is nothing to show when Trivy itself failed.
        post_build: { commands: [show(severities)] },
      },
    },
    cachedDirectories: ['/root/.cache/trivy'],
    reports: [{ name: 'image-scan', files: [REPORT] }],
    buildImage: () => codebuild.LinuxBuildImage.fromDockerRegistry(TRIVY),
  };
}

/** Trivy reads a file of this name only when told to. */
function waivers(file?: string): string {
  const use = (name: string) => `WAIVERS="--ignorefile ${name}"`;
  if (file) return `if [ -f ${file} ]; then ${use(file)}; else echo "the waiver file ${file} is missing" >&2; exit 1; fi`;
  return `WAIVERS=""; if [ -f ${WAIVERS} ]; then ${use(WAIVERS)}; fi`;
}

const show = (severities: VulnerabilitySeverity[]): string => [
  `if [ -s ${FOUND} ]; then`,
  `  trivy convert --format table ${FOUND} &&`,
  `  trivy convert --format template --template @/contrib/junit.tpl --output ${REPORT} ${FOUND} || exit 1`,
  // A report without any case is not one that CodeBuild documents; then the scan itself is the case.
  `  if ! grep -q "<testcase" ${REPORT}; then`,
  `    echo '<testsuites><testsuite name="trivy" tests="1" failures="0" errors="0"><testcase name="no findings of ${severities.join(', ')}" time="0"/></testsuite></testsuites>' > ${REPORT}`,
  '  fi',
  'fi',
].join('\n');

/** @internal */
export function inspectImageScan(look: Inspection, options: ImageScanOptions): void {
  if (Array.isArray(options.severities)) look.notEmpty('severities', options.severities, 'take for example [VulnerabilitySeverity.HIGH, VulnerabilitySeverity.CRITICAL]');
  look.each('severities', options.severities, (path, severity) => look.oneOf(path, severity, Object.values(VulnerabilitySeverity), 'take for example VulnerabilitySeverity.HIGH'));
  look.oneOf('unfixed', options.unfixed, [true, false], 'say whether findings without a fix count');
  // Without blanks and quotes, since the shell sees it; Trivy tells formats apart by the ending.
  look.matches('waiverFile', options.waiverFile, /^(?![-/])(?!(.*\/)?\.\.(\/|$))[A-Za-z0-9._/-]+\.ya?ml$/, 'a YAML file below the root of the source, of A-Z a-z 0-9 . _ / -',
    "write for example '.trivyignore.yaml'");
}
