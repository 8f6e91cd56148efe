import { RemovalPolicy } from 'aws-cdk-lib';
import { STRATEGIES } from './strategies';
import { synthesizedPlace, wholeTemplate } from './templates';

const all = Object.entries(STRATEGIES);

// A template that differs from one synth to the next would deploy a service although nothing was changed.
test.each(all)('two synths of a place are byte-identical: %s', (_, place) => {
  for (const change of ['nothing', 'a secret'] as const) {
    expect(JSON.stringify(synthesizedPlace(change, place))).toBe(JSON.stringify(synthesizedPlace(change, place)));
  }
});

test.each(all)('two synths of a place and its pipeline are byte-identical: %s', (_, place) => {
  expect(JSON.stringify(wholeTemplate(RemovalPolicy.RETAIN, place))).toBe(JSON.stringify(wholeTemplate(RemovalPolicy.RETAIN, place)));
});
