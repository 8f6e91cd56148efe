import * as fs from 'fs';
import * as path from 'path';
import * as ts from 'typescript';

const ROOT = path.resolve(__dirname, '..');

/** Path below `src` to text. */
type House = Record<string, string>;

const house: House = Object.fromEntries(fs.readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf-8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => [file.split(path.sep).join('/'), fs.readFileSync(path.join(ROOT, 'src', file), 'utf-8')]));

const generated = (file: string): boolean => /-function\.ts$|server-binaries\.ts$/.test(file) && !/create-.*-function\.ts$/.test(file);
const written: House = Object.fromEntries(Object.entries(house).filter(([file]) => !generated(file)));

const parse = (file: string, text: string): ts.SourceFile => ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
const lineOf = (node: ts.Node): number => node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

function everyNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => everyNode(child, visit));
}

const findings = (files: House, look: (file: ts.SourceFile, report: (node: ts.Node, what: string) => void) => void): string[] =>
  Object.entries(files).flatMap(([name, text]) => {
    const found: string[] = [];
    look(parse(name, text), (node, what) => found.push(`${name}:${lineOf(node)} ${what}`));
    return found;
  });

/** Law 6. */
const longConstructors = (files: House): string[] => findings(files, (file, report) => everyNode(file, (node) => {
  if (!ts.isConstructorDeclaration(node) || !node.body) return;
  const lines = file.getLineAndCharacterOfPosition(node.body.end).line - file.getLineAndCharacterOfPosition(node.body.getStart()).line - 1;
  if (lines > 25) report(node, `constructor of ${lines} lines`);
}));

/** Where a file imports or re-exports from, below `src`; what comes from packages is nobody's floor. */
const imports = (file: ts.SourceFile): { node: ts.Node; target: string; exports: boolean }[] => file.statements
  .filter((node): node is ts.ImportDeclaration | ts.ExportDeclaration => ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
  .filter(({ moduleSpecifier }) => moduleSpecifier !== undefined && (moduleSpecifier as ts.StringLiteral).text.startsWith('.'))
  .map((node) => ({
    node, exports: ts.isExportDeclaration(node),
    target: path.posix.normalize(path.posix.join(path.posix.dirname(file.fileName), (node.moduleSpecifier as ts.StringLiteral).text)),
  }));

/** From the top down. The constructs that join wings stand at the top of `src`. */
const FLOORS = ['index', '', 'pipeline', 'environment', 'deploy', 'observe', 'common', 'private'];
const floorOf = (file: string): number => FLOORS.indexOf(file.replace(/\.ts$/, '') === 'index' ? 'index' : file.includes('/') ? file.split('/')[0] : '');

/** Law 7: down only, nobody imports the index, only the index re-exports. */
const climbs = (files: House): string[] => findings(files, (file, report) => imports(file).forEach(({ node, target, exports }) => {
  if (target === 'index') report(node, 'imports index.ts');
  if (floorOf(file.fileName) < 0 || floorOf(target) < 0) report(node, `${target} stands on no floor`);
  if (floorOf(target) < floorOf(file.fileName)) report(node, `climbs to ${target}`);
  if (exports && file.fileName !== 'index.ts') report(node, `re-exports ${target}`);
}));

/** Law 7: no circles, each named from its first file on. */
function circles(files: House): string[] {
  const graph = new Map(Object.entries(files).map(([name, text]) => [name.replace(/\.ts$/, ''), imports(parse(name, text)).map(({ target }) => target)]));
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (at: string, above: string[]): void => {
    if (above.includes(at)) { found.push([...above.slice(above.indexOf(at)), at].join(' > ')); return; }
    if (done.has(at)) return;
    graph.get(at)?.forEach((next) => walk(next, [...above, at]));
    done.add(at);
  };
  [...graph.keys()].sort().forEach((name) => walk(name, []));
  return found;
}

const longFiles = (files: House): string[] => Object.entries(files)
  .filter(([, text]) => text.trimEnd().split('\n').length > 300).map(([name]) => name);

/** More than eight files in a folder is a smell; each folder with more says why. */
const CROWDED: Record<string, { files: number; because: string }> = {
  '.': { files: 2, because: 'the index and the construct that joins place and road' },
  'private': { files: 10, because: 'plumbing without a common subject, a file a noun' },
};

const crowds = (names: string[], table = CROWDED): string[] => {
  const counts = new Map<string, number>();
  names.forEach((name) => counts.set(path.posix.dirname(name), (counts.get(path.posix.dirname(name)) ?? 0) + 1));
  return [...counts].filter(([folder, count]) => count > (table[folder]?.files ?? 8)).map(([folder, count]) => `${folder}: ${count} files`);
};

const forbidden: [RegExp, string][] = [
  [/\bas any\b/, 'as any'],
  [/eslint-disable/, 'eslint-disable'],
  [/@ts-(ignore|expect-error|nocheck)/, '@ts-ignore'],
  [/(?<![\w.}`])\/(home|Users)\/|\b[A-Z]:\\\\/, 'machine path'],
  [/\b(TODO|FIXME|XXX)\b/, 'TODO'],
];

const words = (files: House): string[] => Object.entries(files).flatMap(([name, text]) => text.split('\n').flatMap((line, index) =>
  forbidden.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${name}:${index + 1} ${what}`)));

const isPublic = (node: ts.Node): boolean => {
  const modifiers = (ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined) ?? [];
  return !modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword) && !/@internal/.test(docOf(node) ?? '');
};
const docOf = (node: ts.Node): string | undefined =>
  (node as unknown as { jsDoc?: ts.JSDoc[] }).jsDoc?.map((doc) => doc.getText()).join('\n');

