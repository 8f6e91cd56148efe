import { CfnResource } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks, HIPAASecurityChecks, NagPack, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { IConstruct } from 'constructs';

/** What the five packs of cdk-nag say of the tree and nobody acknowledged, as `RULE path detail`. */
export function nagFindings(scope: IConstruct): string[] {
  return lookingOnce(packs())
    // Not `addPlugins`: that route works only with newer versions of the CDK and ends the synth.
    .flatMap((pack) => pack.validateScope(scope).violations)
    .flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath} ${firstSentence(description)}`));
}

function packs() {
  return [
    new AwsSolutionsChecks(),
    new HIPAASecurityChecks(),
    new NIST80053R5Checks(),
    new PCIDSS321Checks(),
    new ServerlessChecks(),
  ];
}

/** Most rules are in several packs, and some look at the whole app for each resource: here each looks at a resource once, and only at those of a type that it names. */
function lookingOnce(all: NagPack[]): NagPack[] {
  const rules = new Map<Rule, Rule>();
  const once = (rule: Rule): Rule => {
    if (rules.has(rule)) return rules.get(rule)!;
    const answers = new Map<unknown, unknown>();
    const asked: Rule = (node) => {
      const subject = subjectOf(rule, node);
      if (!answers.has(subject)) answers.set(subject, rule(node));
      return answers.get(subject);
    };
    rules.set(rule, asked);
    return asked;
  };
  for (const pack of all as any[]) {
    const apply = pack.applyRule.bind(pack);
    // Changed in place: there are a hundred thousand of them, one for each rule and resource.
    pack.applyRule = (application: any) => {
      const { rule, node } = application;
      if (!concerns(rule, node)) return;
      application.ruleSuffixOverride ??= rule.name;
      application.rule = once(rule);
      apply(application);
    };
  }
  return all;
}

type Rule = (node: CfnResource) => unknown;

/** What a rule looks at. To compare versions takes one of them longer than all others together, and a runtime is all that it asks for. */
function subjectOf({ name }: Rule, node: CfnResource): unknown {
  return name === 'LambdaLatestVersion' && node instanceof CfnFunction ? node.runtime ?? node : node;
}

/** Whether a rule can have anything to say of a resource: it begins with `if (node instanceof aws_s3_1.CfnBucket)` where it looks at `AWS::S3::Bucket`. */
export function concerns(rule: Rule, { cfnResourceType }: CfnResource): boolean {
  if (!cfnResourceType.startsWith('AWS::')) return true;
  if (!named.has(rule)) named.set(rule, new Set(Array.from(String(rule).matchAll(/instanceof \w+\.Cfn(\w+?)(V\d)?\b/g), ([, name]) => name)));
  return named.get(rule)!.has(cfnResourceType.slice(cfnResourceType.lastIndexOf(':') + 1));
}

const named = new Map<Rule, Set<string>>();

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0];
}
