import { App } from 'aws-cdk-lib';
import { synthesize } from './synthesize';
import { context as cdkJson } from '../cdk.json';
import { readConfiguration } from '../lib/configuration';

const read = (context: Record<string, unknown>) => readConfiguration(new App({ context: { ...cdkJson, ...context } }).node);
const without = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, undefined]));

test('cdk.json has every key', () => {
  expect(Object.keys(read({})).sort()).toEqual(Object.keys(cdkJson).sort());
  expect(read({})).toEqual(cdkJson);
});

test('what is not given has a default', () => {
  expect(read(without('environmentSuffix', 'branch', 'emails', 'cpu', 'memoryMiB', 'desiredCount', 'tags'))).toMatchObject({
    environmentSuffix: 'dev', branch: 'main', emails: [], cpu: 1024, memoryMiB: 2048, desiredCount: 2, tags: {},
  });
});

test('on the command line a list is a text with commas', () => {
  expect(read({ emails: 'a@example.com, b@example.com' }).emails).toEqual(['a@example.com', 'b@example.com']);
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
  const wrong = { ...without('repository', 'connectionArn'), certificateArn: ' ', emails: 7, cpu: 'much', desiredCount: -1, tags: { Team: 1 } };
  expect(() => read(wrong)).toThrow(new Error([
    'The context of the app (cdk.json, or -c key=value) needs a correction:',
    '  repository: got nothing; allowed a text that is not empty',
    '  connectionArn: got nothing; allowed a text that is not empty',
    '  certificateArn: got " "; allowed a text that is not empty',
    "  emails: got 7; allowed a list, or 'one,two' on the command line",
    '  cpu: got "much"; allowed a whole number',
    '  desiredCount: got -1; allowed a whole number',
    '  tags: got {"Team":1}; allowed an object of texts, written in cdk.json',
  ].join('\n')));
});

test.each([['a text', 'Team=a'], ['a list', ['Team']]])('tags are no %s', (_, tags) => {
  expect(() => read({ tags })).toThrow(/tags: got/);
});

test('formats are checked by the library', () => {
  expect(() => synthesize({ repository: 'no-owner', certificateArn: 'arn:nothing', emails: ['nobody'] })).toThrow(/has 3 problems:[^]*emails[^]*certificate[^]*repository/);
});
