import { describe, expect, it } from '@jest/globals';
import {
  Epoch,
  ExecutionArn,
  IdentityId,
  keyTemplate,
  uploadIdOf,
  type ExecutionRecord,
} from '@stepcast/contracts';
import fc from 'fast-check';
import { randomHistory } from '../testing/random-history.ts';
import { readCheckpoint, CheckpointError, writeCheckpoint } from './checkpoint.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { nextReportAfter } from './iterations.ts';
import { contradiction, judge, keyProblem, type OwnershipRules } from './ownership.ts';
import { pieces, runs } from './parked.ts';
import { learn, measure, type ProfileMachine } from './percent.ts';
import { planRelease } from './release.ts';
import { advanceStream, newHead, type StreamHead } from './stream.ts';
import { compareSequencers, epochStart, newestEpoch, type KnownEpoch } from './upload-object.ts';

const one = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const other = IdentityId.parse('us-east-1:9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d');
const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');
const rules: OwnershipRules = { keyTemplate: keyTemplate('users/{identityId}/'), buckets: new Set(['ours']) };

function recordOf(id: number): ExecutionRecord {
  return { id, type: 'TaskStarted', previousEventId: id - 1, timestampMs: id, redriveCount: 0, details: {} };
}

describe('judging claims', () => {
  it('proves an owner when all agree, and says by what', () => {
    expect(
      judge([
        { proof: 'keyPrefix', identityId: one },
        { proof: 'callerIdentity', identityId: one },
      ]),
    ).toEqual({
      kind: 'proven',
      identityId: one,
      proofs: ['keyPrefix', 'callerIdentity'],
    });
  });

  it('proves nobody when two disagree, in whatever order', () => {
    const claims = [
      { proof: 'keyPrefix', identityId: one },
      { proof: 'parent', identityId: other },
    ] as const;
    expect(judge(claims).kind).toBe('conflict');
    expect(judge(claims.toReversed()).kind).toBe('conflict');
  });

  it('proves nobody when there is no claim', () => {
    expect(judge([])).toEqual({ kind: 'unproven', reason: 'nothing names an identity' });
  });

  it('finds no problem with a key that names an identity in a trusted bucket', () => {
    expect(keyProblem(rules, 'ours', `users/${one}/x`)).toBeUndefined();
    expect(keyProblem(rules, 'theirs', `users/${one}/x`)).toMatch(/theirs/);
  });

  it('sees an input contradict an owner only where it names another', () => {
    const evidence = (identityId: string) => ({
      shape: 'flat',
      object: { bucket: 'ours', key: `users/${identityId}/x`, createdMs: null },
    });
    expect(contradiction(rules, { identityId: one }, evidence(one))).toBeUndefined();
    expect(contradiction(rules, { identityId: one }, evidence(other))).toMatch(/keyPrefix names another/);
    expect(contradiction(rules, { identityId: one }, { shape: 'nested' })).toBeUndefined();
  });
});

describe('versions', () => {
  const uploadId = uploadIdOf('b', 'k');
  const version = (epoch: string, epochStartedAt: string, sequencer: string | null): KnownEpoch => ({
    identityId: one,
    uploadId,
    epoch: Epoch.parse(epoch),
    epochStartedAt,
    sequencer,
  });

  it('are ordered by sequencer as padded hexadecimal, whatever its case and length', () => {
    expect(compareSequencers('0055AED6DCD90281E5', '55aed6dcd90281e6')).toBe(-1);
    expect(compareSequencers('F', 'A0')).toBe(-1);
    expect(compareSequencers('00ab', 'AB')).toBe(0);
    expect(compareSequencers('10', 'f')).toBe(1);
  });

  it('begin in the order of their sequencers, also within one second and in whatever order they are heard of', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (numbers, sameSecond) => {
          const known: KnownEpoch[] = [];
          for (const number of numbers) {
            const createdMs = 1_793_700_929_000 + (sameSecond ? 0 : number * 1_000);
            const sequencer = number.toString(16);
            known.push(version(`e${number}`, epochStart(known, createdMs, sequencer), sequencer));
          }
          const bySequencer = known.toSorted((a, b) =>
            compareSequencers(a.sequencer ?? '', b.sequencer ?? ''),
          );
          expect(newestEpoch(known)).toBe(bySequencer.at(-1));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('begin when their event says, where nothing says otherwise', () => {
    expect(epochStart([], 1_793_700_929_000, null)).toBe(new Date(1_793_700_929_000).toISOString());
    expect(newestEpoch([])).toBeUndefined();
  });
});

describe('release', () => {
  const ids = (records: readonly ExecutionRecord[]) => records.map((record) => record.id);

  it('puts every record into exactly one list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 10 }),
        fc.boolean(),
        fc.boolean(),
        (numbers, lastId, sparse, giveUp) => {
          const candidates = numbers.map(recordOf);
          const plan = planRelease({ lastId, sparse, seen: [], gaps: [[2, 3]] }, candidates, giveUp);
          const lists = [plan.release, plan.duplicates, plan.late, plan.waiting];
          expect(lists.flat()).toHaveLength(candidates.length);
          expect(new Set(lists.flat())).toEqual(new Set(candidates));
          expect(ids(plan.release)).toEqual([...new Set(ids(plan.release))].toSorted((a, b) => a - b));
          if (giveUp || sparse) expect(plan.waiting).toEqual([]);
        },
      ),
    );
  });

  it('stops at a hole, and says which ids are missing', () => {
    const plan = planRelease(
      { lastId: 2, sparse: false, seen: [], gaps: [] },
      [7, 3, 4, 8, 3].map(recordOf),
      false,
    );
    expect([ids(plan.release), ids(plan.waiting), ids(plan.duplicates), plan.gaps]).toEqual([
      [3, 4],
      [7, 8],
      [3],
      [[5, 6]],
    ]);
  });

  it('passes over holes that are given up, and lists each', () => {
    const plan = planRelease(
      { lastId: 0, sparse: false, seen: [], gaps: [] },
      [2, 5, 6, 9].map(recordOf),
      true,
    );
    expect([ids(plan.release), plan.gaps]).toEqual([
      [2, 5, 6, 9],
      [
        [1, 1],
        [3, 4],
        [7, 8],
      ],
    ]);
  });

  it('knows a repeated record of a sparse execution', () => {
    const plan = planRelease({ lastId: 9, sparse: true, seen: [7], gaps: [] }, [7, 4].map(recordOf), false);
    expect([ids(plan.release), ids(plan.duplicates)]).toEqual([[4], [7]]);
  });
});

