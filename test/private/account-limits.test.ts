import { Annotations, App, Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { FargatePlatform } from '../../src';
import { watchAccounts } from '../../src/private/limits/account-limits';

const world = () => {
  const app = new App();
  const stacks = [['111111111111', 'eu-west-1'], ['111111111111', 'us-east-1'], ['222222222222', 'eu-west-1']].map(([account, region], index) => new Stack(app, `Stack${index}`, { env: { account, region } }));
  const ours = new Construct(stacks[0], 'Ours');
  watchAccounts(ours);
  const roles = (...counts: number[]) => counts.forEach((count, index) =>
    Array.from({ length: count }, (_, number) => new CfnRole(stacks[index], `Role${number}`, { assumeRolePolicyDocument: {} })));
  return { stacks, roles, found: () => [...ours.node.validate(), ...ours.node.metadata.map(({ data }) => data)] };
};

test('roles of one account, over its regions: a warning from nine tenths of the quota on, and never an error', () => {
  const few = world();
  few.roles(500, 399, 800);
  expect(few.found()).toEqual([]);
  const many = world();
  many.roles(500, 701);
  expect(many.found()).toEqual([
    "app: 1201 roles in one account, which takes 1000 at first; have the quota 'Roles per account' raised and acknowledge this, or put some of the stacks into another account [ack: cdk-fargate-cicd:many-roles]",
  ]);
});

test('are counted once for an app, and acknowledged on the stack', () => {
  const { stacks, roles, found } = world();
  const second = new Construct(stacks[1], 'Second');
  watchAccounts(second);
  roles(900);
  expect(second.node.validate()).toEqual([]);
  expect(second.node.metadata).toEqual([]);
  Annotations.of(stacks[0]).acknowledgeWarning('cdk-fargate-cicd:many-roles');
  expect(found()).toEqual([]);
});

test('are counted for every construct of the library', () => {
  const alone = new Stack(new App(), 'Alone');
  const platform = new FargatePlatform(alone, 'Platform');
  Array.from({ length: 900 }, (_, number) => new CfnRole(new Stack(alone.node.root as App, `S${number}`), 'Role', { assumeRolePolicyDocument: {} }));
  platform.node.validate();
  expect(platform.node.metadata.map(({ data }) => data)).toContainEqual(expect.stringContaining('901 roles in one account'));
});
