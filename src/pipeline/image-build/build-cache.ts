import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createBucket } from '../../common/bucket';
import { acknowledge, inPacks } from '../../private/acknowledge';
import { Choice } from '../../private/problems';
import { ScopedRole } from '../../private/scoped-role';
import { PipelineParts } from '../parts';

/** Options of `BuildCache.s3`. */
export interface S3BuildCacheOptions {
  /**
   * When a cache goes that no build has written again meanwhile, at least one day.
   * @default Duration.days(30)
   */
  readonly expiration?: Duration;
}

/**
 * What the build of an image does with the cache: the layers go to a registry, into a directory that CodeBuild keeps, stay
 * with the Docker daemon, or go away.
 * @internal
 */
export type LayerStore = 'registry' | 'directory' | 'daemon' | 'none';

/** @internal */
export interface CacheContext {
  readonly parts: PipelineParts;
  /** The role of the build, which gets the rights for the cache. */
  readonly role: ScopedRole;
  /** Whether an image is built (else files are kept). */
  readonly forImages: boolean;
}

/** @internal */
export interface BoundCache {
  /** What CodeBuild itself keeps from build to build. */
  readonly projectCache?: codebuild.Cache;
  /** Variables that the script of an image build reads. */
  readonly environment: { [name: string]: string };
}

/** What a build keeps for the next one. A build is the same with and without it, only slower. */
export abstract class BuildCache extends Choice {
  /**
   * Layers of images, in a repository of their own: all builds find them, on whatever host they run. For image builds only.
   */
  static registry(): BuildCache {
    return new RegistryCache();
  }

  /**
   * Layers or files in a bucket: CodeBuild fetches them before a build and stores them afterwards. The bucket is one of its own: encrypted, private,
   * access-logged, not versioned.
   */
  static s3(options: S3BuildCacheOptions = {}): BuildCache {
    return new OwnBucketCache(options);
  }

  /** The same in an existing bucket in the region of the pipeline. The library neither empties it nor changes its settings. */
  static fromBucket(bucket: s3.IBucket): BuildCache {
    return new ExistingBucketCache(bucket);
  }

  /**
   * Layers or files on the build host. Costs nothing, and is there only when CodeBuild happens to give the next build the same host, which it keeps for
   * minutes: for teams that push often.
   */
  static local(): BuildCache {
    return new LocalCache();
  }

  /** Every build starts anew. */
  static none(): BuildCache {
    return new NoCache();
  }

  /** @internal */
  abstract readonly _layers: LayerStore;
  /** Whether `paths` in the buildspec are directories only. @internal */
  readonly _directoriesOnly: boolean = false;
  /** @internal */
  abstract _bind(scope: Construct, context: CacheContext): BoundCache;
}

class RegistryCache extends BuildCache {
  readonly _layers = 'registry';

  _bind(scope: Construct, { parts, role }: CacheContext): BoundCache {
    const repository = createCacheRepository(scope, parts);
    role.allow({
      actions: [
        'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage',
      ],
      resources: [repository.repositoryArn],
    });
    return { environment: { CACHE_URI: repository.repositoryUri } };
  }
}

abstract class BucketCache extends BuildCache {
  readonly _layers = 'directory';

  _bind(scope: Construct, { parts, role, forImages }: CacheContext): BoundCache {
    const bucket = this.bucketIn(scope, parts);
    role.allow({ actions: ['s3:GetObject', 's3:PutObject'], resources: [bucket.arnForObjects('*')], wildcard: 'CodeBuild names the objects of its cache' });
    if (bucket.encryptionKey) role.allow({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [bucket.encryptionKey.keyArn] });
    return { projectCache: codebuild.Cache.bucket(bucket), environment: forImages ? { CACHE_DIRECTORY } : {} };
  }

  protected abstract bucketIn(scope: Construct, parts: PipelineParts): s3.IBucket;
}

class OwnBucketCache extends BucketCache {
  constructor(private readonly options: S3BuildCacheOptions) {
    super();
    this._inspect((look) => look.seconds('expiration', options.expiration, 86400, 3650 * 86400, 'take for example Duration.days(30)'), options);
  }

