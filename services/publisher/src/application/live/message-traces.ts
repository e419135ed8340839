import type { Clock, Tracing } from '@stepcast/kit';
import { isTraced, spanIdOf, traceIdOf, traceparentOf, type Handover } from '@stepcast/wire';
import type { Batch } from './stream.ts';

/** Messages of events as spans: the last of the trace of their upload. */
export interface MessageTraces {
  /** Goes along with the message, so that a reader can go on with the trace. Undefined: the upload is not traced. */
  traceparent(batch: Batch): string | undefined;
  /** The broker has acknowledged the message, or refused it, now. */
  published(batch: Batch, hasFailed: boolean): void;
}

export function createMessageTraces({ spans, share }: Tracing, clock: Clock): MessageTraces {
  const spanOf = (traceId: string, { firstOffset }: Handover) => spanIdOf(traceId, 'published', firstOffset);
  return {
    traceparent({ handovers: [first] }) {
      const traceId = traceIdOf(first);
      return isTraced(traceId, share) ? traceparentOf(traceId, spanOf(traceId, first)) : undefined;
    },
    published({ handovers, deliveries }, hasFailed) {
      const [first, ...others] = handovers;
      const traceId = traceIdOf(first);
      if (!isTraced(traceId, share)) return;
      const endMs = clock.nowMs();
      const { uploadId, epoch, firstOffset } = first;
      const handedOver = (handover: Handover) => spanIdOf(traceId, 'handed over', handover.firstOffset);
      spans.record({
        name: 'published',
        kind: 'producer',
        traceId,
        spanId: spanOf(traceId, first),
        parentSpanId: handedOver(first),
        linkedSpanIds: others.map(handedOver),
        startMs: deliveries[0]?.acknowledgement?.acceptedAtMs ?? endMs,
        endMs,
        hasFailed,
        attributes: {
          'stepcast.upload_id': uploadId,
          'stepcast.epoch': epoch,
          'stepcast.first_offset': firstOffset,
          'stepcast.last_offset': (others.at(-1) ?? first).lastOffset,
          'messaging.system': 'mqtt',
        },
      });
    },
  };
}
