import type { Clock } from '@stepcast/kit';

/** An answer that several pages share, so that ten open pages cost what one costs. */
export interface SharedAnswer<T> {
  /** What was answered lately, or what is being asked for; else it is asked for anew. */
  get(): Promise<T>;
  /** From now on nothing older counts: something was changed. */
  forget(): void;
}

/** @param goodForMs how old an answer may be. A failure is nobody else's answer. */
export function sharedAnswer<T>(clock: Clock, goodForMs: number, ask: () => Promise<T>): SharedAnswer<T> {
  let held: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return {
    get() {
      const nowMs = clock.nowMs();
      if (held !== undefined && nowMs - held.atMs < goodForMs) return held.answer;
      const mine = { atMs: nowMs, answer: ask() };
      held = mine;
      mine.answer.catch(() => {
        if (held === mine) held = undefined;
      });
      return mine.answer;
    },
    forget() {
      held = undefined;
    },
  };
}