/** Types that users see: exported by a file that the index re-exports, not `@internal`. */
const publicTypes = (files: House): (ts.ClassDeclaration | ts.InterfaceDeclaration | ts.EnumDeclaration)[] =>
  imports(parse('index.ts', files['index.ts'])).flatMap(({ target }) => [...parse(`${target}.ts`, files[`${target}.ts`]).statements]
    .filter((node) => ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node))
    .filter((node) => isPublic(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)));

const membersOf = (type: ReturnType<typeof publicTypes>[number]): ts.Node[] => [...type.members as ts.NodeArray<ts.Node>]
  .filter((member) => isPublic(member) && !ts.isConstructorDeclaration(member) && (member as ts.NamedDeclaration).name !== undefined);

const nameOf = (node: ts.Node): string => (node as ts.NamedDeclaration).name?.getText() ?? '';

const undocumented = (files: House): string[] => publicTypes(files).flatMap((type) => [
  ...(docOf(type) ? [] : [nameOf(type)]),
  ...membersOf(type).filter((member) => !docOf(member)).map((member) => `${nameOf(type)}.${nameOf(member)}`),
]);

/** Law 1: an optional prop says what happens without it. */
const withoutDefault = (files: House): string[] => publicTypes(files).filter(ts.isInterfaceDeclaration).flatMap((type) => membersOf(type)
  .filter((member) => ts.isPropertySignature(member) && member.questionToken !== undefined && !/@default \S/.test(docOf(member) ?? ''))
  .map((member) => `${nameOf(type)}.${nameOf(member)}`));

/** Law 2. */
const flags = (files: House): string[] => publicTypes(files).filter(ts.isInterfaceDeclaration).flatMap((type) => membersOf(type)
  .filter((member) => /^(create|enable|disable|use|existing)([A-Z]|$)/.test(nameOf(member)))
  .map((member) => `${nameOf(type)}.${nameOf(member)}`));

/** What every public struct and choice looks like in the assembly that jsii built, where there is one. */
const assemblyFile = path.join(ROOT, '.jsii');
const assembly = fs.existsSync(assemblyFile) ? JSON.parse(fs.readFileSync(assemblyFile, 'utf-8')) : undefined;

const undocumentedInAssembly = ({ types = {} }: { types?: Record<string, any> }): string[] => Object.values(types).flatMap((type) => [
  ...(type.docs?.summary ? [] : [type.name]),
  ...[...type.properties ?? [], ...type.methods ?? [], ...type.members ?? []].filter(({ docs, overrides }: any) => !docs?.summary && !overrides)
    .map(({ name }: any) => `${type.name}.${name}`),
]);

/** Choices are made by their factories alone, in every language. */
const constructible = ({ types = {} }: { types?: Record<string, any> }): string[] => Object.values(types)
  .filter(({ kind, abstract, initializer }) => kind === 'class' && abstract && initializer).map(({ name }) => name);

