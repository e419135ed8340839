import type { ExecutionArn } from '@stepcast/contracts';
import { isRetryable } from '@stepcast/kit';
import { joinInputs, type Input, type Mode } from './incoming.ts';

interface Waiting<T> {
  readonly input: Input;
  readonly mode: Mode;
  readonly resolve: (result: T) => void;
  readonly reject: (reason: unknown) => void;
}

type Work<T> = (executionArn: ExecutionArn, input: Input, mode: Mode) => Promise<T>;

/** A pass that gives something up stands alone: what comes in with it could have gaps that nothing has waited for. */
function mayJoin({ mode }: { readonly mode: Mode }): boolean {
  return mode === 'normal' || mode === 'reload';
}

/**
 * One pass over an execution at a time. What comes in for it meanwhile is joined into the next pass: one write, however
 * many messages brought it.
 */
export class ProcessingQueue<T> {
  readonly #work: Work<T>;
  readonly #waiting = new Map<ExecutionArn, Waiting<T>[]>();

  constructor(work: Work<T>) {
    this.#work = work;
  }

  submit(executionArn: ExecutionArn, input: Input, mode: Mode): Promise<T> {
    const waiting = this.#waiting.get(executionArn);
    // Nearly every input finds nothing under way, and is its own pass.
    if (waiting === undefined) return this.#passAlone(executionArn, input, mode);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.push({ input, mode, resolve, reject });
    return promise;
  }

  async #passAlone(executionArn: ExecutionArn, input: Input, mode: Mode): Promise<T> {
    const waiting: Waiting<T>[] = [];
    this.#waiting.set(executionArn, waiting);
    try {
      return await this.#work(executionArn, input, mode);
    } finally {
      if (waiting.length === 0) this.#waiting.delete(executionArn);
      else void this.#drain(executionArn, waiting);
    }
  }

  /** Never rejects. */
  async #drain(executionArn: ExecutionArn, waiting: Waiting<T>[]): Promise<void> {
    while (waiting.length > 0) await this.#pass(executionArn, takeTogether(waiting));
    this.#waiting.delete(executionArn);
  }

  async #pass(executionArn: ExecutionArn, together: readonly Waiting<T>[]): Promise<void> {
    const [first] = together;
    if (first === undefined) return;
    const mode = together.some((one) => one.mode === 'reload') ? 'reload' : first.mode;
    try {
      const result = await this.#work(executionArn, joinInputs(together.map((one) => one.input)), mode);
      for (const one of together) one.resolve(result);
    } catch (thrown) {
      if (together.length > 1 && !isRetryable(thrown)) {
        // One of them can never be processed. The others must not share its fate.
        for (const one of together) await this.#pass(executionArn, [one]);
        return;
      }
      for (const one of together) one.reject(thrown);
    }
  }
}

function takeTogether<T>(waiting: Waiting<T>[]): Waiting<T>[] {
  const alone = waiting.findIndex((one) => !mayJoin(one));
  return waiting.splice(0, alone === -1 ? waiting.length : Math.max(1, alone));
}
