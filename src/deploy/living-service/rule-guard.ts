import { DescribeRulesCommand, type ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { passUnlessAway } from './traffic-guard';

/** The properties of the custom resource: what the rule on a shared listener is to become. */
export interface GuardedRule {
  readonly ListenerArn: string;
  /** The target group that has all the traffic in the template. */
  readonly TargetGroupArn: string;
  readonly Priority: string;
  /** In the words of the CDK: the names of CloudFormation, beginning with small letters. */
  readonly Conditions: object[];
}

/**
 * CloudFormation writes a rule as a whole: with another condition it would also write the weights of the template. So such a change passes only while they are in force, or when it
 * is done already, as in a rollback.
 */
export async function guardRule(wanted: GuardedRule, client: ElasticLoadBalancingV2Client, abortSignal: AbortSignal): Promise<string> {
  const rule = await findRule(wanted, client, abortSignal);
  if (!rule || isAsWanted(rule, wanted)) return 'the rule stays as it is';
  return passUnlessAway('rule', rule.Actions!, wanted.TargetGroupArn);
}

/** A listener that is shared has many rules. */
async function findRule({ ListenerArn, TargetGroupArn }: GuardedRule, client: ElasticLoadBalancingV2Client, abortSignal: AbortSignal): Promise<Rule | undefined> {
  let Marker: string | undefined;
  do {
    const { Rules = [], NextMarker } = await client.send(new DescribeRulesCommand({ ListenerArn, Marker }), { abortSignal });
    const found = Rules.find(({ Actions = [] }) => Actions.some(({ ForwardConfig }) => ForwardConfig?.TargetGroups?.some((group) => group.TargetGroupArn === TargetGroupArn)));
    if (found) return found;
    Marker = NextMarker;
  } while (Marker);
  return undefined;
}

const isAsWanted = ({ Priority, Conditions = [] }: Rule, wanted: GuardedRule): boolean =>
  Priority === wanted.Priority && Conditions.length === wanted.Conditions.length && wanted.Conditions.every((condition) => Conditions.some((live) => holds(live, condition)));

/** The load balancer tells more of a condition than it was told. */
function holds(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(live) && live.length === wanted.length && wanted.every((element, index) => holds(live[index], element));
  if (typeof wanted !== 'object' || wanted === null) return live === wanted;
  return Object.entries(wanted).every(([name, value]) => holds((live as Record<string, unknown> | undefined)?.[`${name[0].toUpperCase()}${name.slice(1)}`], value));
}
