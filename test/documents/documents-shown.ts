import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shownCommands, type ShownCommand } from './shown-commands.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Files of the repository as they are now, without what git ignores. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return [...new Set(listed.split('\0').filter((path) => path !== ''))];
}

/** Where a newcomer begins, in that order; the rest follows by name. */
const FIRST = ['README.md', 'CONTRIBUTING.md', 'docs/development/releasing.md'];

/** Every command that a document shows, README's running text included, in the order in which they are read. */
export function commandsOfDocuments(): readonly ShownCommand[] {
  const documents = repositoryFiles().filter(
    (path) => path.endsWith('.md') && !path.startsWith('.changeset/'),
  );
  const rest = documents.filter((path) => !FIRST.includes(path)).toSorted();
  return [...FIRST, ...rest].flatMap((path) =>
    shownCommands(path, readFileSync(join(ROOT, path), 'utf8'), path === 'README.md'),
  );
}
