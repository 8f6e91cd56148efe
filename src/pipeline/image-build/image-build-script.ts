import { CACHE_DIRECTORY, CACHE_TAG, LayerStore } from './build-cache';

/** What the script of an image build is written from. All else comes as variables when it runs. @internal */
export interface ImageBuildScript {
  readonly layers: LayerStore;
  /** How many inputs decide about a new image; their paths are in `INPUT_0` and so on. None: the commit decides. */
  readonly inputs: number;
  readonly hasTarget: boolean;
  /** Names of build arguments; the value of the first is in the variable `BUILD_ARG_0`. */
  readonly buildArgs: string[];
  /** Names of variables that the Dockerfile may mount as secrets. */
  readonly secrets: string[];
  /** Whether `DOCKER_USERNAME` and `DOCKER_PASSWORD` are there to log in to another registry with. */
  readonly hasLogin: boolean;
  /** Whether the source is a clone, which tells the author of the commit. */
  readonly hasHistory: boolean;
}

/** Variable that the build exports. @internal */
export const AUTHOR = 'COMMIT_AUTHOR';

/** Docker Hub throttles pulls of hosts that many share, as CodeBuild's are; this is a mirror of moby/buildkit. */
const BUILDER_IMAGE = 'public.ecr.aws/vend/moby/buildkit:buildx-stable-1';

/**
 * The buildspec of an image build. It never comes from the repository: the project is privileged.
 *
 * CodeBuild runs each command as a script of its own that keeps variables but neither functions nor options
 * (https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-cmd.html), so each phase is one command.
 * @internal
 */
export function imageBuildSpec(script: ImageBuildScript): object {
  return {
    version: '0.2',
    env: {
      'shell': 'bash',
      // One manifest with one digest, instead of an index around image and attestations.
      'variables': { BUILDX_NO_DEFAULT_ATTESTATIONS: '1', DOCKER_BUILDKIT: '1' },
      'exported-variables': ['IMAGE_DIGEST', 'IMAGE_TAG', 'IMAGE_URI', ...(script.hasHistory ? [AUTHOR] : [])],
    },
    phases: {
      pre_build: { commands: [command(...login(script.hasLogin), ...(script.hasHistory ? nameAuthor : []), ...nameImage(script), ...publishedDigest, 'IMAGE_DIGEST="$(published_digest)"', 'export IMAGE_TAG IMAGE_DIGEST')] },
      build: { commands: [command(...build(script))] },
      post_build: { commands: [command(...publishedDigest, ...push)] },
    },
    artifacts: { files: ['imagedefinitions.json', 'imageDetail.json'] },
    ...(script.layers === 'directory' ? { cache: { paths: [`${CACHE_DIRECTORY}/**/*`] } } : {}),
  };
}

/** What CodeBuild itself runs after the last line is not written for these options. */
const command = (...lines: string[]): string => ['set -euo pipefail', ...lines, 'set +euo pipefail'].join('\n');

const login = (hasLogin: boolean): string[] => [
  // Those of the repository, should it hold any, say nothing about this build.
  'rm -f imagedefinitions.json imageDetail.json',
  'aws ecr get-login-password --region "$AWS_DEFAULT_REGION" | docker login --username AWS --password-stdin "$REGISTRY"',
  ...(hasLogin ? ['printf %s "$DOCKER_PASSWORD" | docker login --username "$DOCKER_USERNAME" --password-stdin "$DOCKER_REGISTRY"'] : []),
];

/** It becomes part of a JSON text in another action, which has 1,000 characters in all. Not to know it fails no build. */
const nameAuthor = [
  `${AUTHOR}="$(git -C "$CODEBUILD_SRC_DIR" log -1 --format=%an | tr -d '"\\\\[:cntrl:]')" || ${AUTHOR}=''`,
  `${AUTHOR}="$(LC_ALL=C.UTF-8; printf %s "\${${AUTHOR}:0:100}")"`,
  `export ${AUTHOR}="\${${AUTHOR}:-UNKNOWN}"`,
];

/** The commit; of an S3 source the version; without either, the build. Or the content of all that the image is made from. */
const nameImage = ({ inputs, hasTarget, buildArgs }: ImageBuildScript): string[] => [
  ...(inputs > 0 ? hashInputs(inputs, [
    '"$PLATFORM"', '"$BUILD_CONTEXT"', ...(hasTarget ? ['"$TARGET"'] : []), ...buildArgs.map((name, index) => `"${name}=$BUILD_ARG_${index}"`),
  ]) : ['IMAGE_TAG="${CODEBUILD_RESOLVED_SOURCE_VERSION:-build-${CODEBUILD_BUILD_ID##*:}}"']),
  'IMAGE_TAG="${IMAGE_TAG//[^A-Za-z0-9_.-]/-}"',
  // A tag begins with neither of these, as versions in S3 may.
  'case "$IMAGE_TAG" in [.-]*) IMAGE_TAG="v$IMAGE_TAG" ;; esac',
  'IMAGE_TAG="${IMAGE_TAG:0:100}$TAG_SUFFIX"',
];

