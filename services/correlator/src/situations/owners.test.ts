import { describe, expect, it } from 'vitest';
import { ManualTime } from '@stepcast/kit/testing';
import {
  ARN,
  arnOf,
  balance,
  batchOf,
  BUCKET,
  createBench,
  eventsOf,
  IDENTITY,
  objectCreated,
  offsetsOf,
  OTHER_IDENTITY,
  readCounter,
  stateOf,
} from '../testing/correlation-bench.ts';
import { HISTORY_START_MS } from '../testing/records.ts';
import {
  cloudTrailFor,
  key,
  kindsOf,
  SIMPLE_KINDS,
  simpleRun,
  status,
  upload,
} from '../testing/situation.ts';

describe('the owner of an execution', () => {
  it('is asked for when records carry no input, once', async () => {
    const bench = createBench();
    bench.ports.directory.descriptions.set(ARN, {
      input: objectCreated(),
      fact: { status: 'running', redriveCount: 0, startMs: HISTORY_START_MS, stopMs: null, redriveMs: null },
    });
    const run = simpleRun({ inputMissing: 'excluded' });
    for (const record of run) await bench.correlation.correlate(batchOf(ARN, [record]));
    await bench.time.advance(0);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.ports.directory.asked.filter((asked) => asked.startsWith('describe '))).toHaveLength(1);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });
  });

  it('is proven by a status event when nothing else carries the input', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ inputMissing: 'truncated' })));
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('that nothing proves in time has the records dead-lettered with the reason, and later ones too', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: '{"orderId":42}' })));
    await bench.correlation.sweep();
    await bench.time.advance(14 * 60_000);
    await bench.correlation.sweep();
    expect(bench.ports.deadLetters.letters).toEqual([]);
    await bench.time.advance(2 * 60_000);
    await bench.correlation.sweep();
    expect(bench.ports.deadLetters.letters).toEqual([
      expect.objectContaining({
        code: 'CORRELATOR_UNOWNED',
        executionArn: ARN,
        reason: expect.stringContaining('the input names neither an uploaded object nor a parent execution'),
      }),
    ]);
    await bench.correlation.correlate(batchOf(ARN, simpleRun()));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(await balance(bench.metrics)).toEqual({ in: 12, accounted: 12 });
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'dead_lettered' })).toBe(12);
  });

  it('that nothing has proven yet is waited for, although the process that parked its records had a clock 20 minutes slow', async () => {
    const bench = createBench();
    const slow = createBench({
      ports: bench.ports,
      time: new ManualTime(bench.time.nowMs() - 20 * 60_000),
    });
    const run = simpleRun();
    await slow.correlation.correlate(batchOf(ARN, run.slice(1)));
    await bench.correlation.sweep();
    await bench.time.advance(1_000);
    await bench.correlation.sweep();
    expect(bench.ports.deadLetters.letters).toEqual([]);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 1)));
    await bench.time.advance(0);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('that Step Functions does not know waits for other proofs', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ inputMissing: 'excluded' })));
    await bench.time.advance(5_000);
    expect(bench.ports.journal.all()).toEqual([]);
    await status(bench, { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 6, input: objectCreated() });
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('is nobody when two proofs disagree: nothing is emitted, the records stay parked, all of it counted', async () => {
    const bench = createBench();
    const input = objectCreated({ versionId: 'v1' });
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v1'));
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input })));
    await upload(bench, input);
    expect(bench.ports.journal.all()).toEqual([]);
    expect(bench.ports.outbox.sent).toEqual([]);
    expect((await bench.ports.executions.load(ARN)).assignment).toMatchObject({ kind: 'quarantined' });
    expect((await bench.ports.executions.load(ARN)).parked.flatMap((item) => item.records)).toHaveLength(6);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });

    // Whatever else is heard of it, and however often it is read again: each record was counted, and is counted once.
    await bench.time.advance(120_000);
    await status(bench, { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 6 });
    await bench.correlation.sweep();
    await bench.time.advance(120_000);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });
  });

  it('is questioned when CloudTrail contradicts the key later: nothing more is emitted', async () => {
    const bench = createBench();
    const run = simpleRun({ input: objectCreated({ versionId: 'v1' }) });
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    const before = bench.ports.journal.all().length;
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v1'));
    await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
    expect(bench.ports.journal.all()).toHaveLength(before);
  });

  it('is the one whom CloudTrail saw, where the key says nothing', async () => {
    const bench = createBench();
    const elsewhere = 'inbox/scan 01.png';
    await upload(bench, cloudTrailFor(IDENTITY, elsewhere));
    await bench.correlation.correlate(
      batchOf(ARN, simpleRun({ input: objectCreated().replace(key, elsewhere) })),
    );
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(stateOf(bench.ports)?.identityId).toBe(IDENTITY);
  });
});

describe('an owner who was known before the input came', () => {
  const theirs = objectCreated({ identityId: OTHER_IDENTITY });

  it('is not believed against the input: the execution is quarantined, and nothing of it is emitted', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated());
    const [name = ''] = [...bench.starter.started.keys()];
    await bench.correlation.correlate(batchOf(arnOf(name), simpleRun({ input: theirs })));
    expect(eventsOf(bench.ports, arnOf(name))).toEqual([]);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
  });
});

describe('an execution whose input names no version', () => {
  const flat = JSON.stringify({ bucket: BUCKET, key });

  it('joins the newest version of its upload', async () => {
    const bench = createBench();
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: flat })));
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
  });

  it('waits a moment for the upload event', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: flat })));
    expect(bench.ports.journal.all()).toEqual([]);
    await bench.time.advance(2_000);
    await upload(bench, objectCreated());
    await bench.time.advance(0);
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
  });

  it('is a version of its own when none comes', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: flat })));
    await bench.time.advance(5_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
  });
});
