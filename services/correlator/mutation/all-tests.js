import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All tests of the domain, and those that drive it through the application, as one test file: Jest loads every module
 * anew for each test file, which would be most of the time that a mutant takes. Tests of sizes are left out: they are
 * slow, and a size has room on both sides.
 */
const source = join(import.meta.dirname, '../src');
const files = readdirSync(join(source, 'domain'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts') && !name.endsWith('-size.test.ts'))
  .map((name) => join(source, 'domain', name));

for (const file of [...files, join(source, 'situations.test.ts')].toSorted()) await import(file);
