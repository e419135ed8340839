import { describe, expect, it } from 'vitest';
import {
  CorrelationMessage,
  Epoch,
  IdentityId,
  isObject,
  offsetOf,
  readJson,
  uploadIdOf,
} from '@stepcast/contracts';
import { createMetrics, type Timers } from '@stepcast/kit';
import { createEventBridgeFeed, createFeedMetrics } from './event-bridge-feed.adapter.ts';

const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const time = '2026-11-03T10:15:00.000Z';

function message(offset: number): CorrelationMessage {
  const position = { epoch: Epoch.parse('e1'), offset: offsetOf(offset) };
  return {
    specversion: '1.0',
    id: String(offset),
    type: 'dev.stepcast.correlation.v1',
    time,
    source: 'stepcast',
    datacontenttype: 'application/json',
    data: {
      kind: 'uploaded',
      identityId,
      uploadId: uploadIdOf('photos', 'k'),
      bucket: 'photos',
      key: 'k',
      position,
      epochStartedAt: time,
      proofs: ['keyPrefix'],
      status: 'queued',
    },
  };
}

/** Waits for nothing. */
const timers: Timers = {
  after(_delayMs, run) {
    queueMicrotask(run);
    return () => undefined;
  },
};

function idOf(entry: unknown): string {
  const detail =
    isObject(entry) && typeof entry['Detail'] === 'string' ? readJson(entry['Detail']) : undefined;
  const read = CorrelationMessage.safeParse(detail?.ok === true ? detail.value : undefined);
  return read.data?.id ?? 'no message';
}

/** A feed on an EventBridge that refuses what `refuses` says. */
function feedOn(refuses: (id: string, call: number) => boolean) {
  const metrics = createMetrics('stepcast_correlator_');
  const calls: { readonly ids: string[]; readonly first: unknown }[] = [];
  const feed = createEventBridgeFeed({
    eventBus: 'stepcast',
    metrics: createFeedMetrics(metrics),
    timers,
    random: () => 0.5,
    caller: {
      send(_operation, body) {
        const input = readJson(body);
        const entries: readonly unknown[] =
          input.ok && isObject(input.value) && Array.isArray(input.value['Entries'])
            ? input.value['Entries']
            : [];
        const ids = entries.map(idOf);
        calls.push({ ids, first: entries[0] });
        if (ids.includes('lost')) return Promise.reject(new Error('no connection'));
        const Entries = ids.map((id) =>
          refuses(id, calls.length) ? { ErrorCode: 'InternalFailure' } : { EventId: `event-${id}` },
        );
        return Promise.resolve(JSON.stringify({ FailedEntryCount: 0, Entries }));
      },
    },
  });
  /** Events by what became of them. */
  const counted = async () =>
    Object.fromEntries(
      [...(await metrics.text()).matchAll(/feed_events_total\{outcome="(\w+)"\} (\d+)/g)].map(
        ([, outcome = '', count]) => [outcome, Number(count)],
      ),
    );
  return { feed, calls, counted };
}

describe('the feed on EventBridge', () => {
  it('puts at most ten events in a request, each under the bus, the source and its type', async () => {
    const { feed, calls } = feedOn(() => false);
    await feed.send(Array.from({ length: 23 }, (_unused, index) => message(index + 1)));
    expect(calls.map(({ ids }) => ids.length)).toEqual([10, 10, 3]);
    expect(calls[0]?.first).toEqual({
      EventBusName: 'stepcast',
      Source: 'stepcast',
      DetailType: 'dev.stepcast.correlation.v1',
      Detail: JSON.stringify(message(1)),
      Time: Date.parse(time) / 1_000,
    });
  });

  it('sends those again that were refused, and no others', async () => {
    const { feed, calls, counted } = feedOn((id, call) => id === '2' && call < 3);
    await feed.send([message(1), message(2), message(3)]);
    expect(calls.map(({ ids }) => ids)).toEqual([['1', '2', '3'], ['2'], ['2']]);
    expect(await counted()).toEqual({ sent: 3, retried: 2 });
  });

  it('fails as an outage does when an event is refused again and again', async () => {
    const { feed, calls, counted } = feedOn((id) => id === '1');
    await expect(feed.send([message(1), message(2)])).rejects.toMatchObject({
      code: 'CORRELATOR_FEED_REFUSED',
      retryable: true,
      failure: 'infrastructure',
    });
    expect(calls).toHaveLength(5);
    expect(await counted()).toEqual({ sent: 1, retried: 4, failed: 1 });
  });

  it('counts what a call that fails as a whole did not send', async () => {
    const { feed, counted } = feedOn(() => false);
    await expect(feed.send([message(1), { ...message(2), id: 'lost' }])).rejects.toThrow('no connection');
    expect(await counted()).toEqual({ failed: 2 });
  });
});
