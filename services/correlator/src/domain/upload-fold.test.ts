import { describe, expect, it } from '@jest/globals';
import {
  ExecutionArn,
  Offset,
  type ProgressEvent,
  type StepRef,
  type UploadState,
} from '@stepcast/contracts';
import { ARN, META } from '../testing/stream-input.ts';
import { emptyState, foldEvent, MAX_EXECUTIONS, MAX_STEPS, type FoldContext } from './upload-fold.ts';

const OTHER = ExecutionArn.parse(`${ARN}-2`);
const CHILD = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:Child:c');
const at = (second: number) => new Date(Date.UTC(2026, 10, 3, 10, 15, 30 + second)).toISOString();
const context = (percent: number | null = null, etaSeconds: number | null = null): FoldContext => ({
  nested: (arn) => arn === CHILD,
  percent,
  etaSeconds,
});

type Told = Omit<ProgressEvent, 'offset' | 'time' | 'executionArn'> & { executionArn?: ExecutionArn };

/** The state after events, one a second. */
function after(events: readonly Told[], from: UploadState = emptyState(META), ctx = context()): UploadState {
  return events.reduce(
    (state, event, index) =>
      foldEvent(
        state,
        { offset: Offset.parse(index + 1), time: at(index), executionArn: ARN, ...event },
        ctx,
      ),
    from,
  );
}

const task: StepRef = { name: 'T', type: 'Task', attempt: 1 };
const boom = { name: 'Boom' };

describe('the state of an upload', () => {
  it('is queued, of nothing known, before its first event', () => {
    expect(emptyState(META)).toEqual({
      identityId: META.identityId,
      uploadId: META.uploadId,
      position: { epoch: META.epoch, offset: 1 },
      epochStartedAt: META.epochStartedAt,
      bucket: 'ours',
      key: 'k',
      status: 'queued',
      percent: null,
      etaSeconds: null,
      steps: [],
      executions: [],
      error: null,
      updatedAt: META.epochStartedAt,
    });
  });

  it('takes position and time from each event, of whatever kind, but never an earlier time', () => {
    const state = after([{ kind: 'executionStarted' }, { kind: 'gapDeclared' }]);
    expect(state).toMatchObject({ position: { epoch: META.epoch, offset: 2 }, updatedAt: at(1) });
    const late = foldEvent(state, { offset: Offset.parse(3), kind: 'uploaded', time: at(0) }, context());
    expect(late).toEqual({ ...state, position: { epoch: META.epoch, offset: 3 } });
  });

  it('follows its execution from start to success', () => {
    const running = after([{ kind: 'executionStarted' }]);
    expect(running).toMatchObject({ status: 'running', error: null });
    expect(running.executions).toEqual([
      { executionArn: ARN, status: 'running', startedAt: at(0), endedAt: null, redriveCount: 0 },
    ]);
    expect(after([{ kind: 'executionStarted' }, { kind: 'executionSucceeded' }])).toMatchObject({
      status: 'succeeded',
      executions: [{ status: 'succeeded', startedAt: at(0), endedAt: at(1), redriveCount: 0 }],
    });
  });

  it.each([
    ['executionFailed', 'failed'],
    ['executionTimedOut', 'timedOut'],
    ['executionAborted', 'aborted'],
  ] as const)('says by %s that it %s, and why; a redrive takes that back', (kind, status) => {
    const ended: Told[] = [{ kind: 'executionStarted' }, { kind, error: boom }];
    expect(after(ended)).toMatchObject({ status, error: boom, executions: [{ status, endedAt: at(1) }] });
    expect(after([...ended, { kind: 'executionRedriven' }])).toMatchObject({
      status: 'running',
      error: null,
      executions: [{ status: 'running', endedAt: null, redriveCount: 1 }],
    });
    expect(after([{ kind: 'executionStarted' }, { kind }]).error).toBeNull();
  });

  it('has percent and time to go from the execution that speaks for it, no time once it is over', () => {
    const started = after([{ kind: 'executionStarted' }], undefined, context(40, 7));
    expect(started).toMatchObject({ percent: 40, etaSeconds: 7 });
    expect(after([{ kind: 'stepStarted', step: task }], started, context(50, 5))).toMatchObject({
      percent: 50,
      etaSeconds: 5,
    });
    expect(after([{ kind: 'executionFailed' }], started, context(50, 5))).toMatchObject({
      percent: 50,
      etaSeconds: null,
    });
    const child: Told[] = [{ kind: 'executionStarted', executionArn: CHILD }];
    expect(after(child, started, context(90, 1))).toMatchObject({ percent: 40, etaSeconds: 7 });
    const later = after([{ kind: 'uploaded' }, ...child], started, context(40, 7));
    expect(after([{ kind: 'stepStarted', step: task }], later, context(60, 3))).toMatchObject({
      percent: 60,
    });
    const older = foldEvent(
      started,
      { offset: Offset.parse(2), time: META.epochStartedAt, kind: 'executionStarted', executionArn: OTHER },
      context(90, 1),
    );
    expect(older).toMatchObject({ percent: 40, etaSeconds: 7 });
  });

  it('leaves the state that it is folded from as it was', () => {
    const before = after([{ kind: 'executionStarted' }, { kind: 'stepStarted', step: task }]);
    const copy = structuredClone(before);
    after([{ kind: 'stepFailed', step: task, error: boom }, { kind: 'executionFailed' }], before);
    expect(before).toEqual(copy);
  });
});

