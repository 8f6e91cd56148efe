import { BootstraplessSynthesizer, CfnElement, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { keepWithin } from './limit';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST = { resources: 500, outputs: 200, bytes: 1_000_000, bytesInline: 51_200 };

/** Writing a template takes time, so it is measured only where it may be too long: 250 resources would have 3,600 bytes each. */
const MEASURED_FROM = MOST.resources / 2;

/** What the CDK itself asks of a resource. */
interface Rendered {
  shouldSynthesize(): boolean;
}

const WATCHED = new WeakSet<Stack>();

/** Looks once, however many constructs of ours stand in the stack: 100 services are synthesized in linear time. */
export function watchStack(scope: IConstruct): void {
  const stack = Stack.of(scope);
  if (WATCHED.has(stack)) return;
  WATCHED.add(stack);
  // Not on the stack itself: what is acknowledged there must stand below it.
  scope.node.addValidation({ validate: () => inspectStack(scope, stack) });
}

function inspectStack(scope: IConstruct, stack: Stack): string[] {
  const elements = stack.node.findAll().filter((element): element is CfnElement => CfnElement.isCfnElement(element) && element.stack === stack);
  // What is left out of the template does not count, such as policies without a statement.
  const resources = elements.filter((element) => CfnResource.isCfnResource(element) && (element as unknown as Rendered).shouldSynthesize());
  const outputs = elements.filter((element) => element instanceof CfnOutput);
  const cure = () => wayOut(stack, resources);
  const prop = `stack '${stack.node.path}'`;
  return [
    ...keepWithin(scope, resources.length, { prop, id: 'many-resources', what: 'resources', most: MOST.resources, cure }),
    ...keepWithin(scope, outputs.length, { prop, id: 'many-outputs', what: 'outputs', most: MOST.outputs, cure }),
    ...inspectSize(scope, stack, prop, resources.length, cure),
  ];
}

function inspectSize(scope: IConstruct, stack: Stack, prop: string, resources: number, cure: () => string): string[] {
  // Without a bucket of the CDK the template goes to CloudFormation as it is, not as an object.
  if (stack.synthesizer instanceof BootstraplessSynthesizer) {
    return keepWithin(scope, sizeOf(stack), {
      prop, id: 'long-inline-template', what: 'bytes in a template that is sent inline', most: MOST.bytesInline,
      cure: 'leave out the BootstraplessSynthesizer: from a bootstrapped account the CDK uploads templates, which may have 1 MB then',
    });
  }
  return resources < MEASURED_FROM ? [] : keepWithin(scope, sizeOf(stack), {
    prop, id: 'long-template', what: 'bytes in the template', most: MOST.bytes, cure: () => `write the stack with suppressTemplateIndentation, or ${cure()}`,
  });
}

/** What the CDK writes to the disk. */
interface Writable {
  readonly _suppressTemplateIndentation: boolean;
  _toCloudFormation(): object;
}

function sizeOf(stack: Stack): number {
  const writable = stack as unknown as Writable;
  return Buffer.byteLength(JSON.stringify(writable._toCloudFormation(), undefined, writable._suppressTemplateIndentation ? undefined : 1));
}

/** Names what is largest: that is what to take out, or to divide. */
function wayOut(stack: Stack, resources: CfnElement[]): string {
  const counts = new Map<string, number>();
  for (const { node: { scopes } } of resources) {
    const { id } = scopes[scopes.indexOf(stack) + 1].node;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const largest = [...counts].sort(([, one], [, other]) => other - one).slice(0, 3).map(([id, count]) => `${id} (${count} resources)`);
  return `put places and pipelines into stacks of their own, or release to some of the places by a second DeliveryPipeline in another stack; largest are ${largest.join(', ')}`;
}
