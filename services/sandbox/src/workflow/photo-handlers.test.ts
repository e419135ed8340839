import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { ObjectTooLarge } from './errors.ts';
import type { HandlerContext } from './handler.ts';
import { createPhotoHandlers, isThrottledFirst } from './photo-handlers.ts';
import { PHOTO_FUNCTIONS } from './photo-pipeline.ts';
import { PHOTO_LIMITS } from './picture-tool.ts';
import { createSharpPictureTool } from './sharp-picture-tool.adapter.ts';

const handlers = createPhotoHandlers(createSharpPictureTool());
const address = { bucket: 'uploads', key: 'users/someone/photo', etag: 'calm' };

/** 40 × 20: the left half red, the right half blue. */
const twoColours = () =>
  sharp({ create: { width: 40, height: 20, channels: 3, background: '#ff0000' } }).composite([
    {
      input: { create: { width: 20, height: 20, channels: 3, background: '#0000ff' } },
      left: 20,
      top: 0,
    },
  ]);

function contextOf(file: Buffer, over: Partial<HandlerContext> = {}) {
  const reads: { firstBytes?: number; maxBytes?: number }[] = [];
  const context: HandlerContext = {
    getObject: (_bucket, _key, options = {}) => {
      reads.push(options);
      if (options.firstBytes !== undefined) return Promise.resolve(file.subarray(0, options.firstBytes));
      return options.maxBytes !== undefined && file.length > options.maxBytes
        ? Promise.reject(new ObjectTooLarge('larger than allowed'))
        : Promise.resolve(file);
    },
    putObject: () => Promise.reject(new Error('the demo workflow writes nothing')),
    signal: new AbortController().signal,
    attempt: 1,
    executionArn: 'arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:one',
    functionName: 'photo',
    ...over,
  };
  return { context, reads };
}

async function run(name: keyof typeof PHOTO_FUNCTIONS, event: unknown, context: HandlerContext) {
  const handler = handlers[PHOTO_FUNCTIONS[name]];
  if (handler === undefined) throw new Error(`there is no handler for ${name}`);
  return handler(event, context);
}

const check = (file: Buffer, size = file.length) =>
  run('check', { ...address, size }, contextOf(file).context);

describe('checking the file', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'takes a %s by its content',
    async (format) => {
      expect(await check(await twoColours().toFormat(format).toBuffer())).toEqual({ format });
    },
  );

  it('reads only the first bytes of a large file', async () => {
    const { context, reads } = contextOf(await twoColours().png().toBuffer());
    await run('check', { ...address, size: PHOTO_LIMITS.maxBytes }, context);
    expect(reads).toEqual([{ firstBytes: 512 }]);
  });

  it.each([
    ['plain text', 'these are just words'],
    ['a page', '<!doctype html><p>svg is not here'],
    ['a PDF', '%PDF-1.7 and so on'],
    ['one byte', '\u00ff'],
  ])('refuses %s as no image', async (_what, text) => {
    await expect(check(Buffer.from(text, 'latin1'))).rejects.toMatchObject({
      name: 'NotAnImage',
      code: 'WORKFLOW_NOT_AN_IMAGE',
      retryable: false,
    });
  });

  it.each([
    ['SVG', '<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="x">'],
    ['HEIC', '\0\0\0\u0018ftypheic'],
    ['BMP', `BM${'\0'.repeat(40)}`],
  ])('refuses %s with its own error', async (_what, text) => {
    await expect(check(Buffer.from(text, 'latin1'))).rejects.toMatchObject({ name: 'UnsupportedFormat' });
  });

  it.each([
    ['0 bytes', 0, 'EmptyFile'],
    ['100 MB', 100_000_000, 'FileTooLarge'],
  ])('refuses a file of %s without reading it', async (_what, size, name) => {
    const { context, reads } = contextOf(Buffer.alloc(0));
    await expect(run('check', { ...address, size }, context)).rejects.toMatchObject({ name });
    expect(reads).toEqual([]);
  });

  it('says what is wrong with an input that is not an upload', async () => {
    await expect(
      run('check', { bucket: 'uploads' }, contextOf(Buffer.alloc(0)).context),
    ).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/input of photo: \$\.key: .*\$\.size: /),
    });
  });
});

