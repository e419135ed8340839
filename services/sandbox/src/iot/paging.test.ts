import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { pageOf } from './paging.ts';

describe('paging', () => {
  it('gives every name exactly once, in order, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 })),
        fc.integer({ min: 1, max: 250 }),
        (names, pageSize) => {
          const sorted = names.map((name) => name.toWellFormed()).sort();
          const unique = [...new Set(sorted)];
          const seen: string[] = [];
          let marker: string | undefined;
          do {
            const page = pageOf(unique, { marker, pageSize });
            expect(page.items.length).toBeLessThanOrEqual(pageSize);
            seen.push(...page.items);
            marker = page.nextMarker;
          } while (marker !== undefined);
          expect(seen).toEqual(unique);
        },
      ),
    );
  });
});
