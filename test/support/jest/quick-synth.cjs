const { mkdtempSync } = require('fs');
const { dirname, join } = require('path');
const { CfnResource, Stack, Stage } = require('aws-cdk-lib');

const CORE = join(dirname(require.resolve('aws-cdk-lib')), 'core/lib/private');
/** A module of the CDK that it keeps for itself. */
const internal = exports.internal = (name) => require(join(CORE, name));

// Which constructs hold which, for tools that draw them, and what is said of each feature flag: a tenth of the time of a synthesis. No test reads it.
internal('tree-metadata').TreeMetadata.prototype._synthesizeTree = () => {};
internal('feature-flag-report').generateFeatureFlagReport = () => {};

/** Where apps write that are told no other place. */
let folder;
exports.setFolder = (path) => void (folder = path);
const { createBuilder } = Stage.prototype;
Stage.prototype.createBuilder = function (outdir) {
  return createBuilder.call(this, outdir ?? (this.parentStage ? undefined : mkdtempSync(join(folder, 'cdk.out'))));
};

/** Logical ids are digests of paths, and are asked for by each reference. */
const uniqueIds = internal('uniqueid');
const { makeUniqueId } = uniqueIds;
const ids = new Map();
uniqueIds.makeUniqueId = (components) => {
  const path = components.join('/');
  if (!ids.has(path)) ids.set(path, makeUniqueId(components));
  return ids.get(path);
};

/*
 * The CDK resolves each resource to find references between stacks, once more to write it, and at last the template as a whole. Where no stack refers to another one
 * the first time finds what the others do. `scripts/test-newest.sh`, which has another CDK, does without all of this.
 */
const { CfnReference } = internal('cfn-reference');
const { CLOUDFORMATION_TOKEN_RESOLVER } = internal('cloudformation-lang');
const resolving = internal('resolve');

/** Apps in which a stack refers to another one. */
const connected = new WeakSet();
/** What resources are resolved to, until it is written. */
const found = new WeakMap();
/** What needs no further look. */
const final = new WeakSet();
/** The resources of unresolved fragments. */
const owners = new WeakMap();
/** The stack that is being written. */
let writing;

resolving.findTokens = (scope, render) => {
  const resolver = new resolving.RememberingTokenResolver(CLOUDFORMATION_TOKEN_RESOLVER.concat);
  found.set(scope, resolving.resolve(render(), { scope, prefix: [], resolver, preparing: true }));
  const home = Stack.of(scope);
  if (resolver.tokens.some((token) => CfnReference.isCfnReference(token) && Stack.of(token.target) !== home)) connected.add(scope.node.root);
  return resolver.tokens;
};

const { _toCloudFormation: renderResource } = CfnResource.prototype;
CfnResource.prototype._toCloudFormation = function () {
  const fragment = renderResource.call(this);
  owners.set(fragment, this);
  return fragment;
};

const { _toCloudFormation: write, resolve } = Stack.prototype;
/** The template of a stack, as the CDK makes it by itself. */
exports.slowly = (stack) => write.call(stack);

Stack.prototype._toCloudFormation = function () {
  if (connected.has(this.node.root)) return write.call(this);
  writing = this;
  try {
    return write.call(this);
  } finally {
    writing = undefined;
  }
};

Stack.prototype.resolve = function (value) {
  if (writing !== this) return resolve.call(this, value);
  const owner = owners.get(value);
  const { Resources } = (owner ? found.get(owner) : value) ?? {};
  if (owner && Resources) {
    found.delete(owner);
    Object.values(Resources).forEach((resource) => final.add(resource));
    return { Resources: { ...Resources } };
  }
  if (owner || !Resources || !Object.values(Resources).every((resource) => final.has(resource))) return resolve.call(this, value);
  return Object.assign(resolve.call(this, { ...value, Resources: {} }), { Resources });
};
