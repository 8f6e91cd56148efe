import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { givenNetwork } from './bare-place';
import { resolved, synthesized } from './resolved';
import { Approval, Check, DeployStrategy, FargateCicdPipeline, Source } from '../../src';

const parts = (template: Template) => Object.entries<any>(template.toJSON().Resources).map(([id, { Type, Properties = {}, DeletionPolicy, UpdateReplacePolicy }]) =>
  [id, { Type, Properties: { ...Properties, Tags: undefined }, DeletionPolicy, UpdateReplacePolicy }]);

test.each([
  ['rolling', DeployStrategy.rolling()], ['CodeDeploy', DeployStrategy.codeDeploy()],
])('but for tags, dependencies and parameters a template that is not synthesized is what a synth makes: %s', (_, deployStrategy) => {
  const stack = new Stack(new App(), 'Shop');
  new FargateCicdPipeline(stack, 'Shop', {
    source: Source.gitHub('acme/shop'), network: givenNetwork(stack), deployStrategy, removalPolicy: RemovalPolicy.DESTROY,
    approval: Approval.manual(), checks: [Check.task('Integration'), Check.imageScan()],
  });
  const looked = resolved(stack);
  const [resources, outputs] = [parts(looked), looked.findOutputs('*')];
  expect(resources.length).toBeGreaterThan(80);
  expect(resources).toEqual(parts(synthesized(stack)));
  expect(outputs).toEqual(synthesized(stack).findOutputs('*'));
});