describe('parked records', () => {
  it('are cut into runs of consecutive ids, and lose none', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 400 })), (numbers) => {
        const cut = runs(numbers.map(recordOf));
        expect(cut.flat().map((record) => record.id)).toEqual(numbers.toSorted((a, b) => a - b));
        for (const run of cut) {
          expect(run.length).toBeLessThanOrEqual(100);
          expect(run.map((record) => record.id)).toEqual(
            run.map((_record, index) => (run[0]?.id ?? 0) + index),
          );
        }
      }),
    );
  });

  it('fit an item also when projections make them large', () => {
    const large = Array.from({ length: 60 }, (_unused, index) => ({
      ...recordOf(index + 1),
      details: { projections: { text: 'x'.repeat(16_000) } },
    }));
    for (const piece of pieces(large)) expect(JSON.stringify(piece).length).toBeLessThan(300_000);
  });
});

describe('iteration reports', () => {
  it('are at most about twenty a Map of known length, the last when all have ended', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (total) => {
        let next = 1;
        let reports = 0;
        for (let ended = 1; ended <= total; ended += 1) {
          if (ended < next) continue;
          reports += 1;
          next = nextReportAfter(ended, total);
        }
        expect(reports).toBeLessThanOrEqual(22);
        expect(nextReportAfter(total, total)).toBe(total);
      }),
    );
  });

  it('come at every doubling when the length is unknown', () => {
    expect([0, 1, 2, 4].map((ended) => nextReportAfter(ended, null))).toEqual([1, 2, 4, 8]);
  });
});

describe('percent', () => {
  const chain: ProfileMachine = {
    startAt: 'A',
    states: new Map([
      ['A', { type: 'Task', next: ['B'], inner: [] }],
      ['B', { type: 'Choice', next: ['C', 'A', 'D'], inner: [] }],
      ['C', { type: 'Task', next: ['D'], inner: [] }],
      ['D', { type: 'Task', next: [], inner: [] }],
    ]),
  };
  const entered = (id: number, name: string, previousEventId: number, type = 'Task'): ExecutionRecord => ({
    ...recordOf(id),
    type: `${type}StateEntered`,
    previousEventId,
    details: { name },
  });

  function percentAfter(...records: ExecutionRecord[]) {
    const fold = newFold(false);
    fold.started = true;
    for (const record of records) {
      foldRecord(fold, arn, record);
      fold.percent = measure(fold, { machine: chain, durations: new Map() }).percent;
    }
    return fold.percent;
  }

  it('counts what lies behind, on the heaviest way to the end', () => {
    expect(percentAfter(entered(2, 'A', 0))).toBe(0);
    const exitA = { ...recordOf(3), type: 'TaskStateExited', previousEventId: 2, details: { name: 'A' } };
    expect(percentAfter(entered(2, 'A', 0), exitA)).toBe(25);
    expect(percentAfter(entered(2, 'A', 0), exitA, entered(4, 'D', 3))).toBe(75);
  });

  it('does not fall when the workflow goes back', () => {
    const exit = (id: number, name: string) => ({
      ...recordOf(id),
      type: 'TaskStateExited',
      details: { name },
    });
    expect(
      percentAfter(
        entered(2, 'A', 0),
        exit(3, 'A'),
        entered(4, 'B', 3, 'Choice'),
        exit(5, 'B'),
        entered(6, 'A', 5),
      ),
    ).toBe(50);
  });

  it('is null when there is no definition, and 100 for success alone', () => {
    const fold = newFold(false);
    expect(measure(fold, undefined)).toEqual({ percent: null, etaSeconds: null });
    expect(measure({ ...fold, status: 'succeeded' }, undefined).percent).toBe(100);
  });

  it('never leaves 0 to 99 before the end, and never falls, whatever the history', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const fold = newFold(false);
        let before = 0;
        for (const record of randomHistory(seed).records) {
          foldRecord(fold, arn, record);
          const { percent } = measure(fold, { machine: chain, durations: new Map([['A', 10]]) });
          fold.percent = percent;
          expect(percent).toBeGreaterThanOrEqual(before);
          expect(percent).toBeLessThanOrEqual(fold.status === 'succeeded' ? 100 : 99);
          before = percent ?? 0;
        }
      }),
    );
  });

  it('learns slowly from what came before', () => {
    expect(learn(undefined, 500)).toBe(500);
    expect(learn(1_000, 2_000)).toBe(1_200);
  });
});

