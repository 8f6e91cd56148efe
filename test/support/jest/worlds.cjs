const { AsyncLocalStorage } = require('async_hooks');
const vm = require('vm');

/**
 * Each test file runs in a world of its own, and has Jest and whatever is not shared loaded into it anew. They need not be compiled anew: of a script that is kept,
 * the engine has the code of all functions that ran before. Jest's own way to compile begins with the text each time.
 */
const scripts = new Map();
vm.compileFunction = (code, names, { filename, parsingContext }) => {
  const head = `(function (${names}) {`;
  let known = scripts.get(filename);
  if (known?.code !== code) {
    known = { code, script: new vm.Script(`${head}${code}\n})`, { filename, columnOffset: -head.length }) };
    scripts.set(filename, known);
  }
  return known.script.runInContext(parsingContext);
};

/** Jest has one for each test file. All that were ever used are handed from promise to promise, and that takes longer with each of them. */
const storages = new Set();
for (const use of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[use];
  AsyncLocalStorage.prototype[use] = function (...given) {
    storages.add(this);
    return original.apply(this, given);
  };
}

/** The world is over. */
exports.leaveWorld = () => {
  for (const storage of storages) storage.disable();
  storages.clear();
};
