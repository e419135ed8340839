import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { derivedGuid } from './derived-ids.ts';

describe('derived ids', () => {
  it('have the shape of a GUID and follow from seed and names alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (seed, names) => {
        const guid = derivedGuid(seed, ...names);
        expect(guid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(derivedGuid(seed, ...names)).toBe(guid);
      }),
    );
  });

  it('differ when the same letters are divided otherwise', () => {
    expect(derivedGuid('seed', 'ab', 'c')).not.toBe(derivedGuid('seed', 'a', 'bc'));
    expect(derivedGuid('seed', 'a')).not.toBe(derivedGuid('other', 'a'));
  });
});
