import { statSync } from 'fs';
import { Annotations, App, BootstraplessSynthesizer, CfnOutput, CfnResource, NestedStack, Stack, StackProps } from 'aws-cdk-lib';
import { Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { FargateEnvironment, FargatePlatform } from '../../src';
import { watchStack } from '../../src/private/limits/stack-limits';

const times = (count: number, make: (index: number) => void): void => Array.from({ length: count }, (_, index) => index).forEach(make);
const HANDLE = { type: 'AWS::CloudFormation::WaitConditionHandle' };
const resources = (scope: Construct, count: number, length = 0): void =>
  times(count, (index) => new CfnResource(scope, `R${index}`, HANDLE).addMetadata('Text', 'x'.repeat(length)));
const found = ({ node }: IConstruct): string[] => [...node.validate(), ...node.metadata.map(({ data }) => `warning ${data}`)];

const watched = (props: StackProps = {}, app = new App()) => {
  const stack = new Stack(app, 'Shop', props);
  const ours = new Construct(stack, 'Ours');
  watchStack(ours);
  return { app, stack, ours };
};

const CURE = 'put places and pipelines into stacks of their own, or release to some of the places by a second DeliveryPipeline in another stack';

describe('resources of a stack', () => {
  test.each([
    [449, []],
    [450, [`warning stack 'Shop': 450 of at most 500 resources; ${CURE}; largest are Ours (449 resources), Beside (1 resources) [ack: cdk-fargate-cicd:many-resources]`]],
    [501, [`stack 'Shop': got 501 resources; allowed 500; ${CURE}; largest are Ours (500 resources), Beside (1 resources)`]],
  ])('%i', (count, messages) => {
    const { stack, ours } = watched();
    resources(ours, count - 1);
    new CfnResource(stack, 'Beside', HANDLE);
    expect(found(ours)).toEqual(messages);
  });

  test('are counted once, by the first construct of ours, and acknowledged on the stack', () => {
    const { stack, ours } = watched();
    const second = new Construct(stack, 'Second');
    watchStack(second);
    resources(second, 450);
    expect(second.node.validate()).toEqual([]);
    Annotations.of(stack).acknowledgeWarning('cdk-fargate-cicd:many-resources');
    expect(found(ours)).toEqual([]);
  });

  test('are those of the template: not of nested stacks, and not what is left out', () => {
    const { stack, ours } = watched();
    resources(new NestedStack(stack, 'Nested'), 440);
    new Policy(stack, 'Empty', { roles: [new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ecs.amazonaws.com') })] });
    resources(ours, 446);
    // Here, the role, the nested stack; neither its resources nor the policy without a statement.
    expect(found(ours)).toEqual([]);
    resources(new Construct(ours, 'Deep'), 2);
    expect(found(ours)[0]).toContain('450 of at most 500 resources');
  });

  test('count for every construct of the library', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    const place = new FargateEnvironment(stack, 'Place');
    resources(new Construct(stack, 'Mine'), 450);
    expect(place.node.validate()).toEqual([expect.stringMatching(/^stack 'Shop': got 5\d\d resources; allowed 500; .*; largest are Mine \(450 resources\), Place \(\d\d resources\)$/)]);
    expect(() => app.synth()).toThrow("[Shop/Place] stack 'Shop': got 5");
  });
});

test.each([
  [179, []],
  [180, [expect.stringMatching(/^warning stack 'Shop': 180 of at most 200 outputs; .* \[ack: cdk-fargate-cicd:many-outputs\]$/)]],
  [201, [expect.stringMatching(/^stack 'Shop': got 201 outputs; allowed 200; /)]],
])('%i outputs', (count, messages) => {
  const { ours } = watched();
  times(count, (index) => new CfnOutput(ours, `O${index}`, { value: 'x' }));
  expect(found(ours)).toEqual(messages);
});

describe('the length of a template', () => {
  test.each([
    [3400, []],
    [3600, [expect.stringMatching(/^warning stack 'Shop': 9\d{5} of at most 1000000 bytes in the template; write the stack with suppressTemplateIndentation, or put places .*long-template\]$/)]],
    [3950, [expect.stringMatching(/^stack 'Shop': got 10\d{5} bytes in the template; allowed 1000000; write the stack with suppressTemplateIndentation, or put places/)]],
  ])('of 250 resources with %i characters', (length, messages) => {
    const { ours } = watched();
    resources(ours, 250, length);
    expect(found(ours)).toEqual(messages);
  });

  test('is less without indentation, and not measured where few resources are', () => {
    const [indented, plain] = [false, true].map((suppressTemplateIndentation) => watched({ suppressTemplateIndentation }).ours);
    [indented, plain].forEach((ours) => resources(ours, 250, 3487));
    expect([found(indented).length, found(plain).length]).toEqual([1, 0]);
    const few = watched();
    resources(few.ours, 249, 4000);
    expect(found(few.ours)).toEqual([]);
  });

  test('is that of the file', () => {
    const { app, stack, ours } = watched();
    resources(ours, 250, 3600);
    const { templateFullPath } = app.synth().getStackByName(stack.stackName);
    // The CDK adds its own rule and parameter when it writes.
    expect(found(ours).at(-1)).toContain(`'Shop': ${statSync(templateFullPath).size} of at most`);
  });

  test.each([
    [44_000, []],
    [46_000, [expect.stringMatching(/^warning stack 'Shop': 46\d{3} of at most 51200 bytes in a template that is sent inline; leave out the BootstraplessSynthesizer: .*long-inline-template\]$/)]],
    [51_200, [expect.stringMatching(/^stack 'Shop': got 51\d{3} bytes in a template that is sent inline; allowed 51200; leave out the BootstraplessSynthesizer/)]],
  ])('of a stack that nothing is uploaded for: %i characters', (length, messages) => {
    const { ours } = watched({ synthesizer: new BootstraplessSynthesizer() });
    resources(ours, 1, length);
    expect(found(ours)).toEqual(messages);
  });

  test('a platform alone is short enough to be sent inline; functions of a place need the bucket anyway', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { synthesizer: new BootstraplessSynthesizer() });
    const platform = new FargatePlatform(stack, 'Platform');
    expect(found(platform).filter((finding) => finding.includes('inline'))).toEqual([]);
    expect(app.synth().stacks).toHaveLength(1);
    expect(() => new FargateEnvironment(stack, 'Place')).toThrow('Cannot add assets to a Stack that uses the BootstraplessSynthesizer');
  });
});
