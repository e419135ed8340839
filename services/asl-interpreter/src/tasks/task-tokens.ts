import type { Json } from '../json.ts';

export interface TokenListener {
  readonly onSuccess: (output: Json) => void;
  readonly onFailure: (error: string | undefined, cause: string | undefined) => void;
  readonly onHeartbeat: () => void;
}

/** What became of a token that was sent. `gone`: its task has ended; `unknown`: there was never such a token. */
export type TokenAnswer = 'accepted' | 'gone' | 'unknown';

/** Tokens of ended tasks that are remembered, so that a late caller gets the right error. */
const maxRemembered = 10_000;

/** The task tokens that somebody may still send back. */
export class TaskTokens {
  readonly #open = new Map<string, TokenListener>();
  readonly #gone = new Set<string>();

  /** Tokens that are waited for, in the order in which they were given out. */
  get waiting(): readonly string[] {
    return [...this.#open.keys()];
  }

  open(token: string, listener: TokenListener): void {
    this.#open.set(token, listener);
  }

  /** The task has ended. */
  close(token: string): void {
    if (!this.#open.delete(token)) return;
    this.#remember(token);
  }

  succeed(token: string, output: Json): TokenAnswer {
    return this.#end(token, (listener) => listener.onSuccess(output));
  }

  fail(token: string, error: string | undefined, cause: string | undefined): TokenAnswer {
    return this.#end(token, (listener) => listener.onFailure(error, cause));
  }

  heartbeat(token: string): TokenAnswer {
    const listener = this.#open.get(token);
    listener?.onHeartbeat();
    return listener === undefined ? this.#absent(token) : 'accepted';
  }

  #end(token: string, tell: (listener: TokenListener) => void): TokenAnswer {
    const listener = this.#open.get(token);
    if (listener === undefined) return this.#absent(token);
    this.close(token);
    tell(listener);
    return 'accepted';
  }

  #absent(token: string): TokenAnswer {
    return this.#gone.has(token) ? 'gone' : 'unknown';
  }

  #remember(token: string): void {
    this.#gone.add(token);
    const [oldest] = this.#gone;
    if (this.#gone.size > maxRemembered && oldest !== undefined) this.#gone.delete(oldest);
  }
}
