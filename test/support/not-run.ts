import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What the tests could not run, and which real parts they ran against. Each line is appended to a file that the summary
 * reporter prints at the end of the run and counts, so that nothing is left out silently.
 */
const file =
  process.env['STEPCAST_NOT_RUN_FILE'] ?? join(import.meta.dirname, '..', 'output', 'not-run.jsonl');

function append(line: object): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/**
 * Says loudly that something was not tested.
 * @param what the tests that did not run, as a person would call them
 * @param why what was missing, and how to have it
 */
export function reportNotRun(what: string, why: string): void {
  append({ notRun: what, why });
}

/** Says which real part the tests ran against. */
export function reportUsed(what: string, which: string): void {
  append({ used: what, which });
}

/** Says that a property held, and in how many cases. */
export function reportProperty(file: string, property: string, cases: number): void {
  append({ property, file, cases });
}
