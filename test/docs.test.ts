import { existsSync, readdirSync, readFileSync } from 'fs';
import { dirname, join, resolve } from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import * as ts from 'typescript';
import * as library from '../src';
import { lazily } from './support/lazily';
import { remembered } from './support/remembered';
import { Choice } from '../src/private/problems';

const root = resolve(__dirname, '..');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const texts: Record<string, string> = Object.fromEntries([
  'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf-8' }).map((name) => `docs/${name}`).filter((name) => name.endsWith('.md')),
].map((page) => [page, read(page)]));
const pages = Object.keys(texts);
const nouns = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/index.md');

/** Made by the build, so that it may be missing in a clean clone. */
const GENERATED = ['API.md'];

const brokenLinks = (page: string, text: string): string[] => [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, link]) => link)
  .filter((link) => !/^https?:/.test(link))
  .filter((link) => !GENERATED.some((name) => link.endsWith(name)) && !existsSync(join(root, dirname(page), link)));

const withoutSmallestUse = (text: string): boolean => !text.split('\n').slice(0, 8).some((line) => line.startsWith('```'));

/** Commands that do not exist. */
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const unknownCommands = (text: string): string[] => [...text.matchAll(/(?:npx projen|npm run) ([a-z][a-z:-]*)/g)].map(([, task]) => task).filter((task) => !(task in scripts));
const unknownScripts = (text: string): string[] => [...text.matchAll(/(?<![\w/.-])(?:scripts|\.ci)\/[\w./-]*\w/g)].map(([path]) => path).filter((path) => !existsSync(join(root, path)));

/** `Class.factory` of everything that a user chooses by a factory. */
const classes = Object.entries(library).filter((entry): entry is [string, any] => typeof entry[1] === 'function');
const factories = classes.filter(([, type]) => type.prototype instanceof Choice)
  .flatMap(([name, type]) => Object.getOwnPropertyNames(type).filter((own) => typeof type[own] === 'function' && !own.startsWith('_')).map((own) => `${name}.${own}`));

/** Classes and enumerations that jsii publishes. What is a constant or a function is internal: other languages have no such thing. */
const published = [...read('src/index.ts').matchAll(/from '\.\/(.+)'/g)]
  .flatMap(([, file]) => [...read(`src/${file}.ts`).matchAll(/^export (?:abstract class|class|enum) (\w+)/gm)].map(([, name]) => name));

/** The table of choices: a factory stands there with its class, or after another factory of the same class. */
function factoriesInTable(readme: string): string[] {
  const rows = readme.split('\n## Choices\n')[1].split('\n## ')[0].split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => {
    let owner = '';
    return [...row.split('|')[2].matchAll(/`([A-Z]\w*)?\.(\w+)`/g)].map(([, name, factory]) => {
      owner = name ?? owner;
      return `${owner}.${factory}`;
    });
  }).filter((name) => !name.startsWith('RemovalPolicy.'));
}

/** What looks like a factory of ours and is none. */
const choices = new Set(factories.map((factory) => factory.split('.')[0]));
const unknownFactories = (text: string): string[] => [...text.matchAll(/(?<!\w\.)\b([A-Z]\w+)\.([a-z]\w*)\b/g)]
  // Python's factories are ours in its own spelling.
  .filter(([whole, name]) => choices.has(name) && !factories.includes(whole.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()))).map(([whole]) => whole);

interface Sample { readonly name: string; readonly text: string }

const fixture = read('rosetta/default.ts-fixture');

/** What the samples of a page take for granted. */
const GIVEN: Record<string, string> = { 'docs/image-builds.md': "const secret = secretsmanager.Secret.fromSecretNameV2(this, 'Secret', 'shop/npm');" };

/** What rosetta makes of a sample: it stands in the fixture, its own imports before that. */
const samplesOf = (page: string, text: string): Sample[] => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code], index) => {
  const imports = code.split('\n').filter((line) => line.startsWith('import '));
  const rest = code.split('\n').filter((line) => !line.startsWith('import '));
  return { name: `${page} sample ${index + 1}`, text: `${imports.join('\n')}\n${fixture.replace('/// here', () => [GIVEN[page] ?? '', ...rest].join('\n'))}\nexport { Fixture };\n` };
});
const samples = pages.flatMap((page) => samplesOf(page, texts[page]));

