import { describe, expect, it } from 'vitest';
import { hexDigest } from '@stepcast/kit';
import { MAX_ORIGINAL_CHARS, parseRecordBatch, type DeadLetter } from '@stepcast/wire';
import { resendingOf, withLetters } from './letters.ts';

const arn = 'arn:aws:states:us-east-1:111122223333:execution:Photo:up-1';
const record = {
  id: 1,
  type: 'ExecutionStarted',
  previousEventId: 0,
  timestampMs: 1,
  redriveCount: 0,
  details: {},
};
const batch = JSON.stringify({ version: 1, executionArn: arn, records: [record] });
const letter = (change: Partial<DeadLetter>): DeadLetter => ({
  version: 1,
  service: 'correlator',
  code: 'CORRELATOR_RETRIES_EXHAUSTED',
  reason: 'no',
  at: '2026-11-03T10:15:00.000Z',
  ...change,
});

describe('a letter that is sent again', () => {
  it('goes back to the queue that it says, whatever its code', () => {
    for (const [queue, name] of [
      ['uploads', 'stepcast-uploads'],
      ['status', 'stepcast-status'],
    ] as const)
      expect(resendingOf(letter({ queue, original: '{"a":1}\n{"b":2}' }), 'n')).toMatchObject({
        ok: true,
        messages: [{ queue: name, body: '{"a":1}\n{"b":2}', fifo: undefined }],
      });
  });

  it('goes back to a FIFO queue in the group of its execution, each message by itself, each sending its own', () => {
    const resent = (nonce: string) =>
      resendingOf(letter({ queue: 'events', original: `${batch}\n${batch}` }), nonce);
    const first = resent('n');
    expect(first).toMatchObject({
      ok: true,
      messages: [
        { queue: 'stepcast-events.fifo', body: batch, fifo: { groupId: hexDigest(arn) } },
        { queue: 'stepcast-events.fifo', body: batch, fifo: { groupId: hexDigest(arn) } },
      ],
    });
    const ids = [first, resent('m')].flatMap((one) =>
      one.ok ? one.messages.map(({ fifo }) => fifo?.deduplicationId) : [],
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('goes back in a group that SQS takes, however long the ARN of its execution is', () => {
    const long = `arn:aws:states:us-east-1:111122223333:execution:${'M'.repeat(80)}:${'n'.repeat(80)}`;
    const resent = resendingOf(letter({ queue: 'events', executionArn: long, original: batch }), 'n');
    const groups = resent.ok ? resent.messages.map(({ fifo }) => fifo?.groupId ?? '') : [];
    expect(groups.map((group) => group.length <= 128)).toEqual([true]);
  });

  it('goes back by its code where an older service did not say the queue', () => {
    expect(resendingOf(letter({ code: 'CORRELATOR_UPLOAD_UNOWNED', original: '{}' }), 'n')).toMatchObject({
      messages: [{ queue: 'stepcast-uploads' }],
    });
  });

  it('becomes a batch again that has the correlator forget that it gave the execution up', () => {
    const resent = resendingOf(
      letter({
        code: 'CORRELATOR_UNOWNED',
        queue: 'events',
        executionArn: arn,
        original: JSON.stringify([record]),
      }),
      'n',
    );
    expect(resent).toMatchObject({ ok: true, unowned: arn });
    const [message] = resent.ok ? resent.messages : [];
    expect(parseRecordBatch(message?.body ?? '')).toEqual({
      ok: true,
      value: { version: 1, executionArn: arn, records: [record], reload: true },
    });
  });

  it.each([
    [{ queue: 'events' } as const, /no original/],
    [{}, /came from no queue/],
    [{ queue: 'events', original: 'x'.repeat(MAX_ORIGINAL_CHARS) } as const, /was cut; backfill/],
    [{ code: 'FORWARDER_RECORD_INVALID', original: '{}' }, /came from no queue/],
    [{ code: 'PUBLISHER_PUBLISH_REFUSED', original: '{}\n\n{}' }, /replay the upload instead/],
    [{ code: 'CORRELATOR_UNOWNED', original: '[]', executionArn: arn }, /its records do not read/],
    [{ code: 'CORRELATOR_UNOWNED', original: '[]' }, /names no execution/],
  ])('is left where it is, with what helps instead: %j', (change, why) => {
    const resent = resendingOf(letter(change), 'n');
    expect(resent.ok ? '' : resent.why).toMatch(why);
  });
});

describe('letters in hand', () => {
  it('are given back when something goes wrong, but for those that are settled', async () => {
    const bodies = ['2026-02-02', '2026-01-01'].map((day) =>
      JSON.stringify(letter({ at: `${day}T00:00:00Z` })),
    );
    const released: string[] = [];
    let rounds = 0;
    const queues = {
      depth: () => Promise.resolve(undefined),
      send: () => Promise.resolve(),
      delete: () => Promise.resolve(),
      receive: () =>
        Promise.resolve(
          rounds++ === 0
            ? bodies.map((body, index) => ({
                body,
                receipt: `r${index}`,
                messageId: `m${index}`,
                sentMs: 0,
                groupId: undefined,
              }))
            : [],
        ),
      release: (_queue: string, receipt: string) => {
        released.push(receipt);
        return Promise.resolve();
      },
    };
    const work = withLetters(queues, 20, (letters, settled) => {
      expect(letters.map(({ id }) => id)).toEqual(['m1', 'm0']);
      if (letters[0] !== undefined) settled(letters[0]);
      throw new Error('broken');
    });
    await expect(work).rejects.toThrow('broken');
    expect(released).toEqual(['r0']);
  });
});
