import { describe, expect, it } from 'vitest';
import { settle } from '@stepcast/kit/testing';
import { handoverQueueIds } from '@stepcast/wire';
import { ARN, batchOf, createBench, eventsOf, objectCreated, stateOf } from '../testing/correlation-bench.ts';
import { HeldOutbox } from '../testing/held-outbox.ts';
import { createInMemoryPorts } from '../testing/in-memory-ports.ts';
import { records } from '../testing/records.ts';
import { kindsOf, SIMPLE_KINDS, simpleRun, upload } from '../testing/situation.ts';
import { expectNothingLost, seenOf } from '../testing/subscriber.ts';

/** A correlator with a next hop that waits for the test. */
function createHeld() {
  const ports = createInMemoryPorts();
  const outbox = new HeldOutbox();
  const bench = createBench({ ports, seenPorts: { ...ports, outbox } });
  const correlate = (...ids: readonly number[]) =>
    bench.correlation.correlate(
      batchOf(
        ARN,
        simpleRun().filter(({ id }) => ids.includes(id)),
      ),
    );
  return { ...bench, outbox, correlate };
}

describe('writing a stream', () => {
  it('has one entry on its way: what comes in meanwhile travels together in the next', async () => {
    const { outbox, correlate, ports } = createHeld();
    const first = correlate(1);
    await settle();
    const others = [correlate(2), correlate(3), correlate(4), correlate(5), correlate(6)];
    await settle();
    expect(outbox.log).toEqual(['1-2+state']);
    outbox.settle(0);
    await settle();
    expect(outbox.log).toEqual(['1-2+state', '3-5+state']);
    outbox.settle(1);
    await Promise.all([first, ...others]);
    expect(ports.journal.all()).toHaveLength(2);
  });

  it('acknowledges input only when what follows from its entry is settled, and goes on before that', async () => {
    const { outbox, correlate } = createHeld();
    let acknowledged = 0;
    const first = correlate(1).then(() => (acknowledged += 1));
    await settle();
    outbox.emit(0);
    await settle();
    expect(acknowledged).toBe(0);
    const second = correlate(2).then(() => (acknowledged += 1));
    await settle();
    expect(outbox.log).toHaveLength(2);
    outbox.settle(1);
    await second;
    expect(acknowledged).toBe(1);
    outbox.settle(0);
    await first;
  });

  it('acknowledges repeated input only when the entry that has it is settled', async () => {
    const { outbox, correlate } = createHeld();
    const first = correlate(1);
    await settle();
    outbox.emit(0);
    let acknowledged = false;
    const repeated = correlate(1).then(() => {
      acknowledged = true;
    });
    await settle();
    expect(acknowledged).toBe(false);
    outbox.settle(0);
    await Promise.all([first, repeated]);
  });

  it('brings the entry written just before a crash to a subscriber that stayed connected', async () => {
    const { outbox, correlate, ports, time } = createHeld();
    void correlate(1);
    await settle();
    outbox.settle(0);
    // The process dies between the journal and the next hop.
    void correlate(2);
    await settle();
    expect(ports.journal.all()).toHaveLength(2);
    const seen = [...outbox.held.slice(0, 1).map((one) => one.handover)];
    const next = createBench({ ports, time });
    await next.correlation.correlate(batchOf(ARN, simpleRun().slice(1, 6)));
    seen.push(...ports.outbox.sent);
    expectNothingLost(ports, seen);
    expect(seen.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])).toEqual([
      [1, 2],
      [3, 3],
      [4, 5],
    ]);
    expect(kindsOf(next)).toEqual(SIMPLE_KINDS);
  });

  it('brings also an entry that a timer wrote just before a crash, by the sweep', async () => {
    const { outbox, correlate, ports, time } = createHeld();
    void correlate(1, 2, 4, 5, 6);
    await settle();
    outbox.settleAll();
    await time.advance(999);
    // The repair knows no history and declares the gap; the process dies before that is passed on.
    await time.advance(1);
    expect(outbox.log).toHaveLength(2);
    expect(eventsOf(ports, ARN).map(({ kind }) => kind)).toContain('gapDeclared');
    const next = createBench({ ports, time });
    await next.correlation.sweep();
    expectNothingLost(ports, [...outbox.held.slice(0, 1).map((one) => one.handover), ...ports.outbox.sent]);
  });

  it('reads a head anew after a write that failed', async () => {
    const bench = createBench();
    const { failures, journal } = bench.ports;
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(0, 2)));
    for (const moment of ['before', 'after'] as const) {
      failures.failAt(1, moment);
      await expect(bench.correlation.correlate(batchOf(ARN, simpleRun().slice(2, 5)))).rejects.toThrow(
        moment,
      );
    }
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(2)));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(journal.events().map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
    expectNothingLost(bench.ports, bench.ports.outbox.sent);
  });

  const linesOf = ({ ports }: Pick<ReturnType<typeof createBench>, 'ports'>) =>
    [...ports.journal.lines.values()].map(({ status, position }) => [status, position.offset]);

  it('has a line of a running upload ten seconds after the one before, with the state, whether or not more comes', async () => {
    const bench = createBench();
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(0, 2)));
    await bench.time.advance(9_999);
    expect(linesOf(bench)).toEqual([['queued', 1]]);
    await bench.time.advance(1);
    expect(linesOf(bench)).toEqual([
      ['queued', 1],
      ['running', 3],
    ]);
    await bench.time.advance(60_000);
    await bench.correlation.correlate(batchOf(ARN, simpleRun().slice(2)));
    expect(linesOf(bench)).toEqual([
      ['queued', 1],
      ['running', 3],
      ['succeeded', 5],
    ]);
  });

  it('has no line of its running where an upload ends within ten seconds of its beginning', async () => {
    const bench = createBench();
    await upload(bench, objectCreated());
    for (const record of simpleRun()) await bench.correlation.correlate(batchOf(ARN, [record]));
    await bench.time.advance(60_000);
    expect(linesOf(bench)).toEqual([
      ['queued', 1],
      ['succeeded', 5],
    ]);
  });

  it('has the line of a running upload from the sweep of the next process when the one that owed it has died', async () => {
    const { ports, time, correlation } = createBench();
    await upload({ correlation }, objectCreated());
    await correlation.correlate(batchOf(ARN, simpleRun().slice(0, 2)));
    const next = createBench({ ports, time });
    await next.correlation.sweep();
    expect(linesOf(next)).toEqual([
      ['queued', 1],
      ['running', 3],
    ]);
  });

  it('writes the line of the overview when the status of the upload changes, and only then', async () => {
    const bench = createBench();
    for (const record of simpleRun()) await bench.correlation.correlate(batchOf(ARN, [record]));
    expect(linesOf(bench)).toEqual([
      ['running', 2],
      ['succeeded', 5],
    ]);
    expect(bench.ports.journal.overview()).toEqual([
      expect.objectContaining({ status: 'succeeded', percent: 100 }),
    ]);
  });
});

