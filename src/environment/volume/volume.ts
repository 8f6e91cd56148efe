import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import { Construct } from 'constructs';
import { Access, bindAccess, inspectAccess } from './efs-access';
import { TaskRole } from '../../common/task-role';
import { Choice, Inspection } from '../../private/problems';

/** Options of `Volume.memory`. */
export interface MemoryVolumeOptions {
  /** Size in MiB, 1 to 122880, less than the memory of its container: what is written there counts as memory of the task. @default 64 */
  readonly sizeMiB?: number;
  /** Whether programs may be run from there. Some runtimes unpack native libraries into `/tmp`. @default false */
  readonly executable?: boolean;
}

/** Options of `Volume.efs`. */
export interface EfsVolumeOptions {
  /** Directory of the file system that becomes the volume; it is made with the first mount. Begins with `/`, at most 100 characters and 4 levels. @default '/' and the path in the container */
  readonly directory?: string;
  /** User and group that all access is made as, whatever the container runs as, 0 to 4294967295. @default 1000 */
  readonly uid?: number;
  /** Group that all access is made as, 0 to 4294967295. @default 1000 */
  readonly gid?: number;
  /** Whether the container may only read. @default false */
  readonly readOnly?: boolean;
}

/** Options of `Volume.fromAccessPoint`. */
export interface AccessPointVolumeOptions {
  /** Whether the container may only read. @default false */
  readonly readOnly?: boolean;
}

/** What all volumes of a task definition are made with. @internal */
export interface VolumeParts {
  readonly definition: ecs.FargateTaskDefinition;
  readonly taskRole: TaskRole;
  /** Where what a volume makes stands. */
  readonly scope: Construct;
  readonly names: Map<Volume, string>;
  /** File systems that the tasks must reach. */
  readonly fileSystems: Set<efs.IFileSystem>;
}

/** Somewhere that a container may write. */
export abstract class Volume extends Choice {
  /**
   * A directory in memory, empty in each task: with `readonlyRootFilesystem`, what `/tmp` needs. Any user may write there, unless the image has the
   * directory already: then that directory's rights count.
   * @see https://aws.amazon.com/about-aws/whats-new/2026/01/amazon-ecs-tmpfs-mounts-aws-fargate-managed-instances/
   */
  static memory(path: string, options: MemoryVolumeOptions = {}): Volume {
    return new Memory(path, options);
  }

  /**
   * A directory on the disk of the task, at first empty, as large as the task's storage (`container.ephemeralStorageGiB`). It belongs to root with mode
   * 0755; for another user name the path in a `VOLUME` of the Dockerfile, whose owner and rights are taken. Containers that are given the same volume share it.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
   */
  static disk(path: string): Volume {
    return new Disk(path);
  }

  /**
   * A directory of an EFS file system: lasts, and is shared by all tasks. Through an access point that is made for it, encrypted on the way, with rights on this
   * access point for the task role and a rule that lets the tasks in.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
   */
  static efs(fileSystem: efs.IFileSystem, path: string, options: EfsVolumeOptions = {}): Volume {
    return new Efs(path, { fileSystem, owner: options }, options);
  }

  /** As `efs`, through an access point that exists. It must know its file system. */
  static fromAccessPoint(accessPoint: efs.IAccessPoint, path: string, options: AccessPointVolumeOptions = {}): Volume {
    return new Efs(path, { accessPoint }, options);
  }

  /** Where the containers see it. @internal */
  abstract readonly _path: string;
  /** Memory that it takes from its container. @internal */
  readonly _memoryMiB: number = 0;

  /** Mounts it in a container. @internal */
  abstract _bind(container: ecs.ContainerDefinition, parts: VolumeParts): void;
}

function inspectPath(look: Inspection, path: string): void {
  look.matches('path', path ?? '', /^(\/[A-Za-z0-9_.-]+)+$/, 'an absolute path of A-Z a-z 0-9 _ . -', "write for example '/tmp'");
}

class Memory extends Volume {
  readonly _memoryMiB: number;

  constructor(readonly _path: string, private readonly options: MemoryVolumeOptions) {
    super();
    this._memoryMiB = options?.sizeMiB ?? 64;
    this._inspect((look) => {
      inspectPath(look, _path);
      look.integer('sizeMiB', options.sizeMiB, 1, 122880, 'take for example 64');
      look.oneOf('executable', options.executable, [true, false], 'say whether programs run from there');
    }, options);
  }

  _bind(container: ecs.ContainerDefinition): void {
    container.linuxParameters!.addTmpfs({
      containerPath: this._path,
      size: this._memoryMiB,
      mountOptions: [ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV, this.options.executable ? ecs.TmpfsMountOption.EXEC : ecs.TmpfsMountOption.NOEXEC],
    });
  }
}

/** Volumes of the task definition, each made once and mounted in all containers that have it. */
abstract class Mounted extends Volume {
  protected readonly readOnly: boolean = false;

  _bind(container: ecs.ContainerDefinition, parts: VolumeParts): void {
    const { names } = parts;
    if (!names.has(this)) {
      names.set(this, `${container.containerName}${this._path}`.replace(/[^A-Za-z0-9_-]/g, '-'));
      this.declare(names.get(this)!, parts);
    }
    container.addMountPoints({ containerPath: this._path, readOnly: this.readOnly, sourceVolume: names.get(this)! });
  }

  protected abstract declare(name: string, parts: VolumeParts): void;
}

class Disk extends Mounted {
  constructor(readonly _path: string) {
    super();
    this._inspect((look) => inspectPath(look, _path));
  }

  protected declare(name: string, { definition }: VolumeParts): void {
    definition.addVolume({ name });
  }
}

class Efs extends Mounted {
  protected readonly readOnly: boolean;

  constructor(readonly _path: string, private readonly access: Access, options: AccessPointVolumeOptions) {
    super();
    this.readOnly = options?.readOnly ?? false;
    this._inspect((look) => {
      inspectPath(look, _path);
      look.oneOf('readOnly', options.readOnly, [true, false], 'say whether the container only reads');
      inspectAccess(look, access);
    }, options);
  }

  protected declare(name: string, { definition, scope, taskRole, fileSystems }: VolumeParts): void {
    const { fileSystem, accessPoint } = bindAccess(scope, `AccessPoint${this._path}`.replace(/\//g, '-'), this.access, this._path);
    fileSystems.add(fileSystem);
    taskRole.allow({
      actions: ['elasticfilesystem:ClientMount', ...(this.readOnly ? [] : ['elasticfilesystem:ClientWrite'])],
      resources: [fileSystem.fileSystemArn],
      conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
    });
    definition.addVolume({
      name,
      efsVolumeConfiguration: {
        fileSystemId: fileSystem.fileSystemId,
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: accessPoint.accessPointId, iam: 'ENABLED' },
      },
    });
  }
}
