import { describe, expect, it } from 'vitest';
import { isTerminal, type UploadState } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import fc from 'fast-check';
import { machine, state } from '../testing/course.ts';
import { histories } from '../testing/histories.ts';
import { randomHistory } from '../testing/random-history.ts';
import { records, type Line } from '../testing/records.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { advanceOf, copyOf, eventsIn, META } from '../testing/stream-input.ts';
import { advanceStream, NO_HISTORY, type Advance, type Advanced } from './stream.ts';
import { newHead, type StreamHead } from './stream-head.ts';

const profile = {
  machine: machine({ A: state('Task', ['B']), B: state('Task', ['C']), C: state('Task') }),
  durations: new Map<string, number>(),
};
const lines: Line[] = [
  [1, 'ExecutionStarted', 0],
  [2, 'TaskStateEntered', 0, { name: 'A' }],
  [3, 'TaskStateExited', 2, { name: 'A' }],
  [4, 'TaskStateEntered', 3, { name: 'B' }],
  [5, 'TaskScheduled', 4],
  [6, 'TaskSucceeded', 5],
  [7, 'TaskStateExited', 6, { name: 'B' }],
  [8, 'TaskStateEntered', 7, { name: 'C' }],
  [9, 'TaskStateExited', 8, { name: 'C' }],
  [10, 'ExecutionSucceeded', 9],
];
const whole = records(...lines);
const those = (...ids: number[]) => whole.filter(({ id }) => ids.includes(id));

/** A stream of an Express execution whose gaps are given up at once. */
function stream(all: readonly ExecutionRecord[], more: Partial<Advance> = {}) {
  const head = newHead(META);
  advanceStream(head, advanceOf(all, { giveUp: NO_HISTORY, profile, ...more }));
  const comes = (late: readonly ExecutionRecord[]) => {
    const advanced = advanceStream(head, advanceOf(late, { profile, ...more }));
    return {
      events: eventsIn(advanced.entries).map(({ kind, step }) => [kind, step?.name].join(' ').trim()),
      became: advanced.records.map(({ record, became }) => `${record.id} ${became}`),
      durations: advanced.durations,
    };
  };
  return { head, comes };
}
const stepsOf = ({ head }: { readonly head: StreamHead }) =>
  Object.fromEntries(head.state.steps.map(({ name, status }) => [name, status]));

