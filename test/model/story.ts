import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Template } from './account/cloudformation';
import { ModelWorld, type WorldOptions } from './model-world';
import { type Change, changes, failingAfter, idOf, REFUSED_UNDER_CODE_DEPLOY, templateOf } from './templates';
import type { FargateEnvironmentProps } from '../../src';
import { firstImage } from '../../src/deploy/first-image/image';

/** What a story is told with. */
export interface Setting extends WorldOptions {
  /** What the place is made with from the beginning. */
  readonly place?: FargateEnvironmentProps;
  /** Puts a fault into the world: the model must see it. */
  readonly fault?: Fault;
}

export interface Fault {
  /** Changes what the world does. */
  readonly inWorld?: (world: ModelWorld) => void;
  /** Changes a template before it is deployed. */
  readonly inTemplate?: (template: Template, story: Story) => Template;
}

type Step = (story: Story) => Promise<void>;

/** Everything that may happen to a place, by its name in a story. Shorter stories come first when one is shrunk. */
export const STEPS: Record<string, Step> = {
  'release an image': story => story.releaseGood(),
  'release an image that crashes': story => story.releaseBad('crashes'),
  'release an image that makes an alarm ring': story => story.releaseBad('makes an alarm ring'),
  'release an image by CodePipeline\'s own action': story => story.releaseByCodePipeline('good'),
  'release an image that crashes by CodePipeline\'s own action': story => story.releaseByCodePipeline('crashes'),
  'release the image before the last one again': story => story.goBack(),
  'force a new deployment by hand': async ({ world }) => world.forceNewDeployment(),
  ...Object.fromEntries(changes.map(change => [`cdk deploy, ${change} changed`, (story: Story) => story.deploy(change)])),
  ...Object.fromEntries(changes.map(change => [`cdk deploy, ${change} changed, fails`, (story: Story) => story.deployInVain(change)])),
  'cdk deploy, a variable changed that no image bears': story => story.deployPoison(),
  'cdk deploy, CPU changed, during a release': story => story.deployDuringRelease(),
  'cdk deploy, CPU changed, and a release at the same moment': story => story.atOnce(1, 'CPU'),
  'two releases at the same moment': story => story.atOnce(2),
};

/** A place from its creation on: what happens to it, and what must be true after each step, whatever came before. */
export class Story {
  /** A place that was just created. */
  static async begin(setting: Setting = {}): Promise<Story> {
    const story = new Story(setting);
    setting.fault?.inWorld?.(story.world);
    await story.world.deploy(story.current);
    story.created = story.world.stack.events.length;
    story.brought = story.decided;
    story.check('the creation');
    return story;
  }

  /** Tells a whole story. */
  static async tell(steps: string[], setting?: Setting): Promise<Story> {
    const story = await Story.begin(setting);
    for (const step of steps) {
      await STEPS[step](story);
      story.check(step);
    }
    return story;
  }

  readonly world: ModelWorld;
  /** Digests that were released well. */
  private readonly good: string[] = [];
  /** How many events the creation of the stack had. */
  private created = 0;
  /** What `cdk deploy` had decided about tasks when the last release took it up. */
  private brought = '';
  /** The template that was deployed last. */
  private current: Template;

  private constructor(private readonly setting: Setting) {
    this.world = new ModelWorld(setting);
    this.current = this.template('nothing');
  }

  /** The digest that must run: the last good release, or, before any, the first image that fits the template. */
  get expected(): string {
    const { Ports: ports, Status: status, Commands: commands, Users: users } = this.current.Resources[idOf(this.current, 'Custom::FirstImage')].Properties!;
    return this.good.at(-1) ?? firstDigest(JSON.stringify({ ports, status, commands, users }));
  }

  /** What must be true when nothing is under way. */
  check(step: string): void {
    const wanted = this.wanted();
    const wrong = Object.entries(this.found()).filter(([what, found]) => found !== wanted[what])
      .map(([what, found]) => `${what}: ${found} instead of ${wanted[what]}`);
    if (wrong.length > 0) throw new Error(`after '${step}': ${wrong.join('; ')}`);
  }

  private found(): Record<string, string> {
    const { world } = this;
    return {
      'running tasks': world.running.map(digest => world.nameOf(digest)).join(', '),
      'the tag': world.nameOf(world.released),
      'the image of the template': world.stack.find('AWS::ECS::TaskDefinition').properties.ContainerDefinitions[0].Image,
      'the stack': /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(world.stack.status) ? 'at rest' : world.stack.status,
      'traffic leads to': world.traffic.leadsTo.join(', '),
      'changes of listeners and rules': this.changesOf(/::Listener(Rule)?$/),
      'in force': allButImage(world.definition),
    };
  }

  private wanted(): Record<string, string> {
    const { world } = this;
    const expected = world.nameOf(this.expected);
    return {
      'running tasks': Array.from({ length: this.desiredCount }, () => expected).join(', '),
      'the tag': expected,
      'the image of the template': `${world.repository.uri}:released`,
      'the stack': 'at rest',
      'traffic leads to': world.traffic.tasks!,
      'changes of listeners and rules': '',
      'in force': this.isByCodeDeploy ? this.brought : this.decided,
    };
  }

  private get isByCodeDeploy(): boolean {
    return this.world.ecs.service.taskSets !== undefined;
  }

