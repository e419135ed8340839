import type { Handover } from '@stepcast/wire';

/** Port: journal entries on their way to the publisher. */
export interface ProgressOutbox {
  /** In order. Resolves when all are stored; sending the same entry again is recognised for some minutes. */
  send(handovers: readonly Handover[]): Promise<void>;
}
