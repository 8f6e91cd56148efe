import { Aws, Fn, Names } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Longest region name today is 14 characters (`ap-southeast-1`); two more in reserve, and a hyphen. */
const REGION_ROOM = 17;

/**
 * A name that is known before anything exists, so that two sides can compute it. With the region at its end where the name lives
 * in the whole account (roles), since the same stack may stand in two regions. `suffix` begins with its hyphen.
 */
export function explicitName(scope: IConstruct, prefix: string, maxLength: number, { perRegion = false, suffix = '' } = {}): string {
  const room = maxLength - prefix.length - 1 - (perRegion ? REGION_ROOM : 0) - suffix.length;
  const name = `${prefix}-${Names.uniqueResourceName(scope, { maxLength: room, separator: '-' })}`;
  return perRegion ? Fn.join('', [name, '-', Aws.REGION, suffix]) : `${name}${suffix}`;
}
