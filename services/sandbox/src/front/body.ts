import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { AwsError } from '../core/index.ts';

/** The client went away before its body had arrived. Nobody is left to read an answer. */
export class ClientGoneError extends Error {
  readonly code = 'SANDBOX_CLIENT_GONE';
  readonly retryable = false;
  constructor() {
    super('the client closed the connection before the request was complete');
    this.name = 'ClientGoneError';
  }
}

/** Feeds the request into a stream without ever destroying the request: what is left over is read and thrown away. */
function feed(request: IncomingMessage, into: Transform): Readable {
  const gone = () => {
    if (!request.complete) into.destroy(new ClientGoneError());
  };
  request.once('close', gone);
  request.once('error', gone);
  into.once('close', () => {
    request.unpipe(into);
    request.resume();
  });
  if (request.destroyed && !request.complete) into.destroy(new ClientGoneError());
  else request.pipe(into);
  return into;
}

/** The body as it arrives; with a signed hash, the stream fails at its end when the content has another one. */
export function streamBody(
  request: IncomingMessage,
  expectedSha256: string | undefined,
  mismatch: () => AwsError,
): Readable {
  if (expectedSha256 === undefined) return feed(request, new PassThrough());
  const hash = createHash('sha256');
  return feed(
    request,
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
      flush(done) {
        done(hash.digest('hex') === expectedSha256 ? null : mismatch());
      },
    }),
  );
}

/**
 * The whole body.
 * @throws AwsError `RequestEntityTooLargeException` (413) over the limit
 * @throws ClientGoneError
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of feed(request, new PassThrough())) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > maxBytes)
      throw new AwsError(
        'RequestEntityTooLargeException',
        413,
        `The request body is larger than ${maxBytes} bytes.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
