// Makes one file of the compiled library: to load it file by file takes three times as long. Types stay where they are; Lambda code is in assets/.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/**
 * Modules of the library run when something of them is first used, as those of aws-cdk-lib do: who has no sidecar never runs that code. The compiler gives
 * a module a name with a number, and writes that name before all that it takes from it.
 */
const whenUsed = (code) => {
  const modules = new Map([...code.matchAll(/^const (\w+_\d+) = (require\("\.[^"]+"\));$/gm)].map(([, name, load]) => [name, load]));
  return code.replace(/^const \w+_\d+ = require\("\.[^"]+"\);$/gm, '').replace(/\b(\w+_\d+)\.(?=\w)/g, (use, name) => modules.has(name) ? `(${modules.get(name)}).` : use);
};

const namesIn = (file) => [...new Set(readFileSync(join(lib, `${file}.js`), 'utf8').match(/(?<=\bexports\.)\w+(?= = )/g))];

/** The index, too, runs a module when something of it is asked for. By a function, since Node does not list what has a getter that it does not know. */
const withGetters = (code) => code.replace(/^__exportStar\((require\("\.\/([^"]+)"\)), exports\);$/gm, (_, load, file) =>
  namesIn(file).map((name) => `whenAsked("${name}", () => ${load}.${name});`).join(' '))
  .replace(/^var __exportStar .*$/m, 'const whenAsked = (name, get) => Object.defineProperty(exports, name, { enumerable: true, get }); $&');

const compiled = {
  name: 'compiled',
  setup: ({ onLoad }) => onLoad({ filter: /\.js$/ }, ({ path }) => ({
    contents: withGetters(whenUsed(withPaths(withoutHelpers(readFileSync(path, 'utf8')), path))), loader: 'js',
  })),
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

/** A class that speaks of itself gets a second name, which users would read in messages. */
const withNames = (code) => [...code.matchAll(/ (\w+) = class _\1\b/g)].reduce((text, [, name]) => text.replace(new RegExp(`\\b_${name}\\b`, 'g'), name), code);

/** Never run: Node looks for it when an ES module imports by name. */
const named = (names) => `0 && (module.exports = { ${names.join(', ')} });\n`;

const names = [...readFileSync(join(lib, 'index.js'), 'utf8').matchAll(/^__exportStar\(require\("\.\/([^"]+)"\)/gm)].flatMap(([, file]) => namesIn(file));
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
  writeFileSync(path, path.endsWith('.map') ? text : withNames(text).replace(/^(?=\/\/# sourceMappingURL=)/m, named(names)));
}

for (const entry of readdirSync(lib, { recursive: true })) {
  if (/\.js(\.map)?$/.test(entry) && !/^index\.js/.test(entry)) rmSync(join(lib, entry));
}
