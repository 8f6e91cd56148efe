const Module = require('module');
const { dirname, join } = require('path');
const { TestEnvironment } = require('jest-environment-node');

// Each CDK resource and warning notes where it was made: a third of the time of tests that build stacks. No test reads it.
const context = { 'aws:cdk:disable-creation-stack-traces': true, 'aws:cdk:disable-stack-trace': true, 'aws:cdk:disable-asset-staging': true };
// Which constructs hold which, for tools that draw them: a tenth of the time of a synthesis.
require(join(dirname(require.resolve('aws-cdk-lib')), 'core/lib/private/tree-metadata')).TreeMetadata.prototype._synthesizeTree = () => {};
process.env.CDK_CONTEXT_JSON = JSON.stringify({ ...JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}'), ...context });

/**
 * Jest gives each test file a world with copies of all packages of its own. To load aws-cdk-lib takes a second, and as long again passes until the engine has
 * compiled what is used much. Here the large packages that no test changes are loaded once for all files of a worker: the environment lets tests
 * reach Node's own `require`, and the transformer turns each module of these packages into a call of it.
 */
module.exports = class SharedPackages extends TestEnvironment {
  async setup() {
    await super.setup();
    // What a test does to its console and its process.env, it does to those of these packages; the next file finds them as they were.
    this.before = { console: globalThis.console, env: { ...process.env } };
    globalThis.console = this.global.console;
    this.global.process.env = process.env;
    this.global.requireShared = require;
  }

  async teardown() {
    globalThis.console = this.before.console;
    for (const name of Object.keys(process.env)) if (!(name in this.before.env)) delete process.env[name];
    Object.assign(process.env, this.before.env);
    // The newest CDK makes lasting ones at other moments, too.
    if (!process.env.NEWEST) forgetTokens();
    await super.teardown();
  }
};

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

/** The CDK remembers each token, and a token its whole app: gigabytes in the end. Constants such as Aws.REGION are mere intrinsics and stay. */
function forgetTokens() {
  for (const tokens of tokenMaps()) {
    for (const [key, token] of tokens) if (token.constructor.name !== 'Intrinsic' && !lasting.has(key)) tokens.delete(key);
  }
}

module.exports.process = (_, file) => ({ code: `module.exports = globalThis.requireShared(${JSON.stringify(file)});` });
