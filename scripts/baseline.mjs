// Compares the templates of the examples with those that test/baseline/templates keeps: what exists must not vanish nor be replaced.
// `node scripts/baseline.mjs` compares, `--renew` keeps what is synthesized now. Options: --templates folder, --examples folder
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { templatesOf } from './lib/assembly.mjs';
import { normalised, replacements } from './lib/replacements.mjs';
import { count } from './lib/words.mjs';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    renew: { type: 'boolean' },
    templates: { type: 'string', default: join(root, 'test/baseline/templates') },
    examples: { type: 'string', default: join(root, 'examples') },
  },
});

/** Templates by `<example>.<stack>`. Examples in other languages repeat those in TypeScript, and need built packages. */
const now = Object.fromEntries(readdirSync(options.examples).filter((name) => existsSync(join(options.examples, name, 'tsconfig.json'))).flatMap((name) =>
  Object.entries(templatesOf(join(options.examples, name, 'cdk.out'))).map(([stack, template]) => [`${name}.${stack}`, normalised(template)])));

if (options.renew) {
  rmSync(options.templates, { recursive: true, force: true });
  mkdirSync(options.templates, { recursive: true });
  for (const [name, template] of Object.entries(now)) writeFileSync(join(options.templates, `${name}.json`), `${JSON.stringify(template, undefined, 1)}\n`);
  console.log(`${count(Object.keys(now).length, 'template')} kept`);
  process.exit();
}

const found = readdirSync(options.templates).map((file) => basename(file, '.json')).flatMap((name) => {
  if (!now[name]) return [`${name}: the whole stack vanishes`];
  return replacements(JSON.parse(readFileSync(join(options.templates, `${name}.json`), 'utf8')), now[name]).map((sentence) => `${name}: ${sentence}`);
});
for (const sentence of found) console.error(sentence);
if (found.length > 0) console.error('\nUsers who update would notice. If that is wanted: npx projen baseline, and a line in CHANGELOG.md that says what to do.');
else console.log(`${count(Object.keys(now).length, 'template')}: nothing vanishes, nothing is replaced`);
process.exit(found.length > 0 ? 1 : 0);
