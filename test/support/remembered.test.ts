import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remembered } from './remembered';

test('found out once from the same texts, and anew from others', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'remembered-')), 'made');
  const findOut = jest.fn(() => ['a']);
  const ask = (...texts: string[]) => remembered('letters', texts, findOut, folder);
  expect([ask('1', '2'), ask('1', '2')]).toEqual([['a'], ['a']]);
  expect(findOut).toHaveBeenCalledTimes(1);
  ask('12');
  ask('1', '2');
  expect(findOut).toHaveBeenCalledTimes(3);
});
