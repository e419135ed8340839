import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import { DeadLetter } from './dead-letter.ts';
import {
  createDeadLetters,
  DeadLetterRefusedError,
  type DeadLetterOptions,
  type GivenUp,
} from './dead-letters.ts';

const SECRET = 'canary-of-the-original';
const letter: GivenUp = { code: 'FORWARDER_FAILED', reason: 'it is wrong', original: SECRET };

class SendFailure extends Error {
  readonly code = 'TEST_SEND_FAILED';
  readonly retryable: boolean;
  constructor(retryable: boolean) {
    super(`refused: ${SECRET}`);
    this.retryable = retryable;
  }
}

function setUp(more: { failures?: Error[]; retry?: DeadLetterOptions['retry'] } = {}) {
  const failures = [...(more.failures ?? [])];
  const sent: string[] = [];
  const logged: unknown[] = [];
  const refused: string[] = [];
  let sends = 0;
  const letters = createDeadLetters({
    queue: {
      send(messages) {
        sends += 1;
        const failure = failures.shift();
        if (failure !== undefined) return Promise.reject(failure);
        sent.push(...messages.map(({ body }) => body));
        return Promise.resolve();
      },
    },
    service: 'test',
    clock: { nowMs: () => Date.UTC(2026, 10, 3) },
    logger: { error: (...line) => logged.push(line) },
    refused: { add: ({ code }) => refused.push(code) },
    retry: more.retry,
  });
  return { letters, sent, logged, refused, sends: () => sends };
}

const forEver = { signal: new AbortController().signal, wait: () => Promise.resolve() };

describe('dead letters', () => {
  it('say who gave up what, why and when', async () => {
    const { letters, sent } = setUp();
    await letters.send([letter]);
    expect(sent.map((body) => parseJson(DeadLetter, body))).toEqual([
      { ok: true, value: { version: 1, service: 'test', at: '2026-11-03T00:00:00.000Z', ...letter } },
    ]);
  });

  it(
    'stay within what SQS takes, and hold no character that it refuses, whatever the original is',
    { tags: ['few-cases'] },
    async () => {
      const piece = fc.constantFrom('\u0000', '\u0007', '\uFFFE', '\uFFFF', '€', '😀', 'x', '"');
      await fc.assert(
        fc.asyncProperty(piece, fc.integer({ min: 0, max: 300_000 }), async (part, count) => {
          const { letters, sent } = setUp();
          await letters.send([{ ...letter, original: part.repeat(count) }]);
          const [body = ''] = sent;
          expect(Buffer.byteLength(body)).toBeLessThan(1_048_576);
          expect(body.includes('\uFFFE') || body.includes('\uFFFF')).toBe(false);
          expect(parseJson(DeadLetter, body).ok).toBe(true);
        }),
      );
    },
  );

  it('stay within what SQS takes when the reason lists every fault of a batch', async () => {
    const { letters, sent } = setUp();
    await letters.send([{ ...letter, reason: '$.records.0: expected string; '.repeat(100_000) }]);
    expect(Buffer.byteLength(sent[0] ?? '')).toBeLessThan(1_048_576);
    // What was cut says so.
    expect(sent[0]).toMatch(/\$\.records…"/);
  });

  it('a dead letter that the queue refuses for good is not sent for ever', async () => {
    const { letters, logged, refused, sends } = setUp({ failures: [new SendFailure(false)], retry: forEver });
    await expect(letters.send([letter])).rejects.toThrow(DeadLetterRefusedError);
    expect(sends()).toBe(1);
    expect(refused).toEqual(['FORWARDER_FAILED']);
    expect(logged).toEqual([
      [
        { code: 'FORWARDER_FAILED', errorName: 'Error', errorCode: 'TEST_SEND_FAILED' },
        'dead letter refused for good',
      ],
    ]);
    expect(JSON.stringify(logged)).not.toContain(SECRET);
  });

  it('are sent again after a failure that may pass, where the caller cannot give its input back', async () => {
    const waits: number[] = [];
    const { letters, sent, refused } = setUp({
      failures: [new SendFailure(true), new Error('socket')],
      retry: {
        signal: new AbortController().signal,
        wait: (attempt) => {
          waits.push(attempt);
          return Promise.resolve();
        },
      },
    });
    await letters.send([letter]);
    expect(waits).toEqual([0, 1]);
    expect(sent).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  it('are sent once where the input is redelivered, and fail as their queue does', async () => {
    const failure = new SendFailure(true);
    const { letters, sends } = setUp({ failures: [failure] });
    await expect(letters.send([letter])).rejects.toBe(failure);
    expect(sends()).toBe(1);
  });

  it('are not sent again after the stop', async () => {
    const stopped = new AbortController();
    const failure = new SendFailure(true);
    const { letters, sends } = setUp({
      failures: [failure, failure, failure],
      retry: {
        signal: stopped.signal,
        wait: () => {
          stopped.abort();
          return Promise.resolve();
        },
      },
    });
    await expect(letters.send([letter])).rejects.toBe(failure);
    expect(sends()).toBe(2);
  });
});
