import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { Inspection } from '../../private/problems';

/** A name for the load balancer in Route 53. */
export interface DnsRecordOptions {
  /** Zone that gets the record. */
  readonly hostedZone: route53.IHostedZone;
  /** Name within the zone, for example `shop`. @default - the zone itself */
  readonly recordName?: string;
}

/** @internal */
export function inspectDnsRecord(look: Inspection, prop: string, record: DnsRecordOptions): void {
  if (!look.struct(prop, record)) return;
  const { hostedZone, recordName } = record;
  const found = look.problems.length;
  look.kind(`${prop}.hostedZone`, hostedZone ?? null, 'hostedZoneId', 'a hosted zone', 'hand over a route53.IHostedZone');
  look.matches(`${prop}.recordName`, recordName, /^[A-Za-z0-9_*.-]{1,255}$/, 'a DNS name', "write for example 'shop'");
  if (look.problems.length === found) look.that(hasName(hostedZone), `${prop}.hostedZone`, 'a hosted zone without its name', 'a hosted zone with its name', 'import it with HostedZone.fromHostedZoneAttributes');
}

/** A zone that was imported by its id alone throws when it is asked. */
function hasName(zone: route53.IHostedZone): boolean {
  try {
    return typeof zone.zoneName === 'string';
  } catch {
    return false;
  }
}

/** A certificate for the name of the record. AWS asks for nothing but a record in the same zone, which is made as well. Costs nothing. @internal */
export function createCertificate(scope: Construct, { hostedZone, recordName }: DnsRecordOptions): acm.ICertificate {
  const { zoneName } = hostedZone;
  const isWhole = recordName?.endsWith('.') || recordName === zoneName || recordName?.endsWith(`.${zoneName}`);
  const domainName = (recordName === undefined ? zoneName : isWhole ? recordName : `${recordName}.${zoneName}`).replace(/\.$/, '');
  return new acm.Certificate(scope, 'Certificate', { domainName, validation: acm.CertificateValidation.fromDns(hostedZone) });
}

/** Records that lead to the load balancer; the name that they are for. @internal */
export function createRecords(scope: Construct, { hostedZone, recordName }: DnsRecordOptions, loadBalancer: elbv2.ApplicationLoadBalancer, ipv6: boolean): string {
  const settings = { zone: hostedZone, recordName, target: route53.RecordTarget.fromAlias(new targets.LoadBalancerTarget(loadBalancer)) };
  if (ipv6) new route53.AaaaRecord(scope, 'DnsRecordIpv6', settings);
  return new route53.ARecord(scope, 'DnsRecord', settings).domainName;
}
