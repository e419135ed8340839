import { Transform, type TransformCallback } from 'node:stream';
import { s3Error } from './errors.ts';

/** A size line or a trailer is never this long; a body without line breaks is not gathered for ever. */
const MAX_LINE_BYTES = 8 * 1024;

/**
 * Takes the `aws-chunked` framing off a body:
 *
 *     <hex size>[;chunk-signature=…]\r\n <data> \r\n … 0[;chunk-signature=…]\r\n <trailer>:<value>\r\n … \r\n
 *
 * States: `size` → `data` → `dataEnd` → `size` …, and after the chunk of size 0: `trailers` → `done`. A body that ends in
 * any other state is `IncompleteBody`. Signatures of chunks are read over, not checked.
 */
export class AwsChunkedDecoder extends Transform {
  /** Names in lower case. Complete when the stream has ended. */
  readonly trailers = new Map<string, string>();
  #state: 'size' | 'data' | 'dataEnd' | 'trailers' | 'done' = 'size';
  #line: Buffer = Buffer.alloc(0);
  #left = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let rest = chunk;
      while (rest.length > 0) rest = this.#state === 'data' ? this.#takeData(rest) : this.#takeLine(rest);
      done();
    } catch (error) {
      done(error instanceof Error ? error : s3Error('IncompleteBody'));
    }
  }

  override _flush(done: TransformCallback): void {
    // Some clients leave out the empty line after the last trailer.
    const complete = this.#state === 'done' || (this.#state === 'trailers' && this.#line.length === 0);
    done(complete ? null : s3Error('IncompleteBody', 'The last chunk is missing.'));
  }

  #takeData(bytes: Buffer): Buffer {
    const data = bytes.subarray(0, this.#left);
    this.push(data);
    this.#left -= data.length;
    if (this.#left === 0) this.#state = 'dataEnd';
    return bytes.subarray(data.length);
  }

  #takeLine(bytes: Buffer): Buffer {
    const at = bytes.indexOf(0x0a);
    const part = at < 0 ? bytes : bytes.subarray(0, at);
    this.#line = Buffer.concat([this.#line, part]);
    if (this.#line.length > MAX_LINE_BYTES) throw s3Error('IncompleteBody', 'A chunk header is too long.');
    if (at < 0) return Buffer.alloc(0);
    const line = this.#line.toString('latin1').replace(/\r$/, '');
    this.#line = Buffer.alloc(0);
    this.#onLine(line);
    return bytes.subarray(at + 1);
  }

  #onLine(line: string): void {
    switch (this.#state) {
      case 'size': {
        const size = line.split(';', 1)[0] ?? '';
        if (!/^[0-9a-fA-F]{1,12}$/.test(size))
          throw s3Error('IncompleteBody', 'A chunk does not begin with its size.');
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? 'trailers' : 'data';
        return;
      }
      case 'dataEnd':
        if (line !== '') throw s3Error('IncompleteBody', 'A chunk is longer than its size.');
        this.#state = 'size';
        return;
      case 'trailers': {
        if (line === '') {
          this.#state = 'done';
          return;
        }
        const at = line.indexOf(':');
        if (at < 0) throw s3Error('IncompleteBody', 'A trailer has no colon.');
        this.trailers.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
        return;
      }
      case 'data':
      case 'done':
        return;
    }
  }
}
