import { describe, expect, it } from 'vitest';
import { ABORTED_ERROR, MAX_STEPS } from './fold.ts';
import type { StepRef } from './progress.ts';
import { after, at, type Draft, OTHER } from './testing/folded.ts';

const task: StepRef = { name: 'T', type: 'Task', attempt: 1 };
const boom = { name: 'Boom' };

describe('a step', () => {
  const begun: Draft[] = [{ kind: 'executionStarted' }, { kind: 'stepStarted', step: task }];
  const steps = (...more: Draft[]) => after([...begun, ...more]).steps;
  const base = { name: 'T', type: 'Task', attempt: 1, visits: 1, ended: 0, startedAt: at(1), endedAt: null };

  it('runs, and ends as its event says', () => {
    expect(steps()).toEqual([{ ...base, status: 'running' }]);
    expect(steps({ kind: 'stepSucceeded', step: task })).toEqual([
      { ...base, status: 'succeeded', ended: 1, endedAt: at(2) },
    ]);
    expect(steps({ kind: 'stepFailed', step: task, error: boom })).toEqual([
      { ...base, status: 'failed', ended: 1, endedAt: at(2), error: boom },
    ]);
    expect(steps({ kind: 'stepFailed', step: task, error: { name: ABORTED_ERROR } })).toMatchObject([
      { status: 'aborted' },
    ]);
    expect(steps({ kind: 'stepFailed', step: task })).toMatchObject([{ status: 'failed' }]);
    expect(steps({ kind: 'stepCaught', step: task, error: boom })).toMatchObject([
      { status: 'caught', ended: 1, error: boom },
    ]);
  });

  it('tries again with the error it failed with, and succeeds without', () => {
    const retried: Draft = { kind: 'stepRetried', step: { ...task, attempt: 2 }, error: boom };
    expect(steps(retried)).toEqual([{ ...base, status: 'retrying', attempt: 2, error: boom }]);
    const done = steps(retried, { kind: 'stepSucceeded', step: { ...task, attempt: 2 } });
    expect(done).toEqual([{ ...base, status: 'succeeded', attempt: 2, ended: 1, endedAt: at(3) }]);
    expect(steps({ kind: 'stepRetried', step: task })).toEqual([{ ...base, status: 'retrying' }]);
  });

  it('that had ended works again after a redrive', () => {
    const failed: Draft = { kind: 'stepFailed', step: task, error: boom };
    const retried: Draft = { kind: 'stepRetried', step: { ...task, attempt: 2 } };
    expect(steps(failed, retried)).toMatchObject([
      { status: 'retrying', ended: 0, endedAt: null, error: boom },
    ]);
    expect(after([{ kind: 'stepRetried', step: task }]).steps).toMatchObject([{ ended: 0, visits: 1 }]);
    const twice: Draft[] = [{ kind: 'stepStarted', step: task }, failed, retried];
    expect(steps(...twice)).toMatchObject([{ visits: 2, ended: 1, status: 'retrying' }]);
  });

  describe('that reports its own progress', () => {
    const half: Draft = { kind: 'stepReported', step: task, report: { percent: 50, text: 'page 5 of 10' } };
    const done: Draft = { kind: 'stepReported', step: task, report: { percent: 100 } };

    it('has the newest report, with its time, and nothing else of it', () => {
      expect(steps(half)).toEqual([
        { ...base, status: 'running', report: { percent: 50, text: 'page 5 of 10', at: at(2) } },
      ]);
      expect(steps(half, done)).toMatchObject([{ report: { percent: 100, at: at(3) } }]);
      expect(steps(half, done)[0]?.report).not.toHaveProperty('text');
    });

    it.each<Draft['kind']>(['stepSucceeded', 'stepFailed', 'stepCaught', 'stepRetried', 'stepStarted'])(
      'has none any more after %s',
      (kind) => {
        expect(steps(half, { kind, step: task })[0]).not.toHaveProperty('report');
      },
    );

    it('has none after the end of its execution', () => {
      for (const kind of ['executionSucceeded', 'executionAborted'] as const)
        expect(steps(half, { kind })[0]).not.toHaveProperty('report');
    });

    it('is not changed by a report that comes after its end, nor made by one that comes before its start', () => {
      const over = steps({ kind: 'stepSucceeded', step: task });
      expect(steps({ kind: 'stepSucceeded', step: task }, half)).toEqual(over);
      expect(after([{ kind: 'executionStarted' }, half]).steps).toEqual([]);
    });

    it('keeps its attempt, whichever the report names', () => {
      const second: StepRef = { ...task, attempt: 2 };
      expect(steps({ kind: 'stepRetried', step: second }, half)).toMatchObject([{ attempt: 2 }]);
    });

    it('is as it was after a report that says nothing', () => {
      expect(steps({ kind: 'stepReported', step: task })).toEqual(steps());
    });
  });

  it('of several visits is over when all are', () => {
    const again: Draft = { kind: 'stepStarted', step: task };
    const done: Draft = { kind: 'stepSucceeded', step: task };
    const failed: Draft = { kind: 'stepFailed', step: task, error: boom };
    expect(steps(again, done)).toMatchObject([{ status: 'running', visits: 2, ended: 1, endedAt: null }]);
    expect(steps(again, done, done)).toMatchObject([{ status: 'succeeded', ended: 2, endedAt: at(4) }]);
    const third = steps(failed, again);
    expect(third).toMatchObject([{ status: 'running', visits: 2, ended: 1, endedAt: null }]);
    expect(third[0]).not.toHaveProperty('error');
  });

  it('never ends more often than it began', () => {
    const done: Draft = { kind: 'stepSucceeded', step: task };
    expect(steps(done, done)).toMatchObject([{ visits: 1, ended: 1, status: 'succeeded' }]);
  });

  it('has the counts of its iterations', () => {
    const iterations = { total: 4, started: 2, succeeded: 1, failed: 0 };
    expect(steps({ kind: 'iterationsProgressed', step: task, iterations })).toEqual([
      { ...base, status: 'running', iterations },
    ]);
    expect(steps({ kind: 'iterationsProgressed', step: task })).toEqual([{ ...base, status: 'running' }]);
  });

  it('that the list has no room for is left out, and the state says so', () => {
    const many = Array.from({ length: MAX_STEPS }, (_unused, index): Draft => {
      return { kind: 'stepStarted', step: { name: `S${index}`, type: 'Pass' } };
    });
    const full = after(many);
    expect(full.steps).toHaveLength(MAX_STEPS);
    expect(full.truncated).toBeUndefined();
    const known = after([{ kind: 'stepSucceeded', step: { name: 'S7', type: 'Pass' } }], full);
    expect(known.steps[7]).toMatchObject({ name: 'S7', status: 'succeeded', attempt: 1 });
    expect(known.truncated).toBeUndefined();
    const more = after([{ kind: 'stepStarted', step: task }], full);
    expect(more.steps).toEqual(full.steps);
    expect(more.truncated).toBe(true);
  });

  it('does not run on when the upload is over', () => {
    const retried: Draft = { kind: 'stepRetried', step: { ...task, attempt: 2 } };
    const other: Draft = { kind: 'stepCaught', step: { name: 'C', type: 'Task' } };
    const lost = after([...begun, retried, other, { kind: 'executionAborted' }]).steps;
    expect(lost).toMatchObject([
      { name: 'T', status: 'aborted', ended: 1, endedAt: at(4) },
      { name: 'C', status: 'caught', endedAt: at(3) },
    ]);
    expect(steps({ kind: 'executionSucceeded' })).toMatchObject([{ status: 'succeeded', ended: 1 }]);
    expect(steps({ kind: 'executionStarted', executionArn: OTHER })).toMatchObject([{ status: 'running' }]);
  });
});
