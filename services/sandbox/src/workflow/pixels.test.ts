import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { averageColour, dominantColours, greyOf, sharpness } from './pixels.ts';

const rgb = fc
  .array(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), { minLength: 1, maxLength: 64 })
  .map((pixels) => Uint8Array.from(pixels.flat()));

describe('dominantColours', () => {
  it('names the colours by how much they cover', () => {
    const pixels = Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 255]);
    expect(dominantColours(pixels, 5)).toEqual([
      { hex: '#ff0000', share: 0.75 },
      { hex: '#0000ff', share: 0.25 },
    ]);
  });

  it('never covers more than the whole, and goes from most to least', () => {
    fc.assert(
      fc.property(rgb, fc.integer({ min: 1, max: 6 }), (pixels, count) => {
        const shares = dominantColours(pixels, count).map(({ share }) => share);
        expect(shares.length).toBeLessThanOrEqual(count);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9);
        expect(shares).toEqual(shares.toSorted((a, b) => b - a));
      }),
    );
  });

  it('does not depend on the order of the pixels', () => {
    fc.assert(
      fc.property(rgb, (pixels) => {
        const triples = Array.from({ length: pixels.length / 3 }, (_, at) => [
          ...pixels.subarray(at * 3, at * 3 + 3),
        ]);
        const turned = Uint8Array.from(triples.toReversed().flat());
        expect(dominantColours(turned, 3)).toEqual(dominantColours(pixels, 3));
      }),
    );
  });
});

describe('averageColour', () => {
  it('averages each channel', () => {
    expect(averageColour(Uint8Array.from([0, 0, 0, 255, 255, 255]))).toBe('#808080');
  });
});

describe('greyOf', () => {
  it('keeps grey as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 32 }), (greys) => {
        expect([...greyOf(Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey])))]).toEqual(greys);
      }),
    );
  });

  it('takes green for brighter than red, and red for brighter than blue', () => {
    expect([...greyOf(Uint8Array.from([0, 255, 0, 255, 0, 0, 0, 0, 255]))]).toEqual([150, 76, 29]);
  });
});

describe('sharpness', () => {
  it('is 0 for a flat area, however bright', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (grey, w, h) => {
          expect(sharpness(new Uint8Array(w * h).fill(grey), w)).toBe(0);
        },
      ),
    );
  });

  it('is higher for hard edges than for soft ones', () => {
    const columns = (values: readonly number[]) =>
      Uint8Array.from(Array.from({ length: 6 }, () => values).flat());
    const hard = sharpness(columns([0, 0, 0, 255, 255, 255]), 6);
    const soft = sharpness(columns([0, 60, 110, 150, 200, 255]), 6);
    expect(hard).toBeGreaterThan(soft);
  });
});
