const Module = require('module');
const { TestEnvironment } = require('jest-environment-node');
const { default: tsJest } = require('ts-jest');
const { makeFolders, removeFolders } = require('./folders.cjs');
const { internal, setFolder } = require('./quick-synth.cjs');
const { isShared, loadSource, newCoverage } = require('./shared-source.cjs');
const { leaveWorld } = require('./worlds.cjs');

// Each CDK resource and warning notes where it was made: a third of the time of tests that build stacks. No test reads it.
const context = { 'aws:cdk:disable-creation-stack-traces': true, 'aws:cdk:disable-stack-trace': true, 'aws:cdk:disable-asset-staging': true };
process.env.CDK_CONTEXT_JSON = JSON.stringify({ ...JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}'), ...context });

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
    this.global.process.env = process.env;
    this.folders = makeFolders();
    process.env.TMPDIR = this.folders.TMPDIR;
    setFolder(this.folders.apps);
    this.global.requireShared = require;
  }

  handleTestEvent({ name }) {
    if (name !== 'run_finish') return;
    // Under another name than Jest's own counters of a file that was loaded by both: it adds them up.
    const shared = newCoverage().map(([file, coverage]) => [`shared ${file}`, coverage]);
    if (shared.length > 0) this.global.__coverage__ = { ...this.global.__coverage__, ...Object.fromEntries(shared) };
  }

  async teardown() {
    globalThis.console = this.before.console;
    for (const name of Object.keys(process.env)) if (!(name in this.before.env)) delete process.env[name];
    Object.assign(process.env, this.before.env);
    // The newest CDK makes lasting ones at other moments, too.
    if (!process.env.NEWEST) forgetTokens();
    leaveWorld();
    removeFolders(this.folders);
    await super.teardown();
  }
};

const { CfnReference } = internal('cfn-reference');
const tokenMaps = () => [globalThis.__cdkTokenMap?.stringTokenMap ?? new Map(), globalThis.__cdkTokenMap?.numberTokenMap ?? new Map()];

/** Tokens that a package makes while it is loaded, such as the names of InterfaceVpcEndpointAwsService: they must last as long as it does. */
const lasting = new Set();
const { load } = Module.prototype;
Module.prototype.load = function (file) {
  const sizes = tokenMaps().map(({ size }) => size);
  load.call(this, file);
  tokenMaps().forEach((tokens, index) => {
    if (tokens.size > sizes[index]) for (const key of [...tokens.keys()].slice(sizes[index])) lasting.add(key);
  });
};

/** The CDK remembers each token and each reference, and these their whole app: gigabytes in the end. Constants such as Aws.REGION are mere intrinsics and stay. */
function forgetTokens() {
  for (const tokens of tokenMaps()) {
    for (const [key, token] of tokens) if (token.constructor.name !== 'Intrinsic' && !lasting.has(key)) tokens.delete(key);
  }
  CfnReference.referenceTable.clear();
}

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
