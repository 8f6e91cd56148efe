import { App } from 'aws-cdk-lib';
import { synthesize } from './synthesize';
import { context as cdkJson } from '../cdk.json';
import { readConfiguration } from '../lib/configuration';

const read = (context: Record<string, unknown>) => readConfiguration(new App({ context: { ...cdkJson, ...context } }).node);
const without = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, undefined]));
const wrong = (...lines: string[]) => new Error(['The context of the app (cdk.json, or -c key=value) needs a correction:', ...lines.map((line) => `  ${line}`)].join('\n'));
const { staging, testTask } = cdkJson;

test('cdk.json has every key', () => {
  expect(read({})).toEqual(cdkJson);
});

test('what is not given has a default', () => {
  expect(read(without('environmentSuffix', 'region', 'branch', 'tags'))).toMatchObject({ environmentSuffix: 'dev', region: 'us-east-1', branch: 'main', tags: {} });
});

test('on the command line everything is a text', () => {
  expect(read({ emails: 'a@example.com, b@example.com' }).emails).toEqual(['a@example.com', 'b@example.com']);
});

test.each([
  ['empty', ''], ['upper case', 'Dev'], ['too long', 'a'.repeat(17)], ['illegal characters', 'dev_1'], ['a digit first', '1dev'], ['a hyphen last', 'dev-'], ['no text', 7],
])('a suffix that is %s is one clear message', (_, environmentSuffix) => {
  expect(() => synthesize({ environmentSuffix })).toThrow(
    wrong(`environmentSuffix: got ${JSON.stringify(environmentSuffix)}; allowed 1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'`));
});

test('everything that is missing is said at once', () => {
  expect(() => read({ ...without('toolsAccount', 'repository', 'connectionArn', 'npmTokenSecret', 'emails', 'testTask', 'production'), staging: {} })).toThrow(wrong(
    "toolsAccount: got nothing; allowed an account, 12 digits in quotes, for example '111111111111'",
    "repository: got nothing; allowed 'owner/repository'",
    'connectionArn: got nothing; allowed arn:aws:codeconnections:<region>:<account>:connection/<id>',
    'npmTokenSecret: got nothing; allowed the name of a secret of Secrets Manager',
    'emails: got nothing; allowed a list of e-mail addresses',
    'testTask: got nothing; allowed an object, written in cdk.json',
    'staging.clusterArn: got nothing; allowed arn:aws:ecs:<region>:<account>:cluster/<name>',
    'staging.serviceName: got nothing; allowed a name of A-Z a-z 0-9 _ -',
    'staging.taskFamily: got nothing; allowed a name of A-Z a-z 0-9 _ -',
    'staging.taskRoleArn: got nothing; allowed arn:aws:iam::<account>:role/<name>',
    'staging.executionRoleArn: got nothing; allowed arn:aws:iam::<account>:role/<name>',
    'staging.logGroupName: got nothing; allowed the name of a log group',
    'staging.releaseRoleArn: got nothing; allowed arn:aws:iam::<account>:role/<name>',
    'staging.listenerArn: got nothing; allowed arn:aws:elasticloadbalancing:<region>:<account>:listener/app/<load balancer>/<id>/<id>',
    'staging.targetGroupArns: got nothing; allowed a list of 2 of arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<name>/<id>',
    'staging.url: got nothing; allowed an address that begins with http:// or https://',
    'production: got nothing; allowed an object, written in cdk.json',
  ));
});

test.each<[string, Record<string, unknown>, string]>([
  ['an account of 2 digits', { toolsAccount: '11' }, 'toolsAccount: got "11"'],
  ['a zone as region', { region: 'us-east-1a' }, 'region: got "us-east-1a"'],
  ['a URL as repository', { repository: 'https://github.com/example-org/tea' }, 'repository: got'],
  ['a connection of another service', { connectionArn: testTask.clusterArn }, 'connectionArn: got'],
  ['a secret with a space', { npmTokenSecret: 'npm token' }, 'npmTokenSecret: got'],
  ['an address without a host', { emails: ['operations'] }, 'emails: got ["operations"]'],
  ['nobody who is told', { emails: [] }, 'emails: got []'],
  ['a number of addresses', { emails: 7 }, 'emails: got 7'],
  ['a cluster by its name', { staging: { ...staging, clusterArn: 'staging' } }, 'staging.clusterArn: got "staging"; allowed arn:aws:ecs:<region>:<account>:cluster/<name>'],
  ['a service by its ARN', { staging: { ...staging, serviceName: 'arn:aws:ecs:us-east-1:222222222222:service/staging/tea' } }, 'staging.serviceName: got'],
  ['a user as role', { production: { ...staging, releaseRoleArn: 'arn:aws:iam::222222222222:user/me' } }, 'production.releaseRoleArn: got "arn:aws:iam::222222222222:user/me"'],
  ['a load balancer as target group', { staging: { ...staging, targetGroupArns: [staging.listenerArn, staging.listenerArn] } }, 'staging.targetGroupArns: got'],
  ['one target group', { staging: { ...staging, targetGroupArns: staging.targetGroupArns.slice(1) } }, 'staging.targetGroupArns: got'],
  ['a target group as listener', { staging: { ...staging, listenerArn: staging.targetGroupArns[0] } }, 'staging.listenerArn: got'],
  ['an address without protocol', { staging: { ...staging, url: 'tea.example.com' } }, 'staging.url: got "tea.example.com"'],
  ['a list as place', { staging: [staging] }, 'staging: got [{'],
  ['no subnet', { testTask: { ...testTask, subnetIds: [] } }, 'testTask.subnetIds: got []'],
  ['a VPC as subnet', { testTask: { ...testTask, subnetIds: ['vpc-0123456789abcdef0'] } }, 'testTask.subnetIds: got'],
  ['a name as security group', { testTask: { ...testTask, securityGroupId: 'default' } }, 'testTask.securityGroupId: got "default"'],
  ['numbers as tags', { tags: { Team: 1 } }, 'tags: got {"Team":1}; allowed an object of texts, written in cdk.json'],
  ['a text as tags', { tags: 'Team=a' }, 'tags: got "Team=a"'],
  ['a list as tags', { tags: ['Team'] }, 'tags: got ["Team"]'],
])('%s is named by its option', (_, context, message) => {
  expect(() => read(context)).toThrow(message);
});

/** What each says by itself is right; the library sees that they do not go together. */
test.each<[string, Record<string, unknown>, string]>([
  ['the role of another account', { staging: { ...staging, releaseRoleArn: cdkJson.production.releaseRoleArn } },
    "releaseRoleArn: got 'arn:aws:iam::333333333333:role/release-tea'; allowed an ARN of the account 222222222222, as cluster says"],
  ['a target group of another account', { staging: { ...staging, targetGroupArns: [staging.targetGroupArns[0], cdkJson.production.targetGroupArns[0]] } },
    'targetGroupArns[1]: got'],
  ['one target group twice', { staging: { ...staging, targetGroupArns: [staging.targetGroupArns[0], staging.targetGroupArns[0]] } }, 'allowed two target groups'],
  ['a cluster of another region', { production: { ...cdkJson.production, clusterArn: cdkJson.production.clusterArn.replace('us-east-1', 'eu-west-1') } }, 'cluster'],
  ['a test cluster of another account', { testTask: { ...testTask, clusterArn: staging.clusterArn } }, 'checks[2].place.cluster: got'],
])('%s is refused at synth', (_, context, message) => {
  expect(() => synthesize(context)).toThrow(message);
});
