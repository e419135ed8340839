import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { AwsCallError } from '../aws/aws-call-error.ts';
import type { Timers } from '../clock.ts';
import type { OutgoingMessage } from '../queue.ts';
import { createSqsSender, QueueSendError } from './sqs-sender.adapter.ts';
import type { Sqs, SqsBatchFailure, SqsSendEntry } from './sqs.adapter.ts';

type Answer = AwsCallError | readonly SqsBatchFailure[];
const refused = (index: number, senderFault = false): SqsBatchFailure => ({
  index,
  code: senderFault ? 'InvalidMessageContents' : 'InternalError',
  senderFault,
});
const message = (body: string, groupId?: string): OutgoingMessage =>
  groupId === undefined ? { body } : { body, groupId, deduplicationId: body };

/** A sender to a queue that answers by script, and takes everything after it. */
function scripted(script: (call: number, entries: readonly SqsSendEntry[]) => Answer) {
  const calls: (readonly string[])[] = [];
  const stored: string[] = [];
  const sqs: Sqs = {
    sendBatch(_queueUrl, entries) {
      const answer = script(calls.length, entries);
      calls.push(entries.map(({ body }) => body));
      if (answer instanceof AwsCallError) return Promise.reject(answer);
      const failed = new Set(answer.map(({ index }) => index));
      stored.push(...entries.filter((_entry, index) => !failed.has(index)).map(({ body }) => body));
      return Promise.resolve(answer);
    },
    receive: () => Promise.resolve([]),
    deleteBatch: () => Promise.resolve([]),
    changeVisibilityBatch: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  const timers: Timers = {
    after(_delayMs, callback) {
      queueMicrotask(callback);
      return () => undefined;
    },
  };
  const sender = createSqsSender({
    client: new SQSClient({ region: 'us-east-1' }),
    queueUrl: 'http://127.0.0.1/1/q.fifo',
    sqs,
    timers,
    random: () => 0.5,
  });
  const failureOf = async (messages: readonly OutgoingMessage[]) => {
    try {
      await sender.send(messages);
      return undefined;
    } catch (thrown) {
      return thrown instanceof QueueSendError ? thrown : undefined;
    }
  };
  return { sender, calls, stored, failureOf };
}

describe('the SQS sender', () => {
  it('sends again only what was refused, before anything that comes after it', async () => {
    const { sender, calls, stored } = scripted((call) => (call === 0 ? [refused(1), refused(3)] : []));
    const messages = Array.from({ length: 12 }, (_unused, index) => message(`m${index}`, `g${index}`));
    await sender.send(messages);
    expect(calls[1]).toEqual(['m1', 'm3']);
    expect(calls[2]).toEqual(['m10', 'm11']);
    expect(stored.toSorted()).toEqual(messages.map(({ body }) => body).toSorted());
  });

  it('does not send again what a later message of its group has overtaken, and says what is not stored', async () => {
    const { calls, failureOf } = scripted((call) => (call === 0 ? [refused(0)] : []));
    const failure = await failureOf([message('a1', 'a'), message('a2', 'a'), message('b1', 'b')]);
    expect(calls).toHaveLength(1);
    expect(failure).toMatchObject({ retryable: true, failure: 'infrastructure' });
    expect(failure?.unsent.map(({ body }) => body)).toEqual(['a1']);
  });

  it('does not repeat what is wrong in itself', async () => {
    const { calls, failureOf } = scripted(() => [refused(0, true)]);
    expect(await failureOf([message('a1', 'a')])).toMatchObject({ retryable: false });
    expect(calls).toHaveLength(1);
  });

  it('gives up on what stays refused, and does not send what comes after it', async () => {
    const { calls, failureOf } = scripted((_call, entries) =>
      entries.flatMap(({ body }, index) => (body === 'm9' ? [refused(index)] : [])),
    );
    const failure = await failureOf(
      Array.from({ length: 11 }, (_unused, index) => message(`m${index}`, 'g')),
    );
    expect(calls.slice(1)).toEqual([['m9'], ['m9'], ['m9']]);
    expect(failure?.unsent.map(({ body }) => body)).toEqual(['m9', 'm10']);
  });

  it('hands on why the queue could not be reached', async () => {
    const cause = new AwsCallError('SendMessageBatch', 'AccessDenied', false, { status: 403 });
    const { failureOf } = scripted(() => cause);
    expect(await failureOf([message('a')])).toMatchObject({
      code: 'KIT_QUEUE_SEND_FAILED',
      retryable: false,
      failure: 'infrastructure',
      cause,
    });
  });

  it('stores every message or says that it did not, and by itself never turns the order of a group', async () => {
    const sent = fc.array(fc.constantFrom('a', 'b', undefined), { maxLength: 40 });
    const faults = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 4 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sent, faults, async (groups, indexes) => {
        const overtaken = new Set<string>();
        const { stored, failureOf } = scripted((call, entries) => {
          const failed = [...new Set(indexes[call] ?? [])].filter((index) => index < entries.length);
          // A queue may take a later message of a group and refuse an earlier one: not the sender's doing.
          for (const [index, { groupId }] of entries.entries())
            if (groupId !== undefined && !failed.includes(index))
              for (const earlier of failed)
                if (earlier < index && entries[earlier]?.groupId === groupId) overtaken.add(groupId);
          return failed.toSorted((a, b) => a - b).map((index) => refused(index));
        });
        const messages = groups.map((group, index) => message(`${index}`, group));
        const failure = await failureOf(messages);
        const unsent = (failure?.unsent ?? []).map(({ body }) => body);
        expect([...stored, ...unsent].toSorted()).toEqual(messages.map(({ body }) => body).toSorted());
        for (const group of ['a', 'b']) {
          const ofGroup = stored.map(Number).filter((index) => groups[index] === group);
          if (!overtaken.has(group)) expect(ofGroup).toEqual(ofGroup.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
