import { queueText } from '@stepcast/wire';
import { hexDigest, type QueueSender } from '@stepcast/kit';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';

/** Journal entries onto the progress queue: FIFO, group = stream, so that one stream stays in order. */
export function createQueueOutbox(sender: QueueSender): ProgressOutbox {
  return {
    async send(handovers) {
      await sender.send(
        handovers.map((handover) => {
          const { identityId, uploadId, epoch, firstOffset } = handover.progress;
          const groupId = hexDigest(`${identityId}\n${uploadId}\n${epoch}`);
          return { body: queueText(handover), groupId, deduplicationId: `${groupId}.${firstOffset}` };
        }),
      );
    },
  };
}
