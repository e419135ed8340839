import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem } from './api/client.ts';

export interface Polled<T> {
  readonly data: T | undefined;
  /** Why the last call came to nothing; what came before is still in `data`. */
  readonly problem: ApiProblem | undefined;
  readonly loading: boolean;
  /** Asks now. */
  readonly refresh: () => void;
}

/** A service that is away is asked less and less often, but at least so often. */
const SLOWEST_MS = 30_000;

/** How long to wait for the next call after so many that failed. */
export function delayAfter(failures: number, everyMs: number): number {
  return failures === 0 ? everyMs : Math.min(SLOWEST_MS, Math.max(everyMs, 1_000) * 2 ** failures);
}

/**
 * Asks again and again, one call at a time, and not while nobody sees the page.
 * @param ask has to be the same function as long as the same is asked
 * @param everyMs pause between an answer and the next call; `undefined`: asks once, and on `refresh`
 */
export function usePolling<T>(
  ask: ((signal: AbortSignal) => Promise<T>) | undefined,
  everyMs: number | undefined,
): Polled<T> {
  const [data, setData] = useState<T>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [loading, setLoading] = useState(ask !== undefined);
  const [round, setRound] = useState(0);
  const failures = useRef(0);

  useEffect(() => {
    setData(undefined);
    setProblem(undefined);
    failures.current = 0;
  }, [ask]);

  useEffect(() => {
    if (ask === undefined) {
      setLoading(false);
      return undefined;
    }
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = () => {
      if (everyMs !== undefined && !stop.signal.aborted)
        timer = setTimeout(run, delayAfter(failures.current, everyMs));
    };
    const run = () => {
      if (document.hidden && everyMs !== undefined) {
        next();
        return;
      }
      setLoading(true);
      ask(stop.signal).then(
        (answer) => {
          if (stop.signal.aborted) return;
          failures.current = 0;
          setData(answer);
          setProblem(undefined);
          setLoading(false);
          next();
        },
        (thrown: unknown) => {
          if (stop.signal.aborted) return;
          failures.current += 1;
          setProblem(problemOf(thrown));
          setLoading(false);
          next();
        },
      );
    };
    run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [ask, everyMs, round]);

  const refresh = useCallback(() => setRound((number) => number + 1), []);
  return { data, problem, loading, refresh };
}

export function problemOf(thrown: unknown): ApiProblem {
  return thrown instanceof ApiProblem
    ? thrown
    : new ApiProblem('answer', 'The page failed. Load it again.', {}, { cause: thrown });
}
