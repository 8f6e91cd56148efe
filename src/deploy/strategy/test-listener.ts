import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Inspection } from '../../private/problems';

/** A second listener that leads to the new tasks before production traffic does; HTTPS when the load balancer has a certificate. */
export interface TestListenerOptions {
  /** Port, 1 to 65535, neither 80 nor 443, which production has. @default 8443 with a certificate, 8080 without */
  readonly port?: number;
  /** Who may test. Hooks made by `DeployHook.httpCheck` get in by themselves. @default - nobody else */
  readonly allowFrom?: ec2.IPeer[];
}

/** @internal */
export function inspectTestListener(look: Inspection, testListener: TestListenerOptions | undefined): void {
  if (testListener === undefined || !look.struct('testListener', testListener)) return;
  const { port, allowFrom } = testListener;
  look.integer('testListener.port', port, 1, 65535, 'take for example 8443');
  look.that(port !== 80 && port !== 443, 'testListener.port', port, 'a port that production does not have', 'take for example 8443');
  look.each('testListener.allowFrom', allowFrom, (path, peer) => look.kind(path, peer ?? null, 'toIngressRuleConfig', 'a peer', "write for example ec2.Peer.ipv4('10.0.0.0/8')"));
}
