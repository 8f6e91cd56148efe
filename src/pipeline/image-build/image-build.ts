import { posix } from 'path';
import { Fn } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { BoundCache, BuildCache } from './build-cache';
import { AUTHOR, imageBuildSpec } from './image-build-script';
import { Choice, Inspection } from '../../private/problems';
import { REGISTRY_LOGIN } from '../../private/scoped-role';
import { BuiltImage, PipelineParts } from '../parts';
import { BuildOptions, inspectBuild, inspectVariables } from '../project/build-options';
import { BuildSecret } from '../project/build-secret';
import { createAction, createProject, createProjectRole } from '../project/project';

/** Credentials of a registry that base images are pulled from. */
export interface RegistryLogin {
  /** Host of the registry. @default - Docker Hub */
  readonly registry?: string;
  /** The user; in the build as `DOCKER_USERNAME`. */
  readonly username: BuildSecret;
  /** The password or access token; in the build as `DOCKER_PASSWORD`. */
  readonly password: BuildSecret;
}

/** Options of `ImageBuild.dockerfile`. `secrets` can be mounted in the Dockerfile: `RUN --mount=type=secret,id=NAME`. */
export interface DockerfileOptions extends BuildOptions {
  /**
   * Name of the image among those of its pipeline, 1 to 60 of A-Z a-z 0-9 . _ -: part of tags and of the name of the action. Needed only where a pipeline builds several.
   * @default - the name of the first place that the image is released to
   */
  readonly imageName?: string;
  /**
   * Files and folders below the root of the source that the image is made from, beside its Dockerfile. While none of them changes, nor an argument of the build, a commit makes no new image: the
   * one that stands for exactly this content is released again, and a place where it runs already is left in peace. Newer base images are then not taken before something changes.
   * @default - every commit makes a new image
   */
  readonly inputs?: string[];
  /** Folder below the root of the source that is sent to the build. @default '.' */
  readonly directory?: string;
  /** The Dockerfile, relative to `directory`. @default 'Dockerfile' */
  readonly dockerfile?: string;
  /** Stage of the Dockerfile to build. @default - the last */
  readonly target?: string;
  /**
   * Values of `ARG`s of the Dockerfile. Anybody who has the image can read them. A changed value takes effect with the next commit: the image of
   * a commit is built once.
   * @default - none
   */
  readonly buildArgs?: { [name: string]: string };
  /**
   * Architecture of the image. The build runs on a host of the same one.
   * @default - the architecture of the place that the image is released to
   */
  readonly architecture?: ecs.CpuArchitecture;
  /** What is kept for the next build. @default BuildCache.registry() */
  readonly cache?: BuildCache;
  /** Logs in to the registry of base images, for limits on anonymous pulls or private images. @default - anonymous */
  readonly registryLogin?: RegistryLogin;
}

/** What the pipeline knows about an image build. @internal */
export interface ImageBuildContext {
  /** Name of the action, and id of the construct: unique within the pipeline. */
  readonly actionName: string;
  /** Container that the image is for. */
  readonly containerName: string;
  /** Architecture of the place. */
  readonly architecture?: ecs.CpuArchitecture;
  /** Keeps the tags of several image builds of one pipeline apart, for example `-worker`. */
  readonly tagSuffix?: string;
  readonly runOrder?: number;
}

/** @internal */
export interface BoundImageBuild {
  readonly action: codepipeline.IAction;
  readonly image: BuiltImage;
  readonly project: codebuild.IProject;
}

/** How the image is made that the pipeline releases. It is built once for each commit, and pushed only when the build succeeded. */
export abstract class ImageBuild extends Choice {
  /** `docker build` of a Dockerfile in the source. */
  static dockerfile(options: DockerfileOptions = {}): ImageBuild {
    return new DockerfileBuild(options);
  }

  /** @internal */
  abstract readonly _imageName: string | undefined;
  /** Reports what does not fit to a place of that architecture. @internal */
  abstract _inspectFor(look: Inspection, prop: string, architecture?: ecs.CpuArchitecture): void;
  /** @internal */
  abstract _bind(scope: Construct, parts: PipelineParts, context: ImageBuildContext): BoundImageBuild;
}

