import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const RUNBOOK = 'docs/operations/runbook.md';

/**
 * The path of the runbook that belongs to this version: beside the sources in a clone, in `dist/docs` in the package.
 * @param from folder of the code that runs
 * @returns undefined where the documents were left out
 */
export function findRunbook(from: string = import.meta.dirname): string | undefined {
  const path = join(from, RUNBOOK);
  if (existsSync(path)) return path;
  const above = dirname(from);
  return above === from ? undefined : findRunbook(above);
}
