import * as z from 'zod/mini';
import { Instant } from '@stepcast/contracts';

/**
 * Body of a message on the dead-letter queue. It says what was given up and why, and carries what is needed to
 * replay it; the queue is encrypted and only operators may read it.
 */
export const DeadLetter = z.object({
  version: z.literal(1),
  service: z.string(),
  /** Stable code, `AREA_REASON`. */
  code: z.string(),
  /** What was wrong and where: for a schema failure, record index and path. At most 10,000 characters. */
  reason: z.string(),
  at: Instant,
  executionArn: z.optional(z.string()),
  /** The message or record as it came, at most 200,000 characters of it. */
  original: z.optional(z.string()),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
