import type { CorrelationPorts } from '@stepcast/correlator';
import type { Journal as ReadJournal } from '@stepcast/publisher';
import { BENCH_STATES } from '../workload.ts';

/** What the correlator stores. */
export type StorePorts = Pick<
  CorrelationPorts,
  'journal' | 'executions' | 'watchList' | 'uploads' | 'waitingRoom' | 'machines'
>;

/** Entries of a map beyond these go, oldest first: nothing is held for longer than the bench needs it. */
const KEPT = 30_000;

function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.set(key, value);
  if (map.size <= KEPT) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

const after = <T>(value: T): Promise<T> => Promise.resolve(value);

/** Thrown when a stream is read that has entries, of which none were to be held. */
export class EntriesNotHeldError extends Error {
  constructor() {
    super('the entries of this stream were not held');
    this.name = 'EntriesNotHeldError';
  }
}

/**
 * Ports that hold references and nothing else: what is left to measure is our own code.
 * @param options.holdsEntries false where no stream is ever read again: a store elsewhere would not fill this process's
 * heap either. A stream that is read all the same rejects with EntriesNotHeldError
 */
export function memoryPorts({ holdsEntries }: { readonly holdsEntries: boolean }): StorePorts {
  type Tail = Awaited<ReturnType<StorePorts['journal']['tail']>>;
  type Stored = Awaited<ReturnType<StorePorts['executions']['load']>>;
  const tails = new Map<string, Tail>();
  const newestOffsets = new Map<string, number>();
  const executions = new Map<string, Stored>();
  const awaited = new Set<string>();
  const roots = new Set<string>();
  const nothing: Stored = { assignment: undefined, parked: [], children: [] };
  const streamKey = (stream: Parameters<StorePorts['journal']['tail']>[0]) =>
    `${stream.identityId}#${stream.uploadId}#${stream.epoch}`;
  const change = (arn: string, how: (before: Stored) => Stored) => {
    remember(executions, arn, how(executions.get(arn) ?? nothing));
    return after(undefined);
  };
  return {
    journal: {
      tail(stream) {
        const key = streamKey(stream);
        if (!holdsEntries && newestOffsets.has(key)) return Promise.reject(new EntriesNotHeldError());
        return after(tails.get(key) ?? []);
      },
      append(stream, entry) {
        const key = streamKey(stream);
        if ((newestOffsets.get(key) ?? 0) >= entry.firstOffset) return after('taken');
        remember(newestOffsets, key, entry.firstOffset);
        if (holdsEntries)
          remember(tails, key, entry.snapshot === undefined ? [...(tails.get(key) ?? []), entry] : [entry]);
        return after('written');
      },
      enrol: () => after({ isNew: false, untilMs: Infinity }),
      addLine: () => after(undefined),
    },
    executions: {
      load: (arn) => after(executions.get(arn) ?? nothing),
      async assign(arn, assignment) {
        const before = executions.get(arn)?.assignment;
        if (before !== undefined) return { assignment: before, awaited: true };
        await change(arn, (one) => ({ ...one, assignment }));
        return { assignment, awaited: awaited.has(arn) };
      },
      reassign: (arn, assignment) => change(arn, (one) => ({ ...one, assignment })),
      announce(arn) {
        const { assignment } = executions.get(arn) ?? nothing;
        if (assignment === undefined) awaited.add(arn);
        return after(assignment);
      },
      park: (arn, items) => change(arn, (one) => ({ ...one, parked: [...one.parked, ...items] })),
      unpark: (arn, keys) =>
        change(arn, (one) => ({ ...one, parked: one.parked.filter(({ key }) => !keys.includes(key)) })),
      addChild: () => after(undefined),
    },
    watchList: {
      watch: () => after(undefined),
      unwatch: () => after(undefined),
      async *pages() {
        yield await after([]);
      },
    },
    uploads: {
      touch(uploadId) {
        if (roots.has(uploadId)) return after('known');
        roots.add(uploadId);
        if (roots.size > KEPT)
          for (const oldest of roots) {
            roots.delete(oldest);
            break;
          }
        return after('first');
      },
      known: () => after({ callers: [], firstVersion: undefined }),
      epochs: () => after([]),
      addEpoch: () => after(undefined),
      addCaller: () => after(undefined),
    },
    waitingRoom: { enter: () => after(undefined), leave: () => after([]) },
    machines: { durations: () => after(new Map()), saveDurations: () => after(undefined) },
  };
}

/** The publisher's reading side: empty, as nothing is read while all goes well and overviews begin anew. */
export const emptyJournal: ReadJournal = {
  newestEpoch: () => after(undefined),
  sinceSnapshot: () => after([]),
  newestFirstOffset: () => after(undefined),
  async *entriesFrom() {
    yield* await after([]);
  },
  lines: () => after({ lines: [], pages: 1, complete: true }),
};

/** The state machine of the workload: ten tasks, one after the other. */
export const memoryDirectory: CorrelationPorts['directory'] = {
  describe: () => after(undefined),
  history: () => after(undefined),
  mapRun: () => after(undefined),
  machineOf: () =>
    after({
      logLevel: 'ALL',
      machine: {
        startAt: BENCH_STATES[0],
        states: new Map(
          BENCH_STATES.map((name, index) => [
            name,
            { type: 'Task', next: BENCH_STATES.slice(index + 1, index + 2), inner: [] },
          ]),
        ),
      },
    }),
};
