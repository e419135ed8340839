import { describe, expect, it } from 'vitest';
import { ARN, batchOf, createBench, objectCreated, readCounter } from '../testing/correlation-bench.ts';
import { randomHistory } from '../testing/random-history.ts';
import { kindsOf, SIMPLE_KINDS, simpleRun } from '../testing/situation.ts';

/** Two correlators of one journal, which wait so long before they ask history for what is missing. */
function createPair(gapWaitMs: number) {
  const one = createBench({ settings: { gapWaitMs } });
  const other = createBench({ settings: { gapWaitMs }, ports: one.ports, time: one.time });
  return { one, other, time: one.time, asked: one.ports.directory.asked };
}

const [first, second] = [simpleRun().slice(0, 2), simpleRun().slice(2, 4)];
const rest = simpleRun().slice(4);

describe('an execution whose records come to two correlators', () => {
  it('does not wait a minute for what the other one has written since: in the bench 21 of 3,640 events came with the next sweep', async () => {
    const { one, other, time, asked } = createPair(60_000);
    await other.correlation.correlate(batchOf(ARN, first));
    // Forwarders that work side by side overtake one another.
    await one.correlation.correlate(batchOf(ARN, rest));
    await other.correlation.correlate(batchOf(ARN, second));
    expect(kindsOf(one)).toEqual(SIMPLE_KINDS.slice(0, 2));
    await time.advance(100);
    expect(kindsOf(one)).toEqual(SIMPLE_KINDS);
    expect(asked.filter((question) => question.startsWith('history'))).toEqual([]);
  });

  it('that had no owner there at first is found as soon', async () => {
    const { one, other, time } = createPair(60_000);
    const [fifth, sixth] = [rest.slice(0, 1), rest.slice(1)];
    await one.correlation.correlate(batchOf(ARN, fifth));
    await other.correlation.correlate(batchOf(ARN, first));
    await other.correlation.idle();
    await one.correlation.correlate(batchOf(ARN, sixth));
    await other.correlation.correlate(batchOf(ARN, second));
    await time.advance(100);
    expect(kindsOf(one)).toEqual(SIMPLE_KINDS);
  });

  it('is not passed on again by one that waits while the other one writes', async () => {
    const { one, other, time } = createPair(1_000);
    const { records } = randomHistory(5, { mayFail: false, input: objectCreated() });
    await other.correlation.correlate(batchOf(ARN, records.slice(0, 2)));
    await one.correlation.correlate(batchOf(ARN, records.slice(-1)));
    const passedOnAgain = () => readCounter(one.metrics, 'handovers_total', { what: 'again' });
    const atFirst = await passedOnAgain();
    expect(atFirst).toBe(1);
    for (const record of records.slice(2, -2)) {
      await other.correlation.correlate(batchOf(ARN, [record]));
      await time.advance(900 / records.length);
    }
    expect(await passedOnAgain()).toBe(atFirst);
    await other.correlation.correlate(batchOf(ARN, records.slice(-2, -1)));
    await time.advance(1_000);
    expect(kindsOf(one).at(-1)).toBe('executionSucceeded');
  });

  it('waits for what comes late at most as long again', async () => {
    const { one, other, time } = createPair(60_000);
    await other.correlation.correlate(batchOf(ARN, first));
    await one.correlation.correlate(batchOf(ARN, rest));
    await time.advance(3_000);
    await other.correlation.correlate(batchOf(ARN, second));
    await time.advance(3_200);
    expect(kindsOf(one)).toEqual(SIMPLE_KINDS);
  });

  it('is read only while something waits, and less and less often', async () => {
    const { one, other, time } = createPair(60_000);
    await other.correlation.correlate(batchOf(ARN, first));
    await one.correlation.correlate(batchOf(ARN, rest));
    const load = one.ports.executions.load.bind(one.ports.executions);
    let reads = 0;
    one.ports.executions.load = (executionArn) => {
      reads += 1;
      return load(executionArn);
    };
    await time.advance(59_000);
    // At 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 12.7, 25.5 and 51.1 seconds.
    expect(reads).toBe(9);
    await other.correlation.correlate(batchOf(ARN, second));
    await time.advance(60_000);
    expect(kindsOf(one)).toEqual(SIMPLE_KINDS);
    reads = 0;
    await time.advance(600_000);
    expect(reads).toBe(0);
  });
});
