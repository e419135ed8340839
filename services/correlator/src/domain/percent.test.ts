import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { course, definitionOf, machine, percents, state } from '../testing/course.ts';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records, type Line } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { learn, measure } from './percent.ts';

describe('percent', () => {
  const chain = machine({
    A: state('Task', ['B']),
    B: state('Choice', ['C', 'A', 'D']),
    C: state('Task', ['D']),
    D: state('Task'),
  });
  const begun: Line[] = [
    [1, 'ExecutionStarted', 0],
    [2, 'TaskStateEntered', 0, { name: 'A' }],
    [3, 'TaskStateExited', 2, { name: 'A' }],
  ];

  it('counts what lies behind, on the heaviest way to the end', () => {
    expect(percents(chain, records(...begun, [4, 'TaskStateEntered', 3, { name: 'D' }]))).toEqual([
      0, 0, 25, 75,
    ]);
  });

  it('does not fall when the workflow goes back', () => {
    const back: Line[] = [
      [4, 'ChoiceStateEntered', 3, { name: 'B' }],
      [5, 'ChoiceStateExited', 4, { name: 'B' }],
      [6, 'TaskStateEntered', 5, { name: 'A' }],
      [7, 'TaskStateExited', 6, { name: 'A' }],
      [8, 'TaskStateEntered', 7, { name: 'D' }],
    ];
    expect(percents(chain, records(...begun, ...back)).slice(3)).toEqual([25, 50, 50, 50, 75]);
  });

  it('is null when there is no definition, and 100 for success alone', () => {
    const fold = newFold(false);
    expect(measure(fold, undefined)).toEqual({ percent: null, etaSeconds: null });
    expect(measure({ ...fold, status: 'succeeded' }, undefined)).toEqual({ percent: 100, etaSeconds: null });
    const whole = records(
      ...begun,
      [4, 'TaskStateEntered', 3, { name: 'D' }],
      [5, 'TaskStateExited', 4, { name: 'D' }],
      [6, 'ExecutionSucceeded', 5],
    );
    expect(percents(chain, whole).slice(-2)).toEqual([99, 100]);
  });

  it('stays where it was at a state that the definition does not have', () => {
    const unknown: Line[] = [
      [4, 'TaskStateEntered', 3, { name: 'New' }],
      [5, 'TaskStateExited', 4, { name: 'New' }],
    ];
    expect(percents(chain, records(...begun, ...unknown)).slice(2)).toEqual([25, 25, 25]);
    expect(percents(machine({}), records(...begun))).toEqual([0, 0, 0]);
  });

  it('weighs a loop from where it is entered, in whatever order the states are written', () => {
    const written = {
      startAt: 'A',
      states: new Map([...chain.states].toReversed()),
    };
    expect(percents(written, records(...begun, [4, 'TaskStateEntered', 3, { name: 'D' }]))).toEqual([
      0, 0, 25, 75,
    ]);
  });
});