class DockerfileBuild extends ImageBuild {
  readonly _imageName: string | undefined;

  constructor(private readonly options: DockerfileOptions) {
    super();
    this._imageName = options?.imageName;
    this._inspect((look) => {
      inspectBuild(look, options);
      inspectDockerfile(look, options);
      this._inspectFor(look, '', options.architecture);
    }, options);
  }

  _inspectFor(look: Inspection, prop: string, architecture?: ecs.CpuArchitecture): void {
    const { buildImage, architecture: own } = this.options;
    const at = (name: string) => prop ? `${prop}.${name}` : name;
    const wanted = nameOf(architecture);
    look.that(!own || !wanted || nameOf(own) === wanted, at('architecture'), nameOf(own), `${wanted}, the architecture of the place`,
      'leave it out, or change the place');
    if (!buildImage || !wanted) return;
    // A host of the wrong kind makes an image that ends with "exec format error" when its task starts.
    look.that((buildImage.type === codebuild.EnvironmentType.ARM_CONTAINER) === (wanted === 'ARM64'), at('buildImage'), buildImage.imageId,
      `a build image for ${wanted}`, 'take one of the same architecture as the tasks, or leave it out');
  }

  _bind(scope: Construct, parts: PipelineParts, context: ImageBuildContext): BoundImageBuild {
    const home = new Construct(scope, context.actionName);
    const { action, project } = this.createAction(home, parts, context);
    const digest = action.variable('IMAGE_DIGEST');
    const [artifact] = action.actionProperties.outputs!;
    const author = parts.cloning && action.variable(AUTHOR);
    return { action, project, image: { digest, author, uri: `${parts.repository.repositoryUri}@${digest}`, artifact } };
  }

  private createAction(home: Construct, parts: PipelineParts, context: ImageBuildContext) {
    const { options } = this;
    const architecture = nameOf(options.architecture ?? context.architecture) ?? 'X86_64';
    const role = createProjectRole(home, `Builds the image in ${home.node.path}`);
    const cache = options.cache ?? BuildCache.registry();
    const bound = cache._bind(home, { parts, role, forImages: true });
    role.allow(REGISTRY_LOGIN, { actions: PUSH, resources: [parts.repository.repositoryArn] });
    const { registryLogin: login } = options;
    const made = createProject(home, parts, role, {
      purpose: context.actionName,
      description: `Builds the image of ${context.containerName}`,
      options: { ...options, secrets: { ...options.secrets, ...(login ? { DOCKER_USERNAME: login.username, DOCKER_PASSWORD: login.password } : {}) } },
      computeType: options.computeType ?? codebuild.ComputeType.MEDIUM,
      buildImage: options.buildImage ?? defaultBuildImage(architecture),
      privileged: 'docker build needs it',
      hasOutputs: true,
      cache: bound.projectCache,
      environment: this.environment(parts, context, bound, architecture),
      buildSpec: imageBuildSpec({
        layers: cache._layers,
        inputs: options.inputs?.length ?? 0,
        hasTarget: options.target !== undefined,
        buildArgs: Object.keys(options.buildArgs ?? {}),
        secrets: Object.keys(options.secrets ?? {}),
        hasLogin: login !== undefined,
        hasHistory: parts.cloning !== undefined,
      }),
    });
    const action = createAction(home, parts, made, {
      actionName: context.actionName,
      variablesNamespace: context.actionName.replace(/[^A-Za-z0-9@_-]/g, '-'),
      outputs: [new codepipeline.Artifact(`${context.actionName.replace(/[^A-Za-z0-9_-]/g, '-')}Image`)],
      runOrder: context.runOrder,
    });
    return { action, project: made.project };
  }

