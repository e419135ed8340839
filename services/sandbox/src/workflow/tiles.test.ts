import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { tilesOf } from './tiles.ts';

const lengths = fc.integer({ min: 1, max: 60 });
const parts = fc.integer({ min: 1, max: 8 });

describe('tilesOf', () => {
  it('covers every pixel of the image exactly once', () => {
    fc.assert(
      fc.property(lengths, lengths, parts, parts, (width, height, columns, rows) => {
        const seen = new Uint8Array(width * height);
        for (const tile of tilesOf(width, height, columns, rows))
          for (let y = tile.top; y < tile.top + tile.height; y += 1)
            for (let x = tile.left; x < tile.left + tile.width; x += 1) {
              const at = y * width + x;
              seen[at] = (seen[at] ?? 0) + 1;
            }
        expect(seen.every((times) => times === 1)).toBe(true);
      }),
    );
  });

  it('numbers the tiles in order and makes none empty', () => {
    fc.assert(
      fc.property(lengths, lengths, parts, parts, (width, height, columns, rows) => {
        const tiles = tilesOf(width, height, columns, rows);
        expect(tiles.map(({ index }) => index)).toEqual(tiles.map((_, index) => index));
        expect(tiles.every((tile) => tile.width > 0 && tile.height > 0)).toBe(true);
      }),
    );
  });

  it('cuts a large image into as many tiles as were asked for', () => {
    expect(tilesOf(4000, 3000, 4, 3)).toHaveLength(12);
  });
});
