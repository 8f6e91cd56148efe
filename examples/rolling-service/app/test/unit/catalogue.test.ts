import { describe, expect, test } from 'vitest';
import { findTea, listTeas } from '../../lib/catalogue.ts';

describe('catalogue', () => {
  test('lists every tea once', () => {
    const ids = listTeas().map(tea => tea.id);
    expect(ids).not.toHaveLength(0);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(['Japan', 'japan', 'JAPAN'])('lists the teas of one origin: %s', (origin) => {
    expect(listTeas(origin).map(tea => tea.id)).toEqual(['genmaicha', 'sencha']);
  });

  test('lists nothing for an origin that it does not know', () => {
    expect(listTeas('Atlantis')).toEqual([]);
  });

  test('finds a tea by its id', () => {
    expect(findTea('sencha')?.temperature).toBe(70);
    expect(findTea('coffee')).toBeUndefined();
  });
});
