import type { Handover } from '@stepcast/wire';

/** A handover on its way. */
export interface Passage {
  /** The next hop has the events. Until then nothing else of the stream may be sent. */
  readonly emitted: Promise<void>;
  /** All that follows from the handover is done, a retained state and an overview at an end included. */
  readonly settled: Promise<void>;
}

/** Port: entries on their way to the publisher. */
export interface ProgressOutbox {
  /** Passes an entry on. Sending the same one again is harmless. */
  send(handover: Handover): Passage;
}
