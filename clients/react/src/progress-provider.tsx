import { type Runtime, systemRuntime } from '@stepcast/web';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { checkedThrottleMs, ProgressContext } from './progress-context.ts';
import { type ClientSource, ProgressStore } from './progress-store.ts';

const DEFAULT_THROTTLE_MS = 100;

/**
 * Either `client`, which stays yours to close, or `createClient`, whose client the provider makes when a hook first needs it and closes when it is
 * unmounted. `createClient` is called once per mounted provider, in Strict Mode too; a later one is ignored. For another person give the provider
 * another `key`, or another `client`.
 */
export type ProgressProviderProps = ClientSource & {
  /** Of every hook below that does not set its own: at most one render in so many milliseconds. Default 100; 0 renders every change. */
  readonly throttleMs?: number | undefined;
  /** Timers, for tests. Read when the provider mounts and when the client changes. Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'setTimer'> | undefined;
  readonly children?: ReactNode;
};

/**
 * Makes a progress client available to the hooks below.
 *
 * ```tsx
 * <ProgressProvider createClient={() => createProgressClient({ region, endpoint, credentials: fetchAuthSession })}>
 *   <Uploads />
 * </ProgressProvider>
 * ```
 *
 * @throws ConfigurationError for a `throttleMs` below 0
 */
export function ProgressProvider({
  children,
  throttleMs = DEFAULT_THROTTLE_MS,
  runtime = systemRuntime,
  ...source
}: ProgressProviderProps): ReactNode {
  const { client } = source;
  const make = () => ({ client, store: new ProgressStore(source, runtime.setTimer.bind(runtime)) });
  const [held, setHeld] = useState(make);
  let current = held;
  if (held.client !== client) {
    // Another client is another person: nothing of the old store may be shown, not even for one render.
    current = make();
    setHeld(current);
  }
  const { store } = current;
  useEffect(() => store.hold(), [store]);
  const checked = checkedThrottleMs(throttleMs);
  const value = useMemo(() => ({ store, throttleMs: checked }), [store, checked]);
  return <ProgressContext.Provider value={value}>{children}</ProgressContext.Provider>;
}
