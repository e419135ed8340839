import type { DatabaseSync } from 'node:sqlite';
import { text } from './rows.ts';

/**
 * Tables that may be missing from a folder of this version: they came later, and an empty one is as good as none.
 * `events` has the events of executions and of children alike.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS map_runs (
  arn TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  execution TEXT NOT NULL,
  progress TEXT NOT NULL,
  machine TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS map_runs_of_execution ON map_runs (execution);
CREATE TABLE IF NOT EXISTS children (
  arn TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  map_run TEXT NOT NULL,
  head TEXT NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS children_of_map_run ON children (map_run);
`;

/** An execution as it was stored: what was said of it at its start, and its events in order, each as text. */
export interface StoredExecution {
  readonly arn: string;
  readonly head: string;
  readonly events: readonly string[];
}

/** A Map Run as it was stored. */
export interface StoredMapRun {
  readonly arn: string;
  /** How far it had come. */
  readonly progress: string;
  /** What its children run; undefined when none has started. */
  readonly machine: string | undefined;
}

/**
 * Executions, the Map Runs of their distributed Maps and the children of those. Beyond each bound the oldest are forgotten; an execution
 * takes its Map Runs along, and a Map Run its children. What is said of something that was forgotten is dropped.
 */
export interface ExecutionLog {
  /** Those that are no children, the oldest first. */
  executions(): readonly StoredExecution[];
  begin(arn: string, head: string): void;
  /** Adds an event of an execution or a child. */
  append(arn: string, id: number, text: string): void;
  /** Replaces what was said at the start, of an execution or a child. */
  amend(arn: string, head: string): void;
  /** Children of all Map Runs, the oldest first. */
  children(): readonly StoredExecution[];
  beginChild(arn: string, mapRunArn: string, head: string): void;
  /** The oldest first. */
  mapRuns(): readonly StoredMapRun[];
  /** @param executionArn the execution, or the child, whose Map it is */
  putMapRun(arn: string, executionArn: string, progress: string): void;
  /** What the children of a Map Run run. */
  nameMachine(mapRunArn: string, machine: string): void;
}

export interface LogLimits {
  /** Default 900: they become imported executions, of which Step Functions takes 1,000. */
  readonly executions?: number;
  /** Default 1,000, as many as Step Functions remembers. */
  readonly mapRuns?: number;
  /** Default 5,000. */
  readonly children?: number;
  /** Of the events of all children, in characters; all are in memory after a restart. Default 32,000,000. */
  readonly childrenSize?: number;
}

