// Makes one file of the compiled library: to load it file by file takes three times as long. Types stay where they are; Lambda code is in assets/.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const lib = resolve(import.meta.dirname, '../lib');

/** What the compiler writes into each file for modules that are none of its own; there are none. Lines stay where source maps look for them. */
const withoutHelpers = (code) => code.includes('__exportStar') ? code : code
  .replace(/^var __(?:createBinding|setModuleDefault|importStar) = [^]*?^\}.*;$/gm, (helper) => '\n'.repeat(helper.split('\n').length - 1))
  .replace(/__importStar\((require\("[^"]+"\))\)/g, '$1');

/** Paths of assets are written from the file that names them. */
const withPaths = (code, path) => /-function\.js$/.test(path)
  ? code.replaceAll('__dirname', `require("path").join(__dirname, ${JSON.stringify(relative(lib, dirname(path)))})`)
  : code;

const compiled = {
  name: 'compiled',
  setup: ({ onLoad }) => onLoad({ filter: /\.js$/ }, ({ path }) => ({ contents: withPaths(withoutHelpers(readFileSync(path, 'utf8')), path), loader: 'js' })),
};

/** Modules of aws-cdk-lib are loaded when they are first used: who has no file system never loads aws-efs. */
const lazy = {
  name: 'lazy',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^aws-cdk-lib/ }, ({ path, namespace }) => namespace === 'lazy' ? { path, external: true } : { path, namespace: 'lazy' });
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({
      contents: `let loaded; module.exports = new Proxy({}, { get: (_, name) => name === '__esModule' || (loaded ??= require(${JSON.stringify(path)}))[name] });`,
      resolveDir: lib,
    }));
  },
};

/** Parentheses around a function tell V8 that it runs at once; without them it reads every module twice. Lines stay where source maps look for them. */
const readOnce = (code) => code
  .replace(/(= __commonJS\(\{\n {2}"[^"]+")(\(.*\) \{)$/gm, '$1: (function$2')
  .replace(/^ {2}\}\n\}\);$/gm, '  })\n});');

/** A class that speaks of itself gets a second name, which users would read in messages. */
const withNames = (code) => [...code.matchAll(/ (\w+) = class _\1\b/g)].reduce((text, [, name]) => text.replace(new RegExp(`\\b_${name}\\b`, 'g'), name), code);

/** Never run: Node looks for it when an ES module imports by name. */
const named = (names) => `0 && (module.exports = { ${names.join(', ')} });\n`;

const names = Object.keys(createRequire(import.meta.url)(join(lib, 'index.js')));
const { outputFiles } = await build({
  entryPoints: [join(lib, 'index.js')],
  outfile: join(lib, 'index.js'),
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['constructs'],
  sourcemap: true,
  plugins: [compiled, lazy],
  logLevel: 'warning',
});
for (const { path, text } of outputFiles) {
  writeFileSync(path, path.endsWith('.map') ? text : withNames(readOnce(text)).replace(/^(?=\/\/# sourceMappingURL=)/m, named(names)));
}

for (const entry of readdirSync(lib, { recursive: true })) {
  if (/\.js(\.map)?$/.test(entry) && !/^index\.js/.test(entry)) rmSync(join(lib, entry));
}
