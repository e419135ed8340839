import { deadLetterText, queueText } from '@stepcast/wire';
import { hexDigest, type Clock, type QueueSender } from '@stepcast/kit';
import type { DeadLetters } from '../ports/dead-letters.port.ts';
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

export function createQueueDeadLetters(sender: QueueSender, clock: Clock): DeadLetters {
  return {
    async send(letters) {
      const at = new Date(clock.nowMs()).toISOString();
      await sender.send(
        letters.map((letter) => ({
          body: deadLetterText({ version: 1, service: 'correlator', at, ...letter }),
        })),
      );
    },
  };
}
