import { describe, expect, it } from 'vitest';
import { silentLogger, type QueueVerdict } from '@stepcast/kit';
import { parseRecordBatch, parseReportBatch } from '@stepcast/wire';
import { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
import { HoldGivenBackError, MAX_HELD_ENDS } from '../application/end-holds.ts';
import { createTakeMessages } from '../application/take-messages.ts';
import {
  ARN,
  arnOf,
  batchOf,
  createBench,
  MACHINE_ARN,
  objectCreated,
} from '../testing/correlation-bench.ts';
import { HISTORY_START_MS, records } from '../testing/records.ts';
import { kindsOf, SIMPLE_KINDS, simpleRun, status } from '../testing/situation.ts';

const END = { status: 'SUCCEEDED', stopDate: HISTORY_START_MS + 6 };
const run = simpleRun();
type Bench = ReturnType<typeof createBench>;

/** Has a status come in. @returns whether its message is done */
async function comeIn(bench: Bench, detail: Record<string, unknown>): Promise<{ done: () => boolean }> {
  let isDone = false;
  const taken = status(bench, detail).then(() => {
    isDone = true;
  });
  taken.catch(() => undefined);
  await bench.time.advance(0);
  return { done: () => isDone };
}

async function parkedOf(bench: Bench, executionArn = ARN) {
  return (await bench.ports.executions.load(executionArn)).parked;
}

describe('an end that comes in before the log events that lead up to it', () => {
  it('is held until they have come: nothing is parked, nothing is emitted twice', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 4)));
    const { done } = await comeIn(bench, END);
    expect(done()).toBe(false);
    await bench.time.advance(1_500);
    expect(await parkedOf(bench)).toEqual([]);
    await bench.correlation.correlate(batchOf(ARN, run.slice(4)));
    await bench.time.advance(0);
    expect(done()).toBe(true);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    await bench.time.advance(60_000);
    expect(await parkedOf(bench)).toEqual([]);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.ports.directory.asked.filter((asked) => asked.startsWith('history'))).toEqual([]);
  });

  it('is parked after two seconds, and its history is read', async () => {
    const bench = createBench();
    bench.ports.directory.histories.set(ARN, run);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 4)));
    const { done } = await comeIn(bench, END);
    await bench.time.advance(1_999);
    expect([done(), (await parkedOf(bench)).length]).toEqual([false, 0]);
    await bench.time.advance(1);
    expect([done(), (await parkedOf(bench)).length]).toEqual([true, 1]);
    await bench.time.advance(1_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await parkedOf(bench)).toEqual([]);
  });

  it('keeps nothing else waiting: neither log events nor statuses of other executions', async () => {
    const bench = createBench();
    const other = arnOf('up-2');
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 4)));
    const { done } = await comeIn(bench, END);
    await bench.correlation.correlate(batchOf(other, simpleRun()));
    await status(bench, { ...END, executionArn: other });
    expect(kindsOf(bench, other)).toEqual(SIMPLE_KINDS);
    await bench.correlation.correlate(batchOf(ARN, run.slice(4, 5)));
    expect(done()).toBe(false);
    await bench.correlation.correlate(batchOf(ARN, run.slice(5)));
    await bench.time.advance(0);
    expect(done()).toBe(true);
  });

  it('is held once more when an execution that was redriven ends again', async () => {
    const bench = createBench();
    const failed = [...run.slice(0, 3), ...records([4, 'TaskFailed', 3], [5, 'ExecutionFailed', 4])];
    const again = records([6, 'ExecutionRedriven', 5], [7, 'TaskStateEntered', 6, { name: 'Extract' }]);
    await bench.correlation.correlate(batchOf(ARN, failed));
    const second = again.map((record) => ({ ...record, redriveCount: 1 }));
    await bench.correlation.correlate(batchOf(ARN, second));
    const { done } = await comeIn(bench, { ...END, redriveCount: 1 });
    expect(done()).toBe(false);
    expect(await parkedOf(bench)).toEqual([]);
  });

  it('goes back to its queue when the process stops, and so does one that comes in afterwards', async () => {
    const bench = createBench();
    const { correlation, time } = bench;
    const verdicts: QueueVerdict[] = [];
    const take = createTakeMessages({
      correlation,
      parsers: {
        recordBatch: parseRecordBatch,
        reports: parseReportBatch,
        upload: parseUploadMessage,
        status: parseStatusMessage,
      },
      deadLetters: { send: () => Promise.reject(new Error('nothing is given up')) },
      logger: silentLogger,
      random: () => 0.5,
      maxFailures: 1,
    });
    const message = {
      id: '1',
      receiveCount: 1,
      groupId: undefined,
      settle: (verdict: QueueVerdict) => verdicts.push(verdict),
      body: JSON.stringify({
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        detail: { executionArn: ARN, startDate: HISTORY_START_MS, ...END },
      }),
    };
    await correlation.correlate(batchOf(ARN, run.slice(0, 4)));
    const taken = take.status([message]);
    await time.advance(0);
    expect(verdicts).toEqual([]);
    correlation.giveBack();
    await taken;
    await take.status([message]);
    expect(verdicts).toHaveLength(2);
    for (const verdict of verdicts) expect(verdict).toEqual({ retryAfterMs: expect.any(Number) });
    expect(Math.max(...verdicts.map((one) => (one === 'done' ? Infinity : one.retryAfterMs)))).toBeLessThan(
      501,
    );
    expect(await parkedOf(bench)).toEqual([]);
    expect(time.pending).toBeLessThanOrEqual(2);
    await expect(status(bench, END)).rejects.toBeInstanceOf(HoldGivenBackError);
  });

  it('is parked at once when as many are held as may be', async () => {
    const bench = createBench({ settings: { ownershipTimeoutMs: 60_000 } });
    const arns = Array.from({ length: MAX_HELD_ENDS + 1 }, (_, index) => arnOf(`many-${index}`));
    for (const [index, arn] of arns.entries()) {
      const input = objectCreated({ file: `scan ${index}.png` });
      await bench.correlation.correlate(batchOf(arn, simpleRun({ input }).slice(0, 4)));
    }
    const held = await Promise.all(arns.map((executionArn) => comeIn(bench, { ...END, executionArn })));
    expect(held.map(({ done }) => done())).toEqual([...Array<boolean>(MAX_HELD_ENDS).fill(false), true]);
    expect(await parkedOf(bench, arns.at(-1))).toHaveLength(1);
  });
});

describe('an end that is not held', () => {
  it('is one of an execution of which failures alone are logged: it is emitted at once', async () => {
    const bench = createBench();
    bench.ports.directory.machines.set(MACHINE_ARN, { machine: undefined, logLevel: 'ERROR' });
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(ARN, records([7, 'TaskFailed', 6, { error: 'E' }])));
    const { done } = await comeIn(bench, END);
    expect(done()).toBe(true);
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepFailed', 'executionSucceeded']);
  });

  it.each([
    ['of which no log event has come in', []],
    ['whose log events have a gap already', [...run.slice(0, 2), ...run.slice(4, 5)]],
    ['that has ended by its log events', run],
  ])('is one of an execution %s', async (_what, come) => {
    const bench = createBench();
    if (come.length > 0) await bench.correlation.correlate(batchOf(ARN, come));
    const { done } = await comeIn(bench, { ...END, input: objectCreated() });
    expect(done()).toBe(true);
  });

  it('is any where ends are not to be held', async () => {
    const bench = createBench({ settings: { endHoldMs: 0 } });
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 4)));
    const { done } = await comeIn(bench, END);
    expect([done(), (await parkedOf(bench)).length]).toEqual([true, 1]);
  });
});