describe('the source obeys', () => {
  test.each([
    ['law 6: a constructor is a table of contents', longConstructors(written)],
    ['law 7: imports only go down', climbs(house)],
    ['law 7: no circles', circles(house)],
    ['a file stays under 300 lines', longFiles(written)],
    ['a folder has few files, or says why', crowds(Object.keys(written))],
    ['no way round the compiler or the linter, no paths of a machine', words(house)],
    ['everything public is documented', undocumented(house)],
    ['every optional prop has its default written down', withoutDefault(house)],
    ['law 2: no create, enable, use or existing flags', flags(house)],
  ])('%s', (_, found) => {
    expect(found).toEqual([]);
  });

  test('the table of crowded folders holds nothing that is over', () => {
    const counts = Object.keys(written).map((name) => path.posix.dirname(name));
    for (const [folder, { files, because }] of Object.entries(CROWDED)) {
      expect([folder, counts.filter((name) => name === folder).length]).toEqual([folder, files]);
      expect(because.length).toBeGreaterThan(20);
    }
  });

  test('index.ts re-exports and does nothing else', () => {
    expect(house['index.ts'].trim().split('\n').filter((line) => !/^export \* from '\.\/[\w/-]+';$/.test(line))).toEqual([]);
  });

  test('users get no dependency beside the CDK', () => {
    const { dependencies = {}, bundledDependencies = [], peerDependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf-8'));
    expect(dependencies).toEqual({});
    expect(bundledDependencies).toEqual([]);
    expect(Object.keys(peerDependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
  });

  (assembly ? test : test.skip)('no choice has a constructor in the jsii assembly', () => {
    expect(constructible(assembly)).toEqual([]);
  });

  (assembly ? test : test.skip)('everything in the jsii assembly is documented', () => {
    expect(undocumentedInAssembly(assembly)).toEqual([]);
  });
});

describe('each law can fail', () => {
  test('constructors of choices', () => {
    const abstract = { kind: 'class', abstract: true };
    expect(constructible({ types: { a: { ...abstract, name: 'A', initializer: {} }, b: { ...abstract, name: 'B' }, c: { kind: 'class', name: 'C', initializer: {} } } })).toEqual(['A']);
  });

  const lines = (count: number) => 'void 0;\n'.repeat(count);
  const struct = (member: string) => ({ 'index.ts': "export * from './a';", 'a.ts': `/** Options. */\nexport interface Options {\n${member.replace(/; /g, ';\n')} }` });

  test('constructors', () => {
    const of = (count: number) => ({ 'a.ts': `class A { constructor(a: string,\n b: string) {\n${lines(count)}} }` });
    expect(longConstructors(of(25))).toEqual([]);
    expect(longConstructors(of(26))).toEqual(['a.ts:1 constructor of 26 lines']);
  });

  test.each([
    ['a climb', { 'observe/a.ts': "import { b } from '../deploy/b';" }, ['observe/a.ts:1 climbs to deploy/b']],
    ['a climb to the constructs', { 'pipeline/a.ts': "import { b } from '../fargate';" }, ['pipeline/a.ts:1 climbs to fargate']],
    ['a climb out of a room', { 'private/rooms/a.ts': "import { b } from '../../common/b';" }, ['private/rooms/a.ts:1 climbs to common/b']],
    ['the index', { 'fargate.ts': "import { b } from './index';" }, ['fargate.ts:1 imports index.ts', 'fargate.ts:1 climbs to index']],
    ['an unknown floor', { 'cellar/a.ts': "import { b } from '../private/b';" }, ['cellar/a.ts:1 private/b stands on no floor']],
    ['a re-export', { 'common/a.ts': "export { b } from './b';" }, ['common/a.ts:1 re-exports common/b']],
    ['nothing', { 'pipeline/a.ts': "import * as s3 from 'aws-cdk-lib/aws-s3';\nimport { b } from '../private/b';", 'index.ts': "export * from './pipeline/a';" }, []],
  ])('imports: %s', (_, files: House, found) => {
    expect(climbs(files)).toEqual(found);
  });

  test('circles', () => {
    expect(circles({ 'a.ts': "import './b';", 'b.ts': "import './c';", 'c.ts': "import './a';" })).toEqual(['a > b > c > a']);
    expect(circles({ 'a.ts': "import './b';\nimport './c';", 'b.ts': "import './c';", 'c.ts': '' })).toEqual([]);
  });

  test('sizes', () => {
    expect(longFiles({ 'a.ts': lines(300), 'b.ts': lines(301) })).toEqual(['b.ts']);
    expect(crowds(Array.from({ length: 9 }, (_, index) => `attic/${index}.ts`))).toEqual(['attic: 9 files']);
    expect(crowds(Array.from({ length: 8 }, (_, index) => `attic/${index}.ts`))).toEqual([]);
  });

  test.each([
    ['as any', 'const a = b as any;'],
    ['eslint-disable', '// eslint-disable-next-line'],
    ['@ts-ignore', '// @ts-expect-error it works'],
    ['machine path', "const a = '/home/me/code';"],
    ['machine path', "readFile('/Users/me/x')"],
    ['TODO', '// TODO later'],
  ])('words: %s in %s', (what, text) => {
    expect(words({ 'a.ts': `\n${text}` })).toEqual([`a.ts:2 ${what}`]);
    expect(words({ 'a.ts': 'const company = many; // ARN.../task/work/x' })).toEqual([]);
  });

  test('documentation', () => {
    expect(undocumented(struct('readonly a?: string;'))).toEqual(['Options.a']);
    expect(undocumented(struct('/** A. */ readonly a?: string; /** @internal */ readonly _b: string;'))).toEqual([]);
    expect(undocumented({ 'index.ts': "export * from './a';", 'a.ts': 'export class A { b() {} private c() {} }\nclass Hidden { d() {} }' })).toEqual(['A', 'A.b']);
    expect(withoutDefault(struct('/** A. */ readonly a?: string; /** B. @default 1 */ readonly b?: number; /** C. */ readonly c: string;'))).toEqual(['Options.a']);
    expect(undocumentedInAssembly({ types: { a: { name: 'A', docs: { summary: 'A.' }, properties: [{ name: 'b' }, { name: 'c', docs: { summary: 'C.' } }] }, d: { name: 'D' } } }))
      .toEqual(['A.b', 'D']);
  });

  test('flags', () => {
    expect(flags(struct('readonly createVpc: boolean; readonly useNat: boolean; readonly enableX: boolean; readonly existingVpc: boolean; readonly user: string;')))
      .toEqual(['Options.createVpc', 'Options.useNat', 'Options.enableX', 'Options.existingVpc']);
  });
});
