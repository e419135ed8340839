/** What one run of the deployed tests found. */
export interface Outcome {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly notRun: readonly string[];
}

/** Counts checks, says each as it ends, and gives each a time limit. */
export class Run {
  readonly #startedAt = performance.now();
  readonly #write: (text: string) => void;
  readonly #failures: string[] = [];
  readonly #notRun: string[] = [];
  #passed = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(text: string): void {
    this.#write(`${this.#time()}  ${text}\n`);
  }

  stage(name: string): void {
    this.#write(`\n== ${name}\n`);
  }

  /**
   * Runs one check. Its failure is counted and thrown on, so that what builds on it does not run.
   * @param limitMs how long it may take
   */
  async check<T>(name: string, limitMs: number, body: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const late = Promise.withResolvers<never>();
    const limit = setTimeout(() => late.reject(new Error(`took longer than ${limitMs / 1_000} s`)), limitMs);
    try {
      const value = await Promise.race([body(), late.promise]);
      this.#passed += 1;
      this.say(`ok      ${name} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
      return value;
    } catch (thrown) {
      const why = Error.isError(thrown) ? thrown.message : String(thrown);
      this.#failures.push(`${name}: ${why}`);
      this.say(`FAILED  ${name}: ${why}`);
      throw new CheckFailed(name, { cause: thrown });
    } finally {
      clearTimeout(limit);
    }
  }

  /** A stage ends with its first failed check; the next stage runs all the same. */
  async attempt(body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (thrown) {
      // Counted and said already.
      if (thrown instanceof CheckFailed) return;
      const why = Error.isError(thrown) ? (thrown.stack ?? thrown.message) : String(thrown);
      this.#failures.push(why);
      this.say(`FAILED  ${why}`);
    }
  }

  notRun(what: string, why: string): void {
    this.#notRun.push(`${what}, because ${why}`);
    this.say(`NOT RUN ${what}, because ${why}`);
  }

  outcome(): Outcome {
    return { passed: this.#passed, failures: this.#failures, notRun: this.#notRun };
  }

  #time(): string {
    return `${((performance.now() - this.#startedAt) / 1_000).toFixed(1).padStart(6)} s`;
  }
}

class CheckFailed extends Error {}

/** Fails a check. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Fails a check unless both lists hold the same, in any order. */
export function mustEqual(what: string, seen: readonly string[], expected: readonly string[]): void {
  const more = seen.filter((one) => !expected.includes(one));
  const less = expected.filter((one) => !seen.includes(one));
  must(
    more.length === 0 && less.length === 0,
    `${what}: not expected ${JSON.stringify(more)}, missing ${JSON.stringify(less)}`,
  );
}

/** Asks until there is an answer: of another server there is nothing to wait on. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${timeoutMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
