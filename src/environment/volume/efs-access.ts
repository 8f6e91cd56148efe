import { Tokenization } from 'aws-cdk-lib';
import * as efs from 'aws-cdk-lib/aws-efs';
import { Construct } from 'constructs';
import { Inspection } from '../../private/problems';

interface Owner {
  readonly directory?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** How a file system is entered: by an access point that exists, or by one that is made. @internal */
export type Access = { readonly fileSystem: efs.IFileSystem; readonly owner: Owner } | { readonly accessPoint: efs.IAccessPoint };

/**
 * The access point and its file system. One that is made does everything as one user, and makes its directory for that user.
 * @see https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html
 * @internal
 */
export function bindAccess(scope: Construct, id: string, access: Access, path: string): { fileSystem: efs.IFileSystem; accessPoint: efs.IAccessPoint } {
  if ('accessPoint' in access) return { accessPoint: access.accessPoint, fileSystem: access.accessPoint.fileSystem };
  const { fileSystem, owner: { directory = path, uid = 1000, gid = 1000 } } = access;
  const [user, group] = [uid, gid].map(Tokenization.stringifyNumber);
  const accessPoint = new efs.AccessPoint(scope, id, {
    fileSystem, path: directory, posixUser: { uid: user, gid: group }, createAcl: { ownerUid: user, ownerGid: group, permissions: '750' },
  });
  return { fileSystem, accessPoint };
}

/** @internal */
export function inspectAccess(look: Inspection, access: Access): void {
  if ('accessPoint' in access) {
    look.that(knowsItsFileSystem(access.accessPoint), 'accessPoint', access.accessPoint ?? null, 'an access point that knows its file system',
      'use efs.AccessPoint.fromAccessPointAttributes with fileSystem');
    return;
  }
  look.kind('fileSystem', access.fileSystem ?? null, 'fileSystemId', 'a file system', 'hand over an efs.IFileSystem');
  look.own('fileSystem', 'a file system', access.fileSystem?.env);
  const { directory, uid, gid } = access.owner;
  look.matches('directory', directory, /^(?=.{2,100}$)(\/[^/$#<>;`|&?{}^*\s]+){1,4}$/, "1 to 4 levels that begin with '/', at most 100 characters", "write for example '/uploads'");
  look.integer('uid', uid, 0, 4294967295, 'take for example 1000');
  look.integer('gid', gid, 0, 4294967295, 'take for example 1000');
}

/** One that was imported by its id alone throws instead. */
function knowsItsFileSystem(accessPoint: efs.IAccessPoint): boolean {
  try {
    return typeof accessPoint?.fileSystem?.fileSystemId === 'string' && typeof accessPoint.accessPointArn === 'string';
  } catch {
    return false;
  }
}