describe('the retained state', () => {
  const steps = records(
    ...simpleRun().map(
      ({ id, type, previousEventId, details }) => [id, type, previousEventId, details] as const,
    ),
  ).slice(0, 2);
  const states = (bench: ReturnType<typeof createBench>) =>
    bench.ports.outbox.sent.map(({ lastOffset, events, state }) =>
      state === undefined ? 'none' : `${events === undefined ? 'alone' : 'with'} ${lastOffset}`,
    );

  it('goes with the first entry and with the last', async () => {
    const bench = createBench();
    for (const record of simpleRun()) await bench.correlation.correlate(batchOf(ARN, [record]));
    expect(states(bench)).toEqual(['with 2', 'none', 'none', 'with 5']);
    const last = bench.ports.outbox.sent.at(-1)?.state ?? '';
    expect(JSON.parse(last)).toEqual(stateOf(bench.ports));
  });

  it('follows alone at the end of the interval, when entries came in since', async () => {
    const bench = createBench();
    for (const record of steps) await bench.correlation.correlate(batchOf(ARN, [record]));
    await bench.time.advance(9_999);
    expect(states(bench)).toEqual(['with 2', 'none']);
    await bench.time.advance(1);
    expect(states(bench)).toEqual(['with 2', 'none', 'alone 3']);
    await bench.time.advance(60_000);
    expect(states(bench)).toHaveLength(3);
    expect(seenOf(bench.ports.outbox.sent).states).toEqual(seenOf(bench.ports.outbox.sent).newest);
  });

  it('goes with an entry after the interval', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, steps.slice(0, 1)));
    await bench.time.advance(10_000);
    await bench.correlation.correlate(batchOf(ARN, steps.slice(1)));
    expect(states(bench)).toEqual(['with 2', 'with 3']);
  });

  it('is passed on again when what follows from its entry failed', async () => {
    const { outbox, correlate, time, ports } = createHeld();
    const first = correlate(1);
    await settle();
    outbox.emit(0);
    outbox.held[0]?.settled.reject(new Error('the broker went away'));
    await expect(first).rejects.toThrow('the broker went away');
    const again = correlate(1);
    await settle();
    expect(outbox.log).toEqual(['1-2+state', '1-2+state']);
    outbox.settle(1);
    await again;
    await time.advance(0);
    expect(ports.journal.all()).toHaveLength(1);
  });

  it('reaches the queue after a restart, which once absorbed it with an entry that had gone without one', async () => {
    const { ports, time, correlation } = createBench();
    for (const record of steps) await correlation.correlate(batchOf(ARN, [record]));
    await correlation.stop();
    const next = createBench({ ports, time });
    await next.correlation.sweep();
    await time.advance(60_000);
    const ids = ports.outbox.sent.map((one) => handoverQueueIds(one).deduplicationId);
    const taken = ports.outbox.sent.filter((_one, index) => ids.indexOf(ids[index] ?? '') === index);
    expect(seenOf(taken).states).toEqual(seenOf(taken).newest);
  });
});
