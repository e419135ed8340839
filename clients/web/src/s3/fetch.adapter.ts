import { onAbort } from '../abort.ts';
import { asError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { noAnswer } from './errors.ts';
import type { Http } from './http.port.ts';
import { stallTimer } from './xhr.adapter.ts';

/**
 * HTTP by fetch, for Node and workers without XMLHttpRequest. Bytes are reported when S3 has all of the body: a part is the smallest
 * step. For the same reason the time limit is one for the whole request.
 */
export function fetchHttp(
  runtime: Pick<Runtime, 'setTimer'>,
  fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init),
): Http {
  return async ({ method, url, headers, body, signal, stallMs, onSent }) => {
    const control = new AbortController();
    const watchdog = stallTimer(runtime, stallMs * WHOLE_REQUEST, () => control.abort());
    const stopAborting = onAbort(signal, () => control.abort());
    try {
      const response = await fetch(url, { method, headers, body: body ?? null, signal: control.signal });
      const text = await response.text();
      if (body !== undefined) onSent(body instanceof Blob ? body.size : body.byteLength);
      return {
        status: response.status,
        body: text,
        header: (name) => response.headers.get(name) ?? undefined,
      };
    } catch (thrown) {
      if (signal.aborted) throw asError(signal.reason);
      throw noAnswer('S3 could not be reached', asError(thrown));
    } finally {
      watchdog.stop();
      stopAborting();
    }
  };
}

/** Bytes in between are not seen, so a slow but moving request must not be taken for one that stalls. */
const WHOLE_REQUEST = 10;
