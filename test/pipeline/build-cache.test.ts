import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Check } from '../../src/pipeline/checks/check';
import { BuildCache } from '../../src/pipeline/image-build/build-cache';
import { ImageBuild } from '../../src/pipeline/image-build/image-build';
import { judge, withAndWithoutFeatureFlags } from '../checkers';
import { PipelineWorld, projectOf, rightsOf, text, WorldOptions } from './pipeline-world';

function build(cache: BuildCache | ((world: PipelineWorld) => BuildCache), world?: WorldOptions) {
  const pipeline = new PipelineWorld(world);
  const chosen = typeof cache === 'function' ? cache(pipeline) : cache;
  const { action } = ImageBuild.dockerfile({ cache: chosen })._bind(pipeline.stack, pipeline.parts, { actionName: 'Build', containerName: 'app' });
  pipeline.addStage('Build', action);
  const { template, app } = pipeline;
  return { app, template, project: projectOf(template, 'Builds the image of app'), rights: rightsOf(template, 'BuildRole') };
}

function check(cache: BuildCache) {
  const pipeline = new PipelineWorld();
  const bound = Check.nodeTests({ cache })._bind(pipeline.stack, pipeline.parts, pipeline.context);
  pipeline.addStage('Build', bound.action);
  const { template } = pipeline;
  return { template, project: projectOf(template, 'Runs scripts of package.json'), rights: rightsOf(template, 'NodeTestsRole') };
}

const script = (project: any): string => JSON.parse(project.Source.BuildSpec).phases.build.commands[0];
const paths = (project: any) => JSON.parse(project.Source.BuildSpec).cache?.paths;
const CACHE_TAG = { ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: 'cache' };

describe('registry', () => {
  test('keeps layers in a repository of its own, where only its tag can be moved', () => {
    const { template, project, rights } = build(BuildCache.registry());
    template.hasResource('AWS::ECR::Repository', {
      DeletionPolicy: 'Retain',
      Properties: {
        ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        ImageTagMutabilityExclusionFilters: [CACHE_TAG],
        ImageScanningConfiguration: { ScanOnPush: true },
        EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: Match.anyValue() },
        EmptyOnDelete: Match.absent(),
        LifecyclePolicy: { LifecyclePolicyText: Match.stringLikeRegexp('"tagStatus":"untagged".*"countNumber":1,"countUnit":"days"') },
      },
    });
    expect(project.Cache).toEqual({ Type: 'NO_CACHE' });
    expect(rights.filter((right) => right.includes('CacheRepository')).map((right) => right.split(' ')[0])).toEqual([
      'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:CompleteLayerUpload', 'ecr:GetDownloadUrlForLayer', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart',
    ]);
    expect(script(project)).toContain('--cache-to "type=registry,ref=$CACHE_URI:cache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"');
  });

  test('is emptied when it goes', () => {
    build(BuildCache.registry(), { removalPolicy: RemovalPolicy.DESTROY }).template.hasResource('AWS::ECR::Repository', {
      DeletionPolicy: 'Delete', Properties: { ImageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', EmptyOnDelete: true },
    });
  });
});