  private environment(parts: PipelineParts, context: ImageBuildContext, bound: BoundCache, architecture: string): { [name: string]: string } {
    const { directory = '.', dockerfile = 'Dockerfile', inputs = [], target, buildArgs = {}, registryLogin } = this.options;
    const { repositoryUri, repositoryName } = parts.repository;
    return {
      // Of the repository's URI, so that it follows a repository in another account or partition.
      REGISTRY: Fn.select(0, Fn.split('/', repositoryUri)),
      REPOSITORY_URI: repositoryUri,
      REPOSITORY_NAME: repositoryName,
      CONTAINER_NAME: context.containerName,
      TAG_SUFFIX: context.tagSuffix ?? '',
      PLATFORM: architecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64',
      BUILD_CONTEXT: directory,
      DOCKERFILE: posix.join(directory, dockerfile),
      ...(target === undefined ? {} : { TARGET: target }),
      ...Object.fromEntries(inputs.map((path, index) => [`INPUT_${index}`, path])),
      ...Object.fromEntries(Object.values(buildArgs).map((value, index) => [`BUILD_ARG_${index}`, value])),
      ...(registryLogin ? { DOCKER_REGISTRY: registryLogin.registry ?? 'https://index.docker.io/v1/' } : {}),
      ...bound.environment,
    };
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/sample-docker.html, and what finding and reusing an image takes. */
const PUSH = [
  'ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage',
  'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:DescribeImages',
];

const OWN_VARIABLES = /^(REGISTRY|REPOSITORY_URI|REPOSITORY_NAME|CONTAINER_NAME|TAG_SUFFIX|PLATFORM|BUILD_CONTEXT|DOCKERFILE|TARGET|INPUT_\d+|BUILD_ARG_\d+|CACHE_URI|CACHE_DIRECTORY|IMAGE_DIGEST|IMAGE_TAG|IMAGE_URI|COMMIT_AUTHOR|DOCKER_(USERNAME|PASSWORD|REGISTRY))$/;

/** Architectures have no public name of their own, but for this. */
const nameOf = (architecture?: ecs.CpuArchitecture): string | undefined => architecture?._cpuArchitecture;

const defaultBuildImage = (architecture: string): codebuild.IBuildImage => architecture === 'ARM64'
  ? codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0
  : codebuild.LinuxBuildImage.STANDARD_7_0;

function inspectDockerfile(look: Inspection, options: DockerfileOptions): void {
  const inside = /^(?!\/)(?!(.*\/)?\.\.(\/|$)).+$/;
  look.matches('directory', options.directory, inside, 'a path below the root of the source', "write for example 'services/web'");
  look.matches('dockerfile', options.dockerfile, inside, 'a path below directory', "write for example 'docker/Dockerfile'");
  look.matches('imageName', options.imageName, /^[A-Za-z0-9._-]{1,60}$/, '1 to 60 of A-Z a-z 0-9 . _ -', 'leave out other characters');
  look.notEmpty('inputs', options.inputs, 'name what the image is made from, or leave it out');
  look.each('inputs', options.inputs, (path, input) => look.matches(path, input ?? '', /^(?![/-])(?!(.*\/)?\.\.(\/|$)).+$/, 'a path below the root of the source', "write for example 'services/web'"));
  look.matches('target', options.target, /^[A-Za-z0-9_.-]+$/, 'the name of a stage of the Dockerfile', 'write the name after AS');
  look.kind('architecture', options.architecture, '_cpuArchitecture', 'an architecture', 'take for example ecs.CpuArchitecture.ARM64');
  look.oneOf('architecture', nameOf(options.architecture), ['ARM64', 'X86_64'], 'take ecs.CpuArchitecture.ARM64 or X86_64');
  look.choice('cache', options.cache, BuildCache);
  inspectVariables(look, 'buildArgs', options.buildArgs);
  for (const prop of ['environment', 'secrets'] as const) {
    for (const name of Object.keys(options[prop] ?? {})) {
      look.that(!OWN_VARIABLES.test(name), `${prop}.${name}`, name, 'a name that the build itself does not use', 'rename it');
    }
  }
  const { registryLogin } = options;
  if (registryLogin === undefined || !look.struct('registryLogin', registryLogin)) return;
  look.matches('registryLogin.registry', registryLogin.registry, /^[A-Za-z0-9.-]+(:\d+)?$/, 'a host name', "write for example 'ghcr.io', or leave it out for Docker Hub");
  for (const part of ['username', 'password'] as const) {
    look.that(registryLogin[part] !== undefined, `registryLogin.${part}`, registryLogin[part], 'a BuildSecret', 'use one of the BuildSecret factories');
    look.choice(`registryLogin.${part}`, registryLogin[part], BuildSecret);
  }
}
