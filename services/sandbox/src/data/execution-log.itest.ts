import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { executionLog, type LogLimits } from './execution-log.ts';

function open(limits: LogLimits = {}) {
  const db = new DatabaseSync(':memory:');
  db.exec(`CREATE TABLE executions (arn TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, head TEXT NOT NULL);
    CREATE TABLE events (arn TEXT NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (arn, id))`);
  const log = executionLog(db, limits);
  /** Rows of every table. */
  const rows = () =>
    ['executions', 'map_runs', 'children', 'events'].map(
      (table) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'],
    );
  return { log, rows, again: () => executionLog(db, limits) };
}

const arnsOf = (stored: readonly { readonly arn: string }[]) => stored.map(({ arn }) => arn);

describe('the log of executions', () => {
  it('keeps Map Runs with what their children run, and children with their events', () => {
    const { log, again } = open();
    log.begin('parent', 'head');
    log.putMapRun('run', 'parent', 'begun');
    log.nameMachine('run', 'machine');
    log.nameMachine('run', 'another');
    log.beginChild('child', 'run', 'head of child');
    log.append('child', 2, 'two');
    log.append('child', 1, 'one');
    log.amend('child', 'amended');
    log.putMapRun('run', 'parent', 'ended');
    expect(again().mapRuns()).toEqual([{ arn: 'run', progress: 'ended', machine: 'machine' }]);
    expect(again().children()).toEqual([{ arn: 'child', head: 'amended', events: ['one', 'two'] }]);
    expect(arnsOf(again().executions())).toEqual(['parent']);
  });

  it('forgets the oldest children beyond a number, and beyond a size also after it was opened again', () => {
    const { log, again } = open({ children: 3, childrenSize: 100 });
    log.putMapRun('run', 'parent', '');
    for (const arn of ['a', 'b', 'c', 'd']) log.beginChild(arn, 'run', '');
    expect(arnsOf(log.children())).toEqual(['b', 'c', 'd']);
    log.append('c', 1, 'x'.repeat(60));
    const after = again();
    after.append('d', 1, 'x'.repeat(60));
    expect(arnsOf(after.children())).toEqual(['d']);
    after.append('d', 2, 'x'.repeat(60));
    expect(after.children()).toEqual([]);
  });

  it('lets an execution take its Map Runs along, and a Map Run its children and what they began', () => {
    const { log, rows } = open({ executions: 1 });
    log.begin('parent', '');
    log.putMapRun('run', 'parent', '');
    log.beginChild('child', 'run', '');
    log.append('child', 1, 'x');
    log.putMapRun('inner run', 'child', '');
    log.beginChild('grandchild', 'inner run', '');
    log.append('grandchild', 1, 'x');
    log.begin('next', '');
    expect(rows()).toEqual([1, 0, 0, 0]);
    // What was forgotten while it ran says nothing any more.
    log.append('parent', 9, 'late');
    log.append('child', 9, 'late');
    expect(rows()).toEqual([1, 0, 0, 0]);
  });

  it('forgets the oldest Map Run beyond a number', () => {
    const { log, rows } = open({ mapRuns: 2 });
    for (const run of ['1', '2', '3']) {
      log.putMapRun(run, 'parent', '');
      log.beginChild(`child of ${run}`, run, '');
    }
    expect(arnsOf(log.mapRuns())).toEqual(['2', '3']);
    expect(rows()).toEqual([0, 2, 2, 0]);
  });
});
