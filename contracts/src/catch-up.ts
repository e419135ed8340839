import * as z from 'zod/mini';
import { Epoch, Position, SessionId, UploadId } from './identifiers.ts';
import { Instant, ProgressEvent } from './progress.ts';
import { Overview, UploadState } from './state.ts';

/** A session asks for at most this many uploads at once; the client asks again for more. */
export const CATCH_UP_MAX_UPLOADS = 50;

/** Catch-up requests that one identity may make, unless the publisher is set otherwise; more are refused as `rateLimited`. */
export const DEFAULT_CATCH_UP_RATE = { perSecond: 2, burst: 10 } as const;

/**
 * `data` of a catch-up request: "this is what I have". Whose uploads they are is taken from the topic that the
 * broker authorised, never from here.
 */
export const CatchUpRequest = z.object({
  /** Chosen by the client, comes back in every page of the reply. */
  requestId: SessionId,
  uploads: z
    .array(
      z.object({
        uploadId: UploadId,
        /** The last position the client has, or null when it has nothing of this upload. */
        position: z.nullable(Position),
      }),
    )
    .check(z.maxLength(CATCH_UP_MAX_UPLOADS)),
  /** Whether the overview is wanted too. */
  overview: z.boolean(),
});
export type CatchUpRequest = z.infer<typeof CatchUpRequest>;

/** Why a stream could not be continued from the client's position. After one, the client starts from `state`. */
export const DiscontinuityReason = z.enum([
  /** The journal no longer reaches back to the position. */
  'expired',
  /** The object was uploaded anew: there is a newer epoch. */
  'epochChanged',
  /** The position lies ahead of the journal. */
  'futureOffset',
  /** Nothing is known of this upload under this identity (yet). */
  'unknownUpload',
]);
export type DiscontinuityReason = z.infer<typeof DiscontinuityReason>;

/** One part of a catch-up reply, about one upload. */
export const CatchUpItem = z.discriminatedUnion('kind', [
  /** The folded state now. Comes first for each upload that is known. */
  z.object({ kind: z.literal('state'), uploadId: UploadId, state: UploadState }),
  /**
   * Consecutive events that leave no hole behind the client's position; pages of one upload follow each other. An item
   * may begin before the position: the service sends journal entries whole, and the client drops the offsets it has.
   */
  z.object({
    kind: z.literal('events'),
    uploadId: UploadId,
    epoch: Epoch,
    epochStartedAt: Instant,
    events: z.array(ProgressEvent).check(z.minLength(1)),
  }),
  z.object({ kind: z.literal('discontinuity'), uploadId: UploadId, reason: DiscontinuityReason }),
]);
export type CatchUpItem = z.infer<typeof CatchUpItem>;

/** Why a request was refused as a whole. */
export const CatchUpRefusal = z.object({
  code: z.enum(['invalidRequest', 'rateLimited', 'tooLarge', 'unavailable']),
  message: z.string(),
  /** With `rateLimited` and `unavailable`: when to ask again, in milliseconds. */
  retryAfterMs: z.optional(z.number()),
});
export type CatchUpRefusal = z.infer<typeof CatchUpRefusal>;

/** `data` of one page of a catch-up reply. */
export const CatchUpReply = z.object({
  /** Null when the request was too broken to have one. */
  requestId: z.nullable(SessionId),
  /** 1, 2, 3… */
  page: z.number().check(z.int(), z.gte(1)),
  last: z.boolean(),
  items: z.array(CatchUpItem),
  overview: z.optional(Overview),
  refusal: z.optional(CatchUpRefusal),
});
export type CatchUpReply = z.infer<typeof CatchUpReply>;
