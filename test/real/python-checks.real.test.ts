import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Check } from '../../src/pipeline/checks/check';
import { BanditSeverity } from '../../src/pipeline/checks/python';
import { PipelineWorld } from '../pipeline/pipeline-world';
import { runBuild } from '../support/buildspec';

const folder = mkdtempSync(join(tmpdir(), 'python-'));
const PATH = `${folder}/bin:${process.env.PATH}`;

/** pip fetches what the checks install; without Python or a package index there is nothing to run. */
function obstacle(): string | undefined {
  try {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(`${folder}/bin/python`, ['-m', 'pip', 'install', '--quiet', 'bandit', 'pytest', 'pytest-cov'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const missing = obstacle();
if (missing) console.warn(`NOT RUN: pytest and Bandit: ${missing}`);

(missing ? describe.skip : describe)('pytest and Bandit themselves', () => {
  jest.setTimeout(60_000);
  let source: string;
  beforeEach(() => { source = mkdtempSync(join(tmpdir(), 'source-')); });
  afterEach(() => rmSync(source, { recursive: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(check: Check) {
    const { stack, parts, context } = new PipelineWorld();
    const { project } = check._bind(stack, parts, context);
    const { buildSpec } = stack.resolve((project!.node.defaultChild as { source?: unknown }).source) as { buildSpec: string };
    return runBuild({ buildspec: buildSpec, directory: source, overrides: { PATH } });
  }

  const files = (content: Record<string, string>) => Object.entries(content).forEach(([name, text]) => writeFileSync(join(source, name), text));
  const CODE = 'def double(x):\n    return 2 * x\n';

  test('tests that pass, with results and coverage', async () => {
    files({ 'shop.py': CODE, 'test_shop.py': 'from shop import double\n\n\ndef test_double():\n    assert double(2) == 4\n', 'requirements.txt': 'pytest\n' });
    const { succeeded, reports, output } = await run(Check.pythonTests());
    expect(`${succeeded} ${output}`).toMatch(/^true[^]* 1 passed/);
    expect(readFileSync(join(source, reports['test-results'].files[0]), 'utf8')).toContain('testcase classname="test_shop" name="test_double"');
    expect(readFileSync(join(source, reports['coverage-results'].files[0]), 'utf8')).toMatch(/<coverage [^>]*line-rate="1"/);
  });

  test.each([
    ['fail', { 'test_shop.py': 'def test_nothing():\n    assert False\n' }, '1 failed'],
    ['are none', { 'shop.py': CODE }, 'no tests ran'],
  ])('tests that %s', async (_, content, said) => {
    files(content);
    const { succeeded, output } = await run(Check.pythonTests());
    expect(`${succeeded} ${output}`).toMatch(new RegExp(`^false[^]*${said}`));
  });

  test.each<[string, Record<string, string>, Parameters<typeof Check.bandit>[0], string]>([
    ['sound code', { 'shop.py': CODE }, {}, 'true[^]*No issues identified'],
    ['a shell', { 'shop.py': 'import subprocess\nsubprocess.call("ls", shell=True)\nsubprocess.call(input(), shell=True)\n' }, {}, 'false[^]*B602'],
    ['what is waived', { 'shop.py': 'import pickle\npickle.loads(b"")  # nosec B301\n' }, {}, 'true'],
    ['what is below the severity', { 'shop.py': 'import pickle\npickle.loads(b"")\n' }, { severity: BanditSeverity.HIGH }, 'true'],
    ['code that cannot be parsed', { 'shop.py': CODE, 'broken.py': 'def (' }, {}, 'false[^]*not every file could be read'],
    ['no code', { 'README.md': '' }, {}, 'false[^]*no Python'],
  ])('Bandit over %s', async (_, content, options, said) => {
    files(content);
    const { succeeded, output } = await run(Check.bandit(options));
    expect(`${succeeded} ${output}`).toMatch(new RegExp(`^${said}`));
  });

  test('the service of the example blue-green-codedeploy passes both, as its pipeline runs them', async () => {
    cpSync(join(__dirname, '../../examples/blue-green-codedeploy/app'), source, { recursive: true });
    const tests = await run(Check.pythonTests({ requirementsFile: 'requirements-dev.txt' }));
    expect(`${tests.succeeded} ${tests.output}`).toMatch(/^true[^]* 13 passed/);
    const scan = await run(Check.bandit({ directories: ['orders'] }));
    expect(`${scan.succeeded} ${scan.output}`).toMatch(/^true[^]*No issues identified/);
  });
});
