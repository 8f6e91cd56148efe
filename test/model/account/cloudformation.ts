import { isDeepStrictEqual } from 'node:util';
import { mentioned, type Names, resolve } from './intrinsics';

export type Properties = Record<string, any>;

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Record<string, Resource>;
}

/** What a resource is in the account. */
export interface Physical {
  readonly id: string;
  readonly attributes?: Record<string, unknown>;
}

/** Makes the resources of a type. */
export interface Provider {
  /** Properties that cannot change in place: CloudFormation's schemas call them `createOnlyProperties`. */
  readonly createOnly?: string[];
  create(properties: Properties, name: string): Physical | Promise<Physical>;
  update(id: string, properties: Properties, former: Properties): Physical | Promise<Physical>;
  delete(id: string, properties: Properties): void | Promise<void>;
}

/** A resource of the stack, as it is now. */
interface Live extends Physical {
  readonly logicalId: string;
  readonly resource: Resource;
  readonly properties: Properties;
}

export interface StackEvent {
  readonly action: 'CREATE' | 'UPDATE' | 'DELETE' | 'RETAIN';
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
}

/** What an operation has done so far, for the way back and the cleaning up. */
interface Journal {
  readonly made: Live[];
  /** Former and present state of what was updated in place. */
  readonly updated: { readonly before: Live; readonly after: Live }[];
  readonly replaced: Live[];
}

/** The operation failed; the status tells whether the stack came back from it. */
export class StackFailure extends Error {
  constructor(readonly status: string, readonly reason: string) {
    super(`${status}: ${reason}`);
  }
}

/**
 * AWS CloudFormation with one stack: carries templates out resource by resource, in the order of references and `DependsOn`.
 *
 * - A resource is touched when its resolved properties differ. A change of a create-only property, or another physical id in the
 *   answer, replaces it; what was replaced is deleted when all else has succeeded.
 * - A failed update goes back: what was updated is updated again with its former properties (custom resources get an ordinary
 *   `Update` too), what was replaced is remembered, what was made is deleted in the clean-up.
 * - `Retain` keeps a resource also when the operation that made it is rolled back: only `RetainExceptOnCreate` would not, and `cdk deploy`
 *   does not ask for it.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 * @see https://github.com/aws/aws-cdk/pull/29581 for the order of a rollback
 */
export class ModelStack {
  status = 'NOT_CREATED';
  readonly events: StackEvent[] = [];
  private readonly live = new Map<string, Live>();
  private journal: Journal = newJournal();
  private readonly names: Names = {
    reference: id => this.pseudo[id] ?? this.known(id).id,
    attribute: (id, name) => {
      const { attributes = {} } = this.known(id);
      return attributes[name] ?? `${this.known(id).id}.${name}`;
    },
  };

  constructor(
    private readonly provider: (type: string) => Provider,
    private readonly pseudo: Record<string, string>,
  ) {}

  /** The one resource of a type, or with such a logical id. */
  findAll(what: string | RegExp): Live[] {
    return [...this.live.values()].filter(({ logicalId, resource }) => typeof what === 'string' ? resource.Type === what : what.test(logicalId));
  }

  find(what: string | RegExp): Live {
    const found = this.findAll(what);
    if (found.length !== 1) throw new Error(`${found.length} resources are ${what}`);
    return found[0];
  }

  async create(template: Template): Promise<void> {
    await this.operate('CREATE', template, async () => {
      await this.deleteAll(this.journal.made).catch(error => { throw this.failed('ROLLBACK_FAILED', error); });
      this.live.clear();
      this.status = 'ROLLBACK_COMPLETE';
    });
  }

  async update(template: Template): Promise<void> {
    const former = [...this.live.values()];
    await this.operate('UPDATE', template, async () => this.goBack(former));
  }

  /** Deletes the stack; what it retains stays in the account. */
  async delete(): Promise<void> {
    this.status = 'DELETE_IN_PROGRESS';
    try {
      for (const one of inOrder([...this.live.values()]).reverse()) {
        await this.remove(one, one.resource.DeletionPolicy);
        this.live.delete(one.logicalId);
      }
    } catch (error) {
      throw this.failed('DELETE_FAILED', error);
    }
    this.status = 'DELETE_COMPLETE';
  }

  private async operate(action: 'CREATE' | 'UPDATE', template: Template, goBack: () => Promise<void>): Promise<void> {
    this.journal = newJournal();
    this.status = `${action}_IN_PROGRESS`;
    try {
      for (const logicalId of orderOf(template.Resources)) await this.carryOut(logicalId, template.Resources[logicalId]);
    } catch (error) {
      this.status = action === 'CREATE' ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS';
      await goBack();
      throw this.failed(this.status, error);
    }
    this.status = `${action}_COMPLETE_CLEANUP_IN_PROGRESS`;
    const dropped = [...this.live.values()].filter(({ logicalId }) => !(logicalId in template.Resources));
    await this.deleteAll(this.journal.replaced, 'UpdateReplacePolicy');
    await this.deleteAll(dropped);
    dropped.forEach(({ logicalId }) => this.live.delete(logicalId));
    this.status = `${action}_COMPLETE`;
  }

