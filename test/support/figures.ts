import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const file =
  process.env['STEPCAST_NOT_RUN_FILE'] ?? join(import.meta.dirname, '..', 'output', 'not-run.jsonl');

/** Something that a test measured; the summary of the run prints it. */
export function reportFigure(what: string, value: string): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify({ figure: what, value })}\n`);
}
