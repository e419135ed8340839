import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { asError, isError } from '@stepcast/kit';
import type { Keeper } from '../core/index.ts';
import { DataFolderError } from './errors.ts';
import { executionLog, type ExecutionLog } from './execution-log.ts';
import { text } from './rows.ts';

/** Of the tables below. A file of another version is refused. */
const VERSION = 1;
const FILE = 'sandbox.sqlite';

const SCHEMA = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE kept (
  number INTEGER PRIMARY KEY,
  store TEXT NOT NULL,
  key TEXT NOT NULL,
  text TEXT NOT NULL,
  UNIQUE (store, key)
) STRICT;
CREATE TABLE executions (arn TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, head TEXT NOT NULL) STRICT;
CREATE TABLE events (arn TEXT NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (arn, id)) STRICT, WITHOUT ROWID;
`;

/** What a sandbox stores across restarts: one file of SQLite, and folders beside it. */
export interface DataFolder {
  /** @param maxEntries of that store; the oldest are forgotten first. Default: no limit, for what has one of its own */
  keeper(store: string, maxEntries?: number): Keeper;
  readonly executions: ExecutionLog;
  /** Where the content of objects is. */
  readonly objects: string;
  /** Where DynamoDB's tables are. */
  readonly tables: string;
  close(): void;
}

/**
 * Opens a folder, or begins one. Every write is in the file when the call returns: it outlives the process, also one that is killed.
 * @param place region and account, which stand in everything that is stored
 * @throws DataFolderError for a folder that another sandbox uses, or that was written by another version or for another place
 */
export function openDataFolder(folder: string, place: string): DataFolder {
  const objects = join(folder, 'objects');
  try {
    mkdirSync(objects, { recursive: true });
  } catch (thrown) {
    throw new DataFolderError(`--data ${folder} cannot be made: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
  const db = open(folder, place);
  const executions = executionLog(db);
  return {
    keeper: (store, maxEntries) => keeperOf(db, store, maxEntries),
    executions,
    objects,
    tables: join(folder, 'dynamodb'),
    close: () => {
      db.close();
    },
  };
}

function open(folder: string, place: string): DatabaseSync {
  const file = join(folder, FILE);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    // Nobody else opens the file from here on; the system lets go of it when the process ends, however it ends.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    db.exec('BEGIN EXCLUSIVE');
    const isNew =
      db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'meta'").get()?.['n'] === 0;
    if (isNew) begin(db, place);
    else check(db, folder, place);
    db.exec('COMMIT');
    return db;
  } catch (thrown) {
    db?.close();
    throw thrown instanceof DataFolderError ? thrown : unusable(thrown, folder, file);
  }
}

function begin(db: DatabaseSync, place: string): void {
  db.exec(SCHEMA);
  const insert = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
  insert.run('version', String(VERSION));
  insert.run('place', place);
}

function check(db: DatabaseSync, folder: string, place: string): void {
  const read = (name: string) => db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.['value'];
  const version = read('version');
  if (version !== String(VERSION))
    throw new DataFolderError(
      `--data ${folder} was written by another version of the sandbox (${String(version)}; this one reads ${VERSION}). ` +
        'Name another folder, or remove this one',
    );
  const storedPlace = read('place');
  if (storedPlace !== place)
    throw new DataFolderError(
      `--data ${folder} belongs to a sandbox in ${String(storedPlace)}, and this one is in ${place}. Name another folder`,
    );
}

function unusable(thrown: unknown, folder: string, file: string): DataFolderError {
  const { message } = asError(thrown);
  const isLocked = isError(thrown) && /locked|busy/i.test(message);
  return new DataFolderError(
    isLocked
      ? `--data ${folder} is used by another sandbox; stop that one, or name another folder`
      : `--data ${folder} cannot be used: ${file}: ${message}. Name another folder, or remove this one`,
    { cause: thrown },
  );
}

function keeperOf(db: DatabaseSync, store: string, maxEntries: number | undefined): Keeper {
  const all = db.prepare('SELECT key, text FROM kept WHERE store = ? ORDER BY number');
  const put = db.prepare(
    'INSERT INTO kept (store, key, text) VALUES (?, ?, ?) ON CONFLICT (store, key) DO UPDATE SET text = excluded.text',
  );
  const remove = db.prepare('DELETE FROM kept WHERE store = ? AND key = ?');
  const count = db.prepare('SELECT count(*) AS n FROM kept WHERE store = ?');
  const oldest = db.prepare(
    'DELETE FROM kept WHERE number IN (SELECT number FROM kept WHERE store = ? ORDER BY number LIMIT ?)',
  );
  /** Counted now and then only: so many may be there besides. */
  const slack = Math.ceil((maxEntries ?? 0) / 100);
  let putSinceCount = 0;
  return {
    entries: () => all.all(store).map((row) => [text(row, 'key'), text(row, 'text')] as const),
    put(key, value) {
      put.run(store, key, value);
      putSinceCount += 1;
      if (maxEntries === undefined || putSinceCount <= slack) return;
      putSinceCount = 0;
      const excess = Number(count.get(store)?.['n'] ?? 0) - maxEntries;
      if (excess > 0) oldest.run(store, excess);
    },
    delete: (key) => {
      remove.run(store, key);
    },
  };
}
