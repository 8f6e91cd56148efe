import { ModelStack, type Properties, type Provider, type Resource, type StackFailure } from './cloudformation';
import { CustomResources } from './custom-resources';
import { resolve } from './intrinsics';

/** Calls of providers, in their order. */
let calls: string[];
/** Logical ids whose next creation or update fails. */
let failing: Set<string>;
let stack: ModelStack;

beforeEach(() => {
  calls = [];
  failing = new Set();
  stack = new ModelStack(type => recorder(type), { 'AWS::Region': 'eu-west-1' });
});

/** Things are replaced when their `Name` changes; those of type `Fickle` take the name for their physical id, and so answer updates with another. */
function recorder(type: string): Provider {
  const fail = (name: string) => {
    if (failing.delete(name)) throw new Error(`${name} did not work`);
  };
  return {
    createOnly: type === 'Fickle' ? [] : ['Name'],
    create: ({ Name }, name) => {
      calls.push(`create ${Name}`);
      fail(name);
      return { id: `id-${Name}`, attributes: { Arn: `arn-${Name}` } };
    },
    update: (id, { Name, Size }) => {
      calls.push(`update ${id} to ${Size ?? Name}`);
      fail(Name);
      return { id: type === 'Fickle' ? `id-${Name}` : id };
    },
    delete: id => {
      calls.push(`delete ${id}`);
      fail(id);
    },
  };
}

function thing(Name: string, more: Properties = {}, attributes: Partial<Resource> = {}): Resource {
  return { Type: 'Thing', Properties: { Name, ...more }, ...attributes };
}

async function failure(operation: Promise<void>): Promise<StackFailure> {
  return operation.then(() => { throw new Error('it did not fail'); }, error => error);
}

test('creates in the order of references and DependsOn, deletes in the reverse order', async () => {
  await stack.create({
    Resources: {
      A: thing('a', { Size: { 'Fn::Join': ['-', [{ Ref: 'B' }, 'x']] } }),
      B: thing('b', {}, { DependsOn: 'C' }),
      C: thing('c'),
      D: thing('d', { Size: { 'Fn::Sub': 'of ${A.Arn} in ${AWS::Region}' } }),
    },
  });
  expect(calls).toEqual(['create c', 'create b', 'create a', 'create d']);
  expect(stack.find(/^A$/).properties.Size).toBe('id-b-x');
  expect(stack.find(/^D$/).properties.Size).toBe('of arn-a in eu-west-1');

  calls = [];
  await stack.delete();
  expect(calls).toEqual(['delete id-d', 'delete id-a', 'delete id-b', 'delete id-c']);
  expect(stack.status).toBe('DELETE_COMPLETE');
});

test('touches what differs when resolved, and nothing else', async () => {
  const size = (text: string) => ({ Resources: { A: thing('a', { Size: text }), B: thing('b', { Size: { Ref: 'A' } }) } });
  await stack.create(size('1'));
  calls = [];
  await stack.update(size('2'));
  expect(calls).toEqual(['update id-a to 2']);
});

test('replaces for a create-only property; what refers to it is updated, and the former one goes last', async () => {
  const named = (name: string) => ({ Resources: { A: thing(name), B: thing('b', { Size: { Ref: 'A' } }) } });
  await stack.create(named('a'));
  calls = [];
  await stack.update(named('a2'));
  expect(calls).toEqual(['create a2', 'update id-b to id-a2', 'delete id-a']);
});

test('another physical id in the answer to an update is a replacement', async () => {
  const named = (Name: string) => ({ Resources: { A: { Type: 'Fickle', Properties: { Name } } } });
  await stack.create(named('a'));
  calls = [];
  await stack.update(named('a2'));
  expect(calls).toEqual(['update id-a to a2', 'delete id-a']);
});

test('a failed update goes back: updates with former properties, the one that failed too; replaced ones are remembered, new ones deleted', async () => {
  const template = (n: number) => ({
    Resources: {
      A: thing('a', { Size: n }), B: thing(`b${n}`), ...n === 1 ? {} : { New: thing('new') }, C: thing('c', { Size: n }, { DependsOn: ['A', 'B', 'New'] }),
    },
  });
  await stack.create(template(1));
  calls = [];
  failing.add('c');
  const { status, reason } = await failure(stack.update(template(2)));

  expect([status, reason]).toEqual(['UPDATE_ROLLBACK_COMPLETE', 'c did not work']);
  expect(calls).toEqual(['update id-a to 2', 'create b2', 'create new', 'update id-c to 2', 'update id-a to 1', 'update id-c to 1', 'delete id-new', 'delete id-b2']);
  expect(stack.find(/^B$/)).toMatchObject({ id: 'id-b1', properties: { Name: 'b1' } });
});

test('a custom resource that changed its id is updated back, and the new one is deleted in the clean-up', async () => {
  const named = (Name: string) => ({ Resources: { A: { Type: 'Fickle', Properties: { Name } }, B: thing('b', { Size: Name }, { DependsOn: 'A' }) } });
  await stack.create(named('a'));
  calls = [];
  failing.add('b');
  await failure(stack.update(named('a2')));
  expect(calls).toEqual(['update id-a to a2', 'update id-b to a2', 'update id-a2 to a', 'update id-b to a', 'delete id-a2']);
});

