import { CfnElement, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { lazily } from './lazily';

/**
 * The template of a stack, of which only that is made at which a test looks: most look at one resource, and a synth costs as much as all that was built for it. What the CDK
 * does last is not there: Aspects, and so tags; dependencies; parameters; validation. Tests of these, and of everything in a template, synthesize.
 */
export function resolved(stack: Stack): Template {
  const elements = stack.node.findAll().filter(CfnElement.isCfnElement).filter((element) => element.stack === stack);
  const written = (element: CfnElement) => JSON.parse(JSON.stringify(stack.resolve((element as unknown as { _toCloudFormation(): object })._toCloudFormation())));
  const resources = elements.filter(CfnResource.isCfnResource).map((resource) => {
    const id: string = stack.resolve(resource.logicalId);
    const made = lazily(() => written(resource).Resources[id]);
    return [id, {
      Type: resource.cfnResourceType,
      get Properties() { return made().Properties; },
      get DeletionPolicy() { return made().DeletionPolicy; },
      get UpdateReplacePolicy() { return made().UpdateReplacePolicy; },
    }];
  });
  return Template.fromJSON({
    Resources: Object.fromEntries(resources),
    get Outputs() { return Object.assign({}, ...elements.filter((element) => element instanceof CfnOutput).map((output) => written(output).Outputs)); },
  }, { skipCyclicalDependenciesCheck: true });
}

/** The whole of it. */
export const synthesized = (stack: Stack): Template => Template.fromStack(stack);
