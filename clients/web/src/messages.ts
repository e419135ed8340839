import {
  addressOf,
  CatchUpItem,
  CatchUpReply,
  CatchUpReplyMessage,
  type DiscontinuityReason,
  type Epoch,
  type IdentityId,
  parseJson,
  type ParseResult,
  ProgressData,
  ProgressEvent,
  ProgressEventKind,
  ProgressMessage,
  type UploadId,
  uploadIdOf,
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
export type ReadProgress = ReadEvents &
  Pick<ProgressData, 'identityId'> & {
    /** The object address that the message is about. */
    readonly subject: string | undefined;
  };

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
  const { data, subject } = result.value;
  return { ok: true, value: { ...data, subject, events: readEvents(data.events) } };
}

/** Whose object it is, as a progress message says: what a state has beside its events. */
export interface Origin {
  readonly identityId: IdentityId;
  readonly bucket: string;
  readonly key: string;
}

/** Where a progress message says that its upload comes from; undefined unless its subject is the address of that upload. */
export function originOf({ identityId, uploadId, subject }: ReadProgress): Origin | undefined {
  const address = subject === undefined ? undefined : addressOf(subject);
  if (address === undefined || uploadIdOf(address.bucket, address.key) !== uploadId) return undefined;
  return { identityId, ...address };
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
