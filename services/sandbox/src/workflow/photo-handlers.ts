import { createHash } from 'node:crypto';
import { describeIssues, parseValue } from '@stepcast/contracts';
import type { ProgressReport } from '@stepcast/contracts/report';
import * as z from 'zod';
import {
  DamagedImage,
  EmptyFile,
  FileTooLarge,
  InvalidInput,
  NotAnImage,
  ObjectTooLarge,
  Throttled,
  UnsupportedFormat,
} from './errors.ts';
import type { Handler, HandlerContext, Handlers } from './handler.ts';
import { IMAGE_TYPE_BYTES, imageTypeOf } from './image-type.ts';
import { limiter } from './limiter.ts';
import { PHOTO_FUNCTIONS, PHOTO_STATES } from './photo-pipeline.ts';
import { averageColour, dominantColours, greyOf, sharpness } from './pixels.ts';
import { PHOTO_LIMITS, PictureError, type PictureTool } from './picture-tool.ts';
import { tilesOf } from './tiles.ts';

const ObjectAddress = z.object({ bucket: z.string().min(1), key: z.string().min(1), etag: z.string() });
const CheckInput = ObjectAddress.extend({ size: z.number().nonnegative() });
const ResizeInput = ObjectAddress.extend({ width: z.number().int().min(1).max(10_000) });
const Length = z.number().int().min(1).max(1_000_000);
const GridInput = z.object({
  width: Length,
  height: Length,
  columns: z.number().int().min(1).max(20),
  rows: z.number().int().min(1).max(20),
});
const TileShape = z.object({
  index: z.number().int().nonnegative(),
  left: z.number().int().nonnegative(),
  top: z.number().int().nonnegative(),
  width: Length,
  height: Length,
});
const MeasureInput = ObjectAddress.extend({ tile: TileShape });
const Photo = z.object({
  format: z.string(),
  width: Length,
  height: Length,
  pixels: z.number(),
  orientation: z.enum(['landscape', 'portrait', 'square']),
});
const Copy = z.object({ width: Length, height: Length, bytes: z.number(), sha256: z.string() });
const SharedColour = z.object({ hex: z.string(), share: z.number() });
const MeasuredTile = z.object({ index: z.number(), colour: z.string(), sharpness: z.number() });
const SummaryInput = z.object({
  photo: Photo,
  copies: z.array(Copy),
  colours: z.array(SharedColour),
  tiles: z.array(MeasuredTile).min(1),
});

/** A function whose input is checked before it runs. */
function handler<S extends z.ZodType>(
  schema: S,
  run: (input: z.output<S>, context: HandlerContext) => Promise<unknown>,
): Handler {
  return async (event, context) => {
    const parsed = parseValue(schema, event);
    if (!parsed.ok)
      throw new InvalidInput(`input of ${context.functionName}: ${describeIssues(parsed.issues)}`);
    context.signal.throwIfAborted();
    return run(parsed.value, context);
  };
}

/** Whether the first attempt at this content fails: about every third ETag, and always the same ones. */
export function isThrottledFirst(etag: string): boolean {
  return createHash('sha256').update(etag).digest().readUInt32BE(0) % 3 === 0;
}

const tooLarge = (what: string) =>
  `${what}; at most ${PHOTO_LIMITS.maxBytes / 1_000_000} MB and ${PHOTO_LIMITS.maxPixels / 1_000_000} megapixels are taken`;

