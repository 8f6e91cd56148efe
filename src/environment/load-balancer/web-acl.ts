import { ArnFormat, Aws, Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { createLogGroup } from '../../private/log-group';
import { Choice, Inspection, placeOf } from '../../private/problems';

/** A group of rules that AWS maintains. */
export interface ManagedRuleGroup {
  /**
   * Name of the group, for example `AWSManagedRulesSQLiRuleSet`.
   * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
   */
  readonly groupName: string;
  /** Rules of the group that count and let pass, for example `SizeRestrictions_BODY` where uploads are larger than 8 KB. @default - none */
  readonly countedRules?: string[];
}

/** Options of `WebAcl.managedRules`. */
export interface ManagedRulesOptions {
  /**
   * Groups of rules, in their order.
   * @default - AWSManagedRulesAmazonIpReputationList, AWSManagedRulesCommonRuleSet, AWSManagedRulesKnownBadInputsRuleSet
   */
  readonly ruleGroups?: ManagedRuleGroup[];
  /**
   * Requests of one address in five minutes after which it is blocked, 10 to 2,000,000,000.
   * @default - no limit
   * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
   */
  readonly requestsPerFiveMinutes?: number;
  /** How long the log of blocked and counted requests is kept. @default logs.RetentionDays.ONE_YEAR */
  readonly logRetention?: logs.RetentionDays;
}

/** @internal */
export interface WebAclParts {
  readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** A firewall for requests, by AWS WAF. */
export abstract class WebAcl extends Choice {
  /**
   * A new one with rules that AWS maintains. Blocked and counted requests are logged, without authorization and cookies. About 8 USD a month with the three groups of the default (5, and 1
   * for each rule) and 0.60 for each million requests.
   * @see https://aws.amazon.com/waf/pricing
   */
  static managedRules(options: ManagedRulesOptions = {}): WebAcl {
    return new Managed(options);
  }

  /**
   * One that exists, regional and of the same account and region; of this app: `WebAcl.fromArn(acl.attrArn)`.
   * @param webAclArn `arn:aws:wafv2:us-east-1:111111111111:regional/webacl/...`
   */
  static fromArn(webAclArn: string): WebAcl {
    return new Existing(webAclArn);
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: WebAclParts): void;
}

class Existing extends WebAcl {
  constructor(private readonly arn: string) {
    super();
    this._inspect((look) => {
      look.matches('', arn ?? '', /^arn:[\w-]+:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[^/]+\/[^/]+$/, 'the ARN of a regional web ACL',
        'write for example arn:aws:wafv2:us-east-1:111111111111:regional/webacl/...');
      look.own('', 'a web ACL', placeOf(arn));
    });
  }

  _bind(scope: Construct, { loadBalancer }: WebAclParts): void {
    associate(scope, loadBalancer, this.arn);
  }
}

const DEFAULT_GROUPS: ManagedRuleGroup[] = ['AmazonIpReputationList', 'CommonRuleSet', 'KnownBadInputsRuleSet'].map((name) => ({ groupName: `AWSManagedRules${name}` }));

class Managed extends WebAcl {
  constructor(private readonly options: ManagedRulesOptions) {
    super();
    this._inspect((look) => inspectManaged(look, options), options);
  }

  _bind(scope: Construct, parts: WebAclParts): void {
    const { ruleGroups = DEFAULT_GROUPS, requestsPerFiveMinutes, logRetention } = this.options;
    const root = new Construct(scope, 'WebAcl');
    const groups = ruleGroups.map(managedRule);
    const acl = new wafv2.CfnWebACL(root, 'Resource', {
      description: `Requests to ${scope.node.path}`,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: measured('WebAcl'),
      rules: [...groups, ...requestsPerFiveMinutes === undefined ? [] : [rateRule(requestsPerFiveMinutes)]].map((rule, priority) => ({ ...rule, priority })),
    });
    logRequests(root, acl, { ...parts, retention: logRetention });
    associate(root, parts.loadBalancer, acl.attrArn);
  }
}

function inspectManaged(look: Inspection, { ruleGroups, requestsPerFiveMinutes, logRetention }: ManagedRulesOptions): void {
  look.each('ruleGroups', ruleGroups, (path, group) => {
    if (!look.struct(path, group)) return;
    look.matches(`${path}.groupName`, group.groupName ?? '', /^AWSManagedRules\w{1,100}$/, 'the name of a group that AWS maintains', "write for example 'AWSManagedRulesCommonRuleSet'");
    look.each(`${path}.countedRules`, group.countedRules, (at, rule) => look.matches(at, rule ?? '', /^[\w-]{1,128}$/, 'the name of a rule', "write for example 'SizeRestrictions_BODY'"));
  });
  const names = Array.isArray(ruleGroups) ? ruleGroups.map((group) => group?.groupName).filter(Boolean) : [];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  look.that(!twice, 'ruleGroups', `${twice} twice`, 'each group once', 'leave one out');
  look.integer('requestsPerFiveMinutes', requestsPerFiveMinutes, 10, 2_000_000_000, 'take for example 2000');
  look.oneOf('logRetention', logRetention, Object.values(logs.RetentionDays).filter(Number.isInteger), 'take for example logs.RetentionDays.ONE_MONTH');
}

type Rule = Omit<wafv2.CfnWebACL.RuleProperty, 'priority'>;

const measured = (metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({ metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true });

const managedRule = ({ groupName, countedRules = [] }: ManagedRuleGroup): Rule => ({
  name: groupName,
  overrideAction: { none: {} },
  statement: {
    managedRuleGroupStatement: { vendorName: 'AWS', name: groupName, ruleActionOverrides: countedRules.map((name) => ({ name, actionToUse: { count: {} } })) },
  },
  visibilityConfig: measured(groupName),
});

const rateRule = (limit: number): Rule => ({
  name: 'RequestRate', action: { block: {} }, statement: { rateBasedStatement: { limit, aggregateKeyType: 'IP' } }, visibilityConfig: measured('RequestRate'),
});

/** https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html */
function logRequests(root: Construct, acl: wafv2.CfnWebACL, settings: WebAclParts & { readonly retention?: logs.RetentionDays }): void {
  // The prefix is demanded. The end is of this stack alone: a log group that was kept when its stack was deleted is in nobody's way.
  const logGroupName = Fn.join('-', ['aws-waf-logs', Names.uniqueResourceName(root, { maxLength: 100, separator: '-' }), Fn.select(2, Fn.split('/', Aws.STACK_ID))]);
  const group = createLogGroup(root, 'Logs', { ...settings, logGroupName });
  new wafv2.CfnLoggingConfiguration(root, 'Logging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [Stack.of(root).formatArn({ service: 'logs', resource: 'log-group', resourceName: group.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    redactedFields: ['authorization', 'cookie'].map((Name) => ({ singleHeader: { Name } })),
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: ['BLOCK', 'COUNT'].map((Action) => ({ ActionCondition: { Action } })) }],
    },
  });
}

function associate(scope: Construct, { loadBalancerArn }: elbv2.ApplicationLoadBalancer, webAclArn: string): void {
  new wafv2.CfnWebACLAssociation(scope, 'WebAclAssociation', { resourceArn: loadBalancerArn, webAclArn });
}
