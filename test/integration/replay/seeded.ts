/** From 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** A whole number from 0 up to, not including, `limit`. */
export function randomInt(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** The same elements in another order. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