/** What the compiler says about samples, all of them in one program; the library is what stands in `src`. */
function compile(all: Sample[]): string[] {
  const files = new Map(all.map(({ text }, index) => [join(root, `sample-${index}.ts`), text]));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.dev.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['src/index.ts'] }, ts.sys, root);
  const settings: ts.CompilerOptions = { ...options, noEmit: true, skipLibCheck: true, noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(settings);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (file, ...rest) => files.has(file) ? ts.createSourceFile(file, files.get(file)!, ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest);
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  const program = ts.createProgram([...files.keys()], settings, host);
  return [...files.keys()].flatMap((file, index) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      .map(({ messageText }) => `${all[index].name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

/** Builds the stack of a sample. What the compiler lets through, the library may still refuse. */
function build({ text }: Sample): Stack {
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const exported: { Fixture?: new (scope: Construct, id: string) => Stack } = {};
  // eslint-disable-next-line @typescript-eslint/no-require-imports, import/no-dynamic-require
  const load = (module: string) => module === 'cdk-fargate-cicd' ? library : require(module);
  new Function('exports', 'require', outputText)(exported, load);
  return new exported.Fixture!(new App(), 'Fixture');
}

describe.each(pages)('%s', (page) => {
  test('its links lead somewhere', () => expect(brokenLinks(page, texts[page])).toEqual([]));
  test('its commands and scripts exist', () => expect([...unknownCommands(texts[page]), ...unknownScripts(texts[page])]).toEqual([]));
  test('its factories exist', () => expect(unknownFactories(texts[page])).toEqual([]));
});

test('every page is in the table of contents', () => {
  expect(pages.filter((page) => page.startsWith('docs/') && page !== 'docs/index.md' && !texts['docs/index.md'].includes(`(${page.slice('docs/'.length)})`))).toEqual([]);
});

test('every noun has a page that begins with its smallest use', () => {
  expect(nouns.filter((page) => withoutSmallestUse(texts[page]))).toEqual([]);
});

test('the smallest use stands by line 25 of the README', () => {
  expect(texts['README.md'].split('\n').slice(0, 25).join('\n')).toContain("new FargateCicdPipeline(this, 'Shop', { source: Source.gitHub('acme/shop') });");
});

test('every public class and enumeration is spoken of', () => {
  expect(published.length).toBeGreaterThan(20);
  expect(published.filter((name) => !new RegExp(`\\b${name}\\b`).test(Object.values(texts).join('\n')))).toEqual([]);
});

test('the table of choices has every factory and no other', () => {
  expect(factories.length).toBeGreaterThan(30);
  expect(factoriesInTable(texts['README.md']).sort()).toEqual([...factories].sort());
});

test('the README has a sample for each language', () => {
  expect(['ts', 'python', 'java'].filter((language) => !texts['README.md'].includes(`\n\`\`\`${language}\n`))).toEqual([]);
});

/** One program for all samples, those with faults as well: a second one would take as long again. */
const FAULTY = "new FargateCicdPipeline(this, 'Shop', { sauce: 1 }); Source.gitHub(nothing);";
const compiled = [...samples, ...samplesOf('faulty.md', `\`\`\`ts\n${FAULTY}\n\`\`\`\n`)];
/** Everything that the compiler reads. */
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf-8' }).filter((name) => name.endsWith('.ts')).map((name) => `src/${name}`).sort();
const settings = ['test/docs.test.ts', 'tsconfig.json', 'tsconfig.dev.json', 'package-lock.json'];
const said = lazily(() => remembered('samples', [...[...sources, ...settings].flatMap((file) => [file, read(file)]), JSON.stringify(compiled)], () => compile(compiled)));

test('all samples compile', () => {
  expect(samples.length).toBeGreaterThan(30);
  expect(said().filter((message) => !message.startsWith('faulty.md'))).toEqual([]);
}, 60_000);

test.each(samples)('$name can be built', (sample) => {
  expect(() => build(sample)).not.toThrow();
});

/** Each test sees the fault that it is there for. */
describe('the tests of the pages', () => {
  test('see a link that leads nowhere', () => expect(brokenLinks('docs/index.md', '[a](nowhere.md) [b](pipeline.md) [c](https://example.com)')).toEqual(['nowhere.md']));
  test('see a page without its smallest use', () => expect(withoutSmallestUse('# Title\n\nWords')).toBe(true));
  test('see a command that does not exist', () => expect(unknownCommands('`npx projen test` `npx projen deploy` `npm run nothing`')).toEqual(['deploy', 'nothing']));
  test('see a script that does not exist', () => expect(unknownScripts('`scripts/demo.mjs` `scripts/none.sh`')).toEqual(['scripts/none.sh']));
  test('see a factory that does not exist', () => expect(unknownFactories('`Source.gitHub` `DeployStrategy.magic`')).toEqual(['DeployStrategy.magic']));
  test('see a sample that does not compile', () => {
    expect(said().filter((message) => message.startsWith('faulty.md'))).toEqual([
      expect.stringContaining('sample 1: Object literal may only specify known properties'),
      expect.stringContaining("sample 1: Cannot find name 'nothing'"),
    ]);
  }, 60_000);
  test('see a sample that cannot be built', () => {
    const [refused] = samplesOf('refused.md', "```ts\nnew FargateCicdPipeline(this, 'Shop', { source: Source.gitHub('shop') });\n```\n");
    expect(() => build(refused)).toThrow("allowed 'owner/repository'");
  });
});
