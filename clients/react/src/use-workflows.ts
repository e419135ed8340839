import type { WorkflowOutline } from '@stepcast/contracts';
import { useCallback, useSyncExternalStore } from 'react';
import { useProgressContext } from './progress-context.ts';
import { NO_WORKFLOWS } from './progress-store.ts';

/**
 * The outlines of the installation's workflows, for pictures of them; empty where it does not show them, and before the client is
 * provisioned. It does not connect by itself.
 *
 * @throws ConfigurationError outside of a provider
 */
export function useWorkflows(): readonly WorkflowOutline[] {
  const { store } = useProgressContext();
  // They come with provisioning, which the connection tells the end of.
  const listen = useCallback((listener: () => void) => store.listenToConnection(listener), [store]);
  return useSyncExternalStore(
    listen,
    () => store.workflows,
    () => NO_WORKFLOWS,
  );
}
