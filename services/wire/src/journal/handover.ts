import * as z from 'zod/mini';
import { ProgressData, UploadState } from '@stepcast/contracts';

/**
 * Body of a message on the progress queue (FIFO, group = stream): one journal entry, handed over for publishing.
 * The journal stays the truth: whoever misses a message reads the entries there.
 */
export const Handover = z.object({
  version: z.literal(1),
  /** CloudEvents `source`: ARN of the state machine, or `stepcast` before any execution is known. */
  source: z.string(),
  /** The events of the journal entry. */
  progress: ProgressData,
  /** State after those events. */
  state: UploadState,
});
export type Handover = z.infer<typeof Handover>;
