import * as z from 'zod/mini';
import { Instant } from '@stepcast/contracts';

/** The queues that letters can go back to, by the names that `QUEUE_NAMES` has for them. */
export const LetterQueue = z.enum(['uploads', 'status', 'events', 'progress']);
export type LetterQueue = z.infer<typeof LetterQueue>;

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
  /** The queue that the message came from, and goes back to when it is sent again. Absent: it came from none. */
  queue: z.optional(LetterQueue),
  /** The message or record as it came, at most 200,000 characters of it. */
  original: z.optional(z.string()),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
