import { readFileSync } from 'fs';
import { join } from 'path';
import { parse } from 'yaml';

const workflow = parse(readFileSync(join(__dirname, '../.github/workflows/deploy.yml'), 'utf8'), { strict: true });
const ENVIRONMENTS = ['dev', 'staging', 'prod'];

test('is started by a push to main', () => {
  expect(workflow.on.push).toEqual({ branches: ['main'] });
});

test('deploys to dev, staging and prod in this order, each an environment of its own', () => {
  expect(Object.keys(workflow.jobs)).toEqual(['test', ...ENVIRONMENTS]);
  expect(ENVIRONMENTS.map((name) => [workflow.jobs[name].environment, workflow.jobs[name].needs])).toEqual([['dev', 'test'], ['staging', 'dev'], ['prod', 'staging']]);
});

test.each(ENVIRONMENTS)('%s takes a role over OIDC and deploys the stack with its suffix', (name) => {
  const { permissions, steps } = workflow.jobs[name];
  expect(permissions).toEqual({ 'contents': 'read', 'id-token': 'write' });
  expect(steps.find(({ uses }: { uses?: string }) => uses?.startsWith('aws-actions/configure-aws-credentials@')).with['role-to-assume']).toBe('${{ vars.AWS_DEPLOY_ROLE_ARN }}');
  expect(steps.at(-1).run).toBe(`npx cdk deploy --require-approval never -c environmentSuffix=${name}`);
});

test('stores no keys', () => {
  expect(JSON.stringify(workflow)).not.toMatch(/secrets\.|access-key|AKIA/i);
});