describe('several executions of an upload', () => {
  it('are running while one runs, then what the one that started last has come to', () => {
    const both: Told[] = [
      { kind: 'executionStarted' },
      { kind: 'executionStarted', executionArn: OTHER },
      { kind: 'executionFailed', error: boom },
    ];
    expect(after(both)).toMatchObject({ status: 'running', error: null });
    expect(after([...both, { kind: 'executionSucceeded', executionArn: OTHER }])).toMatchObject({
      status: 'succeeded',
      error: null,
    });
    const otherFirst: Told[] = [
      { kind: 'executionStarted', executionArn: OTHER },
      { kind: 'executionStarted' },
      { kind: 'executionFailed', error: boom },
      { kind: 'executionSucceeded', executionArn: OTHER },
    ];
    expect(after(otherFirst)).toMatchObject({ status: 'failed', error: boom });
  });

  it('have the error of the one that speaks, not of another', () => {
    const state = after([
      { kind: 'executionStarted', executionArn: OTHER },
      { kind: 'executionStarted' },
      { kind: 'executionAborted', executionArn: OTHER, error: { name: 'Stopped' } },
      { kind: 'executionFailed', error: boom },
    ]);
    expect(state).toMatchObject({ status: 'failed', error: boom });
  });

  it('run on while an older one does, whatever the newer has come to', () => {
    const both: Told[] = [
      { kind: 'executionStarted' },
      { kind: 'executionStarted', executionArn: OTHER },
      { kind: 'executionFailed', executionArn: OTHER, error: boom },
    ];
    expect(after(both)).toMatchObject({ status: 'running', error: null });
    const stopped = after([...both, { kind: 'executionAborted', error: { name: 'Stopped' } }]);
    expect(stopped).toMatchObject({ status: 'failed', error: boom });
    expect(stopped.executions).toMatchObject([{ error: { name: 'Stopped' } }, { error: boom }]);
  });

  it('have no error while one of them works again', () => {
    const failed = after([
      { kind: 'executionStarted' },
      { kind: 'executionAborted' },
      { kind: 'executionStarted', executionArn: OTHER },
      { kind: 'executionFailed', executionArn: OTHER, error: boom },
    ]);
    expect(failed).toMatchObject({ status: 'failed', error: boom });
    const again = after([{ kind: 'executionRedriven' }], failed);
    expect(again).toMatchObject({ status: 'running', error: null });
    expect(again.executions.map(({ error }) => error)).toEqual([undefined, boom]);
  });

  it('count by start, and by name where that is the same, whichever is heard of first', () => {
    const start = (executionArn: ExecutionArn) => ({
      offset: Offset.parse(1),
      time: at(0),
      kind: 'executionStarted' as const,
      executionArn,
    });
    const fail = {
      offset: Offset.parse(2),
      time: at(1),
      kind: 'executionFailed' as const,
      executionArn: ARN,
    };
    const succeed = {
      offset: Offset.parse(3),
      time: at(2),
      kind: 'executionSucceeded' as const,
      executionArn: OTHER,
    };
    for (const order of [
      [ARN, OTHER],
      [OTHER, ARN],
    ]) {
      let state = emptyState(META);
      for (const event of [...order.map(start), fail, succeed]) state = foldEvent(state, event, context());
      expect(state.status).toBe('succeeded');
    }
  });

  it('leave the upload alone where they are part of another', () => {
    const child: Told[] = [
      { kind: 'executionStarted', executionArn: CHILD },
      { kind: 'executionFailed', executionArn: CHILD, error: boom },
    ];
    expect(after(child)).toMatchObject({ status: 'queued', error: null, percent: null });
    expect(after([{ kind: 'executionStarted' }, ...child])).toMatchObject({ status: 'running', error: null });
  });

  it(`are listed up to ${MAX_EXECUTIONS}; the oldest that has ended is left out first`, () => {
    const arns = Array.from({ length: MAX_EXECUTIONS + 1 }, (_unused, index) =>
      ExecutionArn.parse(`${ARN}-${String(index).padStart(3, '0')}`),
    );
    const all = arns.map((executionArn): Told => ({ kind: 'executionStarted', executionArn }));
    const full = after(all.slice(0, -1));
    expect(full.executions).toHaveLength(MAX_EXECUTIONS);
    expect(full.truncated).toBeUndefined();
    const ended: Told = { kind: 'executionSucceeded', executionArn: arns[5] ?? ARN };
    const cut = after([...all.slice(0, -1), ended, ...all.slice(-1)]);
    expect(cut.executions.map((one) => one.executionArn)).toEqual(arns.filter((_arn, index) => index !== 5));
    expect(cut.truncated).toBe(true);
    expect(after(all).executions.map((one) => one.executionArn)).toEqual(arns.slice(1));
  });
});

