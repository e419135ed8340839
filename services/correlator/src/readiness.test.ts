import { beforeEach, describe, expect, it } from 'vitest';
import { ManualTime } from '@stepcast/kit/testing';
import { storeCheck, sweepCheck, watchWork, type ReadinessCheck, type WorkWatch } from './readiness.ts';

let time: ManualTime;
beforeEach(() => {
  time = new ManualTime();
});

describe('the check of the store', () => {
  let reads: object[];
  /** What the next reads come to. */
  let read: () => Promise<undefined>;
  let check: ReadinessCheck;
  const found = () => Promise.resolve(undefined);
  const away = () => Promise.reject(new Error('no route to the table'));

  beforeEach(() => {
    reads = [];
    read = found;
    const get = (key: object) => {
      reads.push(key);
      return read();
    };
    check = storeCheck({ get }, time);
  });

  it('is passed when the table answers, whether or not it has the item', async () => {
    expect(await check()).toEqual({ ok: true });
    expect(reads).toEqual([{ pk: 'readiness', sk: 'readiness' }]);
  });

  it('fails with the reason when the table does not answer', async () => {
    read = away;
    expect(await check()).toEqual({ ok: false, reason: 'no route to the table' });
  });

  it('reads once for all who ask within ten seconds, also while the read is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    read = () => promise;
    const asked = [check(), check()];
    resolve(undefined);
    for (const answer of asked) expect(await answer).toEqual({ ok: true });
    await time.advance(9_999);
    read = away;
    expect(await check()).toEqual({ ok: true });
    expect(reads).toHaveLength(1);
  });

  it('finds an outage, and its end, within ten seconds', async () => {
    expect(await check()).toEqual({ ok: true });
    read = away;
    await time.advance(10_000);
    expect(await check()).toMatchObject({ ok: false });
    read = found;
    await time.advance(9_999);
    expect(await check()).toMatchObject({ ok: false });
    await time.advance(1);
    expect(await check()).toEqual({ ok: true });
    expect(reads).toHaveLength(3);
  });
});

describe('the check of the sweep', () => {
  const MINUTE_MS = 60_000;
  let lastMs: number;
  let failure: string | undefined;
  beforeEach(() => {
    lastMs = time.nowMs();
    failure = undefined;
  });
  const checkEvery = (intervalMs: number) =>
    sweepCheck({ lastMs: () => lastMs, failure: () => failure, intervalMs, clock: time });

  it('allows five intervals in which no sweep came on', async () => {
    const check = checkEvery(2 * MINUTE_MS);
    await time.advance(10 * MINUTE_MS);
    expect(check()).toEqual({ ok: true });
    await time.advance(1);
    expect(check()).toEqual({ ok: false, reason: 'no sweep has come on for 600001 ms' });
  });

  it('allows five minutes where the intervals are short', async () => {
    const check = checkEvery(1_000);
    await time.advance(5 * MINUTE_MS);
    expect(check()).toEqual({ ok: true });
    await time.advance(1);
    expect(check()).toMatchObject({ ok: false });
  });

  it('is passed again after the next sweep', async () => {
    const check = checkEvery(1_000);
    await time.advance(6 * MINUTE_MS);
    expect(check()).toMatchObject({ ok: false });
    lastMs = time.nowMs();
    expect(check()).toEqual({ ok: true });
  });

  it('says why the last sweep failed, until one reaches its end: for five minutes it said nothing', () => {
    const check = checkEvery(1_000);
    failure = 'Query failed: AccessDeniedException';
    expect(check()).toEqual({
      ok: false,
      reason: 'the last sweep failed: Query failed: AccessDeniedException',
    });
    failure = undefined;
    expect(check()).toEqual({ ok: true });
  });
});

describe('the check of the work', () => {
  let work: WorkWatch;
  beforeEach(() => {
    work = watchWork(time, 30_000);
  });

  it('is passed before any message, and after one that was processed', () => {
    expect(work.check()).toEqual({ ok: true });
    work.note('events', { kind: 'done' });
    expect(work.check()).toEqual({ ok: true });
  });

  it('fails while the infrastructure keeps messages of a queue from being processed, though those of another one are', () => {
    work.note('uploads', { kind: 'infrastructure', reason: 'StartExecution failed: AccessDeniedException' });
    work.note('events', { kind: 'done' });
    expect(work.check()).toEqual({
      ok: false,
      reason: 'uploads: StartExecution failed: AccessDeniedException',
    });
    work.note('uploads', { kind: 'done' });
    expect(work.check()).toEqual({ ok: true });
  });

  it.each(['contention', 'poison', 'unexpected'] as const)('is passed after a failure by %s', (kind) => {
    work.note('events', { kind, reason: 'something about the message' });
    expect(work.check()).toEqual({ ok: true });
  });

  it('fails without a break while a message is redelivered at most a minute later and waits half a minute for an answer, and ends with the redeliveries', async () => {
    for (let deliveries = 0; deliveries < 5; deliveries += 1) {
      work.note('events', { kind: 'infrastructure', reason: 'PutItem failed' });
      await time.advance(60_000 + 30_300);
      expect(work.check()).toMatchObject({ ok: false });
    }
    await time.advance(120_000);
    expect(work.check()).toEqual({ ok: true });
  });

  it('does not flap between sweeps that are further apart: alone they ask for histories', async () => {
    const rare = watchWork(time, 10 * 60_000);
    rare.note('GetExecutionHistory', { kind: 'infrastructure', reason: 'AccessDeniedException' });
    await time.advance(11 * 60_000);
    expect(rare.check()).toMatchObject({ ok: false });
  });
});
