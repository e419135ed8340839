import type { LogRecord } from './types.ts';

/** A log event in its stream, as CloudWatch Logs keeps it. */
export interface StoredLogEvent {
  /** Grows with each event that comes in. */
  readonly sequence: number;
  readonly logGroup: string;
  readonly logStream: string;
  readonly record: LogRecord;
  /** Milliseconds since the epoch. */
  readonly ingestedMs: number;
}

export interface LogGroup {
  readonly name: string;
  readonly createdMs: number;
  /** `undefined`: for ever. */
  readonly retentionInDays: number | undefined;
  readonly streams: ReadonlySet<string>;
}

const DAY_MS = 86_400_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/** What an event takes in memory besides its message. */
const EVENT_BYTES = 300;

const bytesOf = ({ record }: StoredLogEvent) => EVENT_BYTES + 2 * record.message.length;

/** Log groups with what was written to them, in memory. When it is full, the oldest events go, as if their retention had ended. */
export class LogStore {
  readonly #groups = new Map<string, LogGroup & { readonly streams: Set<string> }>();
  /** In order of coming in. */
  readonly #events = new Map<number, StoredLogEvent>();
  readonly #nowMs: () => number;
  readonly #maxBytes: number;
  #bytes = 0;
  #sequence = 0;

  constructor(options: { readonly nowMs: () => number; readonly maxBytes?: number }) {
    this.#nowMs = options.nowMs;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** @returns false when it was there */
  createGroup(name: string): boolean {
    if (this.#groups.has(name)) return false;
    this.#groups.set(name, {
      name,
      createdMs: this.#nowMs(),
      retentionInDays: undefined,
      streams: new Set(),
    });
    return true;
  }

  /** @returns false when it was there. The group must be. */
  createStream(group: string, stream: string): boolean {
    const { streams } = this.#existing(group);
    if (streams.has(stream)) return false;
    streams.add(stream);
    return true;
  }

  group(name: string): LogGroup | undefined {
    return this.#groups.get(name);
  }

  /** In order of name. */
  groups(): readonly LogGroup[] {
    return [...this.#groups.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  retain(group: string, days: number): void {
    this.#groups.set(group, { ...this.#existing(group), retentionInDays: days });
  }

  /** Group and stream come to be with their first event, as Step Functions makes them. */
  append(group: string, stream: string, records: readonly LogRecord[]): void {
    this.createGroup(group);
    this.createStream(group, stream);
    for (const record of records) {
      this.#sequence += 1;
      const event: StoredLogEvent = {
        sequence: this.#sequence,
        logGroup: group,
        logStream: stream,
        record,
        ingestedMs: this.#nowMs(),
      };
      this.#events.set(event.sequence, event);
      this.#bytes += bytesOf(event);
    }
    for (const [sequence, event] of this.#events) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#events.delete(sequence);
      this.#bytes -= bytesOf(event);
    }
  }

  /** Of the event that comes in next. */
  nextNumber(): number {
    return this.#sequence + 1;
  }

  /** The events of a group whose retention has not ended, in order of their time. */
  events(group: string): readonly StoredLogEvent[] {
    const { retentionInDays } = this.#existing(group);
    const oldestMs = retentionInDays === undefined ? 0 : this.#nowMs() - retentionInDays * DAY_MS;
    return [...this.#events.values()]
      .filter(({ logGroup, record }) => logGroup === group && record.timestamp >= oldestMs)
      .toSorted(
        (one, other) => one.record.timestamp - other.record.timestamp || one.sequence - other.sequence,
      );
  }

  #existing(name: string): LogGroup & { readonly streams: Set<string> } {
    const group = this.#groups.get(name);
    if (group === undefined) throw new TypeError(`there is no log group ${name}`);
    return group;
  }
}