describe('a step', () => {
  const begun: Told[] = [{ kind: 'executionStarted' }, { kind: 'stepStarted', step: task }];
  const steps = (...more: Told[]) => after([...begun, ...more]).steps;
  const base = { name: 'T', type: 'Task', attempt: 1, visits: 1, ended: 0, startedAt: at(1), endedAt: null };

  it('runs, and ends as its event says', () => {
    expect(steps()).toEqual([{ ...base, status: 'running' }]);
    expect(steps({ kind: 'stepSucceeded', step: task })).toEqual([
      { ...base, status: 'succeeded', ended: 1, endedAt: at(2) },
    ]);
    expect(steps({ kind: 'stepFailed', step: task, error: boom })).toEqual([
      { ...base, status: 'failed', ended: 1, endedAt: at(2), error: boom },
    ]);
    expect(steps({ kind: 'stepFailed', step: task, error: { name: 'Stepcast.Aborted' } })).toMatchObject([
      { status: 'aborted' },
    ]);
    expect(steps({ kind: 'stepFailed', step: task })).toMatchObject([{ status: 'failed' }]);
    expect(steps({ kind: 'stepCaught', step: task, error: boom })).toMatchObject([
      { status: 'caught', ended: 1, error: boom },
    ]);
  });

  it('tries again with the error it failed with, and succeeds without', () => {
    const retried: Told = { kind: 'stepRetried', step: { ...task, attempt: 2 }, error: boom };
    expect(steps(retried)).toEqual([{ ...base, status: 'retrying', attempt: 2, error: boom }]);
    const done = steps(retried, { kind: 'stepSucceeded', step: { ...task, attempt: 2 } });
    expect(done).toEqual([{ ...base, status: 'succeeded', attempt: 2, ended: 1, endedAt: at(3) }]);
    expect(steps({ kind: 'stepRetried', step: task })).toEqual([{ ...base, status: 'retrying' }]);
  });

  it('that had ended works again after a redrive', () => {
    const failed: Told = { kind: 'stepFailed', step: task, error: boom };
    const retried: Told = { kind: 'stepRetried', step: { ...task, attempt: 2 } };
    expect(steps(failed, retried)).toMatchObject([
      { status: 'retrying', ended: 0, endedAt: null, error: boom },
    ]);
    expect(after([{ kind: 'stepRetried', step: task }]).steps).toMatchObject([{ ended: 0, visits: 1 }]);
    const twice: Told[] = [{ kind: 'stepStarted', step: task }, failed, retried];
    expect(steps(...twice)).toMatchObject([{ visits: 2, ended: 1, status: 'retrying' }]);
  });

  it('of several visits is over when all are', () => {
    const again: Told = { kind: 'stepStarted', step: task };
    const done: Told = { kind: 'stepSucceeded', step: task };
    const failed: Told = { kind: 'stepFailed', step: task, error: boom };
    expect(steps(again, done)).toMatchObject([{ status: 'running', visits: 2, ended: 1, endedAt: null }]);
    expect(steps(again, done, done)).toMatchObject([{ status: 'succeeded', ended: 2, endedAt: at(4) }]);
    const third = steps(failed, again);
    expect(third).toMatchObject([{ status: 'running', visits: 2, ended: 1, endedAt: null }]);
    expect(third[0]).not.toHaveProperty('error');
  });

  it('never ends more often than it began', () => {
    const done: Told = { kind: 'stepSucceeded', step: task };
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
    const many = Array.from({ length: MAX_STEPS }, (_unused, index): Told => {
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
    const retried: Told = { kind: 'stepRetried', step: { ...task, attempt: 2 } };
    const other: Told = { kind: 'stepCaught', step: { name: 'C', type: 'Task' } };
    const lost = after([...begun, retried, other, { kind: 'executionAborted' }]).steps;
    expect(lost).toMatchObject([
      { name: 'T', status: 'aborted', ended: 1, endedAt: at(4) },
      { name: 'C', status: 'caught', endedAt: at(3) },
    ]);
    expect(steps({ kind: 'executionSucceeded' })).toMatchObject([{ status: 'succeeded', ended: 1 }]);
    expect(steps({ kind: 'executionStarted', executionArn: OTHER })).toMatchObject([{ status: 'running' }]);
  });
});