describe('s3', () => {
  test('keeps layers in a bucket of its own', () => {
    const { template, project, rights } = build(BuildCache.s3({ expiration: Duration.days(7) }));
    const [[id]] = Object.entries(template.findResources('AWS::S3::Bucket')).filter(([name]) => name.startsWith('BuildCacheBucket'));
    const bucket = template.findResources('AWS::S3::Bucket')[id];
    expect(bucket.Properties).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 7, Status: 'Enabled' }] },
      LoggingConfiguration: { DestinationBucketName: { Ref: expect.stringMatching(/^LogBucket/) }, LogFilePrefix: 'Build-cache/' },
    });
    expect(bucket.Properties.VersioningConfiguration).toBeUndefined();
    expect(project.Cache.Type).toBe('S3');
    expect(text(project.Cache.Location)).toContain(`<${id}>`);
    expect(paths(project)).toEqual(['/root/.image-cache/**/*']);
    expect(project.Environment.EnvironmentVariables).toContainEqual({ Name: 'CACHE_DIRECTORY', Type: 'PLAINTEXT', Value: '/root/.image-cache' });
    expect(rights).toEqual(expect.arrayContaining([`s3:GetObject <${id}.Arn>/*`, `s3:PutObject <${id}.Arn>/*`].map((right) => expect.stringContaining(right.split(' ')[0]))));
    expect(script(project)).toContain('--cache-to "type=local,mode=max,dest=$CACHE_DIRECTORY.next,ignore-error=true"');
  });

  test('keeps layers in a bucket of the user, with the key of that', () => {
    const { template, rights } = build(({ stack }) => BuildCache.fromBucket(
      new s3.Bucket(stack, 'Mine', { encryptionKey: new kms.Key(stack, 'MyKey'), encryption: s3.BucketEncryption.KMS }),
    ));
    expect(Object.keys(template.findResources('AWS::S3::Bucket')).filter((id) => id.startsWith('Build'))).toEqual([]);
    expect(rights).toEqual(expect.arrayContaining([expect.stringMatching(/^kms:Decrypt .*<MyKey/), expect.stringMatching(/^s3:GetObject .*<Mine[^>]*Arn>\/\*/)]));
  });

  test('keeps layers in a bucket without key', () => {
    const { rights } = build(({ stack }) => BuildCache.fromBucket(s3.Bucket.fromBucketName(stack, 'Mine', 'mine')));
    expect(rights).toContainEqual(expect.stringMatching(/^s3:PutObject .*arn:<AWS::Partition>:s3:::mine\/\*/));
  });

  test('keeps files of a check', () => {
    const { project, rights } = check(BuildCache.s3());
    expect(project.Cache.Type).toBe('S3');
    expect(paths(project)).toEqual(['/root/.npm/**/*']);
    expect(project.Environment.EnvironmentVariables).toBeUndefined();
    expect(rights).toContainEqual(expect.stringMatching(/^s3:PutObject .*NodeTestsCacheBucket/));
  });

  test.each<[any, string]>([
    [{ expiration: Duration.hours(2) }, 'expiration: got 2 hours; allowed 1 day to 3650 days'],
    [{ expiration: 7 }, 'expiration: got 7; allowed a Duration'],
  ])('inputs %#', (options, problem) => {
    expect(BuildCache.s3(options)._problems.map(({ prop, got, allowed }) => `${prop}: got ${got}; allowed ${allowed}`)).toContainEqual(problem);
  });

  test('a bucket is a bucket', () => {
    expect(BuildCache.fromBucket('mine' as any)._problems).toMatchObject([{ prop: '', got: 'mine', allowed: 'a bucket' }]);
    expect(ImageBuild.dockerfile({ cache: BuildCache.fromBucket('mine' as any) })._problems).toMatchObject([{ prop: 'cache' }]);
  });
});

describe('local', () => {
  test('leaves layers with the daemon', () => {
    const { project } = build(BuildCache.local());
    expect(project.Cache).toEqual({ Type: 'LOCAL', Modes: ['LOCAL_DOCKER_LAYER_CACHE'] });
    expect(script(project)).toContain('docker build --tag');
    expect(script(project)).not.toMatch(/buildx|cache-/);
  });

  test('keeps directories of a check, not files', () => {
    const { project } = check(BuildCache.local());
    expect(project.Cache).toEqual({ Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE'] });
    expect(paths(project)).toEqual(['/root/.npm']);
  });
});

test('none keeps nothing', () => {
  for (const { project } of [build(BuildCache.none()), check(BuildCache.none())]) {
    expect(project.Cache).toEqual({ Type: 'NO_CACHE' });
    expect(paths(project)).toBeUndefined();
  }
});

withAndWithoutFeatureFlags((context) => {
  test.each([
    ['registry', BuildCache.registry()],
    ['s3', BuildCache.s3()],
    ['local', BuildCache.local()],
  ])('nothing against %s', (_, cache) => {
    for (const removalPolicy of [RemovalPolicy.RETAIN, RemovalPolicy.DESTROY]) {
      expect(judge(build(cache, { context, removalPolicy }).app).filter((finding) => / Shop\/Build\//.test(finding))).toEqual([]);
    }
  });
});
