import { spawnSync } from 'child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

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

let folder: string;

/** An example of one stack, synthesized into an assembly nested in that of its app, as stages are. */
function synthesize(Resources: Resources, example = 'web'): void {
  const out = join(folder, 'examples', example, 'cdk.out');
  mkdirSync(join(out, 'assembly-Prod'), { recursive: true });
  writeFileSync(join(folder, 'examples', example, 'tsconfig.json'), '{}');
  writeFileSync(join(out, 'manifest.json'), JSON.stringify({ artifacts: { Prod: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } } } }));
  writeFileSync(join(out, 'assembly-Prod/manifest.json'), '{}');
  writeFileSync(join(out, 'assembly-Prod/Web.template.json'), JSON.stringify({ Resources }));
}

function run(...options: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    join(root, 'scripts/baseline.mjs'), '--templates', join(folder, 'templates'), '--examples', join(folder, 'examples'), ...options,
  ], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baseline-'));
  synthesize(before);
  expect(run('--renew')).toEqual({ status: 0, said: '1 template kept\n' });
});
afterAll(() => rmSync(folder, { recursive: true }));

const { Alb, Code, Named, Nameless, ...rest } = before;

test.each<[string, Resources]>([
  ['nothing', before],
  ['an added resource', { ...before, Table: { Type: 'AWS::DynamoDB::Table' } }],
  ['new code of a function', { ...before, Code: code('b') }],
  ['an update in place', { ...before, Alb: { ...balancer, Properties: { Scheme: 'internet-facing', LoadBalancerAttributes: [] } } }],
  ['a role that nobody knows by name', { ...rest, Alb, Code, Named }],
])('compatible: %s', (_, after) => {
  synthesize(after);
  expect(run()).toEqual({ status: 0, said: '1 template: nothing vanishes, nothing is replaced\n' });
});

test.each<[string, Resources, string]>([
  ['another id', { ...rest, Code, Named, Nameless, LoadBalancer: balancer }, 'web.Web: Web/Alb/Resource (AWS::ElasticLoadBalancingV2::LoadBalancer, Alb) vanishes'],
  ['a property that replaces', { ...before, Alb: { ...balancer, Properties: { Scheme: 'internal' } } }, 'Alb) is replaced: its property Scheme changes'],
  ['another type', { ...before, Logs: { Type: 'AWS::SNS::Topic' } }, 'Logs (AWS::Logs::LogGroup, Logs) becomes AWS::SNS::Topic'],
  ['a named role', { ...before, Named: role('shop-releases') }, 'Named (AWS::IAM::Role, Named) is replaced: its property RoleName changes'],
])('incompatible: %s', (_, after, sentence) => {
  synthesize(after);
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toContain(sentence);
  expect(said).toContain('npx projen baseline, and a line in CHANGELOG.md');
});

test('incompatible: a stack less', () => {
  rmSync(join(folder, 'examples/web'), { recursive: true });
  synthesize(before, 'other');
  expect(run()).toMatchObject({ status: 1, said: expect.stringContaining('web.Web: the whole stack vanishes') });
});
