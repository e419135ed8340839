import { describe, expect, it } from 'vitest';
import { ManualRuntime } from '../testing/index.ts';
import { fetchHttp } from './fetch.adapter.ts';
import type { HttpRequest } from './http.port.ts';
import { xhrHttp } from './xhr.adapter.ts';

const aRequest = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'PUT',
  url: 'https://s3.test/uploads/photo.png',
  headers: { 'content-type': 'image/png' },
  body: new Uint8Array([1, 2, 3]),
  signal: new AbortController().signal,
  stallMs: 1_000,
  onSent: () => undefined,
  ...more,
});

/** An XMLHttpRequest that the test answers. */
class FakeXhr extends EventTarget {
  static last: FakeXhr | undefined;
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null };
  readonly sent: unknown[] = [];
  readonly headers = new Map<string, string>();
  responseType = '';
  responseText = 'body';
  status = 200;
  aborted = false;
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    super();
    FakeXhr.last = this;
  }

  open(method: string, url: string): void {
    this.sent.push(method, url);
  }

  setRequestHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }

  getResponseHeader(name: string): string | null {
    return name === 'etag' ? '"tag"' : null;
  }

  send(body: unknown): void {
    this.sent.push(body);
  }

  abort(): void {
    this.aborted = true;
  }
}

/** Runs with the platform's XMLHttpRequest replaced. */
async function withXhr(body: (runtime: ManualRuntime, xhr: () => FakeXhr) => Promise<void>): Promise<void> {
  Reflect.set(globalThis, 'XMLHttpRequest', FakeXhr);
  try {
    await body(new ManualRuntime(), () => {
      if (FakeXhr.last === undefined) throw new TypeError('no request was made');
      return FakeXhr.last;
    });
  } finally {
    Reflect.deleteProperty(globalThis, 'XMLHttpRequest');
  }
}

describe('HTTP by XMLHttpRequest', () => {
  it('sends the body with its headers, tells its bytes as they go, and gives the answer', () =>
    withXhr(async (runtime, xhr) => {
      const emitted: number[] = [];
      const request = aRequest({ onSent: (bytes) => emitted.push(bytes) });
      const answering = xhrHttp(runtime)(request);
      xhr().upload.onprogress?.({ loaded: 1 });
      xhr().upload.onprogress?.({ loaded: 3 });
      xhr().onload?.();
      const answer = await answering;
      expect(emitted).toEqual([1, 3]);
      expect(xhr().sent).toEqual(['PUT', request.url, request.body]);
      expect(Object.fromEntries(xhr().headers)).toEqual(request.headers);
      expect([answer.status, answer.body, answer.header('etag'), answer.header('x-other')]).toEqual([
        200,
        'body',
        '"tag"',
        undefined,
      ]);
      expect(runtime.pending).toBe(0);
    }));

  it('gives up a request in which nothing moves, but none that is slow', () =>
    withXhr(async (runtime, xhr) => {
      const answering = xhrHttp(runtime)(aRequest());
      for (let bytes = 1; bytes < 10; bytes += 1) {
        await runtime.advance(999);
        xhr().upload.onprogress?.({ loaded: bytes });
      }
      expect(xhr().aborted).toBe(false);
      await Promise.all([
        expect(answering).rejects.toMatchObject({ code: 'S3_NETWORK', retryable: true }),
        runtime.advance(1_000),
      ]);
      expect(xhr().aborted).toBe(true);
    }));

  it('ends with the reason of its signal, and with a network error that may pass', () =>
    withXhr(async (runtime, xhr) => {
      const control = new AbortController();
      const aborted = xhrHttp(runtime)(aRequest({ signal: control.signal }));
      control.abort(new Error('cancelled'));
      await expect(aborted).rejects.toThrow('cancelled');
      expect(xhr().aborted).toBe(true);
      const late = xhrHttp(runtime)(aRequest({ signal: control.signal }));
      await expect(late).rejects.toThrow('cancelled');
      const lost = xhrHttp(runtime)(aRequest());
      xhr().onerror?.();
      await expect(lost).rejects.toMatchObject({ code: 'S3_NETWORK', retryable: true });
      expect(runtime.pending).toBe(0);
    }));
});

describe('HTTP by fetch', () => {
  it('tells the bytes of the body when S3 has them, and gives the answer', async () => {
    const runtime = new ManualRuntime();
    const emitted: number[] = [];
    const fetch = () => Promise.resolve(new Response('body', { status: 201, headers: { etag: '"tag"' } }));
    const answer = await fetchHttp(runtime, fetch)(aRequest({ onSent: (bytes) => emitted.push(bytes) }));
    expect([answer.status, answer.body, answer.header('etag'), emitted]).toEqual([201, 'body', '"tag"', [3]]);
    expect(runtime.pending).toBe(0);
  });

  it('ends with the reason of its signal, in time, and with a network error that may pass', async () => {
    const runtime = new ManualRuntime();
    const hanging: typeof globalThis.fetch = (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const control = new AbortController();
    const cancelled = fetchHttp(runtime, hanging)(aRequest({ signal: control.signal }));
    control.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    const stalled = fetchHttp(runtime, hanging)(aRequest());
    await Promise.all([
      expect(stalled).rejects.toMatchObject({ code: 'S3_NETWORK', retryable: true }),
      runtime.advance(10_000),
    ]);
  });
});
