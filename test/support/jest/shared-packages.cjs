const Module = require('module');
const { setFlagsFromString } = require('v8');
const { TestEnvironment } = require('jest-environment-node');
const { default: tsJest } = require('ts-jest');
const { makeFolders, removeFolders } = require('./folders.cjs');
const { internal, setFolder } = require('./quick-synth.cjs');
const { coversMore, isShared, loadSource } = require('./shared-source.cjs');
const { leaveWorld } = require('./worlds.cjs');

// Each CDK resource and warning notes where it was made: a third of the time of tests that build stacks. No test reads it.
const context = { 'aws:cdk:disable-creation-stack-traces': true, 'aws:cdk:disable-stack-trace': true, 'aws:cdk:disable-asset-staging': true };
process.env.CDK_CONTEXT_JSON = JSON.stringify({ ...JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}'), ...context });

// By default the engine optimizes what ran a few times, and anew each time it meets another kind of construct there: a tenth of the time. Later ones know no such number.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=5000000');

/**
 * Jest gives each test file a world with copies of all packages of its own. To load aws-cdk-lib takes a second, and as long again passes until the engine has
 * compiled what is used much. Here the large packages that no test changes, and what of `src` is made of constructs, are loaded once for all files of a
 * worker: the environment lets tests reach Node's own `require`, and the transformer turns each of these modules into a call of it.
 */
module.exports = class SharedPackages extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.config = config;
  }

  async setup() {
    await super.setup();
    await loadSource(this.config);
    // What a test does to its console and its process.env, it does to those of these packages; the next file finds them as they were.
    this.before = { console: globalThis.console, env: { ...process.env } };
    globalThis.console = this.global.console;
    Object.defineProperty(this.global.process, 'env', { get: () => process.env, set: setVariables });
    this.folders = makeFolders();
    process.env.TMPDIR = this.folders.TMPDIR;
    setFolder(this.folders.apps);
    this.global.requireShared = require;
    acceptErrors(this.global.Error);
  }

  handleTestEvent({ name }) {
    if (name !== 'run_finish') return;
    // Under another name than Jest's own counters of a file that was loaded by both, which may be others.
    const shared = Object.entries(globalThis.__coverage__ ?? {}).map(([file, coverage]) => [`shared ${file}`, coverage]);
    const all = [...Object.entries(this.global.__coverage__ ?? {}), ...shared];
    if (all.length > 0) this.global.__coverage__ = Object.fromEntries(all.filter(coversMore));
  }

  async teardown() {
    globalThis.console = this.before.console;
    setVariables(this.before.env);
    // The newest CDK makes lasting ones at other moments, too.
    if (!process.env.NEWEST) forgetTokens();
    forgetDoubles();
    leaveWorld();
    removeFolders(this.folders);
    await super.teardown();
  }
};

/** To a test, errors of shared packages are errors, too. */
function acceptErrors(OfTests) {
  const isOrdinary = Function.prototype[Symbol.hasInstance];
  const value = function (error) {
    return isOrdinary.call(this, error) || (this === OfTests && isOrdinary.call(Error, error));
  };
  Object.defineProperty(OfTests, Symbol.hasInstance, { value });
}

/** In their one place: Node's own variables are those of all packages. */
function setVariables(variables) {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
}

const { CfnReference } = internal('cfn-reference');
const { Intrinsic } = internal('intrinsic');
const tokenMaps = () => [globalThis.__cdkTokenMap?.stringTokenMap ?? new Map(), globalThis.__cdkTokenMap?.numberTokenMap ?? new Map()];

/** Tokens that a package makes while it is loaded, such as the names of InterfaceVpcEndpointAwsService: they must last as long as it does. */
const lasting = new Set();
/** The clients of AWS. */
const clients = [];
const { load } = Module.prototype;
Module.prototype.load = function (file) {
  const sizes = tokenMaps().map(({ size }) => size);
  load.call(this, file);
  if (file.includes('/@aws-sdk/client-')) clients.push(...Object.entries(this.exports).filter(([name]) => /^[A-Z]\w*Client$/.test(name)).map(([, client]) => client));
  tokenMaps().forEach((tokens, index) => {
    if (tokens.size > sizes[index]) for (const key of [...tokens.keys()].slice(sizes[index])) lasting.add(key);
  });
};

/** The CDK remembers each token and each reference, and these their whole app: gigabytes in the end. Constants such as Aws.REGION are mere intrinsics and stay. */
function forgetTokens() {
  for (const tokens of tokenMaps()) {
    const kept = [];
    tokens.forEach((token, key) => {
      if (token.constructor === Intrinsic || lasting.has(key)) kept.push([key, token]);
    });
    tokens.clear();
    kept.forEach(([key, token]) => tokens.set(key, token));
  }
  CfnReference.referenceTable.clear();
}

/** Doubles of AWS stand in the place of what its clients send with. */
const forgetDoubles = () => clients.forEach(({ prototype }) => delete prototype.send);

const shared = (file) => ({ code: `/* istanbul ignore file */ module.exports = globalThis.requireShared(${JSON.stringify(file)});` });

/** A transformer. Packages are named in the configuration; of TypeScript it is `src`, as far as it may be shared. */
module.exports.createTransformer = (options) => {
  const typeScript = tsJest.createTransformer(options);
  const isPackage = (file) => !/\.tsx?$/.test(file);
  const isOurs = (text, file) => isPackage(file) || isShared(text, file);
  return {
    getCacheKey: (text, file, settings) => isOurs(text, file) ? shared(file).code : typeScript.getCacheKey(text, file, settings),
    process: (text, file, settings) => isOurs(text, file) ? shared(file) : typeScript.process(text, file, settings),
    // Jest asks so for the counters of files that no test has loaded.
    getCacheKeyAsync: (text, file, settings) => typeScript.getCacheKeyAsync(text, file, settings),
    processAsync: (text, file, settings) => typeScript.processAsync(text, file, settings),
  };
};