/** How a function says how far it is, and gives people the time to see it. */
export interface Telling {
  readonly report: (report: ProgressReport) => void;
  /** Writes what waits. */
  readonly flush: () => void;
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

const tellNobody: Telling = {
  report: () => undefined,
  flush: () => undefined,
  pause: () => Promise.resolve(),
};

/**
 * The functions of the demo workflow.
 *
 * Memory is bounded: files over `PHOTO_LIMITS.maxBytes` are refused by the size in the upload event, before a byte is
 * read; pictures over `maxPixels` by their header, before a pixel is decoded; and at most `PHOTO_LIMITS.atOnce` files are
 * held and decoded at the same time, of all users together.
 */
export function createPhotoHandlers(tool: PictureTool, telling: Telling = tellNobody): Handlers {
  const oneOfFew = limiter(PHOTO_LIMITS.atOnce);

  /** Reads the file and works on it, and puts what goes wrong into the workflow's words. */
  async function withFile<T>(
    { bucket, key }: { readonly bucket: string; readonly key: string },
    context: HandlerContext,
    work: (file: Buffer) => Promise<T>,
  ): Promise<T> {
    return oneOfFew(async () => {
      context.signal.throwIfAborted();
      try {
        return await work(await context.getObject(bucket, key, { maxBytes: PHOTO_LIMITS.maxBytes }));
      } catch (error) {
        if (error instanceof ObjectTooLarge)
          throw new FileTooLarge(tooLarge('the file is larger'), { cause: error });
        if (error instanceof PictureError)
          throw error.reason === 'tooManyPixels'
            ? new FileTooLarge(tooLarge('the picture has more pixels'), { cause: error })
            : new DamagedImage('the picture cannot be decoded', { cause: error });
        throw error;
      }
    });
  }

  return {
    [PHOTO_FUNCTIONS.check]: handler(CheckInput, async ({ bucket, key, size }, context) => {
      if (size === 0) throw new EmptyFile('the file has 0 bytes');
      if (size > PHOTO_LIMITS.maxBytes) throw new FileTooLarge(tooLarge(`the file has ${size} bytes`));
      const type = imageTypeOf(await context.getObject(bucket, key, { firstBytes: IMAGE_TYPE_BYTES }));
      if (type === undefined) throw new NotAnImage('the file does not begin like any known picture');
      if (!type.supported) throw new UnsupportedFormat(`${type.format} pictures cannot be decoded here`);
      return { format: type.format };
    }),

    [PHOTO_FUNCTIONS.metadata]: handler(ObjectAddress, (address, context) =>
      withFile(address, context, async (file) => {
        const { format, width, height } = await tool.describe(file);
        const orientation = width > height ? 'landscape' : width < height ? 'portrait' : 'square';
        return { format, width, height, pixels: width * height, orientation };
      }),
    ),

    [PHOTO_FUNCTIONS.resize]: handler(ResizeInput, (input, context) =>
      withFile(input, context, async (file) => {
        const copy = await tool.resize(file, input.width);
        const sha256 = createHash('sha256').update(copy.bytes).digest('hex');
        return { width: copy.width, height: copy.height, bytes: copy.bytes.length, sha256 };
      }),
    ),

    [PHOTO_FUNCTIONS.colours]: handler(ObjectAddress, async (address, context) => {
      if (context.attempt === 1 && isThrottledFirst(address.etag))
        throw new Throttled('too many pictures at once; the next attempt will work');
      const { bucket, key } = address;
      const tell = async (percent: number, text: string) => {
        // By its name: another Task runs beside it.
        telling.report({ upload: { bucket, key }, step: PHOTO_STATES.colours, percent, text });
        await telling.pause(context.signal);
      };
      await tell(10, 'reading the picture');
      const { bytes } = await withFile(address, context, (file) => tool.pixels(file, { fit: 96 }));
      await tell(60, 'counting its colours');
      const colours = dominantColours(bytes, 5);
      telling.flush();
      return colours;
    }),

    [PHOTO_FUNCTIONS.tiles]: handler(GridInput, ({ width, height, columns, rows }) =>
      Promise.resolve(
        height > width ? tilesOf(width, height, rows, columns) : tilesOf(width, height, columns, rows),
      ),
    ),

    [PHOTO_FUNCTIONS.measure]: handler(MeasureInput, (input, context) =>
      withFile(input, context, async (file) => {
        const { bytes, width } = await tool.pixels(file, { fit: 256, area: input.tile });
        return {
          index: input.tile.index,
          colour: averageColour(bytes),
          sharpness: Math.round(sharpness(greyOf(bytes), width) * 10) / 10,
        };
      }),
    ),

    [PHOTO_FUNCTIONS.summary]: handler(SummaryInput, ({ photo, copies, colours, tiles }) => {
      const sharpest = tiles.reduce((best, tile) => (tile.sharpness > best.sharpness ? tile : best));
      return Promise.resolve({
        photo,
        copies,
        colours,
        sharpestTile: sharpest.index,
        tileColours: tiles.toSorted((a, b) => a.index - b.index).map((tile) => tile.colour),
      });
    }),
  };
}
