/** Thrown by a fake that is to fail. */
export class InjectedFailure extends Error {
  override readonly name = 'InjectedFailure';
}

/** When a fake fails: at the n-th call over all fakes that share the switch, before or after it has done its work. */
export class FailureSwitch {
  #calls = 0;
  #failAt: number | undefined;
  #moment: 'before' | 'after' = 'before';
  #away: Error | undefined;

  /** How many calls there were. */
  get calls(): number {
    return this.#calls;
  }

  /** The n-th call from now on fails, once. */
  failAt(n: number, moment: 'before' | 'after'): void {
    this.#failAt = this.#calls + n;
    this.#moment = moment;
  }

  clear(): void {
    this.#failAt = undefined;
    this.#away = undefined;
  }

  /** From now on every call fails with this, until `clear`. */
  failAll(error: Error): void {
    this.#away = error;
  }

  async guard<T>(work: () => T): Promise<T> {
    this.#calls += 1;
    const fails = this.#calls === this.#failAt;
    await Promise.resolve();
    if (this.#away !== undefined) throw this.#away;
    if (fails && this.#moment === 'before') throw new InjectedFailure('before the call');
    const result = work();
    if (fails) throw new InjectedFailure('after the call');
    return result;
  }
}
