import { expect, it } from 'vitest';
import { ManualTime } from '@stepcast/kit/testing';
import { DirectoryError } from '../adapters/sfn-directory.adapter.ts';
import { watchWork } from '../readiness.ts';
import { ARN, batchOf, createBench } from '../testing/correlation-bench.ts';
import { kindsOf, SIMPLE_KINDS, simpleRun } from '../testing/situation.ts';

const MINUTE_MS = 60_000;

/** Sweeps as often as by default, and asks for readiness after each sweep. */
function createWorld() {
  const time = new ManualTime();
  const work = watchWork(time);
  const bench = createBench({ time, onBackgroundWork: work.note });
  const reasons: string[] = [];
  async function pass(minutes: number): Promise<void> {
    for (let half = 0; half < 2 * minutes; half += 1) {
      await time.advance(MINUTE_MS / 2);
      await bench.correlation.sweep();
      await bench.correlation.idle();
      const result = await work.check();
      reasons.push(result.ok ? 'ready' : result.reason);
    }
  }
  return { bench, work, reasons, pass };
}

it('a right that only repairs and sweeps need is missed by readiness, for as long as it is missing: it said yes', async () => {
  const { bench, work, reasons, pass } = createWorld();
  const { correlation, ports } = bench;
  const run = simpleRun();
  const history = ports.directory.history.bind(ports.directory);
  ports.directory.history = () =>
    Promise.reject(new DirectoryError('GetExecutionHistory failed: AccessDeniedException'));
  await correlation.correlate(batchOf(ARN, [...run.slice(0, 2), ...run.slice(4)]));
  expect(work.check()).toEqual({ ok: true });
  await pass(10);
  expect(reasons.slice(1).filter((reason) => !reason.includes('GetExecutionHistory'))).toEqual([]);

  ports.directory.history = history;
  ports.directory.histories.set(ARN, run);
  await pass(3);
  expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  expect(work.check()).toEqual({ ok: true });
});
