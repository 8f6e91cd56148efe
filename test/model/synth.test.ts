import { RemovalPolicy } from 'aws-cdk-lib';
import { STRATEGIES } from './strategies';
import { changes, synthesizedPlace, wholeTemplate } from './templates';

// A template that differs from one synth to the next would deploy a service although nothing was changed.
test.each(Object.entries(STRATEGIES))('two synths of a place are byte-identical: %s', (_, place) => {
  for (const change of changes) {
    expect(JSON.stringify(synthesizedPlace(change, place))).toBe(JSON.stringify(synthesizedPlace(change, place)));
  }
});

test.each(Object.entries(STRATEGIES))('two synths of a place and its pipeline are byte-identical: %s', (_, place) => {
  expect(JSON.stringify(wholeTemplate(RemovalPolicy.RETAIN, place))).toBe(JSON.stringify(wholeTemplate(RemovalPolicy.RETAIN, place)));
});