  private async carryOut(logicalId: string, resource: Resource): Promise<void> {
    const before = this.live.get(logicalId);
    const properties = resolve(resource.Properties ?? {}, this.names) as Properties;
    if (before && isDeepStrictEqual(before.properties, properties)) {
      this.live.set(logicalId, { ...before, resource });
      return;
    }
    const provider = this.provider(resource.Type);
    if (!before || isReplaced(provider, before, properties)) {
      const made = { ...await provider.create(properties, logicalId), logicalId, resource, properties };
      this.journal.made.push(made);
      if (before) this.journal.replaced.push(before);
      this.take('CREATE', made);
      return;
    }
    // Written down before it is tried: a resource whose update has failed is rolled back as well.
    const entry = { before, after: { ...before, resource, properties } };
    this.journal.updated.push(entry);
    entry.after = { ...await provider.update(before.id, properties, before.properties), logicalId, resource, properties };
    if (entry.after.id !== before.id) this.journal.replaced.push(before);
    this.take('UPDATE', entry.after);
  }

  /** Back to the former template, with the properties that were recorded. */
  private async goBack(former: Live[]): Promise<void> {
    try {
      for (const { logicalId, resource, id } of inOrder(former)) {
        const entry = this.journal.updated.find(({ before }) => before.id === id && before.logicalId === logicalId);
        if (!entry) continue;
        const { before, after } = entry;
        const restored = await this.provider(resource.Type).update(after.id, before.properties, after.properties);
        this.take('UPDATE', { ...before, ...restored });
      }
    } catch (error) {
      throw this.failed('UPDATE_ROLLBACK_FAILED', error);
    }
    this.live.clear();
    former.forEach(one => this.live.set(one.logicalId, one));
    this.status = 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS';
    const strays = this.journal.updated.filter(({ before, after }) => before.id !== after.id).map(({ after }) => after);
    await this.deleteAll([...this.journal.made, ...strays]);
    this.status = 'UPDATE_ROLLBACK_COMPLETE';
  }

  private take(action: 'CREATE' | 'UPDATE', one: Live): void {
    this.live.set(one.logicalId, one);
    this.record(action, one);
  }

  private async deleteAll(all: Live[], policy: 'DeletionPolicy' | 'UpdateReplacePolicy' = 'DeletionPolicy'): Promise<void> {
    for (const one of inOrder(all).reverse()) await this.remove(one, one.resource[policy]);
  }

  private async remove(one: Live, policy?: string): Promise<void> {
    const keeps = policy === 'Retain';
    this.record(keeps ? 'RETAIN' : 'DELETE', one);
    if (!keeps) await this.provider(one.resource.Type).delete(one.id, one.properties);
  }

  private record(action: StackEvent['action'], { logicalId, resource, id }: Live): void {
    this.events.push({ action, logicalId, type: resource.Type, physicalId: id });
  }

  private failed(status: string, error: unknown): StackFailure {
    this.status = status;
    return error instanceof StackFailure ? error : new StackFailure(status, (error as Error).message);
  }

  private known(id: string): Live {
    const found = this.live.get(id);
    if (!found) throw new Error(`${id} is referred to before it is there`);
    return found;
  }
}

function newJournal(): Journal {
  return { made: [], updated: [], replaced: [] };
}

function isReplaced({ createOnly = [] }: Provider, { properties }: Live, wanted: Properties): boolean {
  return createOnly.some(name => !isDeepStrictEqual(properties[name], wanted[name]));
}

/** What resources need. One of a template is deployed again and again. */
const needs = new WeakMap<Resource, string[]>();

function needsOf(resource: Resource): string[] {
  const { Properties = {}, DependsOn = [] } = resource;
  const known = needs.get(resource) ?? [...new Set([...mentioned(Properties), ...[DependsOn].flat()])];
  needs.set(resource, known);
  return known;
}

/** Dependencies first; otherwise as they are written. */
export function orderOf(resources: Record<string, Resource>): string[] {
  const order: string[] = [];
  const visit = (id: string, above: string[]) => {
    if (above.includes(id)) throw new Error(`circular dependency: ${[...above, id].join(' > ')}`);
    if (order.includes(id) || !(id in resources)) return;
    needsOf(resources[id]).forEach(other => visit(other, [...above, id]));
    order.push(id);
  };
  Object.keys(resources).forEach(id => visit(id, []));
  return order;
}

function inOrder(all: Live[]): Live[] {
  const order = orderOf(Object.fromEntries(all.map(({ logicalId, resource }) => [logicalId, resource])));
  return [...all].sort((a, b) => order.indexOf(a.logicalId) - order.indexOf(b.logicalId));
}
