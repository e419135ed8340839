/** A colour of the picture and how much of the picture it covers. */
export interface Colour {
  /** `#rrggbb`. */
  readonly hex: string;
  /** 0 to 1. */
  readonly share: number;
}

function hexOf(red: number, green: number, blue: number): string {
  const two = (value: number) => Math.round(value).toString(16).padStart(2, '0');
  return `#${two(red)}${two(green)}${two(blue)}`;
}

/**
 * The colours that cover most of a picture: pixels are gathered into boxes of 32 steps per channel, the fullest boxes
 * win, and each is shown as the average of its pixels. Boxes of the same size keep the order of their colour, so the
 * answer depends on nothing but the pixels.
 *
 * @param rgb three bytes per pixel
 * @param count at most so many colours
 */
export function dominantColours(rgb: Uint8Array, count: number): Colour[] {
  const boxes = new Map<number, { pixels: number; red: number; green: number; blue: number }>();
  const pixels = Math.floor(rgb.length / 3);
  for (let at = 0; at < pixels * 3; at += 3) {
    const red = rgb[at] ?? 0;
    const green = rgb[at + 1] ?? 0;
    const blue = rgb[at + 2] ?? 0;
    const name = ((red >> 5) << 6) | ((green >> 5) << 3) | (blue >> 5);
    const box = boxes.get(name) ?? { pixels: 0, red: 0, green: 0, blue: 0 };
    box.pixels += 1;
    box.red += red;
    box.green += green;
    box.blue += blue;
    boxes.set(name, box);
  }
  return [...boxes]
    .sort(([nameA, a], [nameB, b]) => b.pixels - a.pixels || nameA - nameB)
    .slice(0, count)
    .map(([, box]) => ({
      hex: hexOf(box.red / box.pixels, box.green / box.pixels, box.blue / box.pixels),
      share: box.pixels / pixels,
    }));
}

/** The average of all pixels as `#rrggbb`; black for no pixels. */
export function averageColour(rgb: Uint8Array): string {
  const pixels = Math.max(1, Math.floor(rgb.length / 3));
  const sums: [number, number, number] = [0, 0, 0];
  for (let at = 0; at + 2 < rgb.length; at += 3) {
    sums[0] += rgb[at] ?? 0;
    sums[1] += rgb[at + 1] ?? 0;
    sums[2] += rgb[at + 2] ?? 0;
  }
  return hexOf(sums[0] / pixels, sums[1] / pixels, sums[2] / pixels);
}

/** Brightness of each pixel, 0 to 255, weighed as Rec. 601 does. */
export function greyOf(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: Math.floor(rgb.length / 3) }, (_, pixel) =>
    Math.round(
      0.299 * (rgb[pixel * 3] ?? 0) + 0.587 * (rgb[pixel * 3 + 1] ?? 0) + 0.114 * (rgb[pixel * 3 + 2] ?? 0),
    ),
  );
}

/**
 * How sharp a grey picture is: the variance of its Laplacian (each pixel four times, less its four neighbours). 0 for a
 * flat area; the more fine detail, the higher. Pictures under 3 pixels either way have no inner pixel and give 0.
 *
 * @param grey one byte per pixel
 */
export function sharpness(grey: Uint8Array, width: number): number {
  const height = Math.floor(grey.length / width);
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const around =
        (grey[at - 1] ?? 0) + (grey[at + 1] ?? 0) + (grey[at - width] ?? 0) + (grey[at + width] ?? 0);
      const value = 4 * (grey[at] ?? 0) - around;
      count += 1;
      sum += value;
      squares += value * value;
    }
  }
  return count === 0 ? 0 : Math.max(0, squares / count - (sum / count) ** 2);
}
