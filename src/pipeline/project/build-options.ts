import { Duration } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as logs from 'aws-cdk-lib/aws-logs';
import { BuildSecret } from './build-secret';
import { Inspection, looksSecret } from '../../private/problems';

/** What every build can be told: the image build and each check have a project of their own. */
export interface BuildOptions {
  /**
   * Size of the machine: SMALL, MEDIUM, LARGE, X_LARGE or X2_LARGE.
   * @default - MEDIUM for the image build, SMALL for checks
   * @see https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html
   */
  readonly computeType?: codebuild.ComputeType;
  /**
   * Image in which the commands run.
   * @default - `LinuxBuildImage.STANDARD_7_0`; `LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0` where an image for ARM64 is built
   */
  readonly buildImage?: codebuild.IBuildImage;
  /**
   * After how long a build is stopped, which fails it: 5 minutes to 8 hours, whole minutes.
   * @default Duration.hours(1)
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-codebuild-project.html
   */
  readonly timeout?: Duration;
  /**
   * Variables that anybody may read. Names of letters, digits and `_` that do not begin with `CODEBUILD_` or `AWS_`. What looks like a
   * password or a token is refused: it belongs into `secrets`.
   * @default - none
   */
  readonly environment?: { [name: string]: string };
  /**
   * Variables out of Secrets Manager or Parameter Store. CodeBuild masks them in logs, and they stand in no template.
   * @default - none
   */
  readonly secrets?: { [name: string]: BuildSecret };
  /** How long the log is kept. @default RetentionDays.ONE_YEAR */
  readonly logRetention?: logs.RetentionDays;
  /** Name of the log group, 1 to 512 of `A-Z a-z 0-9 . - _ / #`. @default - by `resourceNames` */
  readonly logGroupName?: string;
  /** Base name of the project, 2 to 150 of `A-Z a-z 0-9 - _`. @default - by `resourceNames` */
  readonly projectName?: string;
}

/**
 * A call of a function, for CDK classes cost every consumer their loading at the top level.
 * @internal
 */
export const computeTypes = (): codebuild.ComputeType[] => [
  codebuild.ComputeType.SMALL, codebuild.ComputeType.MEDIUM, codebuild.ComputeType.LARGE, codebuild.ComputeType.X_LARGE, codebuild.ComputeType.X2_LARGE,
];

const VARIABLE = /^(?!CODEBUILD_|AWS_)[A-Za-z_][A-Za-z0-9_]*$/;
const SOUNDS_SECRET = /(SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)$/i;

/** @internal */
export function inspectBuild(look: Inspection, options: BuildOptions): void {
  look.oneOf('computeType', options.computeType, computeTypes(), 'take for example ComputeType.MEDIUM; Lambda compute has no Docker and no cache');
  look.that(options.buildImage === undefined || typeof options.buildImage?.imageId === 'string', 'buildImage', options.buildImage, 'a build image',
    'take for example codebuild.LinuxBuildImage.STANDARD_7_0');
  look.seconds('timeout', options.timeout, 300, 8 * 3600, 'take for example Duration.minutes(30)');
  if (options.timeout?.isUnresolved?.() === false) {
    look.that(options.timeout.toMilliseconds() % 60_000 === 0, 'timeout', options.timeout.toHumanString(), 'whole minutes', 'take for example Duration.minutes(30)');
  }
  look.matches('logGroupName', options.logGroupName, /^[A-Za-z0-9._/#-]{1,512}$/, '1 to 512 of A-Z a-z 0-9 . - _ / #', 'leave out other characters');
  look.matches('projectName', options.projectName, /^[A-Za-z0-9][A-Za-z0-9_-]{1,149}$/, '2 to 150 of A-Z a-z 0-9 - _, beginning with a letter or digit',
    'leave out other characters');
  look.oneOf('logRetention', options.logRetention, Object.values(logs.RetentionDays).filter(Number.isInteger), 'take for example logs.RetentionDays.ONE_MONTH');
  inspectVariables(look, 'environment', options.environment);
  if (options.secrets === undefined || !look.struct('secrets', options.secrets, 'a map of names to secrets')) return;
  for (const [name, secret] of Object.entries(options.secrets)) {
    inspectVariableName(look, `secrets.${name}`, name);
    look.that(secret !== undefined, `secrets.${name}`, secret, 'a BuildSecret', 'use one of the BuildSecret factories');
    look.choice(`secrets.${name}`, secret, BuildSecret);
    look.that(options.environment?.[name] === undefined, `secrets.${name}`, name, 'a name that environment does not have', 'keep one of the two');
  }
}

/** @internal */
export function inspectVariables(look: Inspection, prop: string, variables: { [name: string]: string } | undefined): void {
  if (variables === undefined || !look.struct(prop, variables, 'a map of names to values')) return;
  for (const [name, value] of Object.entries(variables)) {
    const at = `${prop}.${name}`;
    inspectVariableName(look, at, name);
    look.that(typeof value === 'string', at, value, 'a text', 'write it in quotes');
    // The value is not repeated: the message ends in logs.
    const secret = SOUNDS_SECRET.test(name) || looksSecret(value);
    look.that(!secret, at, '(hidden)', 'what anybody may read', 'move it to secrets, for example BuildSecret.fromSecretsManager(...)');
  }
}

function inspectVariableName(look: Inspection, at: string, name: string): void {
  look.matches(at, name, VARIABLE, 'a name of A-Z a-z 0-9 _ that begins neither with a digit nor with CODEBUILD_ or AWS_', 'rename it');
}
