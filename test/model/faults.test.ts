import * as fc from 'fast-check';
import type { Properties, Template } from './account/cloudformation';
import type { ModelWorld } from './model-world';
import { type Fault, STEPS, Story } from './story';
import { STRATEGIES } from './strategies';
import { idOf } from './templates';
import { isFirstImage } from '../../src/deploy/first-image/image';
import { digestOf } from '../support/doubles/fake-ecr';

beforeEach(() => void jest.spyOn(console, 'log').mockImplementation());

interface Case {
  readonly fault: Fault;
  /** A story that tells of the fault, in its last step. */
  readonly story: string[];
  /** What is wrong then. */
  readonly wrong: RegExp;
  readonly strategy?: string;
}

const FROZEN: Fault = { inWorld: world => freeze(world) };

// A model that is content with everything proves nothing.
const faults: Record<string, Case> = {
  'a release moves the tag before it has proved the image': {
    fault: { inWorld: world => onRelease(world, digest => void world.repository.tags.set('released', digest)) },
    story: ['release an image', 'release an image that crashes'],
    wrong: /the tag: image 2 instead of image 1$/,
  },
  'a release does not move the tag': {
    fault: FROZEN,
    story: ['release an image'],
    wrong: /: the tag: the first image \w+ instead of image 1$/,
  },
  'a release takes CPU and variables from somewhere else than the service': {
    fault: { inWorld: world => onDefinition(world, definition => ({ ...definition, cpu: '512' })) },
    story: ['cdk deploy, CPU changed', 'release an image'],
    wrong: /: in force: {"cpu":"512".* instead of {"cpu":"1024"/,
  },
  'the template says the digest that ran when it was made': {
    fault: { inTemplate: (template, story) => withImage(template, digestAtSynth(story)) },
    story: ['release an image', 'cdk deploy, a variable changed'],
    wrong: /: the image of the template: .*@sha256/,
  },
  'the template says the digest of the first image for ever': {
    fault: { inTemplate: (template, story) => withImage(template, firstDigest(story)) },
    story: ['release an image', 'cdk deploy, a variable changed'],
    wrong: /: running tasks: the first image \w+, the first image \w+ instead of image 1, image 1; /,
  },
  'an update pushes the first image over a released one': {
    fault: { inWorld: world => pushAlways(world) },
    story: ['release an image', 'cdk deploy, the port changed'],
    wrong: /: running tasks: the first image \w+, the first image \w+ instead of image 1, image 1; /,
  },
  'the rule that holds the weights changes with the template': {
    fault: { inTemplate: withRuleThatChanges },
    strategy: 'blueGreen',
    // Begins no deployment, so nothing puts the weights right again.
    story: ['release an image', 'cdk deploy, an alarm\'s threshold changed'],
    wrong: /: traffic leads to: .*\/placetargetgroup\S* instead of .*\/placealternatetargetgroup\S*; changes of listeners and rules: UPDATE instead of /,
  },
  'under CodeDeploy a release takes CPU and variables from what runs': {
    fault: { inWorld: world => onDefinition(world, definition => ({ ...definition, cpu: world.definition.cpu })) },
    strategy: 'codeDeploy',
    story: ['cdk deploy, CPU changed', 'release an image'],
    wrong: /: in force: {"cpu":"512".* instead of {"cpu":"1024"/,
  },
  'under CodeDeploy the listener changes with the template': {
    fault: { inTemplate: withListenerThatChanges },
    strategy: 'codeDeploy',
    story: ['release an image', 'cdk deploy, CPU changed'],
    wrong: /: traffic leads to: .*\/placetargetgroup\S* instead of .*\/placealternatetargetgroup\S*; changes of listeners and rules: UPDATE instead of /,
  },
  'under CodeDeploy the service names a revision of its task definition': {
    fault: { inTemplate: template => withProperties(template, 'AWS::ECS::Service', { TaskDefinition: { Ref: idOf(template, 'AWS::ECS::TaskDefinition') } }) },
    strategy: 'codeDeploy',
    story: ['release an image', 'cdk deploy, CPU changed'],
    wrong: /^cdk deploy failed$/,
  },
};

test.each(Object.entries(faults))('the model sees the fault: %s', async (_, { fault, story, wrong, strategy = 'rolling' }) => {
  const setting = { fault, place: STRATEGIES[strategy] };
  await Story.tell(story.slice(0, -1), setting);
  await expect(Story.tell(story, setting)).rejects.toThrow(wrong);
});

test('a fault is found by random stories too, and told by the shortest one', async () => {
  const stories = fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 8 });
  const result = await fc.check(fc.asyncProperty(stories, async steps => void await Story.tell(steps, { fault: FROZEN })), { seed: 1 });
  expect(result.counterexample).toEqual([['release an image']]);
  expect(result.errorInstance).toMatchObject({ message: expect.stringMatching(/^after 'release an image': the tag: the first image \w+ instead of image 1$/) });
});

/** Does something as soon as a release registers a task definition. */
function onRelease(world: ModelWorld, act: (digest: string) => void): void {
  onDefinition(world, definition => {
    act(definition.containerDefinitions[0].image.split('@')[1]);
    return definition;
  });
}

/** Changes the task definitions that releases register: those with a digest. */
function onDefinition({ ecs }: ModelWorld, change: (definition: any) => any): void {
  const define = ecs.define.bind(ecs);
  ecs.define = (definition, tags) => define(definition.containerDefinitions![0].image!.includes('@') ? change(definition) : definition, tags);
}

/** The tag stays where it is after the first image. */
function freeze({ ecr }: ModelWorld): void {
  const make = ecr.repository.bind(ecr);
  ecr.repository = props => {
    const repository = make(props);
    const set = repository.tags.set.bind(repository.tags);
    repository.tags.set = (tag, digest) => tag === 'released' && repository.tags.has(tag) ? repository.tags : set(tag, digest);
    return repository;
  };
}

/** The custom resource without its look at what is under the tag. */
function pushAlways(world: ModelWorld): void {
  const made = world.providers['Custom::FirstImage'];
  world.providers['Custom::FirstImage'] = {
    ...made,
    update: async (_, properties) => {
      world.repository.tags.delete('released');
      return made.create(properties, 'FirstImage');
    },
  };
}

function digestAtSynth({ world }: Story): string {
  return world.stack.status === 'NOT_CREATED' ? ':released' : `@${world.released}`;
}

function firstDigest({ world }: Story): string {
  return world.stack.status === 'NOT_CREATED' ? ':released' : `@${[...world.repository.manifests].find(([, { text }]) => isFirstImage(JSON.parse(text)))![0]}`;
}

function withImage(template: Template, end: string): Template {
  const id = idOf(template, 'AWS::ECS::TaskDefinition');
  const text = JSON.stringify(template.Resources[id]).replace(/":released"/, JSON.stringify(end));
  return { Resources: { ...template.Resources, [id]: JSON.parse(text) } };
}

function withRuleThatChanges(template: Template): Template {
  return withProperties(template, 'AWS::ElasticLoadBalancingV2::ListenerRule', { Priority: parseInt(digestOf(JSON.stringify(template)).slice(-4), 16) });
}

function withListenerThatChanges(template: Template): Template {
  return withProperties(template, 'AWS::ElasticLoadBalancingV2::Listener', { ListenerAttributes: [{ Key: 'of', Value: digestOf(JSON.stringify(template)) }] });
}

function withProperties(template: Template, type: string, more: Properties): Template {
  const id = idOf(template, type);
  const resource = template.Resources[id];
  return { Resources: { ...template.Resources, [id]: { ...resource, Properties: { ...resource.Properties, ...more } } } };
}
