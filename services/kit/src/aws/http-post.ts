import type { Dispatcher, Pool } from 'undici';

export interface HttpAnswer {
  readonly status: number;
  readonly date: string | undefined;
  /** Whether a cache answered. */
  readonly cached: boolean;
  readonly text: string;
}

/** Limits of one request. */
export interface PostLimits {
  /** How long each of the answer's header and the silence within its body may take. */
  readonly timeoutMs: number;
  /** How long all of it may take, waiting for a connection included. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Why a request ended without an answer when neither the network nor undici said so. */
class CutShort extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'CutShort';
    this.code = code;
  }
}

interface Post {
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Sends a POST on undici's lowest level: no streams and no header objects are made for answers of a few hundred bytes.
 * Rejects with the network's error, or with one whose code is `ETIMEDOUT` or `ECANCELED`.
 */
export function httpPost(pool: Pool, { path, headers, body }: Post, limits: PostLimits): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const chunks: Buffer[] = [];
  let status = 0;
  let date: string | undefined;
  let cached = false;
  let controller: Dispatcher.DispatchController | undefined;
  let cut: Error | undefined;

  const cutShort = (reason: Error) => {
    cut = reason;
    end();
    controller?.abort(reason);
    // It may wait for a connection still: then there is nothing to abort yet.
    reject(reason);
  };
  const onAbort = () => {
    cutShort(new CutShort('ECANCELED', 'the request was called off'));
  };
  // undici's own limits restart with every byte. A deadline is about the network's time, so it takes no injected timer.
  const deadline = setTimeout(() => {
    cutShort(new CutShort('ETIMEDOUT', `no answer within ${limits.deadlineMs} ms`));
  }, limits.deadlineMs);
  deadline.unref();
  const end = () => {
    clearTimeout(deadline);
    limits.signal?.removeEventListener('abort', onAbort);
  };
  if (limits.signal?.aborted === true) {
    onAbort();
    return promise;
  }
  limits.signal?.addEventListener('abort', onAbort, { once: true });

  const request = {
    method: 'POST' as const,
    path,
    headers,
    body,
    headersTimeout: limits.timeoutMs,
    bodyTimeout: limits.timeoutMs,
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (cut !== undefined) started.abort(cut);
    },
    onResponseStart(_controller, statusCode, answerHeaders) {
      status = statusCode;
      date = typeof answerHeaders['date'] === 'string' ? answerHeaders['date'] : undefined;
      cached = answerHeaders['age'] !== undefined;
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      end();
      resolve({ status, date, cached, text: Buffer.concat(chunks).toString('utf8') });
    },
    onResponseError(_controller, error) {
      end();
      reject(error);
    },
  };
  try {
    pool.dispatch(request, handler);
  } catch (thrown) {
    // A header that HTTP does not allow, for example.
    end();
    throw thrown;
  }
  return promise;
}
