import { App } from 'aws-cdk-lib';
import { synthesize } from './synthesize';
import { context as cdkJson } from '../cdk.json';
import { readConfiguration } from '../lib/configuration';

const read = (context: Record<string, unknown>) => readConfiguration(new App({ context: { ...cdkJson, ...context } }).node);
const without = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, undefined]));

test('cdk.json has every key', () => {
  expect(read({})).toEqual(cdkJson);
});

test('what is not given has a default', () => {
  expect(read(without('environmentSuffix', 'region', 'externalId', 'branch', 'emails', 'reservedConcurrency', 'cpu', 'memoryMiB', 'desiredCount', 'tags'))).toMatchObject({
    environmentSuffix: 'dev', region: 'us-east-1', externalId: '', branch: 'main', emails: [], reservedConcurrency: 50, cpu: 512, memoryMiB: 1024, desiredCount: 2, tags: {},
  });
});

test('on the command line everything is a text', () => {
  expect(read({ emails: 'a@example.com, b@example.com', cpu: '1024' })).toMatchObject({ emails: ['a@example.com', 'b@example.com'], cpu: 1024 });
});

test.each([
  ['empty', ''], ['upper case', 'Dev'], ['too long', 'a'.repeat(17)], ['illegal characters', 'dev_1'], ['a digit first', '1dev'], ['a hyphen last', 'dev-'], ['no text', 7],
])('a suffix that is %s is one clear message', (_, environmentSuffix) => {
  expect(() => synthesize({ environmentSuffix })).toThrow(new Error([
    'The context of the app (cdk.json, or -c key=value) needs a correction:',
    `  environmentSuffix: got ${JSON.stringify(environmentSuffix)}; allowed 1 to 16 lower-case letters, digits and inner hyphens, beginning with a letter, for example 'dev'`,
  ].join('\n')));
});

test('everything that is wrong is said at once', () => {
  expect(() => read({ ...without('repository', 'toolsAccount'), targetAccount: '22', connectionArn: ' ', externalId: 1, emails: 7, reservedConcurrency: 'many', tags: { Team: 1 } })).toThrow(new Error([
    'The context of the app (cdk.json, or -c key=value) needs a correction:',
    "  toolsAccount: got nothing; allowed an account, 12 digits in quotes, for example '111111111111'",
    "  targetAccount: got \"22\"; allowed an account, 12 digits in quotes, for example '111111111111'",
    '  externalId: got 1; allowed a text',
    '  repository: got nothing; allowed a text that is not empty',
    '  connectionArn: got " "; allowed a text that is not empty',
    "  emails: got 7; allowed a list, or 'one,two' on the command line",
    '  reservedConcurrency: got "many"; allowed a whole number',
    '  tags: got {"Team":1}; allowed an object of texts, written in cdk.json',
  ].join('\n')));
});

test.each([['a text', 'Team=a'], ['a list', ['Team']]])('tags are no %s', (_, tags) => {
  expect(() => read({ tags })).toThrow(/tags: got/);
});