/** Names and contents of files, where links lead, and the words that the build is told; a path that is missing fails. Nothing of git's own, no times and modes: those differ from one fetch to the next. */
const hashInputs = (inputs: number, words: string[]): string[] => [
  `INPUTS=("$DOCKERFILE" ${Array.from({ length: inputs }, (_, index) => `"$INPUT_${index}"`).join(' ')})`,
  'IMAGE_TAG="content-$({',
  // Neither options nor failures reach the shell in which this runs by themselves.
  `  printf '%s\\0' ${words.join(' ')} &&`,
  '  find "${INPUTS[@]}" -name .git -prune -o -type f -print0 | LC_ALL=C sort -zu | xargs -0 sha256sum &&',
  "  find \"${INPUTS[@]}\" -name .git -prune -o -type l -printf '%p %l\\0' | LC_ALL=C sort -zu",
  '} | sha256sum | cut -c 1-40)"',
];

/** Digest of the image that has the tag already; nothing when there is none. Every other problem is one. */
const publishedDigest = [
  'published_digest() {',
  '  local problem; problem="$(mktemp)"',
  '  aws ecr describe-images --repository-name "$REPOSITORY_NAME" --image-ids "imageTag=$IMAGE_TAG" \\',
  '    --query \'imageDetails[0].imageDigest\' --output text 2> "$problem" && return',
  '  grep -q ImageNotFoundException "$problem" || { cat "$problem" >&2; return 1; }',
  '}',
];

function build({ layers, hasTarget, buildArgs, secrets }: ImageBuildScript): string[] {
  // The cache backends need a builder in a container; the plain daemon keeps its layers by itself.
  const ownBuilder = layers === 'registry' || layers === 'directory';
  const options = [
    '--tag "$REPOSITORY_URI:$IMAGE_TAG"', '--platform "$PLATFORM"', '--file "$DOCKERFILE"',
    ...(hasTarget ? ['--target "$TARGET"'] : []),
    ...buildArgs.map((name, index) => `--build-arg ${name}="$BUILD_ARG_${index}"`),
    ...secrets.map((name) => `--secret id=${name},env=${name}`),
  ];
  return [
    'if [ -n "$IMAGE_DIGEST" ]; then',
    '  echo "$REPOSITORY_URI:$IMAGE_TAG is there already, nothing is built"',
    'else',
    ...(ownBuilder ? [`  docker buildx create --use --driver docker-container --driver-opt image=${BUILDER_IMAGE}`] : []),
    ...(layers === 'directory' ? ['  CACHE_FROM=()', '  if [ -f "$CACHE_DIRECTORY/index.json" ]; then CACHE_FROM=(--cache-from "type=local,src=$CACHE_DIRECTORY"); fi'] : []),
    `  ${[ownBuilder ? 'docker buildx build --load' : 'docker build', ...options, ...cacheOptions(layers), '"$BUILD_CONTEXT"'].join(' ')}`,
    // BuildKit only ever adds to a directory. What this build did not use stays behind, or the cache would grow for ever.
    ...(layers === 'directory' ? ['  if [ -d "$CACHE_DIRECTORY.next" ]; then rm -rf "$CACHE_DIRECTORY"; mv "$CACHE_DIRECTORY.next" "$CACHE_DIRECTORY"; fi'] : []),
    'fi',
  ];
}

/** A cache that cannot be written fails no build. https://docs.docker.com/build/cache/backends/ */
function cacheOptions(layers: LayerStore): string[] {
  switch (layers) {
    case 'registry': return [
      `--cache-from "type=registry,ref=$CACHE_URI:${CACHE_TAG}"`,
      // ECR takes caches as image manifests of OCI only.
      `--cache-to "type=registry,ref=$CACHE_URI:${CACHE_TAG},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"`,
    ];
    case 'directory': return ['"${CACHE_FROM[@]}"', '--cache-to "type=local,mode=max,dest=$CACHE_DIRECTORY.next,ignore-error=true"'];
    default: return [];
  }
}

/** CodeBuild runs post_build after a failed build, too. */
const push = [
  'if [ "$CODEBUILD_BUILD_SUCCEEDING" != 1 ]; then echo "the build failed, nothing is pushed"; exit 1; fi',
  'if [ -z "$IMAGE_DIGEST" ]; then',
  '  if docker push "$REPOSITORY_URI:$IMAGE_TAG"; then',
  '    IMAGE_DIGEST="$(docker image inspect --format \'{{range .RepoDigests}}{{println .}}{{end}}\' "$REPOSITORY_URI:$IMAGE_TAG" \\',
  '      | grep -F "$REPOSITORY_URI@" | cut -d @ -f 2)"',
  '  else',
  // Tags are immutable: another execution of the same commit may have been faster.
  '    IMAGE_DIGEST="$(published_digest)"',
  '  fi',
  'fi',
  'case "$IMAGE_DIGEST" in sha256:*) ;; *) echo "the image was not pushed" >&2; exit 1 ;; esac',
  'IMAGE_URI="$REPOSITORY_URI@$IMAGE_DIGEST"',
  'export IMAGE_DIGEST IMAGE_URI',
  'cd "$CODEBUILD_SRC_DIR"',
  'printf \'[{"name":"%s","imageUri":"%s"}]\\n\' "$CONTAINER_NAME" "$IMAGE_URI" > imagedefinitions.json',
  'printf \'{"ImageURI":"%s"}\\n\' "$IMAGE_URI" > imageDetail.json',
  'echo "image: $IMAGE_URI"',
];
