import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@stepcast/kit';
import { DeadLetterRefusedError, parseRecordBatch } from '@stepcast/wire';
import { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
import { ARN, createBench } from '../testing/correlation-bench.ts';
import { createTakeMessages } from '../application/take-messages.ts';

const good = JSON.stringify({
  version: 1,
  executionArn: ARN,
  records: [
    { id: 1, type: 'ExecutionStarted', previousEventId: 0, timestampMs: 1, redriveCount: 0, details: {} },
  ],
});
const message = (id: string, body: string) => ({ id, body, receiveCount: 1, groupId: undefined });

function setUp() {
  const { correlation } = createBench();
  return createTakeMessages({
    correlation,
    parsers: { recordBatch: parseRecordBatch, upload: parseUploadMessage, status: parseStatusMessage },
    deadLetters: {
      send: (letters) =>
        Promise.reject(new DeadLetterRefusedError(letters.length, { cause: new Error('refused') })),
    },
    logger: silentLogger,
    random: () => 0.5,
    maxReceives: 1,
  });
}

describe('a message that can neither be processed nor dead-lettered', () => {
  it('is given back, and the messages that came with it are processed', async () => {
    const verdicts = await setUp().events([message('wrong', '{}'), message('good', good)]);
    expect(verdicts.get('wrong')).toEqual({ retryAfterMs: expect.any(Number) });
    expect(verdicts.get('good')).toBe('done');
  });

  it.each(['uploads', 'status'] as const)('is given back to the queue of %s', async (queue) => {
    const verdicts = await setUp()[queue]([message('wrong', '{}')]);
    expect(verdicts.get('wrong')).toEqual({ retryAfterMs: expect.any(Number) });
  });
});
