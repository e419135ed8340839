import { describe, expect, it } from 'vitest';
import { emptyState, foldEvent, MAX_EXECUTIONS, MAX_RESULT_LENGTH, summaryOf } from './fold.ts';
import { ExecutionArn, Offset } from './identifiers.ts';
import type { ProgressEvent } from './progress.ts';
import { OverviewEntry } from './state.ts';
import { after, ARN, at, CHILD, type Draft, META, OTHER } from './testing/folded.ts';

const task = { name: 'T', type: 'Task', attempt: 1 } as const;
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
    const late = foldEvent(state, { offset: Offset.parse(3), kind: 'uploaded', time: at(0) });
    expect(late).toEqual({ ...state, position: { epoch: META.epoch, offset: 3 } });
  });

  it('has the newest of each projection as its result, and leaves out what has no room', () => {
    const projecting = (projections: NonNullable<Draft['projections']>): Draft => ({
      kind: 'stepSucceeded',
      step: task,
      projections,
    });
    const drafts: Draft[] = [
      { kind: 'executionStarted' },
      projecting({ album: 1, words: [1] }),
      projecting({ album: { id: 'a-17' } }),
    ];
    expect(after(drafts.slice(0, 1))).not.toHaveProperty('result');
    const state = after(drafts);
    expect(state.result).toEqual({ album: { id: 'a-17' }, words: [1] });
    expect(state).not.toHaveProperty('truncated');
    const full = after([...drafts, projecting({ large: 'x'.repeat(MAX_RESULT_LENGTH), last: true })]);
    expect(full).toMatchObject({
      result: { album: { id: 'a-17' }, words: [1], last: true },
      truncated: true,
    });
    expect(full.result).not.toHaveProperty('large');
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
  ] as const)('is by %s %s, with the error, until a redrive', (kind, status) => {
    const ended: Draft[] = [{ kind: 'executionStarted' }, { kind, error: boom }];
    expect(after(ended)).toMatchObject({ status, error: boom, executions: [{ status, endedAt: at(1) }] });
    expect(after([...ended, { kind: 'executionRedriven' }])).toMatchObject({
      status: 'running',
      error: null,
      executions: [{ status: 'running', endedAt: null, redriveCount: 1 }],
    });
    expect(after([{ kind: 'executionStarted' }, { kind }]).error).toBeNull();
  });

  it('has percent and time to go from the execution that speaks for it, no time once it is over', () => {
    const started = after([{ kind: 'executionStarted' }], undefined, { percent: 40, etaSeconds: 7 });
    expect(started).toMatchObject({ percent: 40, etaSeconds: 7 });
    expect(
      after([{ kind: 'stepStarted', step: task }], started, { percent: 50, etaSeconds: 5 }),
    ).toMatchObject({
      percent: 50,
      etaSeconds: 5,
    });
    expect(after([{ kind: 'executionFailed' }], started, { percent: 50, etaSeconds: 5 })).toMatchObject({
      percent: 50,
      etaSeconds: null,
    });
    const child: Draft[] = [{ kind: 'executionStarted', executionArn: CHILD }];
    expect(after(child, started, { percent: 90, etaSeconds: 1 })).toMatchObject({
      percent: 40,
      etaSeconds: 7,
    });
    const later = after([{ kind: 'uploaded' }, ...child], started, { percent: 40, etaSeconds: 7 });
    expect(after([{ kind: 'stepStarted', step: task }], later, { percent: 60, etaSeconds: 3 })).toMatchObject(
      {
        percent: 60,
      },
    );
    const older = foldEvent(started, {
      offset: Offset.parse(2),
      time: META.epochStartedAt,
      kind: 'executionStarted',
      executionArn: OTHER,
      percent: 90,
      etaSeconds: 1,
    });
    expect(older).toMatchObject({ percent: 40, etaSeconds: 7 });
  });

  it('has no percent after an event of its speaker that carries none', () => {
    const started = after([{ kind: 'executionStarted' }], undefined, { percent: 40, etaSeconds: 7 });
    expect(after([{ kind: 'stepStarted', step: task }], started)).toMatchObject({
      percent: null,
      etaSeconds: null,
    });
    expect(after([{ kind: 'gapDeclared', executionArn: CHILD }], started)).toMatchObject({ percent: 40 });
  });

  it('changes by an event of an unknown kind in position and time only', () => {
    const before = after([{ kind: 'executionStarted' }], undefined, { percent: 40, etaSeconds: 7 });
    for (const kind of ['executionPaused', 'stepPainted', 'constructor']) {
      const event: ProgressEvent = {
        offset: Offset.parse(9),
        kind: 'uploaded',
        time: at(9),
        executionArn: OTHER,
        step: task,
        error: boom,
        percent: 90,
      };
      Object.assign(event, { kind });
      expect(foldEvent(before, event)).toEqual({
        ...before,
        position: { epoch: META.epoch, offset: 9 },
        updatedAt: at(9),
      });
    }
  });

  it('makes a line of the overview', () => {
    const state = after([{ kind: 'executionStarted' }], undefined, { percent: 40, etaSeconds: 7 });
    expect(OverviewEntry.parse(summaryOf(state))).toEqual({
      uploadId: META.uploadId,
      position: { epoch: META.epoch, offset: 1 },
      bucket: 'ours',
      key: 'k',
      status: 'running',
      percent: 40,
      epochStartedAt: META.epochStartedAt,
      updatedAt: at(0),
    });
  });

  it('leaves the state that it is folded from as it was', () => {
    const before = after([{ kind: 'executionStarted' }, { kind: 'stepStarted', step: task }]);
    const copy = structuredClone(before);
    after([{ kind: 'stepFailed', step: task, error: boom }, { kind: 'executionFailed' }], before);
    expect(before).toEqual(copy);
  });
});