describe('a record that comes after its gap was declared where there is no history', () => {
  it('is taken once, and recognised when it is redelivered', () => {
    const { comes } = stream(those(1, 2, 3, 5, 6));
    expect(comes(those(4))).toMatchObject({ events: ['stepStarted B'], became: ['4 released'] });
    expect(comes(those(4))).toMatchObject({ events: [], became: ['4 duplicate'] });
  });

  it('starts the execution, unless it has ended', () => {
    expect(stream(those(2, 3)).comes(those(1)).events).toEqual(['executionStarted']);
    const ended = stream(those(2, 3, 4, 5, 6, 7, 8, 9, 10));
    expect(ended.comes(those(1))).toMatchObject({ events: [], became: ['1 late'] });
    expect(ended.head.state.status).toBe('succeeded');
  });

  it('starts a step that the execution is in', () => {
    const one = stream(those(1, 2, 3, 5));
    expect(one.comes(those(4)).events).toEqual(['stepStarted B']);
    expect(stepsOf(one)).toEqual({ A: 'succeeded', B: 'running' });
    expect(one.comes(those(6, 7)).events).toEqual(['stepSucceeded B']);
  });

  it.each([
    ['it was left', [1, 2, 3, 5, 6, 7]],
    ['another was entered since', [1, 2, 3, 8]],
    ['the execution has ended', [1, 2, 3, 10]],
  ])('starts no step when %s', (_why, before) => {
    const one = stream(those(...before));
    const steps = stepsOf(one);
    expect(one.comes(those(4)).events).toEqual([]);
    expect(stepsOf(one)).toEqual(steps);
  });

  it('ends the step that it left, though another runs since', () => {
    const one = stream(those(1, 2, 3, 4, 8));
    expect(stepsOf(one)).toEqual({ A: 'succeeded', B: 'running', C: 'running' });
    expect(one.comes(those(7)).events).toEqual(['stepSucceeded B']);
    expect(stepsOf(one)).toEqual({ A: 'succeeded', B: 'succeeded', C: 'running' });
    expect(one.comes(those(5, 6)).events).toEqual([]);
  });

  it('shows a step of which everything else was missing', () => {
    const one = stream(those(1, 2, 3, 8, 9));
    expect(one.comes(those(4, 5, 6, 7))).toMatchObject({
      events: ['stepSucceeded B'],
      became: ['4 released', '5 released', '6 released', '7 released'],
    });
    expect(stepsOf(one)).toEqual({ A: 'succeeded', C: 'succeeded', B: 'succeeded' });
  });

  it('ends no step that runs again since', () => {
    const loop = records(
      [1, 'ExecutionStarted', 0],
      [2, 'TaskStateEntered', 0, { name: 'A' }],
      [3, 'TaskStateExited', 2, { name: 'A' }],
      [4, 'TaskStateEntered', 3, { name: 'A' }],
    );
    const one = stream(loop.filter(({ id }) => id === 1 || id === 4));
    expect(one.comes(loop.filter(({ id }) => id === 3)).events).toEqual([]);
    expect(stepsOf(one)).toEqual({ A: 'running' });
  });

  it('goes along with the next entry when it emits nothing, and is late when none is to come', () => {
    const running = stream(those(1, 2, 3, 4, 7));
    const before = copyOf(running.head);
    expect(running.comes(those(6))).toMatchObject({ events: [], became: ['6 parked'] });
    expect(running.head).toEqual(before);
    expect(running.comes(those(6, 8))).toMatchObject({
      events: ['stepStarted C'],
      became: ['8 released', '6 released'],
    });
    expect(running.comes(those(6))).toMatchObject({ became: ['6 duplicate'] });
    expect(stream(those(1, 2, 3, 4, 7, 8, 9, 10)).comes(those(6))).toMatchObject({ became: ['6 late'] });
  });

  it('is dropped where there was a history that lacks it', () => {
    const one = stream(those(1, 2, 3, 5, 6), { giveUp: 'notInHistory' });
    expect(one.comes(those(4))).toMatchObject({ events: [], became: ['4 late'] });
  });

  it('counts an iteration that ended, but opens none and starts nothing inside', () => {
    const map = records(
      [1, 'ExecutionStarted', 0],
      [2, 'MapStateEntered', 0, { name: 'M' }],
      [3, 'MapStateStarted', 2, { length: 2 }],
      [4, 'MapIterationStarted', 3, { name: 'M', index: 0 }],
      [5, 'PassStateEntered', 4, { name: 'P' }],
      [6, 'PassStateExited', 5, { name: 'P' }],
      [7, 'MapIterationSucceeded', 6, { name: 'M', index: 0 }],
      [8, 'MapIterationStarted', 7, { name: 'M', index: 1 }],
      [9, 'PassStateEntered', 8, { name: 'P' }],
    );
    const pick = (...ids: number[]) => map.filter(({ id }) => ids.includes(id));
    const one = stream(pick(1, 2, 3, 8, 9));
    expect(one.comes(pick(4, 5)).events).toEqual([]);
    expect(one.comes(pick(4, 5, 6, 7)).events).toEqual(['iterationsProgressed M']);
    expect(one.head.state.steps.find(({ name }) => name === 'M')?.iterations).toEqual({
      total: 2,
      started: 2,
      succeeded: 1,
      failed: 0,
    });
    expect(stepsOf(one)).toEqual({ M: 'running', P: 'running' });
  });
});

/** A definition in which every state that a history enters follows the one entered before. */
function chainOf(all: readonly ExecutionRecord[]) {
  const entered = all.filter(({ type }) => type.endsWith('StateEntered'));
  const names = [...new Set(entered.map(({ details }) => details.name ?? ''))];
  return machine(
    Object.fromEntries(names.map((name, index) => [name, state('Task', names.slice(index + 1, index + 2))])),
  );
}

/** What must hold between a state and one that late records made of it. */
function expectNothingTakenBack(before: UploadState, after: UploadState): void {
  expect(after.percent ?? -1).toBeGreaterThanOrEqual(before.percent ?? -1);
  if (isTerminal(before.status)) expect(after.status).toBe(before.status);
  for (const one of before.executions.filter(({ status }) => isTerminal(status)))
    expect(after.executions).toContainEqual(one);
  for (const step of before.steps) {
    const same = after.steps.find(({ name }) => name === step.name);
    expect(same?.ended).toBeGreaterThanOrEqual(step.ended);
    if (step.endedAt === null) continue;
    // Only a visit that was entered later may have it run again.
    expect(same?.visits === step.visits ? same.endedAt : step.endedAt).not.toBeNull();
  }
}

