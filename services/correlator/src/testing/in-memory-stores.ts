import type { ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import type { Assignment } from '../domain/ownership.ts';
import type { ParkedItem } from '../domain/parked.ts';
import type { StreamKey } from '../domain/upload-fold.ts';
import type { KnownEpoch } from '../domain/upload-object.ts';
import type { ExecutionStore, Watched, WatchList } from '../ports/execution-store.port.ts';
import type { Journal, JournalEntry } from '../ports/journal.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import { copy } from './copy.ts';
import { FailureSwitch } from './failure-switch.ts';

/** The streams in memory. Real in every respect but durability; the conformance suite holds it to the adapter's. */
export class InMemoryJournal implements Journal {
  readonly #streams = new Map<string, Map<number, JournalEntry>>();
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  #stream({ identityId, uploadId, epoch }: StreamKey): Map<number, JournalEntry> {
    const key = `${identityId}#${uploadId}#${epoch}`;
    const stream = this.#streams.get(key) ?? new Map<number, JournalEntry>();
    this.#streams.set(key, stream);
    return stream;
  }

  head(stream: StreamKey): Promise<JournalEntry | undefined> {
    return this.#failures.guard(() => {
      const entries = this.#stream(stream);
      const entry = entries.get(Math.max(...entries.keys()));
      return entry === undefined ? undefined : copy(entry);
    });
  }

  append(entry: JournalEntry): Promise<'written' | 'taken'> {
    return this.#failures.guard(() => {
      const entries = this.#stream(entry.stream);
      if (entries.has(entry.firstOffset)) return 'taken';
      entries.set(entry.firstOffset, copy(entry));
      return 'written';
    });
  }

  /** Every entry of every stream, in order of offset. */
  all(): JournalEntry[] {
    return [...this.#streams.values()].flatMap((stream) =>
      [...stream.values()].sort((one, other) => one.firstOffset - other.firstOffset),
    );
  }
}

export class InMemoryExecutionStore implements ExecutionStore {
  readonly #assignments = new Map<ExecutionArn, Assignment>();
  readonly #parked = new Map<ExecutionArn, Map<string, ParkedItem>>();
  readonly #children = new Map<ExecutionArn, Set<ExecutionArn>>();
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  load(executionArn: ExecutionArn) {
    return this.#failures.guard(() => {
      const assignment = this.#assignments.get(executionArn);
      return {
        assignment: assignment === undefined ? undefined : copy(assignment),
        parked: copy([...(this.#parked.get(executionArn)?.values() ?? [])]),
        children: [...(this.#children.get(executionArn) ?? [])],
      };
    });
  }

  assign(
    executionArn: ExecutionArn,
    assignment: Assignment,
    options: { readonly replace: boolean } = { replace: false },
  ): Promise<Assignment> {
    return this.#failures.guard(() => {
      const stored = this.#assignments.get(executionArn);
      if (stored !== undefined && !options.replace) return copy(stored);
      this.#assignments.set(executionArn, copy(assignment));
      return assignment;
    });
  }

  park(executionArn: ExecutionArn, items: readonly ParkedItem[]): Promise<void> {
    return this.#failures.guard(() => {
      const parked = this.#parked.get(executionArn) ?? new Map<string, ParkedItem>();
      this.#parked.set(executionArn, parked);
      for (const item of items) parked.set(item.key, copy(item));
    });
  }

  unpark(executionArn: ExecutionArn, keys: readonly string[]): Promise<void> {
    return this.#failures.guard(() => {
      for (const key of keys) this.#parked.get(executionArn)?.delete(key);
    });
  }

  addChild(parent: ExecutionArn, child: ExecutionArn): Promise<void> {
    return this.#failures.guard(() => {
      this.#children.set(parent, new Set([...(this.#children.get(parent) ?? []), child]));
    });
  }
}

export class InMemoryWatchList implements WatchList {
  readonly #watched = new Map<ExecutionArn, Watched>();
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  watch(watched: Watched): Promise<void> {
    return this.#failures.guard(() => {
      if (!this.#watched.has(watched.executionArn)) this.#watched.set(watched.executionArn, watched);
    });
  }

  unwatch(executionArns: readonly ExecutionArn[]): Promise<void> {
    return this.#failures.guard(() => {
      for (const one of executionArns) this.#watched.delete(one);
    });
  }

  async *pages(): AsyncIterable<readonly Watched[]> {
    yield await this.#failures.guard(() => [...this.#watched.values()]);
  }
}

export class InMemoryUploadStore implements UploadStore {
  readonly #epochs = new Map<string, Map<string, KnownEpoch>>();
  readonly #callers = new Map<UploadId, IdentityId>();
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  epochs(identityId: IdentityId, uploadId: UploadId): Promise<readonly KnownEpoch[]> {
    return this.#failures.guard(() => [...(this.#epochs.get(`${identityId}#${uploadId}`)?.values() ?? [])]);
  }

  addEpoch(epoch: KnownEpoch): Promise<void> {
    return this.#failures.guard(() => {
      const key = `${epoch.identityId}#${epoch.uploadId}`;
      const known = this.#epochs.get(key) ?? new Map<string, KnownEpoch>();
      this.#epochs.set(key, known);
      const sort = `${epoch.epochStartedAt}#${epoch.epoch}`;
      if (!known.has(sort)) known.set(sort, epoch);
    });
  }

  caller(uploadId: UploadId): Promise<IdentityId | undefined> {
    return this.#failures.guard(() => this.#callers.get(uploadId));
  }

  setCaller(uploadId: UploadId, identityId: IdentityId): Promise<void> {
    return this.#failures.guard(() => {
      this.#callers.set(uploadId, identityId);
    });
  }
}

export class InMemoryWaitingRoom implements WaitingRoom {
  readonly #waiting = new Map<UploadId, Set<ExecutionArn>>();
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  enter(uploadId: UploadId, executionArn: ExecutionArn): Promise<void> {
    return this.#failures.guard(() => {
      this.#waiting.set(uploadId, new Set([...(this.#waiting.get(uploadId) ?? []), executionArn]));
    });
  }

  leave(uploadId: UploadId): Promise<readonly ExecutionArn[]> {
    return this.#failures.guard(() => {
      const all = [...(this.#waiting.get(uploadId) ?? [])];
      this.#waiting.delete(uploadId);
      return all;
    });
  }
}

export class InMemoryMachineStore implements MachineStore {
  readonly #durations = new Map<string, ReadonlyMap<string, number>>();

  durations(stateMachineArn: string): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map(this.#durations.get(stateMachineArn)));
  }

  saveDurations(stateMachineArn: string, durations: ReadonlyMap<string, number>): Promise<void> {
    this.#durations.set(stateMachineArn, new Map(durations));
    return Promise.resolve();
  }
}