describe('a checkpoint', () => {
  it('brings a fold back as it was, at every place in any history', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const fold = newFold(false);
        for (const record of randomHistory(seed).records) {
          foldRecord(fold, arn, record);
          fold.lastId = record.id;
          expect(readCheckpoint(writeCheckpoint(new Map([[arn, fold]]))).get(arn)).toEqual(fold);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('that does not read is an error that says where; none at all is an empty one', () => {
    expect(readCheckpoint(undefined).size).toBe(0);
    expect(() => readCheckpoint('{"v":2}')).toThrow(CheckpointError);
    expect(() => readCheckpoint('{"v":2}')).toThrow(/\$\.v/);
  });
});

describe('journal entries', () => {
  const meta = {
    identityId: one,
    uploadId: uploadIdOf('ours', 'k'),
    epoch: Epoch.parse('e'),
    epochStartedAt: '2026-11-03T10:15:29.000Z',
    bucket: 'ours',
    key: 'k',
  };

  function run(records: readonly ExecutionRecord[]) {
    const input = {
      executionArn: arn,
      source: 's',
      nested: false,
      records,
      statuses: [],
      sparse: false,
      giveUp: undefined,
      profile: undefined,
    };
    return advanceStream(newHead(meta), input);
  }

  it('stay far below what an item may hold, for an execution of 25,000 events as for any', () => {
    const records: ExecutionRecord[] = [{ ...recordOf(1), type: 'ExecutionStarted', previousEventId: 0 }];
    const add = (type: string, previousEventId: number, details: ExecutionRecord['details'] = {}) => {
      records.push({ ...recordOf(records.length + 1), type, previousEventId, details });
      return records.length;
    };
    const started = add('MapStateStarted', add('MapStateEntered', 0, { name: 'M' }), { length: 5_000 });
    let last = started;
    for (let index = 0; index < 5_000; index += 1) {
      const from = add('MapIterationStarted', index < 40 ? started : last, { name: 'M', index });
      last = add('PassStateExited', add('PassStateEntered', from, { name: 'P'.repeat(80) }), {
        name: 'P'.repeat(80),
      });
      add('MapIterationSucceeded', last, { name: 'M', index });
    }
    const { entries, released } = run(records);
    expect(released).toHaveLength(records.length);
    expect(Math.max(...entries.map((entry) => JSON.stringify(entry.body).length))).toBeLessThan(300_000);
    const last5 = entries.at(-1)?.head as StreamHead;
    expect(writeCheckpoint(last5.folds).length).toBeLessThan(8_000);
  });

  it('stay below it with a thousand iterations open at once', () => {
    const records: ExecutionRecord[] = [
      { ...recordOf(1), type: 'ExecutionStarted', previousEventId: 0 },
      { ...recordOf(2), type: 'MapStateEntered', previousEventId: 0, details: { name: 'M' } },
      { ...recordOf(3), type: 'MapStateStarted', previousEventId: 2, details: { length: 3_000 } },
    ];
    for (let index = 0; index < 3_000; index += 1) {
      const id = records.length + 1;
      records.push({
        ...recordOf(id),
        type: 'MapIterationStarted',
        previousEventId: 3,
        details: { name: 'M', index },
      });
      records.push({
        ...recordOf(id + 1),
        type: 'TaskStateEntered',
        previousEventId: id,
        details: { name: `Task ${index % 7}` },
      });
    }
    const { entries } = run(records);
    expect(Math.max(...entries.map((entry) => JSON.stringify(entry.body).length))).toBeLessThan(300_000);
  });

  it('hold events that follow on without a hole, as many as the offsets say', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { entries } = run(randomHistory(seed).records);
        const offsets = entries.flatMap((entry) => entry.body.events.map((event) => Number(event.offset)));
        expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
        for (const { firstOffset, body } of entries) {
          expect(body.events[0]?.offset).toBe(firstOffset);
          expect(body.state.position.offset).toBe(body.events.at(-1)?.offset);
        }
      }),
    );
  });
});
