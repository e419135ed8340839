import { describe, expect, it } from 'vitest';
import type { ExecutionRecord, Report } from '@stepcast/wire';
import fc from 'fast-check';
import { definitionOf, machine, state } from '../testing/course.ts';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records, type Line } from '../testing/records.ts';
import { advanceOf, ARN, eventsIn, META } from '../testing/stream-input.ts';
import { newFold, type ExecutionFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { measure, type Profile } from './percent.ts';
import { takeReport } from './reports.ts';
import { headOf, newHead } from './stream-head.ts';
import { advanceStream } from './stream.ts';

const four = machine({
  A: state('Task', ['B']),
  B: state('Task', ['C']),
  C: state('Task', ['D']),
  D: state('Task'),
});
const profileOf = (durations: Record<string, number> = {}, definition = four): Profile => ({
  machine: definition,
  durations: new Map(Object.entries(durations)),
});
const begun: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'A' }],
  [3, 'TaskScheduled', 2],
];
let ids = 0;

/** A report later than all before it, and later than any record here. */
function report(percent: number | undefined, more: Partial<Report> = {}): Report {
  ids += 1;
  const said = percent === undefined ? { text: 'x' } : { percent };
  return { id: String(ids), atMs: Date.UTC(2027, 0, 1) + ids, ...said, ...more };
}

/** An execution in memory, its percentage after each thing that happens to it. */
function follow(profile: Profile) {
  const fold = newFold(false);
  const now = () => {
    const { percent, etaSeconds } = measure(fold, profile);
    fold.percent = percent;
    return { percent, etaSeconds };
  };
  return {
    fold,
    read: (...lines: Line[]) => {
      for (const record of records(...lines)) foldRecord(fold, ARN, record);
      return now();
    },
    say: (percent: number | undefined, more?: Partial<Report>) => {
      takeReport(fold, ARN, report(percent, more));
      return now();
    },
  };
}

describe('percent, with what steps report', () => {
  it('counts of the step that runs what is over, in number of states or in learned time', () => {
    const plain = follow(profileOf());
    expect(plain.read(...begun)).toEqual({ percent: 0, etaSeconds: null });
    expect(plain.say(40)).toEqual({ percent: 10, etaSeconds: null });
    expect(plain.say(100)).toEqual({ percent: 25, etaSeconds: null });
    const learned = follow(profileOf({ A: 8_000, B: 500, C: 500, D: 1_000 }));
    expect(learned.read(...begun)).toEqual({ percent: 0, etaSeconds: 10 });
    expect(learned.say(50)).toEqual({ percent: 40, etaSeconds: 6 });
  });

  it('never falls when a step says less, or is tried again and begins anew', () => {
    const run = follow(profileOf());
    run.read(...begun);
    expect(run.say(80).percent).toBe(20);
    expect(run.say(20).percent).toBe(20);
    expect(run.say(undefined).percent).toBe(20);
    run.read([4, 'TaskFailed', 3, { error: 'Busy' }], [5, 'TaskScheduled', 4]);
    expect(run.fold.visits.get(2)).toMatchObject({ attempt: 2, reported: null });
    expect(run.say(40).percent).toBe(20);
    expect(run.say(88).percent).toBe(22);
  });

  it('takes nothing over to the next attempt: what lies ahead is the whole step again', () => {
    const run = follow(profileOf({ A: 8_000, B: 500, C: 500, D: 1_000 }));
    run.read(...begun);
    expect(run.say(75).etaSeconds).toBe(4);
    expect(run.read([4, 'TaskFailed', 3, { error: 'Busy' }], [5, 'TaskScheduled', 4])).toEqual({
      percent: 60,
      etaSeconds: 10,
    });
  });

  it('is 99 at most before the end, also when the last step says that it is done', () => {
    const run = follow(profileOf({}, machine({ A: state('Task') })));
    run.read(...begun);
    expect(run.say(100).percent).toBe(99);
    expect(
      run.read(
        [4, 'TaskSucceeded', 3],
        [5, 'TaskStateExited', 4, { name: 'A' }],
        [6, 'ExecutionSucceeded', 5],
      ),
    ).toEqual({ percent: 100, etaSeconds: null });
  });

  it('counts in a branch and in an item of a Map as that part of them', () => {
    const both = machine({
      Both: state('Parallel', [], [machine({ L: state('Task') }), machine({ R: state('Task') })]),
    });
    const fork = follow(profileOf({}, both));
    fork.read(
      [1, 'ExecutionStarted', 0],
      [2, 'ParallelStateEntered', 0, { name: 'Both' }],
      [3, 'ParallelStateStarted', 2],
      [4, 'TaskStateEntered', 3, { name: 'L' }],
      [5, 'TaskStateEntered', 3, { name: 'R' }],
    );
    expect(fork.say(50, { step: 'L' }).percent).toBe(25);
    expect(fork.say(50, { step: 'R' }).percent).toBe(50);
    const each = machine({ Each: state('Map', [], [machine({ Item: state('Task') })]) });
    const map = follow(profileOf({}, each));
    map.read(
      [1, 'ExecutionStarted', 0],
      [2, 'MapStateEntered', 0, { name: 'Each' }],
      [3, 'MapStateStarted', 2, { length: 4 }],
      [4, 'MapIterationStarted', 3, { name: 'Each', index: 0 }],
      [5, 'TaskStateEntered', 4, { name: 'Item' }],
    );
    expect(map.say(60).percent).toBe(15);
    // Of which of two items the next one speaks, nobody knows.
    map.read(
      [6, 'MapIterationStarted', 3, { name: 'Each', index: 1 }],
      [7, 'TaskStateEntered', 6, { name: 'Item' }],
    );
    expect(map.say(90).percent).toBe(15);
  });

  it('stands in the event of the report, and goes on from the journal where it was', () => {
    const profile = profileOf();
    const head = newHead(META);
    const { entries } = advanceStream(head, advanceOf(records(...begun), { profile, reports: [report(80)] }));
    expect(eventsIn(entries).at(-1)).toMatchObject({ kind: 'stepReported', percent: 20 });
    expect(head.state.percent).toBe(20);
    const again = headOf(META, entries);
    expect(again.folds.get(ARN)).toEqual(head.folds.get(ARN));
    expect(again.folds.get(ARN)?.visits.get(2)?.reported).toBe(0.8);
  });
});

