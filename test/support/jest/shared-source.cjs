const { readFileSync } = require('fs');
const Module = require('module');
const { dirname, join, sep } = require('path');
const { Script } = require('vm');
const { createScriptTransformer, shouldInstrument } = require('@jest/transform');

const SRC = join(__dirname, '../../../src') + sep;

/**
 * Whether a file of `src` has to do with constructs: those have no state but what hangs on a construct tree, so all test files of a worker may share them.
 * What runs in Lambda functions meets doubles of AWS, of clocks and of `fetch`, which each test file makes for itself.
 */
exports.isShared = (text, file) => file.startsWith(SRC) && (file === `${SRC}index.ts` || /^import .* from '(aws-cdk-lib|constructs)['/]/m.test(text));

let ready = false;
const asJest = { supportsDynamicImport: false, supportsExportNamespaceFrom: false, supportsStaticESM: false, supportsTopLevelAwait: false };

/** Makes Node's own `require` load `src` as Jest does: by its transformers, with counters for the coverage, and packages from where its configuration has them. */
exports.loadSource = async ({ globalConfig, projectConfig }) => {
  if (globalConfig.watch || globalConfig.watchAll) forget();
  if (ready) return;
  ready = true;
  const names = projectConfig.moduleNameMapper.map(([pattern, target]) => [new RegExp(pattern), target]);
  const tsJest = projectConfig.transform.map(([pattern, , options]) => [pattern, require.resolve('ts-jest'), options]);
  const transformer = await createScriptTransformer({ ...projectConfig, transform: tsJest });

  Module._extensions['.ts'] = (module, file) => {
    const { code, sourceMapPath } = transformer.transformSource(file, readFileSync(file, 'utf8'), { ...asJest, instrument: shouldInstrument(file, globalConfig, projectConfig) });
    const load = (name) => {
      const [pattern, target] = names.find(([pattern]) => pattern.test(name)) ?? [];
      return module.require(target ? name.replace(pattern, target) : name);
    };
    // By this name Jest finds the source map of the code, and so the lines of stack traces.
    const run = new Script(Module.wrap(code), { filename: sourceMapPath.replace(/\.map$/, '') }).runInThisContext();
    run.call(module.exports, module.exports, load, module, file, dirname(file));
  };
};

/** In watch mode the next run must see what was edited. */
function forget() {
  for (const file of Object.keys(require.cache)) if (file.startsWith(SRC)) delete require.cache[file];
  delete globalThis.__coverage__;
  seen.clear();
}

/** The counters of each file that have counted since this process began. */
const seen = new Map();
const countersOf = ({ s, f, b }) => [...Object.values(s), ...Object.values(f), ...Object.values(b).flat()];

/** Whether something of a file is covered for the first time. What each test file covers again would be copied, sent and added up for nothing. */
exports.coversMore = ([file, coverage]) => {
  const before = seen.get(file) ?? new Set();
  seen.set(file, before);
  const { size } = before;
  countersOf(coverage).forEach((count, index) => count > 0 && before.add(index));
  return before.size > size;
};
