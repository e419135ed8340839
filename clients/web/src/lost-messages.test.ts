import { topicSpace, type Topic } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { ProgressClientOptions } from './options.ts';
import { bench, bucket, key, range, record } from './test-support.ts';
import { FakeTransport } from './testing/index.ts';
import type { Transport } from './transport.port.ts';

/** A broker that loses messages of QoS 0 on their way to the client: those of a kind for which its list says so, in turn. */
function losing(
  transport: FakeTransport,
  losses: Partial<Record<Topic['kind'], readonly boolean[]>>,
): Transport {
  const space = topicSpace();
  const seen = new Map<Topic['kind'], number>();
  const isLost = (topic: string) => {
    const kind = space.parse(topic)?.kind;
    if (kind === undefined) return false;
    const at = seen.get(kind) ?? 0;
    seen.set(kind, at + 1);
    return losses[kind]?.[at] === true;
  };
  return {
    connect: (options) =>
      transport.connect({
        ...options,
        onMessage: (message) => {
          if (!isLost(message.topic)) options.onMessage(message);
        },
      }),
  };
}

const kindOf = (filter: string) => topicSpace().parse(filter)?.kind;

function lossyBench(
  losses: Parameters<typeof losing>[1],
  options: Partial<ProgressClientOptions> = {},
): ReturnType<typeof bench> {
  const transport = new FakeTransport();
  return bench({ ...options, transport: losing(transport, losses) }, transport);
}

const KINDS = ['uploaded', 'executionStarted', 'stepStarted', 'stepSucceeded', 'executionSucceeded'] as const;

describe('messages that are lost', () => {
  it('a last message shows by the state that came with it, within the grace of a hole', async () => {
    const { client, runtime, service } = lossyBench({ events: [false, true] }, { positionCheckMs: 0 });
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, KINDS.slice(0, 4));
    service.append(bucket, key, KINDS.slice(4));
    expect(emitted).toEqual(['synced', ...range('e1', 1, 4)]);
    await runtime.advance(400);
    expect(emitted).toEqual(['synced', ...range('e1', 1, 5), 'complete']);
  });

  it('a reply is asked for again', async () => {
    const { client, runtime, service } = lossyBench({ replies: [true] });
    service.append(bucket, key, KINDS, { publish: false });
    const emitted = record(client.watch({ bucket, key }));
    await runtime.advance(9_999);
    expect(emitted).toEqual([]);
    await runtime.advance(2_001);
    expect(emitted).toEqual([...range('e1', 1, 5), 'complete', 'synced']);
  });

  it('subscribes to events with QoS 1 when the application wants them repeated, and to replies always', async () => {
    const qos = async (options: Partial<ProgressClientOptions>) => {
      const { client, runtime, transport } = bench(options);
      client.watch({ bucket, key });
      await runtime.settle();
      const subscriptions = transport.connections.flatMap(({ subscribePackets }) => subscribePackets.flat());
      return new Map(subscriptions.map(({ filter, qos: granted }) => [kindOf(filter), granted]));
    };
    expect([...(await qos({})).values()]).toEqual([1, 0, 0, 0]);
    expect((await qos({ eventsQos: 1 })).get('events')).toBe(1);
    expect((await qos({})).get('replies')).toBe(1);
  });

  it('change nothing of what is emitted to the application: every event once, in order, whatever is lost', async () => {
    const losses = (maxLength: number) => fc.array(fc.boolean(), { maxLength });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ events: losses(40), state: losses(40), replies: losses(4) }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 15_000 }), { minLength: 12, maxLength: 12 }),
        fc.boolean(),
        async (lost, sizes, pauses, uploadsItself) => {
          const { client, runtime, service } = lossyBench(lost);
          const { watch } = uploadsItself
            ? client.trackUpload({ bucket, key, put: () => Promise.resolve({}) })
            : { watch: client.watch({ bucket, key }) };
          const emitted = record(watch);
          await runtime.settle();
          service.append(bucket, key, ['uploaded', 'executionStarted']);
          for (const [index, size] of sizes.entries()) {
            await runtime.advance(pauses[index] ?? 0);
            service.append(bucket, key, Array<'stepStarted'>(size).fill('stepStarted'));
          }
          service.append(bucket, key, ['executionSucceeded']);
          // The check of silent uploads, and each lost reply with its backoff.
          await runtime.advance(60_000 + 5 * 45_000);
          const events = 3 + sizes.reduce((sum, size) => sum + size, 0);
          expect(emitted.filter((one) => one !== 'synced')).toEqual([...range('e1', 1, events), 'complete']);
        },
      ),
    );
  });
});
