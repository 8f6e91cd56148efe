import { existsSync, readdirSync, readFileSync } from 'fs';
import { dirname, join, resolve } from 'path';

const root = resolve(__dirname, '..');
const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`).filter((name) => name.endsWith('.md'))];
const text = (page: string): string => readFileSync(join(root, page), 'utf8');
/** Made by the build. */
const GENERATED = ['API.md'];

describe.each(pages)('%s', (page) => {
  test('its links lead somewhere', () => {
    const links = [...text(page).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map(([, link]) => link).filter((link) => !/^https?:/.test(link));
    expect(links.filter((link) => !GENERATED.some((name) => link.endsWith(name)) && !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});

test('every page is in the table of contents', () => {
  const contents = text('docs/index.md');
  expect(pages.filter((page) => page.startsWith('docs/') && page !== 'docs/index.md' && !contents.includes(`(${page.slice('docs/'.length)})`))).toEqual([]);
});

test('every noun has a page that begins with its smallest use', () => {
  const nouns = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/index.md');
  expect(nouns.filter((page) => !text(page).split('\n').slice(0, 8).some((line) => line.startsWith('```')))).toEqual([]);
});

test('the smallest use stands by line 25 of the README', () => {
  expect(text('README.md').split('\n').slice(0, 25).join('\n')).toContain("new FargateCicdPipeline(this, 'Shop', { source: Source.gitHub('acme/shop') });");
});

test('every exported class and choice is spoken of', () => {
  const spoken = pages.map(text).join('\n');
  const files = [...text('src/index.ts').matchAll(/from '\.\/(.+)'/g)].map(([, file]) => text(`src/${file}.ts`));
  const classes = files.flatMap((file) => [...file.matchAll(/^export (?:abstract )?class (\w+)/gm)].map(([, name]) => name));
  expect(classes.length).toBeGreaterThan(15);
  expect(classes.filter((name) => !spoken.includes(name))).toEqual([]);
});
