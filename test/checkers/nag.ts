import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { IConstruct } from 'constructs';

/** What the five packs of cdk-nag say of the tree and nobody acknowledged, as `RULE path detail`. */
export function nagFindings(scope: IConstruct): string[] {
  return packs()
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

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0];
}
