import { Token } from 'aws-cdk-lib';
import { Inspection } from '../../private/problems';

interface Range { readonly first: number; readonly mask: number }

const PATTERN = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** Subnets are so many bits smaller than their VPC: a /16 has 16 subnets of /20. */
const SUBNET_BITS = 4;

const parse = (cidr: unknown): Range | undefined => {
  const parts = typeof cidr === 'string' ? PATTERN.exec(cidr)?.slice(1).map(Number) : undefined;
  if (!parts || parts.slice(0, 4).some((octet) => octet > 255)) return undefined;
  return { first: parts.slice(0, 4).reduce((sum, octet) => sum * 256 + octet, 0), mask: parts[4] };
};

const size = (mask: number): number => 2 ** (32 - mask);

const format = ({ first, mask }: Range): string => `${[24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join('.')}/${mask}`;

/** An address range as AWS takes it: its network address and a mask within bounds, inside an outer range where there is one. */
export function inspectRange(look: Inspection, prop: string, cidr: string, [largest, smallest]: [number, number], outer?: string): void {
  if (Token.isUnresolved(cidr)) {
    return look.report(prop, 'a token', 'a literal address range', 'write the range out, or use Network.fromVpc');
  }
  const range = parse(cidr);
  if (!range) return look.report(prop, cidr, 'an IPv4 address range', "write for example '10.0.0.0/16'");
  if (range.mask < largest || range.mask > smallest) return look.report(prop, cidr, `a mask of /${largest} to /${smallest}`, "write for example '10.0.0.0/16'");
  const aligned = range.first - range.first % size(range.mask);
  if (aligned !== range.first) return look.report(prop, cidr, 'the network address of the range', `write '${format({ ...range, first: aligned })}'`);
  const around = parse(outer);
  look.that(!around || (range.first >= around.first && range.first + size(range.mask) <= around.first + size(around.mask)),
    prop, cidr, `a range inside ${outer}`, 'move it into the VPC');
}

/** The first ranges of a VPC, equally large; too small a VPC has none. */
export function subnetRanges(cidr: string, count: number): string[] {
  const { first, mask } = parse(cidr)!;
  return Array.from({ length: count }, (_, index) => format({ first: first + index * size(mask + SUBNET_BITS), mask: mask + SUBNET_BITS }));
}

/** Whether ranges overlap; ranges that cannot be read are somebody else's finding. */
export function overlapping(cidrs: string[]): [string, string] | undefined {
  const sorted = cidrs.map((cidr) => ({ cidr, ...parse(cidr) })).filter((range): range is Range & { cidr: string } => range.first !== undefined)
    .sort((a, b) => a.first - b.first);
  const at = sorted.findIndex((range, index) => index > 0 && sorted[index - 1].first + size(sorted[index - 1].mask) > range.first);
  return at < 0 ? undefined : [sorted[at - 1].cidr, sorted[at].cidr];
}