test('a rollback that fails says so', async () => {
  const template = (n: number) => ({ Resources: { A: thing('a', { Size: n }), B: thing('b', { Size: n }, { DependsOn: 'A' }) } });
  await stack.create(template(1));
  failing.add('b');
  const update = failure(stack.update(template(2)));
  failing.add('a');
  expect((await update).status).toBe('UPDATE_ROLLBACK_FAILED');
  expect(stack.status).toBe('UPDATE_ROLLBACK_FAILED');
});

test('a failed creation deletes what was made, but not what is retained', async () => {
  failing.add('C');
  const { status } = await failure(stack.create({ Resources: { A: thing('a'), B: thing('b', {}, { DeletionPolicy: 'Retain' }), C: thing('c') } }));
  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(calls).toEqual(['create a', 'create b', 'create c', 'delete id-a']);
});

test('what cannot be deleted stops the rollback of a creation', async () => {
  failing.add('B').add('id-a');
  const { status, reason } = await failure(stack.create({ Resources: { A: thing('a'), B: thing('b') } }));
  expect([status, reason]).toEqual(['ROLLBACK_FAILED', 'id-a did not work']);
});

test('what leaves the template or is replaced goes by its policy', async () => {
  const keep = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
  await stack.create({ Resources: { A: thing('a'), B: thing('b', {}, keep), C: thing('c', {}, keep), D: thing('d') } });
  calls = [];
  await stack.update({ Resources: { C: thing('c2', {}, keep), D: thing('d') } });
  expect(calls).toEqual(['create c2', 'delete id-a']);
  await stack.delete();
  expect(calls.slice(2)).toEqual(['delete id-d']);
});

test('a deletion that is refused stops', async () => {
  await stack.create({ Resources: { A: thing('a'), B: thing('b', {}, { DependsOn: 'A' }) } });
  failing.add('id-b');
  expect(await failure(stack.delete())).toMatchObject({ status: 'DELETE_FAILED', reason: 'id-b did not work' });
  expect(calls).not.toContain('delete id-a');
});

describe('functions of templates', () => {
  const names = { reference: (id: string) => `ref-${id}`, attribute: (id: string, name: string) => `arn:aws:x:${id}:${name}` };

  test.each([
    [{ 'Fn::Select': [3, { 'Fn::Split': [':', { 'Fn::GetAtt': ['A', 'Arn'] }] }] }, 'A'],
    [{ 'Fn::Join': ['', ['a', { Ref: 'B' }]] }, 'aref-B'],
    [{ 'Fn::Sub': '${A}/${B.Arn}/${!literal}' }, 'ref-A/arn:aws:x:B:Arn/${!literal}'],
    [{ 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }, 'zone-b'],
    [{ A: { Ref: 'AWS::NoValue' }, B: [1, { Ref: 'AWS::NoValue' }] }, { B: [1] }],
  ])('%j', (value, expected) => expect(resolve(value, names)).toEqual(expected));

  test('an unknown one is refused', () => {
    expect(() => resolve({ 'Fn::If': ['a', 'b', 'c'] }, names)).toThrow('the model does not know Fn::If');
  });

  test('a circle is refused', async () => {
    expect((await failure(stack.create({ Resources: { A: thing('a', { Size: { Ref: 'B' } }), B: thing('b', { Size: { Ref: 'A' } }) } }))).reason)
      .toBe('circular dependency: A > B > A');
  });
});

describe('custom resources', () => {
  const answering = (answer?: object) => {
    const resources = new CustomResources();
    const events: any[] = [];
    const provider = resources.provider('Custom::X', async event => {
      events.push(event);
      if (answer) resources.receive(event.ResponseURL, JSON.stringify({ Status: 'SUCCESS', Reason: 'done', PhysicalResourceId: 'x', ...answer }));
    });
    return { provider, events };
  };

  test('get all values as text, former ones on an update, and their own id', async () => {
    const { provider, events } = answering({});
    expect(await provider.create({ Count: 1, Flags: [true] }, 'X')).toEqual({ id: 'x' });
    await provider.update('x', { Count: 2 }, { Count: 1 });
    await provider.delete('x', { Count: 2 });
    expect(events).toMatchObject([
      { RequestType: 'Create', ResourceProperties: { Count: '1', Flags: ['true'] } },
      { RequestType: 'Update', PhysicalResourceId: 'x', ResourceProperties: { Count: '2' }, OldResourceProperties: { Count: '1' } },
      { RequestType: 'Delete', PhysicalResourceId: 'x' },
    ]);
  });

  test('fail when they say so, and when they say nothing', async () => {
    await expect(answering({ Status: 'FAILED', Reason: 'no' }).provider.delete('x', {})).rejects.toThrow('Custom::X: no');
    await expect(answering().provider.create({}, 'X')).rejects.toThrow('Custom::X did not answer');
  });
});