describe('several executions of an upload', () => {
  it('are running while one runs, then have the status of the one that started last', () => {
    const both: Draft[] = [
      { kind: 'executionStarted' },
      { kind: 'executionStarted', executionArn: OTHER },
      { kind: 'executionFailed', error: boom },
    ];
    expect(after(both)).toMatchObject({ status: 'running', error: null });
    expect(after([...both, { kind: 'executionSucceeded', executionArn: OTHER }])).toMatchObject({
      status: 'succeeded',
      error: null,
    });
    const otherFirst: Draft[] = [
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

  it('are running while an older one runs, however the newer ended', () => {
    const both: Draft[] = [
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

  it('count by start, and by name where that is the same, in whatever order their events come', () => {
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
      for (const event of [...order.map(start), fail, succeed]) state = foldEvent(state, event);
      expect(state.status).toBe('succeeded');
    }
  });

  it('leave the upload alone where they are part of another', () => {
    const child: Draft[] = [
      { kind: 'executionStarted', executionArn: CHILD },
      { kind: 'executionFailed', executionArn: CHILD, error: boom },
    ];
    expect(after(child)).toMatchObject({ status: 'queued', error: null, percent: null });
    const both = after([{ kind: 'executionStarted' }, ...child]);
    expect(both).toMatchObject({ status: 'running', error: null });
    expect(both.executions.map(({ nested }) => nested)).toEqual([undefined, true]);
  });

  it(`are listed up to ${MAX_EXECUTIONS}; the oldest that has ended is left out first`, () => {
    const arns = Array.from({ length: MAX_EXECUTIONS + 1 }, (_unused, index) =>
      ExecutionArn.parse(`${ARN}-${String(index).padStart(3, '0')}`),
    );
    const all = arns.map((executionArn): Draft => ({ kind: 'executionStarted', executionArn }));
    const full = after(all.slice(0, -1));
    expect(full.executions).toHaveLength(MAX_EXECUTIONS);
    expect(full.truncated).toBeUndefined();
    const ended: Draft = { kind: 'executionSucceeded', executionArn: arns[5] ?? ARN };
    const cut = after([...all.slice(0, -1), ended, ...all.slice(-1)]);
    expect(cut.executions.map((one) => one.executionArn)).toEqual(arns.filter((_arn, index) => index !== 5));
    expect(cut.truncated).toBe(true);
    expect(after(all).executions.map((one) => one.executionArn)).toEqual(arns.slice(1));
  });
});