/** Opens the log in a database that has the tables `executions` and `events`. */
export function executionLog(db: DatabaseSync, limits: LogLimits = {}): ExecutionLog {
  const {
    executions: maxExecutions = 900,
    mapRuns: maxMapRuns = 1_000,
    children: maxChildren = 5_000,
    childrenSize: maxSize = 32_000_000,
  } = limits;
  db.exec(SCHEMA);
  const eventsOf = db.prepare('SELECT text FROM events WHERE arn = ? ORDER BY id');
  const append = db.prepare(
    `INSERT OR REPLACE INTO events (arn, id, text) SELECT :arn, :id, :text
     WHERE EXISTS (SELECT 1 FROM executions WHERE arn = :arn) OR EXISTS (SELECT 1 FROM children WHERE arn = :arn)`,
  );
  const forgetEvents = db.prepare('DELETE FROM events WHERE arn = ?');

  const executions = db.prepare('SELECT arn, head FROM executions ORDER BY number');
  const insert = db.prepare(
    'INSERT OR REPLACE INTO executions (arn, number, head) VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM executions), ?)',
  );
  const amend = db.prepare('UPDATE executions SET head = ? WHERE arn = ?');
  const excess = db.prepare('SELECT arn FROM executions ORDER BY number DESC LIMIT -1 OFFSET ?');
  const forget = db.prepare('DELETE FROM executions WHERE arn = ?');

  const children = db.prepare('SELECT arn, head FROM children ORDER BY number');
  const insertChild = db.prepare(
    'INSERT OR REPLACE INTO children (arn, number, map_run, head, size) VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM children), ?, ?, 0)',
  );
  const amendChild = db.prepare('UPDATE children SET head = ? WHERE arn = ?');
  const grow = db.prepare('UPDATE children SET size = size + ? WHERE arn = ?');
  const oldestChild = db.prepare('SELECT arn FROM children ORDER BY number LIMIT 1');
  const childrenOf = db.prepare('SELECT arn FROM children WHERE map_run = ?');
  const sizeOf = db.prepare('SELECT size FROM children WHERE arn = ?');
  const forgetRow = db.prepare('DELETE FROM children WHERE arn = ?');
  const all = db.prepare('SELECT count(*) AS n, coalesce(sum(size), 0) AS size FROM children').get();
  let count = Number(all?.['n'] ?? 0);
  let size = Number(all?.['size'] ?? 0);

  const mapRuns = db.prepare('SELECT arn, progress, machine FROM map_runs ORDER BY number');
  const putMapRun = db.prepare(
    `INSERT INTO map_runs (arn, number, execution, progress)
     VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM map_runs), ?, ?)
     ON CONFLICT (arn) DO UPDATE SET progress = excluded.progress`,
  );
  const nameMachine = db.prepare('UPDATE map_runs SET machine = ? WHERE arn = ? AND machine IS NULL');
  const mapRunsOf = db.prepare('SELECT arn FROM map_runs WHERE execution = ?');
  const excessMapRuns = db.prepare('SELECT arn FROM map_runs ORDER BY number DESC LIMIT -1 OFFSET ?');
  const forgetMapRunRow = db.prepare('DELETE FROM map_runs WHERE arn = ?');

  function forgetExecution(arn: string): void {
    forgetEvents.run(arn);
    forget.run(arn);
    forgetMapRunsOf(arn);
  }
  function forgetMapRunsOf(executionArn: string): void {
    for (const row of mapRunsOf.all(executionArn)) forgetMapRun(text(row, 'arn'));
  }
  function forgetMapRun(arn: string): void {
    forgetMapRunRow.run(arn);
    for (const row of childrenOf.all(arn)) forgetChild(text(row, 'arn'));
  }
  function forgetChild(arn: string): void {
    const row = sizeOf.get(arn);
    if (row === undefined) return;
    forgetEvents.run(arn);
    forgetRow.run(arn);
    count -= 1;
    size -= Number(row['size']);
    // A child may have a distributed Map of its own.
    forgetMapRunsOf(arn);
  }
  function boundChildren(): void {
    while (count > maxChildren || size > maxSize) {
      const oldest = oldestChild.get();
      if (oldest === undefined) return;
      forgetChild(text(oldest, 'arn'));
    }
  }
  /** All of it or, in a process that is killed, nothing. */
  function together(write: () => void): void {
    db.exec('BEGIN');
    try {
      write();
    } catch (thrown) {
      db.exec('ROLLBACK');
      throw thrown;
    }
    db.exec('COMMIT');
  }
  const withEvents = (rows: readonly Readonly<Record<string, unknown>>[]): readonly StoredExecution[] =>
    rows.map((row) => {
      const arn = text(row, 'arn');
      return { arn, head: text(row, 'head'), events: eventsOf.all(arn).map((event) => text(event, 'text')) };
    });

  return {
    executions: () => withEvents(executions.all()),
    begin(arn, head) {
      together(() => {
        insert.run(arn, head);
        for (const row of excess.all(maxExecutions)) forgetExecution(text(row, 'arn'));
      });
    },
    append(arn, id, event) {
      together(() => {
        append.run({ arn, id, text: event });
        if (grow.run(event.length, arn).changes === 0) return;
        size += event.length;
        boundChildren();
      });
    },
    amend(arn, head) {
      if (amend.run(head, arn).changes === 0) amendChild.run(head, arn);
    },
    children: () => withEvents(children.all()),
    beginChild(arn, mapRunArn, head) {
      together(() => {
        forgetChild(arn);
        insertChild.run(arn, mapRunArn, head);
        count += 1;
        boundChildren();
      });
    },
    mapRuns: () =>
      mapRuns.all().map((row) => ({
        arn: text(row, 'arn'),
        progress: text(row, 'progress'),
        machine: typeof row['machine'] === 'string' ? row['machine'] : undefined,
      })),
    putMapRun(arn, executionArn, progress) {
      together(() => {
        putMapRun.run(arn, executionArn, progress);
        for (const row of excessMapRuns.all(maxMapRuns)) forgetMapRun(text(row, 'arn'));
      });
    },
    nameMachine(mapRunArn, machine) {
      nameMachine.run(machine, mapRunArn);
    },
  };
}
