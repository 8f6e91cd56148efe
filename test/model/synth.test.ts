import { RemovalPolicy } from 'aws-cdk-lib';
import { KINDS } from './strategies';
import { synthesizedPlace, wholeTemplate } from './templates';

const all = Object.entries(KINDS);

// A template that differs from one synth to the next would deploy a service although nothing was changed.
test.each(all)('two synths of a place and its pipeline are byte-identical: %s', (_, place) => {
  expect(JSON.stringify(wholeTemplate(RemovalPolicy.RETAIN, place))).toBe(JSON.stringify(wholeTemplate(RemovalPolicy.RETAIN, place)));
});

test('two synths of a place with a secret are byte-identical', () => {
  expect(JSON.stringify(synthesizedPlace('a secret', {}))).toBe(JSON.stringify(synthesizedPlace('a secret', {})));
});
