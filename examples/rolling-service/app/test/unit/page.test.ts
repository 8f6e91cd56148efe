import { describe, expect, test } from 'vitest';
import { listTeas } from '../../lib/catalogue.ts';
import { escape, page } from '../../lib/page.ts';

describe('page', () => {
  test('shows each tea', () => {
    const teas = listTeas();
    const shown = page(teas);
    for (const tea of teas) expect(shown).toContain(`<td>${tea.name}</td>`);
  });

  test('says so when there is none', () => {
    expect(page([], 'Atlantis')).toContain('No tea from Atlantis.');
  });

  test('lets nobody put markup into it', () => {
    expect(page([], '<script>')).not.toContain('<script>');
    expect(escape(`<a href="x" id='y'>&</a>`)).toBe('&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;&#60;/a&#62;');
  });
});
