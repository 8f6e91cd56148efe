import { CustomResource, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, inPacks } from '../private/acknowledge';
import { createFunction } from '../private/function';
import { EmptyBucketFunction } from './empty-bucket/empty-bucket-function';
import { EMPTY_ON_DELETE } from './empty-bucket/empty-on-delete';
import { shortPath } from '../private/naming';

/** @internal */
export interface BucketOptions {
  /** Key of the objects; undefined: keys of S3. */
  readonly key?: kms.IKey;
  readonly versioned: boolean;
  /** When objects go; they stay for ever without it. */
  readonly expiration?: Duration;
  readonly removalPolicy: RemovalPolicy;
  /** Key of the log group of the function that empties the bucket. */
  readonly logGroupKey?: kms.IKey;
  /** Where access is logged; undefined: nowhere. */
  readonly logBucket?: s3.IBucket;
  readonly logPrefix?: string;
}

/** A bucket that is encrypted, private, reached by TLS only, cleaned up by itself and emptied when it goes. @internal */
export function createBucket(scope: Construct, id: string, options: BucketOptions): s3.Bucket {
  const { key, versioned, expiration, removalPolicy, logBucket, logPrefix } = options;
  const bucket = new s3.Bucket(scope, id, {
    encryption: key ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
    encryptionKey: key,
    bucketKeyEnabled: key ? true : undefined,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    versioned,
    removalPolicy,
    lifecycleRules: [{
      enabled: true,
      expiration,
      noncurrentVersionExpiration: versioned ? expiration ?? Duration.days(30) : undefined,
      abortIncompleteMultipartUploadAfter: Duration.days(7),
    }],
  });
  const resource = bucket.node.defaultChild as s3.CfnBucket;
  // The L2 prop for EventBridge would add a function of CDK's own.
  resource.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
  // The L2 prop for access logs would add an ACL to the log bucket, or a statement without source conditions.
  if (logBucket) resource.loggingConfiguration = { destinationBucketName: logBucket.bucketName, logFilePrefix: logPrefix };
  if (removalPolicy === RemovalPolicy.DESTROY) emptyOnDelete(scope, bucket, options);
  acknowledge(bucket, {
    ...inPacks('S3BucketReplicationEnabled', 'what is in it can be made again; logs stay in their region'),
    'cfn-guard::CT.S3.PR.9': 'its content expires; Object Lock would keep it',
    ...(key ? {} : { 'cfn-guard::CT.S3.PR.10': KEYS_OF_S3, ...inPacks('S3DefaultEncryptionKMS', KEYS_OF_S3) }),
  });
  return bucket;
}

const KEYS_OF_S3 = 'keys of S3 were chosen, or a service delivers that cannot use another key: load balancers and S3 deliver access logs so';

/**
 * Where load balancers and S3 log access. Both deliver to buckets with keys of S3 only.
 * @internal
 */
export function createLogBucket(scope: Construct, id: string, removalPolicy: RemovalPolicy, logGroupKey?: kms.IKey): s3.Bucket {
  const bucket = createBucket(scope, id, { versioned: true, expiration: Duration.days(365), removalPolicy, logGroupKey });
  const { account, partition } = Stack.of(scope);
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'AccessLogsOfBuckets',
    principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': `arn:${partition}:s3:::*` } },
  }));
  const itself = 'is the log bucket';
  acknowledge(bucket, {
    'AwsSolutions-S1': itself,
    'CKV_AWS_18': itself,
    'cfn-guard::CT.S3.PR.2': itself,
    ...inPacks('S3BucketLoggingEnabled', itself),
  });
  return bucket;
}

/** CDK's `autoDeleteObjects` brings a function that cannot be tagged, encrypted or narrowed. */
function emptyOnDelete(scope: Construct, bucket: s3.Bucket, { logGroupKey, removalPolicy }: BucketOptions): void {
  const { function: emptier, role } = createFunction(scope, `${bucket.node.id}Emptier`, EmptyBucketFunction, {
    description: `Empties the bucket ${shortPath(bucket)} before it is deleted`,
    timeout: Duration.minutes(15),
    memorySize: 256,
    key: logGroupKey,
    removalPolicy,
    owner: scope,
  });
  role.allow(
    { actions: ['s3:ListBucketVersions', 's3:GetBucketTagging'], resources: [bucket.bucketArn] },
    {
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      resources: [bucket.arnForObjects('*')],
      wildcard: 'everything in the bucket is deleted with it',
    },
  );
  const emptying = new CustomResource(scope, `${bucket.node.id}Emptying`, {
    serviceToken: emptier.functionArn,
    resourceType: 'Custom::EmptyBucket',
    properties: { BucketName: bucket.bucketName },
  });
  // Only a bucket with this tag is emptied: going from DESTROY to RETAIN deletes the custom resource as well, and takes the tag away first.
  Tags.of(bucket).add(EMPTY_ON_DELETE.key, EMPTY_ON_DELETE.value);
  // Deleted in reverse order: the objects first, then the right to delete them.
  emptying.node.addDependency(role);
}
