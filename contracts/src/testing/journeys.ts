import fc from 'fast-check';
import { ExecutionArn, Offset } from '../identifiers.ts';
import type { ProgressEvent, ProgressEventKind, StepRef } from '../progress.ts';
import { ARN, at } from './folded.ts';

type Unplaced = Omit<ProgressEvent, 'offset' | 'time'>;

const stepKinds: readonly ProgressEventKind[] = [
  'stepStarted',
  'stepRetried',
  'stepSucceeded',
  'stepFailed',
  'stepCaught',
  'iterationsProgressed',
  'stepReported',
];
const endKinds: readonly ProgressEventKind[] = [
  'executionSucceeded',
  'executionFailed',
  'executionTimedOut',
  'executionAborted',
];

const error = fc.option(fc.record({ name: fc.constantFrom('Boom', 'Stepcast.Aborted') }), {
  nil: undefined,
});
const step: fc.Arbitrary<StepRef> = fc.record({
  name: fc.constantFrom('A', 'B', 'C', 'D'),
  type: fc.constantFrom('Task', 'Map', 'Pass'),
  attempt: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
});
const count = fc.nat(9);
const iterations = fc.option(
  fc.record({ total: fc.option(count), started: count, succeeded: count, failed: count }),
  { nil: undefined },
);

const report = fc.option(
  fc.record(
    { percent: fc.nat(100), done: count, total: count, text: fc.constantFrom('one of many', '') },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

/** Events of one run of an execution: from its start or redrive to its end, or to wherever it is now. */
function run(kind: 'executionStarted' | 'executionRedriven', ended: fc.Arbitrary<boolean>) {
  const middle = fc.record({ kind: fc.constantFrom(...stepKinds), step, error, iterations, report });
  const end = fc.record({ kind: fc.constantFrom(...endKinds), error });
  return fc
    .tuple(fc.array(middle, { maxLength: 8 }), end, ended)
    .map(([middles, last, isOver]): Omit<Unplaced, 'executionArn'>[] => [
      { kind },
      ...middles,
      ...(isOver ? [last] : []),
    ]);
}

/** All events of one execution in their order; `percent` never falls. */
function execution(index: number): fc.Arbitrary<Unplaced[]> {
  const executionArn = ExecutionArn.parse(`${ARN}-${index}`);
  const over = fc.constant(true);
  return fc
    .tuple(
      fc.boolean(),
      fc.oneof(
        run('executionStarted', fc.boolean()),
        fc
          .tuple(run('executionStarted', over), run('executionRedriven', fc.boolean()))
          .map((runs) => runs.flat()),
      ),
      fc.array(fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.nat(600)), {
        minLength: 20,
        maxLength: 20,
      }),
    )
    .map(([nested, events, measures]) => {
      const sorted = measures.toSorted(([one], [other]) => one - other);
      return events.map((event, at): Unplaced => {
        const [percent, etaSeconds] = sorted[at] ?? [100, 0];
        return { ...event, executionArn, ...(nested ? { nested: true } : { percent, etaSeconds }) };
      });
    });
}

/**
 * Events of one epoch as a correlator makes them: executions that start, work, end and are redriven, mixed with one
 * another, each in its own order. Times mostly rise; some are the same, some fall behind.
 */
export const journey: fc.Arbitrary<ProgressEvent[]> = fc
  .tuple(
    execution(1),
    execution(2),
    execution(3),
    fc.array(fc.nat(2), { maxLength: 60 }),
    fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }),
  )
  .map(([first, second, third, turns, jitters]) => {
    const left = [first, second, third].map((events) => [...events]);
    const mixed: Unplaced[] = [{ kind: 'uploaded' }];
    while (left.some((events) => events.length > 0)) {
      const chosen = left[turns[mixed.length] ?? 0];
      const next = (
        chosen !== undefined && chosen.length > 0 ? chosen : left.find((one) => one.length > 0)
      )?.shift();
      if (next !== undefined) mixed.push(next);
    }
    return mixed.map((event, index): ProgressEvent => {
      return { ...event, offset: Offset.parse(index + 1), time: at(index - (jitters[index] ?? 0)) };
    });
  });
