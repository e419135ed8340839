import { describe, expect, it } from 'vitest';
import { silentLogger, type QueueVerdict } from '@stepcast/kit';
import { DeadLetterRefusedError, parseRecordBatch, parseReportBatch } from '@stepcast/wire';
import { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
import { ARN, createBench } from '../testing/correlation-bench.ts';
import type { MessageInHand } from '../application/event-groups.ts';
import { createTakeMessages } from '../application/take-messages.ts';

const good = JSON.stringify({
  version: 1,
  executionArn: ARN,
  records: [
    { id: 1, type: 'ExecutionStarted', previousEventId: 0, timestampMs: 1, redriveCount: 0, details: {} },
  ],
});
/** A message, and where its verdict is noted. */
function messageOf(verdicts: Map<string, QueueVerdict>, id: string, body: string): MessageInHand {
  return {
    id,
    body,
    receiveCount: 1,
    groupId: undefined,
    settle: (verdict) => verdicts.set(id, verdict),
  };
}

function setUp() {
  const { correlation } = createBench();
  return createTakeMessages({
    correlation,
    parsers: {
      recordBatch: parseRecordBatch,
      reports: parseReportBatch,
      upload: parseUploadMessage,
      status: parseStatusMessage,
    },
    deadLetters: {
      send: (letters) =>
        Promise.reject(new DeadLetterRefusedError(letters.length, { cause: new Error('refused') })),
    },
    logger: silentLogger,
    random: () => 0.5,
    maxFailures: 1,
  });
}

describe('a message that can neither be processed nor dead-lettered', () => {
  it('is given back, and the messages that came with it are processed', async () => {
    const verdicts = new Map<string, QueueVerdict>();
    await setUp().events([messageOf(verdicts, 'wrong', '{}'), messageOf(verdicts, 'good', good)]);
    expect(verdicts.get('wrong')).toEqual({ retryAfterMs: expect.any(Number) });
    expect(verdicts.get('good')).toBe('done');
  });

  it.each(['uploads', 'status'] as const)('is given back to the queue of %s', async (queue) => {
    const verdicts = new Map<string, QueueVerdict>();
    await setUp()[queue]([messageOf(verdicts, 'wrong', '{}')]);
    expect(verdicts.get('wrong')).toEqual({ retryAfterMs: expect.any(Number) });
  });
});
