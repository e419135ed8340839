import { ConfigurationError } from '@stepcast/web';
import { createContext, useContext } from 'react';
import type { ProgressStore } from './progress-store.ts';

/** What a provider hands to the hooks below it. */
export interface ProgressContextValue {
  readonly store: ProgressStore;
  readonly throttleMs: number;
}

export const ProgressContext = createContext<ProgressContextValue | null>(null);

/** @throws ConfigurationError outside of a provider */
export function useProgressContext(): ProgressContextValue {
  const value = useContext(ProgressContext);
  if (value === null)
    throw new ConfigurationError('this hook needs a <ProgressProvider> above the component that uses it');
  return value;
}

/** @throws ConfigurationError for anything but milliseconds from 0 on */
export function checkedThrottleMs(throttleMs: number): number {
  if (Number.isFinite(throttleMs) && throttleMs >= 0) return throttleMs;
  throw new ConfigurationError(`throttleMs must be milliseconds, 0 or more; it is ${throttleMs}`);
}
