import { onAbort } from '../abort.ts';
import { asError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { noAnswer } from './errors.ts';
import type { Http, HttpAnswer, HttpRequest } from './http.port.ts';

/** HTTP by XMLHttpRequest: the only way in browsers to see the bytes of a body as they go. */
export function xhrHttp(
  runtime: Pick<Runtime, 'setTimer'>,
  make: () => XMLHttpRequest = () => new XMLHttpRequest(),
): Http {
  return (request) =>
    new Promise((resolve, reject) => {
      if (request.signal.aborted) {
        reject(asError(request.signal.reason));
        return;
      }
      const xhr = make();
      const watchdog = stallTimer(runtime, request.stallMs, () => {
        end(() => reject(noAnswer(`nothing moved for ${request.stallMs} ms`)));
        xhr.abort();
      });
      const stopAborting = onAbort(request.signal, (reason) => {
        end(() => reject(asError(reason)));
        xhr.abort();
      });
      let ended = false;
      const end = (settle: () => void) => {
        if (ended) return;
        ended = true;
        watchdog.stop();
        stopAborting();
        settle();
      };
      xhr.upload.onprogress = ({ loaded }) => {
        watchdog.restart();
        if (!ended) request.onSent(loaded);
      };
      xhr.onload = () => end(() => resolve(answerOf(xhr)));
      xhr.onerror = () =>
        end(() => reject(noAnswer('S3 could not be reached, or its CORS does not allow this page')));
      send(xhr, request);
    });
}

function send(xhr: XMLHttpRequest, { method, url, headers, body }: HttpRequest): void {
  xhr.open(method, url);
  xhr.responseType = 'text';
  for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
  xhr.send(body ?? null);
}

function answerOf(xhr: XMLHttpRequest): HttpAnswer {
  return {
    status: xhr.status,
    body: xhr.responseText,
    header: (name) => xhr.getResponseHeader(name) ?? undefined,
  };
}

/** Calls back when it was not restarted for so long. */
export function stallTimer(
  runtime: Pick<Runtime, 'setTimer'>,
  stallMs: number,
  callback: () => void,
): { restart: () => void; stop: () => void } {
  let cancel = runtime.setTimer(callback, stallMs);
  return {
    restart: () => {
      cancel();
      cancel = runtime.setTimer(callback, stallMs);
    },
    stop: () => cancel(),
  };
}
