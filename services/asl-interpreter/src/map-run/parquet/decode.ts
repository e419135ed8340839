import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  parquetMetadata,
  parquetReadObjects,
  snappyUncompress,
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
} from 'hyparquet';
import type { Json } from '../../json.ts';

/** Largest footer and row group. Source: AWS, "ItemReader", Parquet files. */
const maxFooterBytes = 5 * 1024 * 1024;
const maxRowGroupBytes = 256 * 1024 * 1024;
/** Of this interpreter: what one process holds at once, all row groups together. */
const maxTotalBytes = 256 * 1024 * 1024;
const maxRows = 1_000_000;

/** Why an object is no Parquet file that can be read. */
export class ParquetProblem extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options);
    this.name = 'ParquetProblem';
  }
}

/**
 * The rows of a Parquet file as objects: lists and structs nest, timestamps are milliseconds since 1970, dates are texts
 * (`2026-11-03`), 64-bit integers are the nearest number of JavaScript. At most `most` of them.
 *
 * Pages in Snappy, GZIP, ZSTD or as they are. Source: AWS, "ItemReader", Parquet files.
 * @throws ParquetProblem for what is no Parquet, is broken, or is larger than AWS or this interpreter takes
 */
export async function decodeRows(body: Buffer, most: number): Promise<readonly Json[]> {
  const file = arrayBufferOf(body);
  try {
    const metadata = readMetadata(file);
    const rows: readonly unknown[] = await parquetReadObjects({
      file,
      metadata,
      rowEnd: Math.min(most, Number(metadata.num_rows)),
      compressors,
      parsers,
    });
    return rows.map(plain);
  } catch (error) {
    if (error instanceof ParquetProblem) throw error;
    throw new ParquetProblem(`it is broken: ${error instanceof Error ? error.message : 'unreadable'}`, {
      cause: error,
    });
  }
}

/** The last eight bytes are the length of the footer and `PAR1`. @throws ParquetProblem */
export function checkFooter(body: Buffer): void {
  if (body.length < 12 || body.toString('latin1', body.length - 4) !== 'PAR1')
    throw new ParquetProblem('it does not end with PAR1');
  const footerBytes = body.readUInt32LE(body.length - 8);
  if (footerBytes > maxFooterBytes)
    throw new ParquetProblem(`its footer has ${footerBytes} bytes; ${maxFooterBytes} are allowed`);
  if (footerBytes > body.length - 8) throw new ParquetProblem('its footer is longer than the file');
}

function readMetadata(file: ArrayBuffer): FileMetaData {
  const metadata = parquetMetadata(file, { geoparquet: false });
  let total = 0;
  for (const { total_byte_size: bytes } of metadata.row_groups) {
    if (bytes > maxRowGroupBytes)
      throw new ParquetProblem(`a row group has ${bytes} bytes; ${maxRowGroupBytes} are allowed`);
    total += Number(bytes);
  }
  if (total > maxTotalBytes)
    throw new ParquetProblem(`its row groups have ${total} bytes; this interpreter reads ${maxTotalBytes}`);
  if (metadata.num_rows > maxRows)
    throw new ParquetProblem(`it has ${metadata.num_rows} rows; this interpreter reads ${maxRows}`);
  return metadata;
}

/** A page is never unpacked to more than its row group may have, whatever its header says. */
const bounded =
  (unpack: (input: Uint8Array, length: number) => Uint8Array) =>
  (input: Uint8Array, length: number): Uint8Array => {
    if (length < 0 || length > maxRowGroupBytes) throw new ParquetProblem(`a page claims ${length} bytes`);
    return unpack(input, length);
  };

const compressors: Compressors = {
  SNAPPY: bounded((input, length) => {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  }),
  GZIP: bounded((input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) })),
  ZSTD: bounded((input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) })),
};

const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: Number,
  timestampFromMicroseconds: (micros) => Math.floor(Number(micros) / 1000),
  timestampFromNanoseconds: (nanos) => Math.floor(Number(nanos) / 1_000_000),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
};

function arrayBufferOf(body: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(body.length);
  new Uint8Array(copy).set(body);
  return copy;
}

function plain(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'bigint':
      return Number(value);
    case 'number':
      // JSON has neither NaN nor infinity.
      return Number.isFinite(value) ? value : null;
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
