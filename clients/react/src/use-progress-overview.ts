import { useCallback, useSyncExternalStore } from 'react';
import { checkedThrottleMs, useProgressContext } from './progress-context.ts';
import { NO_OVERVIEW, type OverviewProgress } from './snapshots.ts';

export interface ProgressOverviewOptions {
  /** At most one render in so many milliseconds; the newest is always shown in the end. Default: the provider's. */
  readonly throttleMs?: number | undefined;
}

/**
 * The newest uploads of the person. Has the client connect.
 *
 * @throws ConfigurationError outside of a provider, and for a `throttleMs` below 0
 */
export function useProgressOverview(options: ProgressOverviewOptions = {}): OverviewProgress {
  const { store, throttleMs: usual } = useProgressContext();
  const throttleMs = checkedThrottleMs(options.throttleMs ?? usual);
  const listen = useCallback(
    (listener: () => void) => store.listenToOverview(throttleMs, listener),
    [store, throttleMs],
  );
  return useSyncExternalStore(
    listen,
    () => store.overview(throttleMs),
    () => NO_OVERVIEW,
  );
}
