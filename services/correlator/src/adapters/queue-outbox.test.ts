import { beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingMessage, QueueSender } from '@stepcast/kit';
import { settle } from '@stepcast/kit/testing';
import { decodeHandover, handoverQueueIds } from '@stepcast/wire';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import { newStream } from '../testing/conformance-samples.ts';
import { entryHandover, stateHandover } from '../testing/outbox-conformance.ts';
import { createQueueOutbox } from './queue-outbox.adapter.ts';

/** Calls that wait until a test answers them. */
class HeldSender implements QueueSender {
  readonly calls: { readonly messages: readonly OutgoingMessage[]; answer: PromiseWithResolvers<void> }[] =
    [];

  send(messages: readonly OutgoingMessage[]): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.calls.push({ messages, answer });
    return answer.promise;
  }
}

let sender: HeldSender;
let outbox: ProgressOutbox;
beforeEach(() => {
  sender = new HeldSender();
  outbox = createQueueOutbox(sender);
});

describe('the outbox onto the progress queue', () => {
  it('sends what all streams pass on in one turn in one call, each in the group of its stream', async () => {
    const stream = newStream();
    const handovers = [
      entryHandover(stream, 1),
      stateHandover(stream, 2),
      ...Array.from({ length: 8 }, () => entryHandover(newStream(), 1)),
    ];
    for (const handover of handovers) outbox.send(handover);
    await settle();
    expect(sender.calls).toHaveLength(1);
    const messages = sender.calls[0]?.messages ?? [];
    expect(messages.map(({ body }) => decodeHandover(body))).toEqual(
      handovers.map((value) => ({ ok: true, value })),
    );
    for (const [index, { groupId, deduplicationId }] of messages.entries()) {
      const handover = handovers[index];
      if (handover === undefined) throw new TypeError('a message without a handover');
      expect({ groupId, deduplicationId }).toEqual(handoverQueueIds(handover));
    }
  });

  it('puts at most ten messages into a call', async () => {
    for (let count = 0; count < 24; count += 1) outbox.send(entryHandover(newStream(), 1));
    await settle();
    expect(sender.calls.map(({ messages }) => messages.length)).toEqual([10, 10]);
    for (const { answer } of sender.calls) answer.resolve();
    await settle();
    expect(sender.calls.map(({ messages }) => messages.length)).toEqual([10, 10, 4]);
  });

  it('puts at most half a mebibyte into a call', async () => {
    const events = `[{"error":"${'é'.repeat(100_000)}"}]`;
    for (let count = 0; count < 4; count += 1) outbox.send(entryHandover(newStream(), 1, { events }));
    await settle();
    for (const { answer } of sender.calls) answer.resolve();
    await settle();
    const bytes = sender.calls.map(({ messages }) =>
      messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0),
    );
    expect(sender.calls.flatMap(({ messages }) => messages)).toHaveLength(4);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(512 * 1024);
  });

  it('says that a handover is emitted and settled when the queue has it, and not before', async () => {
    const done: string[] = [];
    const { emitted, settled } = outbox.send(entryHandover(newStream(), 1));
    void emitted.then(() => done.push('emitted'));
    void settled.then(() => done.push('settled'));
    await settle();
    expect(done).toEqual([]);
    sender.calls[0]?.answer.resolve();
    await settle();
    expect(done.toSorted()).toEqual(['emitted', 'settled']);
  });

  it('rejects what was in a call that failed, and sends it when it is passed on again', async () => {
    const handover = entryHandover(newStream(), 1);
    const { emitted, settled } = outbox.send(handover);
    const rejected = Promise.allSettled([emitted, settled]);
    await settle();
    const failure = new Error('no route to the queue');
    sender.calls[0]?.answer.reject(failure);
    expect(await rejected).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    const again = outbox.send(handover);
    await settle();
    sender.calls[1]?.answer.resolve();
    await again.emitted;
    expect(sender.calls[1]?.messages).toEqual(sender.calls[0]?.messages);
  });

  it('does not put the same entry twice into one call', async () => {
    const handover = entryHandover(newStream(), 1);
    for (const _time of [1, 2]) outbox.send(handover);
    await settle();
    sender.calls[0]?.answer.resolve();
    await settle();
    expect(sender.calls.map(({ messages }) => messages.length)).toEqual([1, 1]);
  });
});
