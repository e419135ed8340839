import type { ConnectionState } from '@stepcast/web';
import { useCallback, useSyncExternalStore } from 'react';
import { useProgressContext } from './progress-context.ts';
import { IDLE } from './snapshots.ts';

/**
 * The state of the connection. It does not connect by itself. Renders at every change of it, of which there are few.
 *
 * @throws ConfigurationError outside of a provider
 */
export function useConnection(): ConnectionState {
  const { store } = useProgressContext();
  const listen = useCallback((listener: () => void) => store.listenToConnection(listener), [store]);
  return useSyncExternalStore(
    listen,
    () => store.connection,
    () => IDLE,
  );
}
