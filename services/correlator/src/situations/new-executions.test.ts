import { describe, expect, it } from 'vitest';
import { ARN, arnOf, batchOf, createBench, OTHER_IDENTITY } from '../testing/correlation-bench.ts';
import { records } from '../testing/records.ts';
import { createInMemoryPorts } from '../testing/in-memory-ports.ts';
import { countCalls } from '../testing/counted-ports.ts';
import { cloudTrailFor, key, kindsOf, SIMPLE_KINDS, simpleRun, upload } from '../testing/situation.ts';
import { objectCreated } from '../testing/correlation-bench.ts';

const READS = ['journal.tail', 'executions.load', 'uploads.known', 'uploads.epochs', 'waitingRoom.leave'];

function createCounted(managed = false) {
  const ports = createInMemoryPorts();
  const counted = countCalls(ports);
  const bench = createBench({ ports, seenPorts: counted.ports, managed });
  const reads = () => READS.filter((name) => (counted.calls.get(name) ?? 0) > 0);
  return { ...bench, reads, calls: counted.calls };
}

describe('a new execution', () => {
  it('costs no read from its first record to its last', async () => {
    const bench = createCounted();
    for (const record of simpleRun()) await bench.correlation.correlate(batchOf(ARN, [record]));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.reads()).toEqual([]);
  });

  it('of an identity that had no line says so once, whichever of its uploads comes first', async () => {
    const bench = createBench();
    const [one, other] = [ARN, arnOf('other')];
    const startOf = (file: string) => records([1, 'ExecutionStarted', 0, { input: objectCreated({ file }) }]);
    await Promise.all([
      bench.correlation.correlate(batchOf(one, startOf('one.png'))),
      bench.correlation.correlate(batchOf(other, startOf('other.png'))),
    ]);
    const says = () => bench.ports.outbox.sent.filter(({ identityIsNew }) => identityIsNew === true);
    expect(says()).toHaveLength(1);
    expect(says()[0]).toBe(bench.ports.outbox.sent[0]);
    const later = createBench({ ports: bench.ports });
    await later.correlation.correlate(batchOf(arnOf('later'), startOf('later.png')));
    expect(says()).toHaveLength(1);
  });

  it('costs no read when its upload starts it', async () => {
    const bench = createCounted(true);
    await upload(bench, objectCreated());
    expect(bench.starter.started.size).toBe(1);
    expect(bench.reads()).toEqual([]);
  });

  it('of an upload that this process has begun touches it no more, and reads nothing but its caller', async () => {
    const bench = createCounted();
    await upload(bench, objectCreated());
    const touched = bench.calls.get('uploads.touch');
    await bench.correlation.correlate(batchOf(ARN, simpleRun()));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.reads()).toEqual(['uploads.known']);
    expect(bench.calls.get('uploads.touch')).toBe(touched);
    expect(bench.calls.get('uploads.addEpoch')).toBe(1);
  });

  it('of an upload that this process has begun is held against a caller whom another process has seen since', async () => {
    const bench = createCounted();
    await upload(bench, objectCreated({ versionId: 'v1' }));
    const other = createBench({ ports: bench.ports });
    await upload(other, cloudTrailFor(OTHER_IDENTITY, key, 'v1'));
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: objectCreated({ versionId: 'v1' }) })));
    expect(kindsOf(bench)).toEqual([]);
    expect((await bench.ports.executions.load(ARN)).assignment).toMatchObject({ kind: 'quarantined' });
  });

  it('of an upload that CloudTrail has seen is held against the caller, who may come first', async () => {
    const bench = createCounted();
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v1'));
    const input = objectCreated({ versionId: 'v1' });
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input })));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(bench.reads()).toContain('uploads.known');
  });

  it('of an upload whose first process died before it had added the version joins that version', async () => {
    const { ports } = createBench();
    for (let at = 1; at <= 6; at += 1) {
      ports.failures.failAt(at, 'before');
      const doomed = createBench({ ports });
      await doomed.correlation.correlate(batchOf(ARN, simpleRun().slice(0, 2))).catch(() => undefined);
    }
    ports.failures.clear();
    const next = createBench({ ports });
    await next.correlation.correlate(batchOf(ARN, simpleRun()));
    expect(kindsOf(next)).toEqual(SIMPLE_KINDS);
    const { identityId, uploadId } = ports.journal.all()[0]?.stream ?? {};
    expect(identityId).toBeDefined();
    if (identityId === undefined || uploadId === undefined) return;
    expect(await ports.uploads.epochs(identityId, uploadId)).toHaveLength(1);
  });
});
