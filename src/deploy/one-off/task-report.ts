import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ReportUploads } from './run/settings';
import { MadeFunction } from '../../private/function';
import { Choice } from '../../private/problems';
import { ScopedRole } from '../../private/scoped-role';

/** @internal */
export interface TaskReportParts {
  /** The function that runs the task. */
  readonly made: MadeFunction;
  /** Where artifacts go from action to action. */
  readonly artifactBucket: s3.IBucket;
  readonly key?: kms.IKey;
  /** Longest time of the task. */
  readonly timeout: Duration;
}

/** How the JUnit report of a one-off task comes back. It informs; the exit code decides. */
export abstract class TaskReport extends Choice {
  /**
   * Printed by the container that decides into its log, between the lines `-----BEGIN JUNIT-----` and `-----END JUNIT-----`. Works in every network, and needs no
   * rights and no program but `cat`.
   */
  static printed(): TaskReport {
    return new Printed();
  }

  /**
   * Uploaded by the container that decides, by one HTTP PUT to the address in its variable `JUNIT_UPLOAD_URL`, for example
   * `curl --fail --upload-file results.xml "$JUNIT_UPLOAD_URL"`. Needs no rights of the task, in whatever account it runs, and a way to the bucket of the artifacts. The
   * address is good for one object, and for an hour after the start of the task: AWS signs for no longer. At most 10 MB are read.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
   */
  static uploaded(): TaskReport {
    return new Uploaded();
  }

  /** What the function is told about uploads; undefined: there are none. @internal */
  abstract _bind(scope: Construct, parts: TaskReportParts): ReportUploads | undefined;
}

class Printed extends TaskReport {
  _bind(): undefined {
    return undefined;
  }
}

class Uploaded extends TaskReport {
  /** A role that can do nothing but this signs: what it signs for a task is limited by what it may do, and lives as long as its session. */
  _bind(scope: Construct, { made, artifactBucket, key, timeout }: TaskReportParts): ReportUploads {
    if (!timeout.isUnresolved() && timeout.toMinutes() > 60) {
      Annotations.of(scope).addWarningV2('cdk-fargate-cicd:report-after-an-hour',
        'report: the address that a task uploads its report to is good for an hour after its start, and this one may run longer; upload earlier, or take TaskReport.printed()');
    }
    const prefix = `junit/${scope.node.scope!.node.id}/${scope.node.id}/`;
    const reports = artifactBucket.arnForObjects(`${prefix}*`);
    const wildcard = 'each report has the name of its job';
    const role = new ScopedRole(scope, 'UploadRole', {
      assumedBy: new iam.ArnPrincipal(made.role.roleArn), description: `Signs where reports of ${scope.node.path} are uploaded to`,
    }).allow({ actions: ['s3:PutObject'], resources: [reports], wildcard }, ...key ? [{ actions: ['kms:GenerateDataKey'], resources: [key.keyArn] }] : []);
    made.role.allow(
      { actions: ['sts:AssumeRole'], resources: [role.roleArn] },
      { actions: ['s3:GetObject'], resources: [reports], wildcard },
      // Without it S3 answers for an object that is not there as for one that nobody may see.
      { actions: ['s3:ListBucket'], resources: [artifactBucket.bucketArn], conditions: { StringLike: { 's3:prefix': `${prefix}*` } } },
    );
    return { bucket: artifactBucket.bucketName, prefix, region: Stack.of(scope).region, roleArn: role.roleArn };
  }
}
