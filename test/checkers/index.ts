import * as fs from 'fs';
import * as path from 'path';
import { CfnElement, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { Finding, isAcknowledged, TemplateFinding, unreasoned } from './findings';
import { iamFindings } from './iam';
import { nagFindings } from './nag';
import { templateFindings } from './template';

/** Whether this run is `scripts/test-newest.sh`. Snapshots of whole templates hold for the minimum version only. */
export const isNewest = process.env.NEWEST === '1';

/** An app as `cdk init` makes it, and one without any feature flag: flags change templates. */
export const flagSets: Array<{ flags: string; context: Record<string, unknown> }> = [
  { flags: 'without feature flags', context: {} },
  { flags: 'with the feature flags of cdk init', context: recommendedFlags() },
];

/** `withAndWithoutFeatureFlags((context) => it(..., () => new App({ context })))` */
export function withAndWithoutFeatureFlags(suite: (context: Record<string, unknown>) => void): void {
  describe.each(flagSets)('$flags', ({ context }) => suite(context));
}

/** Everything that the judges have against an app or a stage, each as `RULE path detail`. Empty is what a test expects. */
export function judge(scope: Stage): string[] {
  const assembly = scope.synth();
  return [
    ...ownFindings(scope).map(({ rule, path: at, detail }) => `${rule} ${at} ${detail}`),
    ...nagFindings(scope),
    ...annotations(assembly),
    ...validationFindings(assembly),
    ...unreasoned(scope),
  ].sort();
}

/** What our own rules find and nobody acknowledged, over all stacks below, nested ones too. */
export function ownFindings(scope: Stage): Finding[] {
  return scope.node.findAll().filter(Stack.isStack).flatMap((stack) => {
    const template = JSON.parse(fs.readFileSync(path.join(Stage.of(stack)!.synth().directory, stack.templateFile), 'utf-8'));
    const constructs = resourcesOf(stack);
    return [...iamFindings(template), ...templateFindings(template)]
      .map((finding) => ({ ...finding, resource: resourceOf(finding, constructs, stack) }))
      .filter(({ rule, resource }) => !isAcknowledged(resource, rule))
      .map(({ resource, ...finding }) => ({ ...finding, path: resource.node.path }));
  });
}

function resourcesOf(stack: Stack): Map<string, CfnElement> {
  return new Map(stack.node.findAll()
    .filter((construct): construct is CfnResource => CfnResource.isCfnResource(construct) && construct.stack === stack)
    .map((resource) => [stack.resolve(resource.logicalId), resource]));
}

/** Resources of an included template, say, have no construct of their own: their stack answers for them. */
function resourceOf({ logicalId }: TemplateFinding, constructs: Map<string, CfnElement>, stack: Stack): CfnElement | Stack {
  return constructs.get(logicalId) ?? stack;
}

/** Warnings and errors that constructs attached to themselves; an acknowledged warning is not there any more. */
function annotations(assembly: CloudAssembly): string[] {
  return assembly.stacksRecursively
    .flatMap(({ messages }) => messages)
    .filter(({ level }) => level !== 'info')
    .map(({ level, id, entry }) => `${level.toUpperCase()} ${id.replace(/^\//, '')} ${entry.data}`);
}

/** What the CDK's built-in validation (2.262 and newer, not with CDK_VALIDATION=false) wrote down, warnings included. */
function validationFindings({ directory }: CloudAssembly): string[] {
  const file = path.join(directory, 'validation-report.json');
  if (!fs.existsSync(file)) { return []; }
  const { pluginReports } = JSON.parse(fs.readFileSync(file, 'utf-8'));
  return pluginReports
    .filter(({ pluginName }: any) => pluginName === 'CloudFormation Validate')
    .flatMap(({ violations }: any) => violations)
    .flatMap(({ ruleName, description, violatingConstructs }: any) => violatingConstructs.map(
      ({ constructPath }: any) => `${ruleName} ${constructPath} ${description}`));
}

function recommendedFlags(): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(require.resolve('aws-cdk-lib/recommended-feature-flags.json'), 'utf-8'));
}
