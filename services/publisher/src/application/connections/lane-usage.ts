import { evenShare } from '../../domain/connection-pace.ts';
import type { ConnectionLimits } from './publish-job.ts';

/** How much of a connection's limits was used since it was last asked. */
export class LaneUsage {
  readonly #limits: ConnectionLimits;
  #publishes = 0;
  #bytes = 0;
  #peakInFlight = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** A message was sent; `inFlight` are without PUBACK, this one included. */
  sent(bytes: number, inFlight: number): void {
    this.#publishes += 1;
    this.#bytes += bytes;
    this.#peakInFlight = Math.max(this.#peakInFlight, inFlight);
  }

  /**
   * The tightest share of the limits, 0 to 1, and begins anew.
   * @param now how many messages are in flight, and whether others wait for room
   */
  take(intervalMs: number, now: { readonly inFlight: number; readonly othersWait: boolean }): number {
    const { maxBytes, windowMs, maxUnacknowledged } = this.#limits;
    const maxPublishes = evenShare(this.#limits.maxPublishes);
    const windows = intervalMs / windowMs;
    const shares = [this.#publishes / (maxPublishes * windows), this.#bytes / (maxBytes * windows)];
    // A full window of unacknowledged messages is a limit only when something waits for room in it.
    if (now.othersWait) shares.push(this.#peakInFlight / maxUnacknowledged);
    this.#publishes = 0;
    this.#bytes = 0;
    this.#peakInFlight = now.inFlight;
    return Math.min(1, Math.max(...shares));
  }
}
