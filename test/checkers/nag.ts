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
  const answers = new Map<Function, Map<CfnResource, unknown>>();
  const answer = (rule: (node: CfnResource) => unknown, node: CfnResource): unknown => {
    const known = answers.get(rule) ?? new Map<CfnResource, unknown>();
    answers.set(rule, known);
    if (!known.has(node)) known.set(node, rule(node));
    return known.get(node);
  };
  for (const pack of all as any[]) {
    const apply = pack.applyRule.bind(pack);
    pack.applyRule = ({ rule, ruleSuffixOverride = rule.name, ...others }: any) => apply({ ...others, ruleSuffixOverride, rule: (node: CfnResource) => answer(rule, node) });
  }
  return all;
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0];
}
