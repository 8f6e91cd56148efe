import { spawnSync } from 'child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { lazily } from '../support/lazily';

const root = join(__dirname, '../..');

type Resources = Record<string, { Type: string; Properties?: object; Metadata?: object }>;

const balancer = {
  Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  Properties: { Scheme: 'internet-facing', LoadBalancerAttributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '60' }] },
  Metadata: { 'aws:cdk:path': 'Web/Alb/Resource' },
};
const code = (letter: string) => ({ Type: 'AWS::Lambda::Function', Properties: { Code: { S3Bucket: 'assets', S3Key: `${letter.repeat(64)}.zip` } } });
const role = (RoleName?: string) => ({ Type: 'AWS::IAM::Role', Properties: { RoleName } });
const before: Resources = {
  Alb: balancer, Code: code('a'), Named: role('shop-release'), Nameless: role(), Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
};

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** An example of one stack, synthesized into an assembly nested in that of its app, as stages are. */
function synthesize(folder: string, example: string, Resources: Resources): void {
  const out = join(folder, 'examples', example, 'cdk.out');
  mkdirSync(join(out, 'assembly-Prod'), { recursive: true });
  writeFileSync(join(folder, 'examples', example, 'tsconfig.json'), '{}');
  writeFileSync(join(out, 'manifest.json'), JSON.stringify({ artifacts: { Prod: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } } } }));
  writeFileSync(join(out, 'assembly-Prod/manifest.json'), '{}');
  writeFileSync(join(out, 'assembly-Prod/Web.template.json'), JSON.stringify({ Resources }));
}

function run(folder: string, ...options: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    join(root, 'scripts/baseline.mjs'), '--templates', join(folder, 'templates'), '--examples', join(folder, 'examples'), ...options,
  ], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

/** What the script says when each of these examples has become so. One run for all: it loads the CDK's comparison of templates anew each time. */
const comparing = (changes: [example: string, after: Resources | undefined, ...unknown[]][]) => lazily(() => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-'));
  folders.push(folder);
  for (const [example] of changes) synthesize(folder, example, before);
  expect(run(folder, '--renew')).toEqual({ status: 0, said: `${changes.length} templates kept\n` });
  for (const [example, after] of changes) {
    if (after) synthesize(folder, example, after);
    else rmSync(join(folder, 'examples', example), { recursive: true });
  }
  return run(folder);
});

const { Alb, Code, Named, Nameless, ...rest } = before;

test('compatible: nothing changed, one resource more, new code of a function, an update in place, a nameless role less', () => {
  const said = comparing([
    ['nothing', before],
    ['resource-more', { ...before, Table: { Type: 'AWS::DynamoDB::Table' } }],
    ['new-code', { ...before, Code: code('b') }],
    ['update-in-place', { ...before, Alb: { ...balancer, Properties: { Scheme: 'internet-facing', LoadBalancerAttributes: [] } } }],
    ['nameless-role-less', { ...rest, Alb, Code, Named }],
  ]);
  expect(said()).toEqual({ status: 0, said: '5 templates: nothing vanishes, nothing is replaced\n' });
});

describe('incompatible', () => {
  const changes: [string, Resources | undefined, string][] = [
    ['another-id', { ...rest, Code, Named, Nameless, LoadBalancer: balancer }, 'Web/Alb/Resource (AWS::ElasticLoadBalancingV2::LoadBalancer, Alb) vanishes'],
    ['replacing-property', { ...before, Alb: { ...balancer, Properties: { Scheme: 'internal' } } }, 'Web/Alb/Resource (AWS::ElasticLoadBalancingV2::LoadBalancer, Alb) is replaced: its property Scheme changes'],
    ['another-type', { ...before, Logs: { Type: 'AWS::SNS::Topic' } }, 'Logs (AWS::Logs::LogGroup, Logs) becomes AWS::SNS::Topic'],
    ['named-role', { ...before, Named: role('shop-releases') }, 'Named (AWS::IAM::Role, Named) is replaced: its property RoleName changes'],
    ['stack-less', undefined, 'the whole stack vanishes'],
  ];
  const said = comparing([...changes, ['unchanged', before]]);

  test.each(changes)('%s', (example, _, sentence) => {
    expect(said().said.split('\n').filter((line) => line.startsWith(example))).toEqual([expect.stringContaining(`${example}.Web: ${sentence}`)]);
  });

  test('is an error that says what to do, and says nothing of what is compatible', () => {
    expect(said().status).toBe(1);
    expect(said().said).toContain('npx projen baseline, and a line in CHANGELOG.md');
    expect(said().said).not.toContain('unchanged');
  });
});
