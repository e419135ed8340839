import type { CorrelationPorts } from '@stepcast/correlator';
import type { Journal, UploadSummaries } from '@stepcast/publisher';
import { BENCH_STATES } from './workload.ts';

type StoredExecution = Awaited<ReturnType<CorrelationPorts['executions']['load']>>;

/** What the correlator and the publisher keep, and nothing kept for longer than the bench looks at it. */
export type BenchStore = Pick<
  CorrelationPorts,
  'journal' | 'executions' | 'watchList' | 'uploads' | 'waitingRoom' | 'machines'
>;

/** Entries of a map beyond `max` go, oldest first. */
function trim(map: Map<unknown, unknown>, max: number): void {
  if (map.size <= max) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

const KEPT = 30_000;

/** Ports that keep references and nothing else: what is left to measure is our own code. */
export function inMemoryStore(): BenchStore {
  const executions = new Map<string, StoredExecution>();
  const heads = new Map<string, Parameters<CorrelationPorts['journal']['append']>[0]>();
  const epochs = new Map<string, Awaited<ReturnType<CorrelationPorts['uploads']['epochs']>>>();
  const nothing: StoredExecution = { assignment: undefined, parked: [], children: [] };
  const after = <T>(value: T): Promise<T> => Promise.resolve(value);
  const streamKey = (stream: { identityId: string; uploadId: string; epoch: string }) =>
    `${stream.identityId}#${stream.uploadId}#${stream.epoch}`;
  return {
    journal: {
      head: (stream) => after(heads.get(streamKey(stream))),
      append(entry) {
        const key = streamKey(entry.stream);
        const before = heads.get(key);
        if (before !== undefined && before.firstOffset >= entry.firstOffset) return after('taken');
        heads.set(key, entry);
        trim(heads, KEPT);
        return after('written');
      },
    },
    executions: {
      load: (arn) => after(executions.get(arn) ?? nothing),
      assign(arn, assignment) {
        const before = executions.get(arn) ?? nothing;
        if (before.assignment !== undefined) return after(before.assignment);
        executions.set(arn, { ...before, assignment });
        trim(executions, KEPT);
        return after(assignment);
      },
      park(arn, items) {
        const before = executions.get(arn) ?? nothing;
        executions.set(arn, { ...before, parked: [...before.parked, ...items] });
        return after(undefined);
      },
      unpark(arn, keys) {
        const before = executions.get(arn) ?? nothing;
        executions.set(arn, { ...before, parked: before.parked.filter(({ key }) => !keys.includes(key)) });
        return after(undefined);
      },
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
      epochs: (identityId, uploadId) => after(epochs.get(`${identityId}#${uploadId}`) ?? []),
      addEpoch(epoch) {
        epochs.set(`${epoch.identityId}#${epoch.uploadId}`, [epoch]);
        trim(epochs, KEPT);
        return after(undefined);
      },
      caller: () => after(undefined),
      setCaller: () => after(undefined),
    },
    waitingRoom: { enter: () => after(undefined), leave: () => after([]) },
    machines: { durations: () => Promise.resolve(new Map()), saveDurations: () => Promise.resolve() },
  };
}

/** The state machine of the workload: ten tasks, one after the other. */
export const benchDirectory: CorrelationPorts['directory'] = {
  describe: () => Promise.resolve(undefined),
  history: () => Promise.resolve(undefined),
  mapRun: () => Promise.resolve(undefined),
  machineOf: () =>
    Promise.resolve({
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

/** The publisher's reading side, in memory: catch-up is not measured here. */
export function inMemoryReading(): { readonly journal: Journal; readonly summaries: UploadSummaries } {
  const lines = new Map<string, Awaited<ReturnType<UploadSummaries['readAll']>>['entries']>();
  return {
    journal: {
      newestEpoch: () => Promise.resolve(undefined),
      newestEntry: () => Promise.resolve(undefined),
      newestFirstOffset: () => Promise.resolve(undefined),
      async *entriesFrom() {
        yield* await Promise.resolve([]);
      },
    },
    summaries: {
      read: () => Promise.resolve(undefined),
      readAll: (identityId) =>
        Promise.resolve({ entries: [...(lines.get(identityId) ?? [])], pages: 1, complete: true }),
      write(identityId, entry) {
        const others = (lines.get(identityId) ?? []).filter(({ uploadId }) => uploadId !== entry.uploadId);
        lines.set(identityId, [...others.slice(-9), entry]);
        return Promise.resolve('written');
      },
    },
  };
}
