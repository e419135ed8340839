import {
  applyEvent,
  emptyState,
  mutableCopyOf,
  parseJson,
  ProgressEvent,
  UploadState,
  type IdentityId,
  type OverviewEntry,
} from '@stepcast/contracts';
import { journalKeys, type StoredEntry } from '@stepcast/wire';
import * as z from 'zod';
import type { Enrolment, Journal, StreamKey } from '../ports/journal.port.ts';
import { FailureSwitch } from './failure-switch.ts';

/** An entry as a test reads it: its events parsed. */
export interface ReadEntry {
  readonly stream: StreamKey;
  readonly entry: StoredEntry;
  readonly events: readonly ProgressEvent[];
}

const Events = z.array(ProgressEvent);

function eventsIn({ events }: StoredEntry): readonly ProgressEvent[] {
  const parsed = parseJson(Events, events);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

function stateIn(text: string): UploadState {
  const parsed = parseJson(UploadState, text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** What the store has of an entry: nothing but the fields of its item. */
function storedOf(entry: StoredEntry): StoredEntry {
  const { firstOffset, lastOffset, source, events, truncated, snapshot, cursor } = entry;
  return { firstOffset, lastOffset, source, events, truncated, snapshot, cursor };
}

interface Stream {
  readonly key: StreamKey;
  readonly entries: StoredEntry[];
}

/** The streams in memory. Real in every respect but durability; the conformance suite holds it to the adapter's. */
export class InMemoryJournal implements Journal {
  readonly lines = new Map<string, OverviewEntry>();
  readonly #streams = new Map<string, Stream>();
  readonly #identities = new Set<IdentityId>();
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  #stream(key: StreamKey): Stream {
    const name = journalKeys.stream(key.identityId, key.uploadId, key.epoch);
    const { identityId, uploadId, epoch } = key;
    const stream = this.#streams.get(name) ?? { key: { identityId, uploadId, epoch }, entries: [] };
    this.#streams.set(name, stream);
    return stream;
  }

  tail(stream: StreamKey): Promise<readonly StoredEntry[]> {
    return this.#failures.guard(() => {
      const { entries } = this.#stream(stream);
      return entries.slice(
        Math.max(
          0,
          entries.findLastIndex((entry) => entry.snapshot !== undefined),
        ),
      );
    });
  }

  append(stream: StreamKey, entry: StoredEntry): Promise<'written' | 'taken'> {
    return this.#failures.guard(() => {
      const { entries } = this.#stream(stream);
      if (entries.some((one) => one.firstOffset === entry.firstOffset)) return 'taken';
      entries.push(storedOf(entry));
      entries.sort((one, other) => one.firstOffset - other.firstOffset);
      return 'written';
    });
  }

  enrol(identityId: IdentityId): Promise<Enrolment> {
    return this.#failures.guard(() => {
      const isNew = !this.#identities.has(identityId);
      this.#identities.add(identityId);
      return { isNew, untilMs: Infinity };
    });
  }

  addLine(identityId: IdentityId, line: OverviewEntry): Promise<void> {
    return this.#failures.guard(() => {
      const { pk, sk } = journalKeys.line(identityId, line);
      if (!this.lines.has(`${pk} ${sk}`)) this.lines.set(`${pk} ${sk}`, line);
    });
  }

  /** Every entry of every stream, in order of offset. */
  all(): ReadEntry[] {
    return [...this.#streams.values()].flatMap(({ key, entries }) =>
      entries.map((entry) => ({ stream: key, entry, events: eventsIn(entry) })),
    );
  }

  /** Every event of every stream, in order of offset. */
  events(): ProgressEvent[] {
    return this.all().flatMap(({ events }) => events);
  }

  /** The state of the stream that was written last, folded from its events alone; undefined before any. */
  state(): UploadState | undefined {
    const stream = [...this.#streams.values()].findLast(({ entries }) => entries.length > 0);
    const [first] = stream?.entries ?? [];
    if (stream === undefined || first?.snapshot === undefined) return undefined;
    const line = this.#placeOf(stream.key);
    const { epochStartedAt } = stateIn(first.snapshot.state);
    const state = mutableCopyOf(emptyState({ ...stream.key, epochStartedAt, ...line }));
    for (const entry of stream.entries) for (const event of eventsIn(entry)) applyEvent(state, event);
    return state;
  }

  /** The newest line of each upload, as the overview shows it. */
  overview(): OverviewEntry[] {
    const newest = new Map<string, OverviewEntry>();
    for (const [key, line] of [...this.lines].sort(([one], [other]) => (one < other ? -1 : 1)))
      newest.set(key.slice(0, key.indexOf(line.uploadId) + line.uploadId.length), line);
    return [...newest.values()];
  }

  #placeOf({ identityId, uploadId }: StreamKey): Pick<OverviewEntry, 'bucket' | 'key'> {
    const prefix = journalKeys.identity(identityId);
    for (const [key, { bucket, key: object, uploadId: of }] of this.lines)
      if (key.startsWith(prefix) && of === uploadId) return { bucket, key: object };
    return { bucket: '', key: '' };
  }
}
