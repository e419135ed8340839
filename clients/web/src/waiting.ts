import type { UploadState } from '@stepcast/contracts';
import type { Runtime } from './runtime.ts';
import type { WaitingTimes } from './waiting-times.ts';

/** An upload is in S3, and no workflow has started for it yet. */
export interface Waiting {
  /** Since when, ISO 8601: the end of the page's own upload, or when the service saw the file. */
  readonly since: string;
  /** Whether it takes longer than starts usually do. A start may still come. */
  readonly longerThanUsual: boolean;
  /** How long starts usually take at most, in milliseconds: learned from earlier uploads, else `usualWaitMs`. */
  readonly usualMs: number;
  /** While longer than usual: a sentence that says what an operator should run. Not for the person who waits. */
  readonly advice: string | undefined;
}

interface WaitingClockParts {
  readonly runtime: Pick<Runtime, 'now' | 'setTimer'>;
  readonly times: WaitingTimes;
  /** What an operator calls the upload: `s3://bucket/key`, or the upload ID. */
  readonly subject: string;
  readonly onChange: (waiting: Waiting | undefined) => void;
}

/**
 * Whether one upload waits for its workflow, and for how long. It waits from the moment it is up until its first execution has
 * started: `idle` → `waiting` → `late` (the usual time is over) → `over`. A newer version of the object begins anew.
 */
export class WaitingClock {
  readonly #parts: WaitingClockParts;
  #waiting: Waiting | undefined;
  #subject: string;
  #sinceMs: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(parts: WaitingClockParts) {
    this.#parts = parts;
    this.#subject = parts.subject;
  }

  get waiting(): Waiting | undefined {
    return this.#waiting;
  }

  /** The page's own upload is in S3; nothing has come of it. */
  uploaded(): void {
    if (this.#sinceMs === undefined) this.#begin(this.#parts.runtime.now());
  }

  /** The newest state of the upload. */
  state(state: UploadState): void {
    this.#subject = `s3://${state.bucket}/${state.key}`;
    if (state.status !== 'queued') {
      this.#parts.times.learn(state);
      this.stop();
    } else if (this.#sinceMs === undefined) {
      // The clock of the service may be ahead of this device's.
      this.#begin(Math.min(Date.parse(state.epochStartedAt), this.#parts.runtime.now()));
    }
  }

  /** It waits no longer, or nobody wants to know. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#sinceMs = undefined;
    if (this.#waiting === undefined) return;
    this.#waiting = undefined;
    this.#parts.onChange(undefined);
  }

  #begin(sinceMs: number): void {
    this.#sinceMs = sinceMs;
    const { usualMs } = this.#parts.times;
    const leftMs = sinceMs + usualMs - this.#parts.runtime.now();
    this.#tell(sinceMs, usualMs, leftMs <= 0);
    if (leftMs > 0)
      this.#cancel = this.#parts.runtime.setTimer(() => this.#tell(sinceMs, usualMs, true), leftMs);
  }

  #tell(sinceMs: number, usualMs: number, longerThanUsual: boolean): void {
    const since = new Date(sinceMs).toISOString();
    const advice = longerThanUsual ? adviceFor(this.#subject, since) : undefined;
    this.#waiting = { since, longerThanUsual, usualMs, advice };
    this.#parts.onChange(this.#waiting);
  }
}

function adviceFor(subject: string, since: string): string {
  return (
    `No workflow has started for ${subject} since ${since}. An operator can find out why: ` +
    `run "stepcast lookup ${subject}", then "stepcast doctor".`
  );
}