  protected bucketIn(scope: Construct, parts: PipelineParts): s3.IBucket {
    return createCacheBucket(scope, parts, this.options.expiration ?? Duration.days(30));
  }
}

class ExistingBucketCache extends BucketCache {
  constructor(private readonly bucket: s3.IBucket) {
    super();
    this._inspect((look) => {
      look.that(typeof bucket?.bucketArn === 'string', '', bucket, 'a bucket', 'hand over an s3.IBucket');
      look.own('', 'a bucket', { region: bucket?.env?.region });
    });
  }

  protected bucketIn(): s3.IBucket {
    return this.bucket;
  }
}

class LocalCache extends BuildCache {
  readonly _layers = 'daemon';
  // "Only directories can be specified for caching" (CodeBuild API Reference, ProjectCache).
  readonly _directoriesOnly = true;

  _bind(_scope: Construct, { forImages }: CacheContext): BoundCache {
    const mode = forImages ? codebuild.LocalCacheMode.DOCKER_LAYER : codebuild.LocalCacheMode.CUSTOM;
    return { projectCache: codebuild.Cache.local(mode), environment: {} };
  }
}

class NoCache extends BuildCache {
  readonly _layers = 'none';

  _bind(): BoundCache {
    return { environment: {} };
  }
}

/** Outside of the source: in it, the cache would be sent to the daemon with it. @internal */
export const CACHE_DIRECTORY = '/root/.image-cache';

/** The one tag that builds overwrite; build repositories themselves are strictly immutable. @internal */
export const CACHE_TAG = 'cache';

function createCacheRepository(scope: Construct, { key, names, removalPolicy }: PipelineParts): ecr.Repository {
  // Several builds of one pipeline are told apart by their names.
  const imageName = /^Build-(.*)$/.exec(scope.node.id)?.[1];
  const detail = imageName === undefined ? 'cache' : `cache-${imageName.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
  const repository = new ecr.Repository(scope, 'CacheRepository', {
    repositoryName: names.name({ type: 'repository', detail, maxLength: 256 }),
    imageScanOnPush: true,
    imageTagMutability: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
    imageTagMutabilityExclusionFilters: [ecr.ImageTagMutabilityExclusionFilter.wildcard(CACHE_TAG)],
    encryption: key ? ecr.RepositoryEncryption.KMS : ecr.RepositoryEncryption.AES_256,
    encryptionKey: key,
    removalPolicy,
    emptyOnDelete: removalPolicy === RemovalPolicy.DESTROY ? true : undefined,
    // Each build moves the tag; what it left is of no use any more.
    lifecycleRules: [{ description: 'caches of earlier builds', tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(1) }],
  });
  const mutable = 'holds layers for the next build under one tag that each build moves; no image in it is ever run';
  acknowledge(repository, { 'CKV_AWS_51': mutable, 'cfn-guard::CT.ECR.PR.3': mutable });
  if (!key) {
    // CDK leaves the default of ECR out; templates are judged by what they say.
    (repository.node.defaultChild as ecr.CfnRepository).encryptionConfiguration = { encryptionType: 'AES256' };
    acknowledge(repository, { CKV_AWS_136: 'chosen by the user: encryption = keys of AWS services' });
  }
  return repository;
}

function createCacheBucket(scope: Construct, parts: PipelineParts, expiration: Duration): s3.Bucket {
  const bucket = createBucket(scope, 'CacheBucket', {
    key: parts.key,
    logGroupKey: parts.key,
    versioned: false,
    expiration,
    removalPolicy: parts.removalPolicy,
    logBucket: parts.logBucket(),
    logPrefix: `${scope.node.id}-cache/`,
  });
  const reason = 'a cache: only the newest is of use, and it can be made again';
  acknowledge(bucket, { 'CKV_AWS_21': reason, 'cfn-guard::CT.S3.PR.11': reason, ...inPacks('S3BucketVersioningEnabled', reason) });
  return bucket;
}
