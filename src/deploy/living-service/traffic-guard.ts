import { type Action, DescribeListenersCommand, type ElasticLoadBalancingV2Client, type Listener } from '@aws-sdk/client-elastic-load-balancing-v2';

/** The properties of the custom resource: what the listener is to become. */
export interface GuardedListener {
  readonly LoadBalancerArn: string;
  /** The target group that the template names. */
  readonly TargetGroupArn: string;
  readonly CertificateArn?: string;
  readonly SslPolicy?: string;
}

/** One of them has the traffic; the other is not there, or redirects. */
const PRODUCTION_PORTS = [80, 443];

/**
 * CloudFormation writes a listener as a whole: with another certificate it would also send all traffic to the target group that the template names, in which there
 * may be no task. So such a change passes only while the traffic is there. A change that is done already passes as well, or a rollback could never end.
 */
export async function guardTraffic(wanted: GuardedListener, client: ElasticLoadBalancingV2Client, abortSignal: AbortSignal): Promise<string> {
  const { Listeners = [] } = await client.send(new DescribeListenersCommand({ LoadBalancerArn: wanted.LoadBalancerArn }), { abortSignal });
  const production = Listeners.filter(({ Port }) => PRODUCTION_PORTS.includes(Port!));
  if (production.some((listener) => served(listener.DefaultActions).length > 0 && isAsWanted(listener, wanted))) return 'the listener stays as it is';
  return passUnlessAway('listener', production.flatMap(({ DefaultActions }) => DefaultActions ?? []), wanted.TargetGroupArn);
}

/** What holds the traffic may be written while the traffic is where the template says. */
export function passUnlessAway(what: string, actions: Action[], targetGroupArn: string): string {
  const away = served(actions).find((targetGroup) => targetGroup !== targetGroupArn);
  if (!away) return 'the traffic is where the template says';
  throw new Error(`The ${what} must not be changed now: the traffic is at ${away}, and CloudFormation would send it to ${targetGroupArn}, where no task is. `
    + 'Release once more, which moves the traffic there; then deploy again.');
}

const isAsWanted = ({ Certificates = [], SslPolicy }: Listener, wanted: GuardedListener): boolean =>
  Certificates[0]?.CertificateArn === wanted.CertificateArn && SslPolicy === wanted.SslPolicy;

/** Target groups to which actions send traffic. */
function served(actions: Action[] = []): string[] {
  return actions.flatMap(({ TargetGroupArn, ForwardConfig }) => {
    const weighted = (ForwardConfig?.TargetGroups ?? []).filter(({ Weight }) => Weight !== 0).flatMap((group) => group.TargetGroupArn ?? []);
    return weighted.length > 0 ? weighted : TargetGroupArn ?? [];
  });
}
