import sharp from 'sharp';

/**
 * A JPEG of hills under an evening sky. Always the same bytes for the same arguments (and the same libvips).
 * @param hue 0 to 360, to distinguish several photos
 */
export async function paintedPhoto(width = 1200, height = 800, hue = 18): Promise<Buffer> {
  const ridge = (base: number, swell: number, light: number) =>
    `<path fill="hsl(${(hue + 210) % 360},30%,${light}%)" d="M0 ${height} L0 ${base * height} ` +
    `C ${width * 0.25} ${(base - swell) * height}, ${width * 0.45} ${(base + swell) * height}, ` +
    `${width * 0.65} ${base * height} S ${width * 0.9} ${(base - swell) * height}, ${width} ${base * height} V ${height} Z"/>`;
  const drawing =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="hsl(${(hue + 220) % 360},45%,40%)"/>` +
    `<stop offset=".7" stop-color="hsl(${hue},85%,75%)"/></linearGradient></defs>` +
    `<rect width="100%" height="100%" fill="url(#sky)"/>` +
    `<circle cx="${width * 0.68}" cy="${height * 0.4}" r="${height * 0.09}" fill="hsl(${hue + 30},95%,88%)"/>` +
    `${ridge(0.55, 0.1, 48)}${ridge(0.68, 0.08, 36)}${ridge(0.82, 0.07, 22)}</svg>`;
  return sharp(Buffer.from(drawing)).jpeg({ quality: 88 }).toBuffer();
}