describe('percent of what fails', () => {
  const definition = machine({
    Check: state('Task', ['Kind']),
    Kind: state('Choice', ['Work', 'Refused']),
    Work: state('Task', ['Store']),
    Store: state('Task'),
    Refused: state('Fail'),
    Apologise: state('Task', ['Refused']),
  });
  const begun: Line[] = [
    [1, 'ExecutionStarted', 0],
    [2, 'TaskStateEntered', 0, { name: 'Check' }],
    [3, 'TaskScheduled', 2],
    [4, 'TaskFailed', 3, { error: 'Bad' }],
    [5, 'TaskStateExited', 4, { name: 'Check' }],
  ];

  it('stays where it was, whatever way leads to the failure', () => {
    const [atExit] = percents(definition, records(...begun)).slice(-1);
    expect(atExit).toBe(25);
    const failing: Line[] = [
      [6, 'TaskStateEntered', 5, { name: 'Apologise' }],
      [7, 'TaskStateExited', 6, { name: 'Apologise' }],
      [8, 'FailStateEntered', 7, { name: 'Refused' }],
      [9, 'ExecutionFailed', 8, { error: 'Bad' }],
    ];
    const end = course(definition, records(...begun, ...failing), { Store: 1_000 }).slice(-4);
    expect(end).toEqual(Array.from({ length: 4 }, () => ({ percent: 25, etaSeconds: null })));
  });

  it('is 0 in a workflow that by its definition can only fail, also where a Catch leads on', () => {
    const hopeless = machine({ Try: state('Task', ['No']), No: state('Fail'), Rescue: state('Pass') });
    const caught: Line[] = [
      [2, 'TaskStateEntered', 0, { name: 'Try' }],
      [3, 'TaskStateExited', 2, { name: 'Try' }],
      [4, 'PassStateEntered', 3, { name: 'Rescue' }],
      [5, 'PassStateExited', 4, { name: 'Rescue' }],
    ];
    expect(percents(hopeless, records([1, 'ExecutionStarted', 0], ...caught))).toEqual([0, 0, 0, 0, 0]);
  });

  it.each(['Failed', 'TimedOut', 'Aborted'])('stays after the execution has ended as %s', (ending) => {
    const end: Line = [6, `Execution${ending}`, 0];
    expect(course(definition, records(...begun, end), { Store: 1_000 }).at(-1)).toEqual({
      percent: 25,
      etaSeconds: null,
    });
  });

  it('goes on after a redrive', () => {
    const redriven: Line[] = [
      [6, 'ExecutionFailed', 4],
      [7, 'ExecutionRedriven', 6, { redriveCount: 1 }],
      [8, 'TaskStateEntered', 7, { name: 'Store' }],
    ];
    expect(percents(definition, records(...begun.slice(0, 4), ...redriven)).slice(-3)).toEqual([0, 0, 75]);
  });
});

describe('learned durations', () => {
  const two = machine({ First: state('Task', ['Second']), Second: state('Task') });
  const history = records(
    [1, 'ExecutionStarted', 0],
    [2, 'TaskStateEntered', 0, { name: 'First' }],
    [3, 'TaskStateExited', 2, { name: 'First' }],
  );

  it('weigh the states once a run has come to an end, and not before', () => {
    expect(course(two, history, { First: 9_000 }).at(-1)).toEqual({ percent: 50, etaSeconds: null });
    expect(course(two, history, { First: 9_000, Second: 1_000 }).at(-1)).toEqual({
      percent: 90,
      etaSeconds: 1,
    });
  });

  it('let a state that has never run count like the average one', () => {
    expect(course(two, history, { Second: 4_000 }).at(-1)).toEqual({ percent: 50, etaSeconds: 4 });
    const durations = { Second: 4_000, Gone: 2_000 };
    expect(course(two, history, durations).at(-1)).toEqual({ percent: 42, etaSeconds: 4 });
  });

  it('give no time before the execution has started', () => {
    const waiting = newFold(false);
    const profile = { machine: two, durations: new Map([['Second', 4_000]]) };
    expect(measure(waiting, profile)).toEqual({ percent: 0, etaSeconds: null });
  });

  it('follow slowly what comes', () => {
    expect(learn(undefined, 500)).toBe(500);
    expect(learn(1_000, 2_000)).toBe(1_200);
  });
});

describe('percent of any history', () => {
  it('never leaves 0 to 99 before the end, never falls, and claims nothing by failing', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), ({ seed, maxDepth }, learned) => {
        const { records: all } = randomHistory(seed, { maxDepth });
        const definition = definitionOf(all);
        const durations = learned
          ? Object.fromEntries([...definition.states.keys()].map((name, index) => [name, 100 + 37 * index]))
          : {};
        const fold = newFold(false);
        const profile = { machine: definition, durations: new Map(Object.entries(durations)) };
        const wrong: unknown[] = [];
        for (const record of all) {
          const before = fold.percent ?? 0;
          foldRecord(fold, ARN, record);
          const progress = measure(fold, profile);
          const percent = progress.percent ?? -1;
          fold.percent = percent;
          const fits =
            percent >= before &&
            (fold.status === 'succeeded' ? percent === 100 : percent <= 99) &&
            (percent === before || !/(Failed|TimedOut|Aborted)$/.test(record.type)) &&
            (progress.etaSeconds === null || fold.status === 'running');
          if (!fits) wrong.push({ record, before, progress });
        }
        expect(wrong).toEqual([]);
      }),
    );
  });
});
