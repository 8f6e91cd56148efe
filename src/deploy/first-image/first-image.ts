import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Choice } from '../../private/problems';

/** An image in ECR. @internal */
export interface ChosenImage {
  readonly repositoryArn: string;
  /** A tag, or a digest. */
  readonly reference: string;
}

/** What a new service runs until its first release, instead of a page which says that nothing was released yet. */
export abstract class FirstImage extends Choice {
  /**
   * An image of a repository of ECR, for example the one that runs today in a service that is being replaced. It is copied into the repository of the place,
   * so it may expire where it came from. It must listen on the port of the container and pass its health check.
   * @param repository of this account, or of another one whose repository policy lets this account pull
   * @param tagOrDigest `v1`, or `sha256:` and 64 digits; what a tag names is looked up when the place is made
   */
  static fromRepository(repository: ecr.IRepository, tagOrDigest: string): FirstImage {
    return new InRepository(repository, tagOrDigest);
  }

  /** @internal */
  abstract _image(): ChosenImage;
}

class InRepository extends FirstImage {
  constructor(private readonly repository: ecr.IRepository, private readonly reference: string) {
    super();
    this._inspect((look) => {
      look.kind('repository', repository ?? null, 'repositoryArn', 'a repository', 'hand over an ecr.IRepository');
      look.matches('tagOrDigest', reference ?? '', /^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/, 'a tag, or sha256: and 64 digits of 0-9 a-f',
        "write for example 'v1'");
    });
  }

  _image(): ChosenImage {
    return { repositoryArn: this.repository.repositoryArn, reference: this.reference };
  }
}
