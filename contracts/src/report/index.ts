/**
 * For the code of tasks: one line on standard output says how far a step is. Needs nothing: no package, no right, no address.
 * The log group that the line ends in must be named to Stepcast, and the function have the token: docs/report-progress.md.
 */

import { reportToken } from './config.ts';
import type { ProgressReport } from './line.ts';
import { createReporter, type Reporter } from './reporter.ts';

export { REPORT_TOKEN_VARIABLE } from './config.ts';
export { reportLine, type ProgressReport, type ReportTarget } from './line.ts';
export { createReporter, type Reporter, type ReporterOptions } from './reporter.ts';

let own: Reporter | undefined;

/** Of Node. Not `console.log`: the runtime of Lambda writes the time and the request before what that writes. */
function ownReporter(): Reporter {
  own ??= createReporter({
    token: reportToken(),
    write: (line) => {
      process.stdout.write(`${line}\n`);
    },
    nowMs: () => performance.now(),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => {
        clearTimeout(timer);
      };
    },
  });
  return own;
}

/**
 * Says on standard output how far a step is: at most one line a second for each step, the newest. What waits when the function is
 * about to return, {@link flushProgress} writes.
 *
 * @example
 * reportProgress({ upload: { bucket, key }, done: 40, total: 200, text: 'page 40 of 200' });
 */
export function reportProgress(report: ProgressReport): void {
  try {
    ownReporter().report(report);
  } catch {
    // From JavaScript anything may come in here, and what is said about a task must not fail it.
  }
}

/** Writes what waits. */
export function flushProgress(): void {
  own?.flush();
}
