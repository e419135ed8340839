import { reportLine, type ProgressReport } from './line.ts';

export interface Reporter {
  /** Says how far a step is. Returns at once and never throws. */
  report(report: ProgressReport): void;
  /** Writes what waits. A function that returns calls it before, as it may be frozen from then on. */
  flush(): void;
}

export interface ReporterOptions {
  /** Of the deployment. Undefined: nothing is written. */
  readonly token: string | undefined;
  /** Takes one line, without its line feed. */
  readonly write: (line: string) => void;
  /** Milliseconds between two lines of one step. The newest report waits for its turn; older ones are dropped. Default 1,000. */
  readonly intervalMs?: number;
  /** Milliseconds, of any clock that does not go back. */
  readonly nowMs: () => number;
  /** Calls back later, unless the process ends before. @returns calls it off */
  readonly after: (delayMs: number, callback: () => void) => () => void;
}

/** Steps of which a reporter remembers when they spoke last. More than these speak as if for the first time. */
const MAX_STEPS = 1_000;

/** A reporter of its parts; `reportProgress` is one with those of Node. */
export function createReporter(options: ReporterOptions): Reporter {
  const { token, write, intervalMs = 1_000, nowMs, after } = options;
  const spokeAtMs = new Map<string, number>();
  const waiting = new Map<string, { newest: ProgressReport; readonly cancel: () => void }>();

  function say(name: string, report: ProgressReport): void {
    spokeAtMs.delete(name);
    spokeAtMs.set(name, nowMs());
    if (spokeAtMs.size > MAX_STEPS)
      for (const oldest of spokeAtMs.keys()) {
        spokeAtMs.delete(oldest);
        break;
      }
    if (token !== undefined && token !== '') write(reportLine(report, token));
  }

  function sayWaiting(name: string): void {
    const one = waiting.get(name);
    waiting.delete(name);
    if (one !== undefined) say(name, one.newest);
  }

  return {
    report(report) {
      const name = nameOf(report);
      const before = waiting.get(name);
      if (before !== undefined) {
        before.newest = report;
        return;
      }
      const spoke = spokeAtMs.get(name);
      const left = spoke === undefined ? 0 : spoke + intervalMs - nowMs();
      if (left <= 0) {
        say(name, report);
        return;
      }
      waiting.set(name, { newest: report, cancel: after(left, () => sayWaiting(name)) });
    },
    flush() {
      for (const [name, { cancel }] of waiting) {
        cancel();
        sayWaiting(name);
      }
    },
  };
}

function nameOf(report: ProgressReport): string {
  const { step = '' } = report;
  return 'executionArn' in report
    ? `${report.executionArn}\n${step}`
    : `${report.upload.bucket}\n${report.upload.key}\n${report.upload.versionId ?? ''}\n${step}`;
}
