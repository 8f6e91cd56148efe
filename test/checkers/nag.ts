import { CfnResource } from 'aws-cdk-lib';
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

/** Most rules are in several packs, and some look at the whole app for each resource: here each looks at a resource once. */
function lookingOnce(all: NagPack[]): NagPack[] {
  const rules = new Map<Function, (node: CfnResource) => unknown>();
  const once = (rule: (node: CfnResource) => unknown) => {
    if (rules.has(rule)) return rules.get(rule)!;
    const answers = new Map<CfnResource, unknown>();
    const asked = (node: CfnResource): unknown => {
      if (!answers.has(node)) answers.set(node, rule(node));
      return answers.get(node);
    };
    rules.set(rule, asked);
    return asked;
  };
  for (const pack of all as any[]) {
    const apply = pack.applyRule.bind(pack);
    // Changed in place: there are a hundred thousand of them, one for each rule and resource.
    pack.applyRule = (params: any) => {
      params.ruleSuffixOverride ??= params.rule.name;
      params.rule = once(params.rule);
      apply(params);
    };
  }
  return all;
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0];
}
