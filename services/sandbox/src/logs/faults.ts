import type { LogFaults } from './types.ts';

/** Decides which faults happen. With every probability at 0 it asks for no randomness at all. */
export function faultDice(faults: LogFaults, random: () => number) {
  const happens = (probability: number | undefined): boolean =>
    probability !== undefined && probability > 0 && random() < probability;
  return {
    loses: (): boolean => happens(faults.lose),
    truncates: (): boolean => happens(faults.truncate),
    duplicates: (): boolean => happens(faults.duplicate),
    reorders: (): boolean => happens(faults.reorder),
    delayMs: (): number => (happens(faults.delay) ? Math.ceil(random() * (faults.maxDelayMs ?? 2000)) : 0),
    /** A copy in random order (Fisher and Yates). */
    shuffle<T>(items: readonly T[]): T[] {
      const rest = [...items];
      return Array.from(items, () => rest.splice(Math.floor(random() * rest.length), 1)).flat();
    },
  };
}
export type FaultDice = ReturnType<typeof faultDice>;
