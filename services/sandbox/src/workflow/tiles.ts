/** A rectangle of an image in pixels, as `sharp.extract` takes it. */
export interface Tile {
  readonly index: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Start of part `index` when a length is cut into `parts` whole-numbered parts that differ by at most one. */
const cut = (length: number, parts: number, index: number) => Math.floor((length * index) / parts);

/**
 * Cuts an image into a grid. The tiles cover it exactly: no pixel is left out, none is in two tiles. An image that is
 * narrower than `columns` pixels (or lower than `rows`) gets fewer tiles, never an empty one.
 */
export function tilesOf(width: number, height: number, columns: number, rows: number): Tile[] {
  const across = Math.min(columns, width);
  const down = Math.min(rows, height);
  return Array.from({ length: across * down }, (_, index) => {
    const column = index % across;
    const row = Math.floor(index / across);
    const left = cut(width, across, column);
    const top = cut(height, down, row);
    return {
      index,
      left,
      top,
      width: cut(width, across, column + 1) - left,
      height: cut(height, down, row + 1) - top,
    };
  });
}