  /** Under CodeDeploy it is set beside CloudFormation. */
  private get desiredCount(): number {
    return Number(this.world.stack.find(this.isByCodeDeploy ? 'Custom::ServiceSettings' : 'AWS::ECS::Service').properties.DesiredCount);
  }

  /** What the last good `cdk deploy` has decided about tasks. */
  private get decided(): string {
    const { ecs, stack } = this.world;
    return allButImage(ecs.definitions.get(stack.find('AWS::ECS::TaskDefinition').id)!.definition);
  }

  private changesOf(types: RegExp): string {
    return this.world.stack.events.slice(this.created).filter(({ type }) => types.test(type)).map(({ action }) => action).join(', ');
  }

  async releaseGood(): Promise<void> {
    const digest = this.world.build();
    await this.mustSucceed(digest);
  }

  async releaseBad(behaviour: 'crashes' | 'makes an alarm ring'): Promise<void> {
    await this.mustFail(this.world.build(behaviour), `an image that ${behaviour}`);
  }

  async releaseByCodePipeline(behaviour: 'good' | 'crashes'): Promise<void> {
    const digest = this.world.build(behaviour);
    const release = async () => this.world.releaseByCodePipeline(digest);
    await (behaviour === 'good' ? this.mustSucceed(digest, release) : this.mustFail(digest, `an image that ${behaviour}`, release));
  }

  /** A stage rollback of CodePipeline: the release action runs again with the digest of an earlier execution. */
  async goBack(): Promise<void> {
    const earlier = this.good.at(-2);
    if (earlier) await this.mustSucceed(earlier);
  }

  async deploy(change: Change): Promise<void> {
    const template = this.template(change);
    if (this.isByCodeDeploy && REFUSED_UNDER_CODE_DEPLOY.includes(change)) return this.mustComeBack(template);
    if (!await this.world.deploy(template)) throw new Error('cdk deploy failed');
    this.current = template;
  }

  /** Fails at a resource after the service, when that has been updated. */
  async deployInVain(change: Change): Promise<void> {
    const template = this.template(change);
    await this.mustComeBack(failingAfter(template, idOf(template, 'AWS::ECS::Service')));
  }

  /** Fails at the service itself: ECS rolls the deployment back, then CloudFormation does. Under CodeDeploy the next release fails, until the template is right again. */
  async deployPoison(): Promise<void> {
    const template = this.template('a variable that no image bears');
    if (!this.isByCodeDeploy) return this.mustComeBack(template);
    if (!await this.world.deploy(template)) throw new Error('cdk deploy failed');
    await this.mustFail(this.world.build(), 'a template with which no image runs');
    if (!await this.world.deploy(this.current)) throw new Error('cdk deploy of what was before failed');
  }

  /** Which of the two prevails is not prescribed, but a release that says it succeeded has. */
  async deployDuringRelease(): Promise<void> {
    const digest = this.world.build();
    const template = this.template('CPU');
    const { decided } = this;
    const { succeeded } = await this.world.releaseDuring(digest, async () => void await this.world.deploy(template));
    this.current = template;
    if (!succeeded) return;
    this.good.push(digest);
    this.brought = decided;
  }

  /** Whoever comes last, the tag says who it was. */
  async atOnce(releases: number, change?: Change): Promise<void> {
    const { world } = this;
    const digests = Array.from({ length: releases }, () => world.build());
    const template = change && this.template(change);
    const { decided } = this;
    const results = await world.atOnce(digests, template);
    if (template) this.current = template;
    const good = digests.filter((_, index) => results[index].succeeded);
    if (good.length === 0) throw new Error(results.map(({ message }) => message).join('; '));
    const last = good.find(digest => digest === world.released) ?? good.at(-1)!;
    this.good.push(...good.filter(digest => digest !== last), last);
    this.brought = allButImage(world.definition) === decided ? decided : this.decided;
  }

  private async mustSucceed(digest: string, release = async () => this.world.release(digest)): Promise<void> {
    const { succeeded, message } = await release();
    if (!succeeded) throw new Error(`the release failed: ${message}`);
    this.good.push(digest);
    this.brought = this.decided;
  }

  private async mustFail(digest: string, what: string, release = async () => this.world.release(digest)): Promise<void> {
    const { succeeded } = await release();
    if (succeeded) throw new Error(`the release of ${what} succeeded`);
  }

  private async mustComeBack(template: Template): Promise<void> {
    if (await this.world.deploy(template)) throw new Error('cdk deploy succeeded');
  }

  private template(change: Parameters<typeof templateOf>[0]): Template {
    const template = templateOf(change, this.setting.place);
    return this.setting.fault?.inTemplate?.(template, this) ?? template;
  }
}

const firstDigests = new Map<string, string>();
/** Asked for after each step, and dear: layers are compressed. */
function firstDigest(needs: string): string {
  if (!firstDigests.has(needs)) firstDigests.set(needs, firstImage(JSON.parse(needs)).index.digest);
  return firstDigests.get(needs)!;
}

/** What `cdk deploy` decides about tasks. */
function allButImage({ cpu, memory, containerDefinitions }: TaskDefinition): string {
  const [container] = containerDefinitions!;
  return JSON.stringify({ cpu, memory, ...container, image: undefined });
}
