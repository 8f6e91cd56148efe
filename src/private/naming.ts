import { Annotations, Names, Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { areApart, inspect } from './problems';

/** Longest region name today is 14 characters (`ap-southeast-1`); two more in reserve, and a hyphen. */
const REGION_ROOM = 17;

/** ECS takes 255 characters, but the rights of a release name cluster, service and family many times, and IAM takes 6,144 characters in a policy. */
export const LONGEST_ECS_NAME = 160;

/**
 * A name that is known before anything exists, so that two sides can compute it. With the region at its end where the name lives
 * in the whole account (roles), since the same stack may stand in two regions. `suffix` begins with its hyphen.
 */
export function explicitName(scope: IConstruct, prefix: string, maxLength: number, { perRegion = false, suffix = '' } = {}): string {
  const room = maxLength - prefix.length - 1 - (perRegion ? REGION_ROOM : 0) - suffix.length;
  const name = `${prefix}-${uniqueName(scope, room)}`;
  return perRegion ? `${name}-${Stack.of(scope).region}${suffix}` : `${name}${suffix}`;
}

const UNIQUE = new WeakMap<IConstruct, string>();

/** A construct has many names that differ in their prefix only, and to compute one takes time. What fits is the same whatever the room. */
function uniqueName(scope: IConstruct, maxLength: number): string {
  const nameWithin = (room: number) => Names.uniqueResourceName(scope, { maxLength: room, separator: '-' });
  const longest = UNIQUE.get(scope) ?? nameWithin(256);
  UNIQUE.set(scope, longest);
  return longest.length <= maxLength ? longest : nameWithin(maxLength);
}

/** As long as a text with tokens in it can become: names of roles have 64 characters, and some have a path; account, partition and region have 14 at most; a name that CloudFormation gives, 60. */
export const atMost = (text: string): string => text.replace(/(:role\/)?\$\{Token\[(AWS\.)?[^\]]*\]\}/g,
  (_, role: string | undefined, pseudo: string | undefined) => (role ?? '') + 'x'.repeat(role ? 90 : pseudo ? 14 : 60));

/** Where a construct stands, for descriptions, of which Lambda and EC2 take 255 characters. The end says most. */
export function shortPath({ node: { path } }: IConstruct): string {
  return path.length > 150 ? `...${path.slice(-147)}` : path;
}

/** A physical name that somebody has. */
interface Claim {
  readonly scope: IConstruct;
  readonly prop: string;
}

const CLAIMS = new WeakMap<IConstruct, Map<string, Claim[]>>();

/**
 * Refuses a physical name that something else of its kind has in the same account and region; else the deployment would, after minutes. Where an account or
 * region is not known, two stacks may be meant for two of them.
 * @param kind what has such names; with what they are unique in, where that is not account and region
 */
export function claimName(scope: IConstruct, kind: string, name: string, prop: string): void {
  const claims = CLAIMS.get(scope.node.root) ?? new Map<string, Claim[]>();
  CLAIMS.set(scope.node.root, claims);
  const key = `${kind} ${name}`;
  const earlier = claims.get(key) ?? [];
  claims.set(key, [...earlier, { scope, prop }]);
  const [here, places] = [Stack.of(scope), earlier.map((claim) => ({ ...claim, stack: Stack.of(claim.scope) }))];
  const other = places.find(({ stack }) => !areApart(here.account, stack.account) && !areApart(here.region, stack.region));
  if (!other) return;
  const holder = `${other.scope.constructor.name} at '${other.scope.node.path}' has it already, by ${other.prop}`;
  if (other.stack === here || ![here.account, here.region, other.stack.account, other.stack.region].some(Token.isUnresolved)) {
    inspect((look) => look.report(prop, name, `a name that no other ${kind.split(' ')[0]} of the account and region has`, `choose another one: ${holder}`)).throwFor(scope);
  }
  Annotations.of(scope).addWarningV2('cdk-fargate-cicd:same-name', `${prop}: '${name}' can stand only once in an account and region, and ${holder}`);
}
