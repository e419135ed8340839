import { describe, expect, it } from 'vitest';
import { records } from '../testing/records.ts';
import { ARN } from '../testing/stream-input.ts';
import { newFold } from './execution-fold.ts';
import { foldRecord } from './fold-record.ts';
import { foldStatus, isEmittedAlready, needsRecordsFirst, type StatusFact } from './fold-status.ts';

const startMs = Date.UTC(2026, 10, 3, 10, 15, 30);
const stopMs = startMs + 60_000;
const [start, stop] = [new Date(startMs).toISOString(), new Date(stopMs).toISOString()];
const fact = (status: StatusFact['status'], more: Partial<StatusFact> = {}): StatusFact => ({
  status,
  redriveCount: 0,
  startMs,
  stopMs: status === 'running' ? null : stopMs,
  redriveMs: null,
  ...more,
});

describe('a status', () => {
  it('emits the start once', () => {
    const fold = newFold(false);
    expect(foldStatus(fold, ARN, fact('running'))).toEqual([
      { kind: 'executionStarted', time: start, executionArn: ARN },
    ]);
    expect(fold).toMatchObject({ started: true, status: 'running', startedMs: startMs });
    expect(foldStatus(fold, ARN, fact('running'))).toEqual([]);
  });

  it.each([
    ['succeeded', 'executionSucceeded'],
    ['failed', 'executionFailed'],
    ['timedOut', 'executionTimedOut'],
    ['aborted', 'executionAborted'],
  ] as const)('%s emits start and end, each once', (status, kind) => {
    const fold = newFold(false);
    expect(foldStatus(fold, ARN, fact(status))).toEqual([
      { kind: 'executionStarted', time: start, executionArn: ARN },
      { kind, time: stop, executionArn: ARN },
    ]);
    expect(fold).toMatchObject({ status, endedRedrive: 0 });
    expect(foldStatus(fold, ARN, fact(status))).toEqual([]);
    expect(foldStatus(fold, ARN, fact('running'))).toEqual([]);
  });

  it('emits the error of an end', () => {
    const [, end] = foldStatus(
      newFold(false),
      ARN,
      fact('failed', { error: { name: 'Boom', message: 'it broke' } }),
    );
    expect(end).toMatchObject({ kind: 'executionFailed', error: { name: 'Boom', message: 'it broke' } });
  });

  it('adds nothing to what records have emitted', () => {
    const fold = newFold(false);
    for (const record of records([1, 'ExecutionStarted', 0], [2, 'ExecutionFailed', 0]))
      foldRecord(fold, ARN, record);
    expect(isEmittedAlready(fold, fact('running'))).toBe(true);
    expect(isEmittedAlready(fold, fact('failed'))).toBe(true);
    expect(isEmittedAlready(fold, fact('running', { redriveCount: 1 }))).toBe(false);
    expect(isEmittedAlready(fold, fact('failed', { redriveCount: 1 }))).toBe(false);
  });

  it('emits a redrive once, and the end after it', () => {
    const fold = newFold(false);
    foldStatus(fold, ARN, fact('failed'));
    const redriven = fact('running', { redriveCount: 1, redriveMs: stopMs + 1_000 });
    expect(foldStatus(fold, ARN, redriven)).toEqual([
      { kind: 'executionRedriven', time: new Date(stopMs + 1_000).toISOString(), executionArn: ARN },
    ]);
    expect(fold).toMatchObject({ status: 'running', redriveCount: 1 });
    expect(foldStatus(fold, ARN, redriven)).toEqual([]);
    expect(foldStatus(fold, ARN, fact('succeeded', { redriveCount: 1 })).map(({ kind }) => kind)).toEqual([
      'executionSucceeded',
    ]);
    expect(foldStatus(fold, ARN, fact('failed'))).toEqual([]);
  });

  it('emits a redrive that it is the first to know of, with the time it has', () => {
    const events = foldStatus(newFold(false), ARN, fact('succeeded', { redriveCount: 2 }));
    expect(events.map(({ kind, time }) => [kind, time])).toEqual([
      ['executionStarted', start],
      ['executionRedriven', start],
      ['executionSucceeded', stop],
    ]);
  });

  it('without times has those of the records, and no end before its start', () => {
    const fold = newFold(false);
    fold.lastMs = startMs + 5;
    const bare = { startMs: null, stopMs: null };
    const known = new Date(startMs + 5).toISOString();
    expect(foldStatus(fold, ARN, fact('aborted', bare)).map(({ time }) => time)).toEqual([known, known]);
    const early = newFold(false);
    expect(foldStatus(early, ARN, fact('aborted', { stopMs: null })).map(({ time }) => time)).toEqual([
      start,
      start,
    ]);
    const onlyStop = foldStatus(newFold(false), ARN, fact('aborted', { startMs: null }));
    expect(onlyStop.map(({ time }) => time)).toEqual([stop, stop]);
  });

  it('of a start may come before any record; of an end or a redrive it may not', () => {
    expect(needsRecordsFirst(fact('running'))).toBe(false);
    expect(needsRecordsFirst(fact('running', { redriveCount: 1 }))).toBe(true);
    expect(needsRecordsFirst(fact('succeeded'))).toBe(true);
  });
});
