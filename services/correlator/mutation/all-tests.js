import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All tests of the domain as one test file: Jest loads every module anew for each test file, which would be most of the
 * time that a mutant takes. Tests of sizes are left out: they are slow, and a size has room on both sides.
 */
const domain = join(import.meta.dirname, '../src/domain');
const files = readdirSync(domain, { recursive: true })
  .filter((name) => name.endsWith('.test.ts') && !name.endsWith('-size.test.ts'))
  .toSorted();

for (const file of files) await import(join(domain, file));
