import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Choice, placeOf } from '../private/problems';

/** The repository that builds push to and releases are copied from. */
export abstract class BuildRepository extends Choice {
  /** A new one: a tag, once given, never moves, and the last images are kept. */
  static create(): BuildRepository {
    return new Created();
  }

  /**
   * An existing one, in the account and region of the pipeline. Its name, its key and how long it keeps images are its owner's. Its tags should be immutable: a build pushes each
   * commit once, and whoever moves a tag changes what a retried build releases.
   */
  static fromRepository(repository: ecr.IRepository): BuildRepository {
    return new Existing(repository);
  }

  /** Whether options of a new repository would have no effect. @internal */
  abstract readonly _exists: boolean;

  /** @internal */
  abstract _bind(make: () => ecr.IRepository): ecr.IRepository;
}

class Created extends BuildRepository {
  readonly _exists = false;

  constructor() {
    super();
  }

  _bind(make: () => ecr.IRepository): ecr.IRepository {
    return make();
  }
}

class Existing extends BuildRepository {
  readonly _exists = true;

  constructor(private readonly repository: ecr.IRepository) {
    super();
    this._inspect((look) => {
      look.kind('', repository ?? null, 'repositoryArn', 'a repository', 'hand over an ecr.IRepository');
      look.own('', 'a repository', placeOf(repository?.repositoryArn));
    });
  }

  _bind(): ecr.IRepository {
    return this.repository;
  }
}