describe('percent of any history among which reports come in', () => {
  /** The same with every step that has said a number at its end: more than that, no percentage may claim. */
  function mostOf(fold: ExecutionFold, profile: Profile): number {
    const visits = new Map(
      [...fold.visits].map(([id, visit]) => [id, { ...visit, reported: visit.reported === null ? null : 1 }]),
    );
    return measure({ ...fold, visits }, profile).percent ?? 0;
  }

  function coursesOf(all: readonly ExecutionRecord[], profile: Profile, saidAt: readonly (number | null)[]) {
    const [silent, loud] = [newFold(false), newFold(false)];
    let said: Report | undefined;
    return all.map((record, index) => {
      foldRecord(silent, ARN, record);
      silent.percent = measure(silent, profile).percent;
      const before = loud.percent ?? 0;
      foldRecord(loud, ARN, record);
      const afterRecord = measure(loud, profile);
      loud.percent = afterRecord.percent;
      const percent = saidAt[index % saidAt.length] ?? null;
      const open = [...loud.visits.values()].findLast(({ type }) => type === 'Task');
      said = percent === null || open === undefined ? undefined : report(percent, { step: open.name });
      if (said !== undefined) takeReport(loud, ARN, said);
      const now = measure(loud, profile);
      loud.percent = now.percent;
      const most = Math.max(before, mostOf(loud, profile));
      return {
        record,
        status: loud.status,
        before,
        percent: now.percent ?? -1,
        most,
        silent: silent.percent ?? -1,
      };
    });
  }
  const profileOfHistory = (all: readonly ExecutionRecord[], isLearned: boolean): Profile => {
    const definition = definitionOf(all);
    const durations = [...definition.states.keys()].map((name, index) => [name, 100 + 37 * index] as const);
    return { machine: definition, durations: new Map(isLearned ? durations : []) };
  };

  it('never falls, is never less than without them, never more than if all they speak of were over, and 100 for success alone', () => {
    fc.assert(
      fc.property(
        histories,
        fc.boolean(),
        fc.array(fc.option(fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 20 }),
        ({ seed, maxDepth }, isLearned, saidAt) => {
          const { records: all } = randomHistory(seed, { maxDepth });
          const wrong = coursesOf(all, profileOfHistory(all, isLearned), saidAt).filter(
            ({ status, before, percent, most, silent }) =>
              percent < before ||
              percent < silent ||
              percent > most ||
              (status === 'succeeded' ? percent !== 100 : percent > 99),
          );
          expect(wrong).toEqual([]);
        },
      ),
    );
  });

  it('is the same as without them where they say nothing but 0', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), ({ seed, maxDepth }, isLearned) => {
        const { records: all } = randomHistory(seed, { maxDepth });
        for (const { percent, silent } of coursesOf(all, profileOfHistory(all, isLearned), [0]))
          expect(percent).toBe(silent);
      }),
    );
  });
});
