import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
const declared = /readonly code(?:: string)? = '([A-Z][A-Z0-9]*_[A-Z0-9_]+)'/g;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.i?test\.|node_modules|(^|\/)dist\/|testing\//.test(file))
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'));
}

describe('error codes', () => {
  const inCode = new Set(
    ['contracts', 'services', 'infra', 'clients'].flatMap((folder) =>
      sources(folder).flatMap((text) => [...text.matchAll(declared)].map(([, code = '']) => code)),
    ),
  );
  const documented = new Set(
    [
      ...readFileSync(join(ROOT, 'docs', 'reference', 'errors.md'), 'utf8').matchAll(
        /^\| `([A-Z][A-Z0-9_]+)`\s+\|/gm,
      ),
    ].map(([, code = '']) => code),
  );

  it('are all documented in docs/reference/errors.md', () => {
    expect(inCode.size).toBeGreaterThan(30);
    expect([...inCode].filter((code) => !documented.has(code))).toEqual([]);
  });

  it('that are documented all exist', () => {
    expect([...documented].filter((code) => !inCode.has(code))).toEqual([]);
  });
});
