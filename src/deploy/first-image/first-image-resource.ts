import {
  BatchDeleteImageCommand, BatchGetImageCommand, type ECRClient, GetAuthorizationTokenCommand, type ImageIdentifier, RepositoryNotFoundException,
} from '@aws-sdk/client-ecr';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { type ChosenImageProperties, type Delivered, deliverChosenImage } from './chosen-image';
import { firstImage, type FirstImageOptions, isFirstImage } from './image';
import { Registry } from './registry';
import { MEDIA_TYPES } from '../release/image/repository';

/** The properties of the custom resource. */
export interface FirstImageProperties extends Partial<ChosenImageProperties> {
  readonly RepositoryUri: string;
  readonly Tag: string;
  readonly RepositoryName: string;
  readonly Ports: string[];
  readonly Status: string;
  readonly Commands: string[];
  readonly Users: string[];
}

export type FirstImageEvent = CloudFormationCustomResourceEvent<FirstImageProperties>;

/** What the tag names: nothing, a first image, or an image that was released. */
type State =
  | { readonly name: 'none' | 'released' }
  | { readonly name: 'first'; readonly digest: string; readonly manifests: string[] };

/** Another repository or tag is another resource: CloudFormation then deletes the former one, after the update. */
export function firstImageId({ RepositoryName, Tag }: FirstImageProperties): string {
  return `${RepositoryName}/${Tag}`;
}

/**
 * Puts the first image under the tag from which a service takes its image, as long as nothing has been released; what a release
 * put there is never touched. Every event can be repeated, and the update of a rollback is an update like any other.
 */
export class FirstImageResource {
  constructor(
    private readonly ecr: ECRClient,
    private readonly signal: AbortSignal,
    private readonly scheme?: 'http',
  ) {}

  /** Answers what was done, in words. */
  async handle(event: FirstImageEvent): Promise<string> {
    switch (event.RequestType) {
      case 'Create': return this.create(event.ResourceProperties);
      case 'Update': return this.update(event.ResourceProperties, event.OldResourceProperties);
      case 'Delete': return this.delete(event.ResourceProperties, event.PhysicalResourceId);
    }
  }

  private async create(properties: FirstImageProperties): Promise<string> {
    return this.push(properties, ['none', 'first']);
  }

  private async update(properties: FirstImageProperties, former: FirstImageProperties): Promise<string> {
    if (firstImageId(properties) === firstImageId(former)) {
      // Nothing under the tag is an accident, and the service runs something else: the next release repairs it.
      return this.push(properties, ['first']);
    }
    const [now, before] = await Promise.all([this.look(properties), this.look(former)]);
    if (before.name === 'released' && now.name !== 'released') {
      throw new Error(`the repository would be replaced and the released image lost: copy ${firstImageId(former)} to ${firstImageId(properties)} first`);
    }
    return this.create(properties);
  }

  private async delete(properties: FirstImageProperties, physicalResourceId: string): Promise<string> {
    const id = firstImageId(properties);
    // A creation that never came here left an id of CloudFormation's own.
    if (physicalResourceId !== id) return `${physicalResourceId} is unknown: nothing to do`;
    const state = await this.look(properties);
    if (state.name !== 'first') return unchanged(id, state);
    // The index first: ECR keeps what an index refers to.
    await this.deleteImages(properties, [state.digest]);
    await this.deleteImages(properties, state.manifests);
    return `the first image was deleted from ${id}`;
  }

  /** Puts the first image under the tag if that is in one of these states. Images that it replaces stay: tasks may need them. */
  private async push(properties: FirstImageProperties, states: State['name'][]): Promise<string> {
    const id = firstImageId(properties);
    const state = await this.look(properties);
    if (!states.includes(state.name)) return unchanged(id, state);

    const image = isChosen(properties) ? await deliverChosenImage(this.ecr, properties, this.signal) : await this.deliverOurs(properties);
    // A release may have moved the tag in the meantime.
    const later = await this.look(properties);
    if (!states.includes(later.name)) return unchanged(id, later);
    await image.putTag();
    return `the first image ${image.digest} was put under ${id}`;
  }

  private async deliverOurs(properties: FirstImageProperties): Promise<Delivered> {
    const { blobs, manifests, index } = firstImage(optionsOf(properties));
    const registry = await this.registry(properties);
    await Promise.all(blobs.map(async blob => registry.putBlob(blob)));
    await Promise.all(manifests.map(async manifest => registry.putManifest(manifest)));
    return { digest: index.digest, putTag: async () => registry.putManifest(index, properties.Tag) };
  }

  private async look({ RepositoryName, Tag }: FirstImageProperties): Promise<State> {
    const { images, failures } = await this.ecr.send(new BatchGetImageCommand({
      repositoryName: RepositoryName, imageIds: [{ imageTag: Tag }], acceptedMediaTypes: MEDIA_TYPES,
    }), { abortSignal: this.signal }).catch(unlessMissing);
    const image = images?.[0];
    if (!image) {
      expectMissing(failures);
      return { name: 'none' };
    }
    const manifest = JSON.parse(image.imageManifest!) as { annotations?: Record<string, string>; manifests: ImageDescriptor[] };
    if (!isFirstImage(manifest)) return { name: 'released' };
    return { name: 'first', digest: image.imageId!.imageDigest!, manifests: manifest.manifests.map(({ digest }) => digest) };
  }

  private async deleteImages({ RepositoryName }: FirstImageProperties, digests: string[]): Promise<void> {
    const { failures } = await this.ecr.send(new BatchDeleteImageCommand({
      repositoryName: RepositoryName, imageIds: digests.map(imageDigest => ({ imageDigest })),
    }), { abortSignal: this.signal });
    expectMissing(failures);
  }

  private async registry({ RepositoryUri }: FirstImageProperties): Promise<Registry> {
    const { authorizationData } = await this.ecr.send(new GetAuthorizationTokenCommand(), { abortSignal: this.signal });
    const token = authorizationData?.[0].authorizationToken;
    return new Registry({ repositoryUri: RepositoryUri, token, scheme: this.scheme, signal: this.signal });
  }
}

interface ImageDescriptor {
  readonly digest: string;
}

interface Failure {
  readonly imageId?: ImageIdentifier;
  readonly failureCode?: string;
  readonly failureReason?: string;
}

/** The only reason for which ECR may not give or delete an image. */
function expectMissing(failures: Failure[] = []): void {
  const failure = failures.find(({ failureCode }) => failureCode !== 'ImageNotFound');
  if (failure) throw new Error(`ECR: ${failure.failureCode}: ${failure.failureReason}`);
}

/** A repository that is gone holds nothing. */
function unlessMissing(error: unknown): { images?: undefined; failures?: undefined } {
  if (error instanceof RepositoryNotFoundException) return {};
  throw error;
}

/** CloudFormation has no property where the user chose no image. */
function isChosen(properties: FirstImageProperties): properties is FirstImageProperties & ChosenImageProperties {
  return properties.SourceRepositoryArn !== undefined;
}

function unchanged(id: string, { name }: State): string {
  return `${id} holds ${name === 'none' ? 'nothing' : 'a released image'}: nothing to do`;
}

function optionsOf({ Ports, Status, Commands, Users }: FirstImageProperties): FirstImageOptions {
  return { ports: Ports, status: Status, commands: Commands, users: Users };
}
