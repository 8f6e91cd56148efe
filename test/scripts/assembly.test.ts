import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { Annotations, App, CfnResource, NestedStack, Stack, Stage } from 'aws-cdk-lib';

const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The scripts are ES modules, which the test runner does not load: Node does. */
function ask(expression: string): any {
  const module = join(__dirname, '../../scripts/lib/assembly.mjs');
  const program = `import { findingsOf, templatesOf } from ${JSON.stringify(module)}; console.log(JSON.stringify(${expression}));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

beforeAll(() => {
  const app = new App({ outdir: folder });
  const stacks = [app, new Stage(app, 'Staging'), new Stage(new Stage(app, 'Europe'), 'Live')].map((scope) => new Stack(scope, 'Web'));
  stacks.forEach((stack) => {
    const part = new NestedStack(stack, 'Part');
    new CfnResource(part, 'Topic', { type: 'AWS::SNS::Topic' });
    Annotations.of(part).addWarningV2('web:careful', 'careful');
    Annotations.of(stack).addWarningV2('web:fine', 'fine');
    Annotations.of(stack).acknowledgeWarning('web:fine', 'nobody minds');
  });
  app.synth();
});

test('templates of every stage and of nested stacks', () => {
  const templates = ask(`templatesOf(${JSON.stringify(folder)})`);
  expect(Object.values(templates)).toHaveLength(6);
  expect(Object.values<any>(templates).flatMap(({ Resources }) => Object.values<any>(Resources)).filter(({ Type }) => Type === 'AWS::SNS::Topic')).toHaveLength(3);
});

test('warnings of every stage that nobody acknowledged', () => {
  expect(ask(`findingsOf(${JSON.stringify(folder)})`).sort()).toEqual(['/Europe/Live/Web/Part', '/Staging/Web/Part', '/Web/Part'].map((path) => `${path}: careful [ack: web:careful]`));
});
