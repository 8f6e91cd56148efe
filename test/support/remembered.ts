import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const CACHE = join(__dirname, '../../.cache/tests');

/** What was found out from these texts the last time, or is found out now. It is kept beside what linter and compiler keep, for what takes seconds. */
export function remembered<T>(name: string, texts: string[], findOut: () => T, folder = CACHE): T {
  const file = join(folder, `${name}.json`);
  const key = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (known.key === key) return known.value;
  const value = findOut();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ key, value }));
  return value;
}
