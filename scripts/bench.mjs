// Speed and memory of the library beside a hand-written stack of the same resources (scripts/bench/by-hand.cjs): construct + synth of 1, 10
// and 100 services, a stack each, every measurement in a process of its own, the two sides in turn. Needs lib/ and assets/ (npx projen compile, post-compile).
// Options: --rounds N (of the smallest size; larger sizes take fewer), --sizes 1,10,100. Fails when a target is missed only with --strict.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, sizes: { type: 'string', default: '1,10,100' }, strict: { type: 'boolean', default: false } },
});
const sizes = options.sizes.split(',').map(Number);
const rounds = Number(options.rounds);
const targets = { time: 1.05, memory: 1.1, requireMs: 15, typeDifference: 0 };

for (const needed of ['lib/index.js', 'assets']) {
  if (!existsSync(join(root, needed))) {
    console.error(`${needed} is missing: npx projen bundle && npx projen compile && npx projen post-compile`);
    process.exit(1);
  }
}

// As users have it: the CDK notes for each resource which code made it, and sums up what lies in node_modules.
const installed = join(root, '.cache/bench/node_modules/cdk-fargate-cicd');
rmSync(installed, { recursive: true, force: true });
for (const part of ['lib/index.js', 'assets', 'package.json']) cpSync(join(root, part), join(installed, part), { recursive: true });

const measure = (...args) => JSON.parse(execFileSync(process.execPath, ['--expose-gc', join(root, 'scripts/bench/measure.cjs'), installed, ...args.map(String)], {
  encoding: 'utf8', env: { ...process.env, CDK_VALIDATION: 'false' }, stdio: ['ignore', 'pipe', 'inherit'],
}));
const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const of = (runs, key) => median(runs.map((run) => run[key]));
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** What an L2 construct writes as an inline policy the library writes as a managed one: the same thing to this comparison. */
const counted = (types) => Object.entries(types).reduce((sum, [type, count]) => {
  const name = type === 'AWS::IAM::ManagedPolicy' ? 'AWS::IAM::Policy' : type;
  return { ...sum, [name]: (sum[name] ?? 0) + count };
}, {});

/** Types whose counts differ. */
function differences(library, byHand) {
  const [a, b] = [counted(library), counted(byHand)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((type) => a[type] !== b[type]).map((type) => `${type}: ${a[type] ?? 0} beside ${b[type] ?? 0}`);
}

const missed = [];
const judge = (label, value, target) => {
  if (value <= target) return '';
  missed.push(`${label}: ${value.toFixed(2)}, target ${target}`);
  return `  above ${target}`;
};

const perService = {};
for (const size of sizes) {
  const runs = { library: [], 'by-hand': [] };
  const count = Math.max(3, Math.round(rounds / Math.max(1, Math.log10(size) * 1.5)));
  for (let round = 0; round < count; round += 1) {
    // The order changes each round, so that neither side is always the one that finds warm caches.
    for (const subject of round % 2 ? ['library', 'by-hand'] : ['by-hand', 'library']) runs[subject].push(measure(subject, size));
  }
  const { library, 'by-hand': byHand } = runs;
  if (size === sizes[0]) {
    const different = differences(library[0].types, byHand[0].types);
    const resources = Object.values(library[0].types).reduce((sum, number) => sum + number, 0);
    console.log(`Resources of a service: ${resources}, counts by type ${different.length === 0 ? 'equal' : `differ: ${different.join(', ')}`}; template ${library[0].templateBytes} beside ${byHand[0].templateBytes} bytes`);
    if (different.length > targets.typeDifference) missed.push(`resource types: ${different.join(', ')}`);
  }
  perService[size] = of(library, 'total') / size;
  const memory = of(library, 'rss') / of(byHand, 'rss');
  const clock = of(library, 'total') / of(byHand, 'total');
  // Judged by CPU time, as `require` is.
  const time = of(library, 'cpu') / of(byHand, 'cpu');
  console.log(`${String(size).padStart(3)} service${size === 1 ? ' ' : 's'}  ${of(library, 'total').toFixed(0)} ms beside ${of(byHand, 'total').toFixed(0)} ms`
    + ` (construct ${of(library, 'construct').toFixed(0)}/${of(byHand, 'construct').toFixed(0)}, synth ${of(library, 'synth').toFixed(0)}/${of(byHand, 'synth').toFixed(0)})`
    + `  x${clock.toFixed(2)}, CPU time x${time.toFixed(2)}, ${count} rounds${judge(`CPU time at ${size}`, time, targets.time)}`);
  console.log(`             memory ${mebibytes(of(library, 'rss'))} beside ${mebibytes(of(byHand, 'rss'))}  x${memory.toFixed(2)}`
    + ` (heap after synth x${(of(library, 'heap') / of(byHand, 'heap')).toFixed(2)})${judge(`memory at ${size}`, memory, targets.memory)}`);
}
// The first service pays for loading aws-cdk-lib, so growth is judged between the larger sizes.
const [from, to] = sizes.slice(-2);
if (to) console.log(`Linearity: ${sizes.map((size) => `${perService[size].toFixed(0)} ms`).join(', ')} a service; from ${from} to ${to} services x${(perService[to] / perService[from]).toFixed(2)} each`);

const fleets = [25, 50, 100].map((size) => `${size} ${(measure('fleet', size).total / size).toFixed(0)} ms`);
console.log(`Services on shared platforms with their pipelines, each: ${fleets.join(', ')}`);

const loads = Array.from({ length: rounds }, () => measure('require'));
const own = of(loads, 'library');
const least = Math.min(...loads.map(({ library }) => library));
console.log(`require of the package where the hand-written stack has loaded its part of aws-cdk-lib (${of(loads, 'base').toFixed(0)} ms with its constructs): ${own.toFixed(1)} ms of CPU time, least ${least.toFixed(1)} ms${judge('require', own, targets.requireMs)}`);

console.log(missed.length === 0 ? 'All targets met' : `Missed: ${missed.join('; ')}`);
process.exit(options.strict && missed.length > 0 ? 1 : 0);
