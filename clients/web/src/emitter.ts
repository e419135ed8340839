type Listener<Payload> = (payload: Payload) => void;

/**
 * A small typed event emitter. A listener that throws stops neither the client nor the other listeners: what it
 * threw goes to `onListenerError`.
 */
export class Emitter<Events extends object> {
  readonly #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Registers a listener; returns what removes it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners[name] ?? new Set<Listener<Events[Name]>>();
    this.#listeners[name] = listeners;
    // A fresh function per call: the same listener registered twice is called twice and removed once.
    const entry: Listener<Events[Name]> = (payload) => listener(payload);
    listeners.add(entry);
    return () => listeners.delete(entry);
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(payload);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}
