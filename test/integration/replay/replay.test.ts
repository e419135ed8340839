import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '@stepcast/contracts';
import { seededRandom } from '@stepcast/correlator/testing';
import { parkedRecords, settledCounters } from './counters.ts';
import { reportFigure } from '../../support/figures.ts';
import { IS_LONG } from '../../support/long-form.ts';
import { recordIngest, type RecordedExecution } from './recordings.ts';
import { startReplayWorld, type ReplayWorld } from './replay-world.ts';
import { randomInt, shuffled } from './seeded.ts';

/** Executions that are replayed: `npm run test:properties` takes more of them. */
const SEEDS = IS_LONG ? 100 : 12;
/** Executions that are under way at the same time. */
const CONCURRENCY = 8;

let world: ReplayWorld;
/** Log records that were recorded but never put in. */
let lost = 0;

beforeAll(async () => {
  world = await startReplayWorld();
});

afterAll(async () => {
  await world.stop();
});

function comparable({ kind, step }: ProgressEvent) {
  return {
    kind,
    ...(step === undefined ? {} : { name: step.name }),
    ...(step?.attempt === undefined ? {} : { attempt: step.attempt }),
    ...(step?.iteration === undefined ? {} : { iteration: step.iteration }),
  };
}

/** Replays one recording as a lossy log delivery would bring it, and compares what was emitted with what must be. */
async function replay(seed: number): Promise<{ readonly lost: number; readonly settledMs: number }> {
  const random = seededRandom(seed);
  const name = `replay-${seed}`;
  const input = world.objectCreated(world.alice, name);
  const { parent, child } = recordIngest(seed, name, input);
  await Promise.all([world.importExecution(parent), world.importExecution(child)]);

  const all = shuffled([...parent.logRecords, ...child.logRecords], random);
  const lost = Math.ceil(all.length * 0.1);
  const arriving = all.slice(lost);
  const repeated = arriving.slice(0, Math.ceil(arriving.length * 0.2));
  const work = shuffled([...arriving, ...repeated], random);

  const uploadId = world.uploadIdOf(world.alice, name);
  const ended = world.stateWhen(uploadId, ({ executions }) =>
    [parent, child].every((one) =>
      executions.some(
        ({ executionArn, status, redriveCount }) =>
          executionArn === one.executionArn &&
          status === 'succeeded' &&
          redriveCount === one.ends.at(-1)?.redriveCount,
      ),
    ),
  );
  while (work.length > 0) await world.postRecords(work.splice(0, 1 + randomInt(random, 250)));
  for (const one of shuffled([parent, child], random)) world.tellEnds(one);
  const complete = performance.now();
  await ended;
  const settledMs = performance.now() - complete;

  const bodies = await world.journalOf(world.alice, name);
  const events = bodies.flatMap((body) => body.events);
  expect(events.map(({ offset }) => Number(offset))).toEqual(events.map((_event, index) => index + 1));
  expect(events.filter(({ executionArn }) => executionArn === undefined).map(comparable)).toEqual([
    { kind: 'uploaded' },
  ]);
  for (const one of [parent, child]) {
    const emitted = events.filter(
      ({ executionArn, kind }) => executionArn === one.executionArn && kind !== 'iterationsProgressed',
    );
    expect(emitted.map(comparable)).toEqual(one.expected);
  }
  const state = bodies.at(-1)?.state;
  expect(state).toMatchObject({ status: 'succeeded', percent: 100, error: null });
  expect(state?.executions).toHaveLength(2);
  // The second try of the Map that was retried.
  expect(state?.steps.find((step) => step.name === 'Batches')).toMatchObject({
    attempt: 2,
    iterations: { total: 2, started: 2, succeeded: 2, failed: 0 },
  });
  expect(state?.steps.filter(({ status }) => status === 'running' || status === 'retrying')).toEqual([]);
  expect(JSON.stringify(bodies)).not.toContain('canary');
  return { lost, settledMs };
}

/** A history in which one record in the middle never comes. @returns ms from when it is missed to when it is emitted */
async function repairOneGap(seed: number): Promise<number> {
  const name = `gap-${seed}`;
  const { parent, child } = recordIngest(seed, name, world.objectCreated(world.alice, name));
  await Promise.all([world.importExecution(parent), world.importExecution(child)]);
  const uploadId = world.uploadIdOf(world.alice, name);
  const ended = world.stateWhen(
    uploadId,
    ({ status, executions }) =>
      status === 'succeeded' && executions.some(({ redriveCount }) => redriveCount === 1),
  );
  const middle = Math.floor(parent.logRecords.length / 2);
  lost += 1;
  await world.postRecords(parent.logRecords.slice(0, middle));
  const missed = performance.now();
  await world.postRecords(parent.logRecords.slice(middle + 1));
  await ended;
  const repairedMs = performance.now() - missed;
  const whole = world.stateWhen(uploadId, ({ executions }) =>
    executions.every(({ status }) => status === 'succeeded'),
  );
  await world.postRecords(child.logRecords);
  await whole;
  return repairedMs;
}

