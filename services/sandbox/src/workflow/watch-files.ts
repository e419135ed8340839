import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Timers } from '@stepcast/kit';

/** Editors write a file in several steps: a change counts once nothing has changed for so long. */
const QUIET_MS = 150;

export interface WatchedPaths {
  readonly files: readonly string[];
  /** Folders of which every file counts: those of modules, which import others. */
  readonly folders: readonly string[];
}

/** What editors leave beside a file while they write it. */
function isTemporary(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~');
}

export interface FileWatch {
  /** Says whether there was a change that `onChange` has not been called for. */
  close(): boolean;
}

/**
 * Calls `onChange` after changes of files. Folders are watched, not the files themselves, because editors put a new file in
 * place of the old one.
 */
export function watchFiles(
  { files, folders }: WatchedPaths,
  { timers, onChange }: { readonly timers: Timers; readonly onChange: () => void },
): FileWatch {
  const names = new Map<string, Set<string> | 'all'>();
  for (const file of files) {
    const folder = dirname(resolve(file));
    const known = names.get(folder) ?? new Set<string>();
    names.set(folder, known);
    if (known !== 'all') known.add(basename(file));
  }
  for (const folder of folders) names.set(resolve(folder), 'all');

  let cancel: (() => void) | undefined;
  const watchers = [...names].map(([folder, wanted]): FSWatcher => {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name !== null && (wanted === 'all' ? isTemporary(name) : !wanted.has(name))) return;
      cancel?.();
      cancel = timers.after(QUIET_MS, () => {
        cancel = undefined;
        onChange();
      });
    });
    // A folder that goes away is a change as well; reading it then says what is missing.
    watcher.on('error', onChange);
    return watcher;
  });
  return {
    close() {
      const isPending = cancel !== undefined;
      cancel?.();
      for (const watcher of watchers) watcher.close();
      return isPending;
    },
  };
}