describe('records that come late, in any order, repeated or not', () => {
  const lossy = fc.record({
    history: histories,
    seed: fc.integer(),
    loss: fc.double({ min: 0.05, max: 0.6 }),
  });

  /** Emits what is not lost, giving up each gap, and then what was lost; calls back around each late batch. */
  function replay(
    all: readonly ExecutionRecord[],
    { seed, loss }: { readonly seed: number; readonly loss: number },
    onLate: (
      before: StreamHead,
      after: StreamHead,
      advanced: Advanced,
      delivered: ReadonlySet<number>,
    ) => void,
  ): StreamHead {
    const random = seededRandom(seed);
    const lost = all.filter(({ id }) => id < all.length && random() < loss);
    const lostIds = new Set(lost.map(({ id }) => id));
    const delivered = new Set<number>();
    const chained = { machine: chainOf(all), durations: new Map<string, number>() };
    const head = newHead(META);
    let parked: readonly ExecutionRecord[] = [];
    const give = (batch: readonly ExecutionRecord[], giveUp: string | undefined) => {
      for (const { id } of batch) delivered.add(id);
      const advanced = advanceStream(head, advanceOf([...parked, ...batch], { giveUp, profile: chained }));
      parked = advanced.records.filter(({ became }) => became === 'parked').map(({ record }) => record);
      return advanced;
    };
    const waiting: ExecutionRecord[] = [];
    const giveLate = () => {
      const batch = waiting.splice(0, 1 + Math.floor(random() * 3));
      if (random() < 0.3) batch.push(...batch);
      const before = copyOf(head);
      onLate(before, head, give(batch, undefined), delivered);
    };
    for (const record of all) {
      if (lostIds.has(record.id)) waiting.splice(Math.floor(random() * (waiting.length + 1)), 0, record);
      else {
        give([record], NO_HISTORY);
        while (waiting.length > 0 && random() < 0.2) giveLate();
      }
    }
    while (waiting.length > 0) giveLate();
    return head;
  }

  it('take nothing back: nothing that has ended runs again, and percent never falls', () => {
    fc.assert(
      fc.property(lossy, ({ history, ...losses }) => {
        const { records: all } = randomHistory(history.seed, { maxDepth: history.maxDepth });
        replay(all, losses, (before, after) => {
          expectNothingTakenBack(before.state, after.state);
        });
      }),
    );
  });

  it('have each step end, of a workflow without Maps and Parallels, that they show to have ended', () => {
    fc.assert(
      fc.property(lossy, ({ history, ...losses }) => {
        const { records: all } = randomHistory(history.seed, { maxDepth: 0, mayFail: false });
        const boundary = (edge: string) => all.filter(({ type }) => type.endsWith(edge));
        const head = replay(all, losses, (_before, { state: now }, _advanced, delivered) => {
          for (const { id, details } of boundary('StateExited')) {
            if (!delivered.has(id)) continue;
            const step = now.steps.find(({ name }) => name === details.name);
            expect(step).toMatchObject({ visits: 1, ended: 1 });
          }
        });
        expect(head.state.status).toBe('succeeded');
        // A failure whose state fell into a gap is emitted as that of an unknown one.
        const names = head.state.steps.map(({ name }) => name).filter((name) => name !== 'unknown');
        expect(new Set(names)).toEqual(new Set(boundary('StateExited').map(({ details }) => details.name)));
        expect(names).toHaveLength(new Set(names).size);
      }),
    );
  });

  it('are each taken at most once', () => {
    fc.assert(
      fc.property(lossy, ({ history, ...losses }) => {
        const { records: all } = randomHistory(history.seed, { maxDepth: history.maxDepth });
        const taken = new Set<number>();
        replay(all, losses, (_before, _after, { records: outcomes }) => {
          const released = outcomes
            .filter(({ became }) => became === 'released')
            .map(({ record }) => record.id);
          expect(released.filter((id) => taken.has(id))).toEqual([]);
          expect(new Set(released).size).toBe(released.length);
          for (const id of released) taken.add(id);
        });
      }),
    );
  });
});