/** Two proofs of its owner that disagree. */
function tornBetween(parentArn: string, key: string): RecordedExecution {
  const input = {
    AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: parentArn,
    bucket: world.sandbox.info.bucket,
    key,
  };
  return recordIngest(2_003, 'torn', input).parent;
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other).map(Math.round);
  return `median ${sorted[Math.floor(sorted.length / 2)] ?? 0} ms, longest ${sorted.at(-1) ?? 0} ms`;
}

describe('recorded executions, replayed through POST /awslogs', () => {
  it('are emitted whole and in order, whatever was lost, repeated and out of order on the way', async () => {
    const waiting = Array.from({ length: SEEDS }, (_unused, index) => index + 1);
    const results: { readonly lost: number; readonly settledMs: number }[] = [];
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
          try {
            results.push(await replay(seed));
          } catch (thrown) {
            throw new Error(`with seed ${seed}`, { cause: thrown });
          }
        }
      }),
    );
    expect(results).toHaveLength(SEEDS);
    reportFigure(
      `${SEEDS} replays (20 % repeated, 10 % lost, shuffled), ${CONCURRENCY} at a time: from the last record to the emitted end`,
      spread(results.map(({ settledMs }) => settledMs)),
    );
    lost += results.reduce((sum, result) => sum + result.lost, 0);
  }, 600_000);

  it('have a gap repaired within five seconds, seen by the person who waits', async () => {
    const times: number[] = [];
    for (let seed = 1_001; seed <= 1_005; seed += 1) times.push(await repairOneGap(seed));
    reportFigure('one gap: from the record behind it to the repaired event at the client', spread(times));
    expect(Math.max(...times)).toBeLessThanOrEqual(5_000);
  });

  it('of nobody, or of two, reach nobody, and every record put in is counted', async () => {
    const unowned = recordIngest(2_001, 'unowned', { orderId: 7 });
    const input = world.objectCreated(world.alice, 'owned-by-alice');
    const owned = recordIngest(2_002, 'owned-by-alice', input);
    // Started by an execution of one person, on an object of another.
    const torn = tornBetween(owned.parent.executionArn, world.objectKey(world.bob, 'torn'));
    for (const one of [unowned.parent, unowned.child, owned.parent, torn]) await world.importExecution(one);
    const ended = world.stateWhen(world.uploadIdOf(world.alice, 'owned-by-alice'), ({ executions }) =>
      executions.some(({ status, redriveCount }) => status === 'succeeded' && redriveCount === 1),
    );
    const secret = [unowned.parent, unowned.child, torn];
    const malformed = owned.parent.logRecords.slice(0, 3).map((text) => text.replace('"id":"', '"id":"x'));
    await world.postRecords(
      shuffled(
        secret.flatMap(({ logRecords }) => logRecords),
        seededRandom(1),
      ),
    );
    await world.postRecords([...malformed, 'a line of another program', ...owned.parent.logRecords]);
    for (const one of secret) world.tellEnds(one);
    await ended;

    const counters = await settledCounters(world.sandbox.url);
    const forwarder = (outcome: string) => counters.sum('forwarder_records_total', { outcome });
    expect(forwarder('forwarded') + forwarder('dead_lettered') + forwarder('ignored')).toBe(world.put);
    expect([forwarder('dead_lettered'), forwarder('ignored')]).toEqual([3, 1]);
    expect(counters.sum('correlator_records_total') + parkedRecords(counters)).toBe(
      counters.sum('correlator_records_in_total'),
    );
    const outcome = (name: string) => counters.sum('correlator_records_total', { outcome: name });
    // Whatever was fetched from history and came after all was repeated; so at least what was lost was repaired.
    expect(counters.sum('correlator_records_repaired_total')).toBeGreaterThanOrEqual(lost);
    expect(counters.sum('correlator_gaps_declared_total')).toBe(0);
    expect(outcome('quarantined')).toBe(torn.logRecords.length);
    expect(outcome('dead_lettered') + outcome('ignored')).toBe(0);
    const stillParked = parkedRecords(counters);
    expect(stillParked).toBe(unowned.parent.logRecords.length + unowned.child.logRecords.length);

    const seen = world.received.join('\n');
    expect(seen).toContain(owned.parent.executionArn);
    for (const { executionArn } of secret) expect(seen).not.toContain(executionArn);
    expect(seen).not.toContain(world.uploadIdOf(world.bob, 'torn'));
    expect(seen).not.toContain('canary');
  });
});
