import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** What a name says of how its object is compressed. Source: AWS, "ItemReader": `myObject.jsonl.gz`, `myObject.csv.zstd`. */
const compressions: readonly {
  readonly suffix: RegExp;
  readonly unpack: (body: Buffer, options: { maxOutputLength: number }) => Buffer;
}[] = [
  { suffix: /\.gz(?:ip)?$/i, unpack: gunzipSync },
  { suffix: /\.zstd?$/i, unpack: zstdDecompressSync },
];

/**
 * The content of an object, decompressed if its name says that it is.
 * @param maxBytes most that may come of it
 * @throws what zlib throws, also for more than `maxBytes`
 */
export function decompressed(key: string, body: Buffer, maxBytes: number): Buffer {
  const compression = compressions.find(({ suffix }) => suffix.test(key));
  return compression === undefined ? body : compression.unpack(body, { maxOutputLength: maxBytes });
}
