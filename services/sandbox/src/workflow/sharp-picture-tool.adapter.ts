import { isError } from '@stepcast/kit';
import sharp, { type Sharp } from 'sharp';
import { PHOTO_LIMITS, PictureError, type PictureTool } from './picture-tool.ts';

/** libvips says it in these words; sharp has no code for it. */
const pixelLimit = /exceeds pixel limit/i;

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = isError(error) ? error.message : String(error);
    throw new PictureError(pixelLimit.test(message) ? 'tooManyPixels' : 'undecodable', { cause: error });
  }
}

/** The picture the right way up, decoded front to back so that only a few rows are held where the format allows it. */
const open = (file: Buffer): Sharp =>
  sharp(file, {
    limitInputPixels: PHOTO_LIMITS.maxPixels,
    failOn: 'error',
    sequentialRead: true,
    autoOrient: true,
  });

/** {@link PictureTool} on sharp (libvips). */
export function createSharpPictureTool(): PictureTool {
  return {
    describe: (file) =>
      translated(async () => {
        const { format, autoOrient } = await open(file).metadata();
        return { format, width: autoOrient.width, height: autoOrient.height };
      }),

    resize: (file, width) =>
      translated(async () => {
        const { data, info } = await open(file)
          .resize({ width, withoutEnlargement: true })
          .flatten({ background: '#ffffff' })
          .jpeg({ quality: 80 })
          .toBuffer({ resolveWithObject: true });
        return { width: info.width, height: info.height, bytes: data };
      }),

    pixels: (file, { fit, area }) =>
      translated(async () => {
        const picture = open(file);
        const part = area === undefined ? picture : picture.extract(area);
        const small = part
          .resize({ width: fit, height: fit, fit: 'inside', withoutEnlargement: true })
          .flatten({ background: '#ffffff' })
          .toColourspace('srgb');
        const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
        return { width: info.width, height: info.height, bytes: data };
      }),
  };
}
