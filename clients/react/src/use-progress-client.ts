import type { ProgressClient } from '@stepcast/web';
import { useCallback } from 'react';
import { useProgressContext } from './progress-context.ts';

/**
 * A function that gives the client of the provider, for event handlers and effects: `getClient().trackUpload(…)`, `getClient().connect()`. A
 * function, because a client of `createClient` is not made while rendering. It is the same one in every render.
 *
 * The function throws a ConfigurationError when the provider has been unmounted.
 *
 * @throws ConfigurationError outside of a provider
 */
export function useProgressClient(): () => ProgressClient {
  const { store } = useProgressContext();
  return useCallback(() => store.client(), [store]);
}
