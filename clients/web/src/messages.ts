import {
  CatchUpItem,
  CatchUpReply,
  CatchUpReplyMessage,
  type DiscontinuityReason,
  type Epoch,
  parseJson,
  type ParseResult,
  ProgressData,
  ProgressEvent,
  ProgressEventKind,
  ProgressMessage,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import * as z from 'zod/mini';

/**
 * Messages as this client reads them: the contract's schemas, except that an event of an unknown kind does not spoil its message.
 * The contract says that a reader skips such an event; its offset still counts.
 */
const AnyKindEvent = z.extend(ProgressEvent, { kind: z.string() });
const AnyKindEvents = z.array(AnyKindEvent).check(z.minLength(1));
const AnyKindProgress = z.extend(ProgressMessage, {
  data: z.extend(ProgressData, { events: AnyKindEvents }),
});
const [StateItem, EventsItem, DiscontinuityItem] = CatchUpItem.def.options;
const AnyKindReply = z.extend(CatchUpReplyMessage, {
  data: z.extend(CatchUpReply, {
    items: z.array(
      z.discriminatedUnion('kind', [
        StateItem,
        z.extend(EventsItem, { events: AnyKindEvents }),
        DiscontinuityItem,
      ]),
    ),
  }),
});

/** An event with its offset; `event` is missing when its kind is not known. */
export interface ReadEvent {
  readonly offset: number;
  readonly event: ProgressEvent | undefined;
}

/** Consecutive events of one stream, wherever they came from. */
export interface ReadEvents {
  readonly uploadId: UploadId;
  readonly epoch: Epoch;
  readonly epochStartedAt: string;
  readonly events: readonly ReadEvent[];
}

export type ReadItem =
  | { readonly kind: 'state'; readonly uploadId: UploadId; readonly state: UploadState }
  | ({ readonly kind: 'events' } & ReadEvents)
  | {
      readonly kind: 'discontinuity';
      readonly uploadId: UploadId;
      readonly reason: DiscontinuityReason;
    };

export type ReadReply = Omit<CatchUpReply, 'items'> & { readonly items: readonly ReadItem[] };
export type ReadProgress = ReadEvents & Pick<ProgressData, 'identityId'>;

function readEvents(events: z.infer<typeof AnyKindEvents>): ReadEvent[] {
  return events.map((event) => {
    const kind = ProgressEventKind.safeParse(event.kind);
    return { offset: event.offset, event: kind.success ? { ...event, kind: kind.data } : undefined };
  });
}

/** Reads a progress message. */
export function readProgress(text: string): ParseResult<ReadProgress> {
  const result = parseJson(AnyKindProgress, text);
  if (!result.ok) return result;
  const { data } = result.value;
  return { ok: true, value: { ...data, events: readEvents(data.events) } };
}

/** Reads one page of a catch-up reply. */
export function readReply(text: string): ParseResult<ReadReply> {
  const result = parseJson(AnyKindReply, text);
  if (!result.ok) return result;
  const { data } = result.value;
  const items = data.items.map((item): ReadItem =>
    item.kind === 'events' ? { ...item, events: readEvents(item.events) } : item,
  );
  return { ok: true, value: { ...data, items } };
}
