import type { ExecutionArn } from '@stepcast/contracts';
import type { Clock, FinishedSpan, Tracing } from '@stepcast/kit';
import {
  isTraced,
  spanIdOf,
  traceIdOf,
  type Handover,
  type Hop,
  type StoredEntry,
  type TracedStream,
} from '@stepcast/wire';
import type { Journal } from '../ports/journal.port.ts';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import type { IncomingBatch } from './incoming.ts';

/** What the correlator did for an upload, as spans. Each ends now. */
export interface UploadTraces {
  /** @param fromMs time of the S3 event */
  uploadTaken(stream: TracedStream, fromMs: number): void;
  workflowStarted(stream: TracedStream, fromMs: number, hasFailed: boolean): void;
  /** @param arrivedMs when the correlator had the batch */
  batchForwarded(stream: TracedStream, batch: IncomingBatch, arrivedMs: number): void;
  entryWritten(stream: TracedStream, entry: Offsets, fromMs: number): void;
  handedOver(entry: Handover, fromMs: number): void;
}

type Offsets = Pick<StoredEntry, 'firstOffset' | 'lastOffset'>;

const batchName = (executionArn: ExecutionArn, id: number, redriveCount: number) =>
  `${executionArn}\n${redriveCount}\n${id}`;

export function createUploadTraces({ spans, share }: Tracing, clock: Clock): UploadTraces {
  function record(
    stream: TracedStream,
    hop: Hop,
    {
      which,
      parent,
      ...rest
    }: {
      readonly which?: string | number;
      readonly parent?: { readonly hop: Hop; readonly which?: string | number };
      readonly startMs: number;
      readonly endMs?: number;
      readonly hasFailed?: boolean;
      readonly attributes?: FinishedSpan['attributes'];
    },
  ): void {
    const traceId = traceIdOf(stream);
    if (!isTraced(traceId, share)) return;
    const { uploadId, epoch } = stream;
    spans.record({
      name: hop,
      kind: hop === 'workflow started' ? 'client' : 'internal',
      traceId,
      spanId: spanIdOf(traceId, hop, which),
      parentSpanId: parent === undefined ? undefined : spanIdOf(traceId, parent.hop, parent.which),
      endMs: clock.nowMs(),
      ...rest,
      attributes: { 'stepcast.upload_id': uploadId, 'stepcast.epoch': epoch, ...rest.attributes },
    });
  }
  const root = { hop: 'upload taken' } as const;
  return {
    uploadTaken(stream, startMs) {
      record(stream, root.hop, { startMs });
    },
    workflowStarted(stream, startMs, hasFailed) {
      record(stream, 'workflow started', { parent: root, startMs, hasFailed });
    },
    batchForwarded(stream, { executionArn, records }, endMs) {
      const [oldest] = records;
      if (oldest === undefined) return;
      record(stream, 'batch forwarded', {
        which: batchName(executionArn, oldest.id, oldest.redriveCount),
        parent: root,
        startMs: oldest.timestampMs,
        endMs,
        attributes: { 'stepcast.records': records.length },
      });
    },
    entryWritten(stream, entry, startMs) {
      record(stream, 'entry written', {
        which: entry.firstOffset,
        parent: root,
        startMs,
        attributes: offsetAttributes(entry),
      });
    },
    handedOver(entry, startMs) {
      record(entry, 'handed over', {
        which: entry.firstOffset,
        parent: { hop: 'entry written', which: entry.firstOffset },
        startMs,
        attributes: offsetAttributes(entry),
      });
    },
  };
}

function offsetAttributes({ firstOffset, lastOffset }: Offsets): FinishedSpan['attributes'] {
  return { 'stepcast.first_offset': firstOffset, 'stepcast.last_offset': lastOffset };
}

/** A journal whose writes of entries are spans. */
export function createTracedJournal(journal: Journal, traces: UploadTraces, clock: Clock): Journal {
  return {
    tail: (stream) => journal.tail(stream),
    async append(stream, entry) {
      const fromMs = clock.nowMs();
      const outcome = await journal.append(stream, entry);
      if (outcome === 'written') traces.entryWritten(stream, entry, fromMs);
      return outcome;
    },
    enrol: (identityId) => journal.enrol(identityId),
    addLine: (identityId, line) => journal.addLine(identityId, line),
  };
}

/** An outbox whose entries are spans, until the next hop has their events. A state alone is none. */
export function createTracedOutbox(
  outbox: ProgressOutbox,
  traces: UploadTraces,
  clock: Clock,
): ProgressOutbox {
  return {
    send(handover) {
      const fromMs = clock.nowMs();
      const passage = outbox.send(handover);
      if (handover.events === undefined) return passage;
      const emitted = passage.emitted.then(() => {
        traces.handedOver(handover, fromMs);
      });
      // It may fail after all that wait for it have gone.
      emitted.catch(() => undefined);
      return { emitted, settled: passage.settled };
    },
  };
}
