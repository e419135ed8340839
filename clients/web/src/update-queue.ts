import { type Deferred, deferred } from './deferred.ts';

/**
 * An async iterator that is pushed into. It keeps what its consumer has not taken yet; an upload has a bounded number of
 * events, so it has no bound of its own.
 */
export class UpdateQueue<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  readonly #takers: Deferred<IteratorResult<T>>[] = [];
  readonly #onReturn: (queue: UpdateQueue<T>) => void;
  #ended: { readonly error: Error | undefined } | undefined;

  /** @param onReturn called when the consumer leaves */
  constructor(onReturn: (queue: UpdateQueue<T>) => void) {
    this.#onReturn = onReturn;
  }

  push(item: T): void {
    if (this.#ended !== undefined) return;
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker.resolve({ done: false, value: item });
  }

  /** No more items. The consumer still gets those that wait; then the end, or the error. */
  end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    for (const taker of this.#takers.splice(0)) this.#finish(taker);
  }

  next(): Promise<IteratorResult<T>> {
    const taker = deferred<IteratorResult<T>>();
    const item = this.#items.shift();
    if (item !== undefined) taker.resolve({ done: false, value: item });
    else if (this.#ended !== undefined) this.#finish(taker);
    else this.#takers.push(taker);
    return taker.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.#items.length = 0;
    this.end(undefined);
    this.#onReturn(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(taker: Deferred<IteratorResult<T>>): void {
    const error = this.#ended?.error;
    // An error is thrown once; an iterator that has thrown is at its end.
    this.#ended = { error: undefined };
    if (error === undefined) taker.resolve({ done: true, value: undefined });
    else taker.reject(error);
  }
}
