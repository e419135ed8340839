/** The rate is that of the last seconds: what was before says nothing of the network now. */
const WINDOW_MS = 5_000;
/** Before that, a rate is a guess. */
const LEAST_MS = 1_000;

/** How fast a file travels. */
export class TransferRate {
  #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  /**
   * @param bytes that are there so far; when they sink, an attempt is repeated, and what was measured is forgotten
   * @returns bytes per second; undefined while nobody knows
   */
  at(atMs: number, bytes: number): number | undefined {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ atMs, bytes });
    // One from before the window stays, so that there is something to measure from.
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || atMs - first.atMs < LEAST_MS || bytes === first.bytes) return undefined;
    return ((bytes - first.bytes) * 1000) / (atMs - first.atMs);
  }
}
