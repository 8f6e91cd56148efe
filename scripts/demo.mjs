// Explains the pipeline of an example: what will happen to a commit, what is made, what it costs, how to deploy it.
// `node scripts/demo.mjs [--build] [examples/<name>]`
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { templatesOf } from './lib/assembly.mjs';
import { costs, NOT_PRICED, total } from './lib/costs.mjs';
import { services, stages } from './lib/explain.mjs';
import { count, wrap } from './lib/words.mjs';

const root = resolve(import.meta.dirname, '..');
const words = process.argv.slice(2);
const example = words.find((word) => !word.startsWith('--')) ?? 'examples/rolling-service';
const folder = resolve(root, example);
const begin = Date.now();
const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => colours ? `\u001b[1m${text}\u001b[0m` : text;
const dim = (text) => colours ? `\u001b[2m${text}\u001b[0m` : text;
const seconds = () => dim(`${((Date.now() - begin) / 1000).toFixed(0)} s`);
/** A line that goes on under its text where the terminal is narrow; none is known when somebody reads through a pipe. */
const print = (head, text) => console.log(`${head}${wrap(text, head.length, process.stdout.columns)}`);

/** Runs a step and says so; what it printed is shown only when it failed. */
function step(title, command, args, cwd) {
  process.stdout.write(`${title} ... `);
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' } });
    const clock = process.stdout.isTTY && setInterval(() => process.stdout.write(`\r${title} ... ${seconds()}`), 1000);
    let output = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('close', (code) => {
      clearInterval(clock);
      console.log(`${clock ? `\r${title} ... ` : ''}${code === 0 ? seconds() : 'failed'}`);
      if (code !== 0) {
        console.error(output);
        process.exit(1);
      }
      done();
    });
  });
}

if (words.includes('--build')) {
  await step('Bundling the functions', 'npx', ['projen', 'bundle'], root);
  await step('Compiling the library', 'npx', ['projen', 'compile'], root);
}
const cdk = join(root, 'node_modules/.bin/cdk');
await step(`Synthesizing ${example}`, cdk, ['synth', '--quiet', '--no-notices', '--no-version-reporting', '--output', 'cdk.out'], folder);

const templates = Object.values(templatesOf(join(folder, 'cdk.out')));

console.log(`\n${bold('What happens to a commit')}`);
for (const { name, steps } of stages(templates)) {
  steps.forEach((actions, index) => print(`  ${(index === 0 ? name : '').padEnd(17)} `, actions.join(' + ')));
}

const made = services(templates);
console.log(`\n${bold('What is made')}, ${count(made.reduce((sum, [, number]) => sum + number, 0), 'resource')}`);
print('  ', made.map(([service, number]) => `${service} ${number}`).join(' · '));

const rows = costs(templates);
console.log(`\n${bold('What it costs a month')}, us-east-1, whether it is used or not`);
rows.forEach(([what, usd]) => console.log(`  ${what.padEnd(36)} ${usd.toFixed(2).padStart(8)} USD`));
console.log(`  ${'together'.padEnd(36)} ${bold(total(rows).toFixed(2).padStart(8))} USD`);
print('  ', NOT_PRICED);

console.log(`\n${bold('How to deploy it')}, in ${example} and with your values in cdk.json`);
for (const command of ['npx cdk bootstrap', 'npx cdk diff', 'npx cdk deploy']) console.log(`  ${command}`);
console.log(`\n${seconds()}`);
