/** How single requests become calls. */
export interface GathererOptions<Request, Result> {
  /** Requests that one call takes at most. */
  readonly maxRequests: number;
  /** Bytes that the requests of one call take at most, unless a single request alone takes more. */
  readonly maxBytes: number;
  /** Calls under way at a time. */
  readonly maxCalls: number;
  readonly bytesOf: (request: Request) => number;
  /** Two requests of one key never travel in the same call. */
  readonly keyOf: (request: Request) => string;
  /** Makes one call. @returns a result for each request, in their order */
  readonly call: (requests: readonly Request[]) => Promise<readonly Result[]>;
}

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly bytes: number;
  readonly key: string;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Group commit: makes few calls of many requests. A request that comes while no call is under way goes at once, together
 * with what else comes in the same turn of the event loop. What comes while calls are under way goes with the next one:
 * when one ends, or when a whole call's worth waits.
 */
export class Gatherer<Request, Result> {
  readonly #options: GathererOptions<Request, Result>;
  /** Not bounded here: each request is awaited by a message in hand, a follow-up or a visit of the sweep, and those are. */
  #waiting: Waiting<Request, Result>[] = [];
  #waitingBytes = 0;
  #calls = new Set<Promise<void>>();
  #flushDue = false;

  constructor(options: GathererOptions<Request, Result>) {
    this.#options = options;
  }

  /** Resolves with the request's own result; rejects when the call that it was in failed as a whole. */
  submit(request: Request): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const { bytesOf, keyOf } = this.#options;
    const bytes = bytesOf(request);
    this.#waiting.push({ request, bytes, key: keyOf(request), resolve, reject });
    this.#waitingBytes += bytes;
    if (!this.#flushDue) {
      this.#flushDue = true;
      queueMicrotask(() => {
        this.#flushDue = false;
        this.#flush();
      });
    }
    return promise;
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    while (this.#waiting.length > 0 || this.#calls.size > 0)
      await (this.#calls.size > 0 ? Promise.race(this.#calls) : Promise.resolve());
  }

  #flush(): void {
    const { maxRequests, maxBytes, maxCalls } = this.#options;
    while (this.#waiting.length > 0 && this.#calls.size < maxCalls) {
      const isWorthACall = this.#waiting.length >= maxRequests || this.#waitingBytes >= maxBytes;
      if (this.#calls.size > 0 && !isWorthACall) return;
      this.#startCall(this.#takeBatch());
    }
  }

  /** The requests of the next call, in the order in which they came. A key that is taken waits for the call after. */
  #takeBatch(): Waiting<Request, Result>[] {
    const { maxRequests, maxBytes } = this.#options;
    const batch: Waiting<Request, Result>[] = [];
    const left: Waiting<Request, Result>[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    let examined = 0;
    for (const one of this.#waiting) {
      if (batch.length === maxRequests) break;
      examined += 1;
      if (keys.has(one.key) || (batch.length > 0 && bytes + one.bytes > maxBytes)) {
        left.push(one);
        continue;
      }
      batch.push(one);
      keys.add(one.key);
      bytes += one.bytes;
    }
    const rest = this.#waiting.slice(examined);
    this.#waiting = left.length === 0 ? rest : [...left, ...rest];
    this.#waitingBytes -= bytes;
    return batch;
  }

  #startCall(batch: readonly Waiting<Request, Result>[]): void {
    const call = this.#run(batch).finally(() => {
      this.#calls.delete(call);
      this.#flush();
    });
    this.#calls.add(call);
  }

  /** Never rejects: every request of the batch is settled. */
  async #run(batch: readonly Waiting<Request, Result>[]): Promise<void> {
    try {
      const results = await this.#options.call(batch.map((one) => one.request));
      for (const [index, one] of batch.entries()) {
        const result = results[index];
        if (result === undefined)
          one.reject(new RangeError('the call answered fewer results than it had requests'));
        else one.resolve(result);
      }
    } catch (thrown) {
      for (const one of batch) one.reject(thrown);
    }
  }
}
