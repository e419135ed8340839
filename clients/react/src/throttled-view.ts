import type { Runtime } from '@stepcast/web';

export type SetTimer = Runtime['setTimer'];

/**
 * A value as some components see it: at most one change in `throttleMs`, and never left behind.
 *
 * - *open*: the first change is shown at once → *closed*.
 * - *closed*: a timer runs; changes wait. When it ends, the newest is shown → *closed* anew; nothing waits → *open*.
 *
 * What is urgent is shown at once in either state. A reading that gives the value shown already changes nothing and tells nobody.
 * All components of one view see the same value, so that they never contradict each other on one page.
 */
export class ThrottledView<Value> {
  readonly #read: () => Value;
  readonly #throttleMs: number;
  readonly #setTimer: SetTimer;
  readonly #listeners = new Set<() => void>();
  #value: Value;
  #waiting = false;
  #cancelTimer: (() => void) | undefined;

  /** @param read the newest value; the very same object while it has not changed */
  constructor(read: () => Value, throttleMs: number, setTimer: SetTimer) {
    this.#read = read;
    this.#throttleMs = throttleMs;
    this.#setTimer = setTimer;
    this.#value = read();
  }

  get value(): Value {
    return this.#value;
  }

  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Something may have changed. */
  offer(urgent: boolean): void {
    if (this.#cancelTimer === undefined || urgent) this.#show();
    else this.#waiting = true;
  }

  /** @returns what removes the listener; after the last one the view is at rest */
  listen(listener: () => void): () => void {
    // A fresh function per call: the same listener given twice is called twice and removed once.
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
      if (!this.watched) this.#open();
    };
  }

  #open(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#waiting = false;
  }

  #show(): void {
    const value = this.#read();
    if (Object.is(value, this.#value)) {
      this.#waiting = false;
      return;
    }
    this.#open();
    this.#value = value;
    if (this.#throttleMs > 0)
      this.#cancelTimer = this.#setTimer(() => {
        this.#cancelTimer = undefined;
        if (this.#waiting) this.#show();
      }, this.#throttleMs);
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The views of one source, by name. A view lives as long as somebody listens to it. */
export class ViewSet<Value> {
  readonly #views = new Map<string, ThrottledView<Value>>();

  get watched(): boolean {
    return this.#views.size > 0;
  }

  /** What the view of this name shows; undefined when nobody has it open. */
  value(name: string): Value | undefined {
    return this.#views.get(name)?.value;
  }

  /** Listens to the view of this name; the first to do so has it made. */
  listen(name: string, make: () => ThrottledView<Value>, listener: () => void): () => void {
    const view = this.#views.get(name) ?? make();
    this.#views.set(name, view);
    const stop = view.listen(listener);
    return () => {
      stop();
      if (!view.watched && this.#views.get(name) === view) this.#views.delete(name);
    };
  }

  offer(urgent: boolean): void {
    for (const view of [...this.#views.values()]) view.offer(urgent);
  }
}