describe('reading metadata', () => {
  it('tells size, format and orientation', async () => {
    const { context } = contextOf(await twoColours().webp().toBuffer());
    expect(await run('metadata', address, context)).toEqual({
      format: 'webp',
      width: 40,
      height: 20,
      pixels: 800,
      orientation: 'landscape',
    });
  });

  it('turns a photo that was taken sideways', async () => {
    const { context } = contextOf(await twoColours().withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect(await run('metadata', address, context)).toMatchObject({
      width: 20,
      height: 40,
      orientation: 'portrait',
    });
  });

  it('refuses a picture whose header claims too many pixels, before decoding it', async () => {
    const png = await twoColours().png().toBuffer();
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    // The header's checksum, so that the claim is believed.
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    await expect(run('metadata', address, contextOf(png).context)).rejects.toMatchObject({
      name: 'FileTooLarge',
      message: expect.stringContaining('64 megapixels'),
    });
  });

  it('refuses a file that grew beyond the limit since the event', async () => {
    const { context } = contextOf(Buffer.alloc(0), {
      getObject: () => Promise.reject(new ObjectTooLarge('61000000 bytes')),
    });
    await expect(run('metadata', address, context)).rejects.toMatchObject({ name: 'FileTooLarge' });
  });

  it('calls a picture that breaks off damaged', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 251));
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    const { context } = contextOf(whole.subarray(0, whole.length / 2));
    await expect(run('resize', { ...address, width: 10 }, context)).rejects.toMatchObject({
      name: 'DamagedImage',
      message: 'the picture cannot be decoded',
    });
  });

  it('passes on an error of the storage as it is', async () => {
    const { context } = contextOf(Buffer.alloc(0), {
      getObject: () => Promise.reject(new Error('the storage is away')),
    });
    await expect(run('metadata', address, context)).rejects.toThrow('the storage is away');
  });
});

describe('working on the picture', () => {
  it('makes a smaller copy in proportion, and never a larger one', async () => {
    const { context } = contextOf(await twoColours().png().toBuffer());
    expect(await run('resize', { ...address, width: 10 }, context)).toMatchObject({ width: 10, height: 5 });
    expect(await run('resize', { ...address, width: 400 }, context)).toMatchObject({ width: 40, height: 20 });
  });

  it('finds the main colours', async () => {
    const { context } = contextOf(await twoColours().png().toBuffer());
    expect(await run('colours', address, context)).toEqual([
      { hex: '#0000ff', share: 0.5 },
      { hex: '#ff0000', share: 0.5 },
    ]);
  });

  it('measures each tile by its own pixels', async () => {
    const { context } = contextOf(await twoColours().png().toBuffer());
    const tile = { index: 1, left: 20, top: 0, width: 20, height: 20 };
    expect(await run('measure', { ...address, tile }, context)).toEqual({
      index: 1,
      colour: '#0000ff',
      sharpness: 0,
    });
  });

  it('measures a grey picture with transparency too', async () => {
    const grey = sharp({
      create: { width: 9, height: 9, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    });
    const { context } = contextOf(await grey.toColourspace('b-w').png().toBuffer());
    const tile = { index: 0, left: 0, top: 0, width: 9, height: 9 };
    expect(await run('measure', { ...address, tile }, context)).toMatchObject({ colour: '#ffffff' });
  });

  it('stops before it reads when the task was aborted', async () => {
    const { context, reads } = contextOf(Buffer.alloc(10), {
      signal: AbortSignal.abort(new Error('stopped')),
    });
    await expect(run('resize', { ...address, width: 10 }, context)).rejects.toThrow('stopped');
    expect(reads).toEqual([]);
  });

  it('never holds more files at once than the limit', async () => {
    const file = await twoColours().png().toBuffer();
    let held = 0;
    let most = 0;
    const { context } = contextOf(file, {
      getObject: async () => {
        held += 1;
        most = Math.max(most, held);
        await new Promise((done) => setImmediate(done));
        held -= 1;
        return file;
      },
    });
    await Promise.all(Array.from({ length: 9 }, () => run('resize', { ...address, width: 5 }, context)));
    expect(most).toBe(PHOTO_LIMITS.atOnce);
  });

  it('sums up with the sharpest tile and the tiles in order', async () => {
    const photo = { format: 'png', width: 4, height: 2, pixels: 8, orientation: 'landscape' };
    const tiles = [
      { index: 1, colour: '#000000', sharpness: 9 },
      { index: 0, colour: '#ffffff', sharpness: 2 },
    ];
    const event = { photo, copies: [], colours: [], tiles };
    expect(await run('summary', event, contextOf(Buffer.alloc(0)).context)).toMatchObject({
      sharpestTile: 1,
      tileColours: ['#ffffff', '#000000'],
    });
  });
});

describe('the retry that is sometimes used', () => {
  const etags = Array.from({ length: 600 }, (_, index) => `etag-${index}`);

  it('comes for about a third of all files', () => {
    const share = etags.filter(isThrottledFirst).length / etags.length;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.42);
  });

  it('comes on the first attempt only', async () => {
    const etag = etags.find(isThrottledFirst);
    const file = await twoColours().png().toBuffer();
    const input = { ...address, etag };
    await expect(run('colours', input, contextOf(file).context)).rejects.toMatchObject({
      name: 'Throttled',
      retryable: true,
    });
    await expect(run('colours', input, contextOf(file, { attempt: 2 }).context)).resolves.toHaveLength(2);
  });
});
