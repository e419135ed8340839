import { isDeepStrictEqual } from 'node:util';
import type { ExecutionArn, IdentityId, UploadId } from '@stepcast/contracts';
import type { Assignment, SeenCaller } from '../domain/ownership.ts';
import type { ParkedItem } from '../domain/parked.ts';
import type { KnownEpoch } from '../domain/upload-object.ts';
import type { Assigned, ExecutionStore, Watched, WatchList } from '../ports/execution-store.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { KnownUpload, UploadStore, UploadTouch, WaitingRoom } from '../ports/upload-store.port.ts';
import { copy } from './copy.ts';
import { FailureSwitch } from './failure-switch.ts';

export class InMemoryExecutionStore implements ExecutionStore {
  readonly #assignments = new Map<ExecutionArn, Assignment>();
  readonly #parked = new Map<ExecutionArn, Map<string, ParkedItem>>();
  readonly #children = new Map<ExecutionArn, Set<ExecutionArn>>();
  readonly #awaited = new Set<ExecutionArn>();
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

  assign(executionArn: ExecutionArn, assignment: Assignment): Promise<Assigned> {
    return this.#failures.guard(() => {
      const stored = this.#assignments.get(executionArn);
      if (stored !== undefined) return { assignment: copy(stored), awaited: true };
      this.#assignments.set(executionArn, copy(assignment));
      return { assignment, awaited: this.#awaited.has(executionArn) };
    });
  }

  reassign(executionArn: ExecutionArn, assignment: Assignment): Promise<void> {
    return this.#failures.guard(() => {
      this.#assignments.set(executionArn, copy(assignment));
    });
  }

  announce(executionArn: ExecutionArn): Promise<Assignment | undefined> {
    return this.#failures.guard(() => {
      const stored = this.#assignments.get(executionArn);
      if (stored !== undefined) return copy(stored);
      this.#awaited.add(executionArn);
      return undefined;
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
  readonly #callers = new Map<UploadId, SeenCaller[]>();
  readonly #roots = new Map<UploadId, UploadTouch>();
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

  touch(uploadId: UploadId, touch: UploadTouch): Promise<'first' | 'known'> {
    return this.#failures.guard(() => {
      if (this.#roots.has(uploadId)) return 'known';
      this.#roots.set(uploadId, touch);
      return 'first';
    });
  }

  known(uploadId: UploadId): Promise<KnownUpload> {
    return this.#failures.guard(() => {
      const root = this.#roots.get(uploadId);
      return {
        callers: [...(root?.kind === 'caller' ? [root.caller] : []), ...(this.#callers.get(uploadId) ?? [])],
        firstVersion: root?.kind === 'version' ? root.version : undefined,
      };
    });
  }

  addCaller(uploadId: UploadId, caller: SeenCaller): Promise<void> {
    return this.#failures.guard(() => {
      const known = this.#callers.get(uploadId) ?? [];
      if (known.some((one) => isDeepStrictEqual(one, caller))) return;
      this.#callers.set(uploadId, [...known, caller]);
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
