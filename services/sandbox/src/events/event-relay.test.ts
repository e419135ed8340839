import type { Timers } from '@stepcast/kit';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { type EventBridgeEvent, objectCreatedEvent } from './event-bridge.ts';
import { InMemoryKeeper } from '../core/testing/in-memory-keeper.ts';
import { type EventProblem, EventRelay, type EventRelayOptions } from './event-relay.ts';

/** Timers that a test fires, in the order of their time. */
class ManualTimers implements Timers {
  readonly #due = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #nowMs = 0;

  after(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, run: callback };
    this.#due.add(entry);
    return () => this.#due.delete(entry);
  }

  /** Fires the next timer, if there is one. */
  fireNext(): boolean {
    const [next] = [...this.#due].sort((a, b) => a.atMs - b.atMs);
    if (next === undefined) return false;
    this.#due.delete(next);
    this.#nowMs = next.atMs;
    next.run();
    return true;
  }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

function event(number: number): EventBridgeEvent {
  return objectCreatedEvent(
    { id: `event-${number}`, accountId: '111122223333', region: 'us-east-1' },
    {
      bucket: 'b',
      key: String(number),
      size: 1,
      etag: 'e',
      sequencer: '00',
      requestId: 'r',
      sourceIp: '127.0.0.1',
      reason: 'PutObject',
      atMs: 0,
    },
  );
}

function start(options: Partial<EventRelayOptions> = {}, fails: (body: string) => boolean = () => false) {
  const timers = new ManualTimers();
  const received: string[] = [];
  const problems: EventProblem[] = [];
  const relay = new EventRelay({
    timers,
    random: seeded(7),
    send: (body) => {
      if (fails(body)) return Promise.reject(new Error('the queue is away'));
      received.push(/event-\d+/.exec(body)?.[0] ?? body);
      return Promise.resolve();
    },
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  const drain = async () => {
    await settle();
    while (relay.statistics().queued > 0 && timers.fireNext()) await settle();
  };
  return { relay, timers, received, problems, drain };
}

describe('EventRelay', () => {
  it('delivers in order when nothing is wrong', async () => {
    const { relay, received, drain } = start();
    for (let number = 0; number < 50; number++) relay.publish(event(number));
    await drain();
    expect(received).toEqual(Array.from({ length: 50 }, (_, number) => `event-${number}`));
  });

  it('tries again until the destination takes it, and lets others pass meanwhile', async () => {
    let refusals = 5;
    const { relay, received, problems, drain } = start(
      {},
      (body) => body.includes('event-1"') && refusals-- > 0,
    );
    for (const number of [0, 1, 2]) relay.publish(event(number));
    await drain();
    expect(received).toEqual(['event-0', 'event-2', 'event-1']);
    expect(problems.map((problem) => problem.kind)).toEqual(
      Array.from({ length: 5 }, () => 'deliveryFailed'),
    );
  });

  it('gives up after its last try, and says so', async () => {
    const { relay, problems, drain } = start({ maxAttempts: 3 }, () => true);
    relay.publish(event(1));
    await drain();
    await relay.whenIdle();
    expect(problems.at(-1)).toEqual({ kind: 'lost', eventId: 'event-1', reason: 'retriesExhausted' });
    expect(relay.statistics()).toMatchObject({ failedAttempts: 3, lost: 1, queued: 0 });
  });

  it('loses what comes when too much waits, and says so', async () => {
    const { relay, problems, received, drain } = start({ maxQueued: 2 });
    for (const number of [0, 1, 2]) relay.publish(event(number));
    expect(problems).toEqual([{ kind: 'lost', eventId: 'event-2', reason: 'queueFull' }]);
    await drain();
    expect(received).toEqual(['event-0', 'event-1']);
  });

  it('lets an event that is to be reordered be overtaken by the next one', async () => {
    const { relay, received, drain } = start({ faults: { reorder: 1 } });
    for (const number of [0, 1, 2]) relay.publish(event(number));
    await drain();
    expect(received).toEqual(['event-1', 'event-0', 'event-2']);
  });

  it('tries what waits once more when it closes, and loses the rest aloud', async () => {
    let away = true;
    const { relay, received, problems } = start({}, (body) => away || body.includes('event-1"'));
    relay.publish(event(0));
    relay.publish(event(1));
    await settle();
    away = false;
    await relay.close();
    relay.publish(event(2));
    expect(received).toEqual(['event-0']);
    expect(problems.filter((problem) => problem.kind === 'lost')).toEqual([
      { kind: 'lost', eventId: 'event-1', reason: 'closed' },
      { kind: 'lost', eventId: 'event-2', reason: 'closed' },
    ]);
    expect(relay.statistics().queued).toBe(0);
  });

  it('delivers every event at least once under any faults but loss, the same way for the same seed', async () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ duplicate: probability, reorder: probability, delay: probability }),
        fc.double({ min: 0, max: 0.8, noNaN: true }),
        fc.integer(),
        async (faults, failing, seed) => {
          const run = async () => {
            const dice = seeded(seed ^ 0x5bd1e995);
            const { relay, received, drain } = start(
              { faults, random: seeded(seed) },
              () => dice() < failing,
            );
            for (let number = 0; number < 20; number++) relay.publish(event(number));
            await drain();
            expect(relay.statistics()).toMatchObject({ queued: 0, lost: 0, delivered: received.length });
            return received;
          };
          const received = await run();
          expect(new Set(received).size).toBe(20);
          expect(await run()).toEqual(received);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a relay that keeps what it has', () => {
  it('delivers after a restart what was under way, and nothing that was delivered', async () => {
    const keeper = new InMemoryKeeper();
    const sent: string[] = [];
    const relay = (send: (body: string) => Promise<void>) =>
      new EventRelay({ timers: new ManualTimers(), random: () => 0.5, keeper, send });
    const killed = relay((body) =>
      body.includes('event-1') ? Promise.resolve() : Promise.reject(new Error('away')),
    );
    killed.publish(event(1));
    killed.publish(event(2));
    await settle();
    const next = relay((body) => {
      sent.push(body);
      return Promise.resolve();
    });
    next.resume();
    await next.whenIdle();
    expect(sent).toEqual([JSON.stringify(event(2))]);
    expect(keeper.entries()).toEqual([]);
  });
});
