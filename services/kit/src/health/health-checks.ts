import { pause, systemClock, systemTimers, type Clock, type Timers } from '../clock.ts';
import { asError } from '../errors.ts';
import { watchEventLoop, type EventLoopWatch } from './event-loop.ts';

export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Every check with its state; `ok` when all are. */
export interface HealthReport {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** A loop that has to show signs of life. */
export interface Heartbeat {
  /** The loop goes on. */
  beat(): void;
  /** The loop has ended as it should, and is not watched any more. */
  end(): void;
}

/**
 * What liveness and readiness depend on. Liveness is about this process only: the orchestrator that restarts processes asks for it, and
 * a restart helps nobody whose queue or broker is away. Readiness is about everything the work needs.
 */
export interface HealthChecks {
  /** Adds a readiness check. One that throws has failed. A check of the same name is replaced. */
  addCheck(name: string, check: () => CheckResult | Promise<CheckResult>): void;
  /** Adds a loop to liveness: it counts as stuck when it has not beaten for `maxSilenceMs`. The first beat is now. */
  addLoop(name: string, options: { readonly maxSilenceMs: number }): Heartbeat;
  /** Whether the process works. */
  live(): HealthReport;
  /** Whether the service can do its work. Answers from memory for a second; never rejects. */
  ready(): Promise<HealthReport>;
  /** Ends the watching of the event loop. */
  close(): void;
}

export interface HealthChecksOptions {
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** Default this process's. */
  readonly eventLoop?: EventLoopWatch;
  /** A longer delay of the event loop since the last question means that the process is stuck. Default 5,000. */
  readonly maxEventLoopDelayMs?: number;
  /** How long a report of readiness is good. Default 1,000. */
  readonly cacheMs?: number;
  /** How long a check may take before it has failed. Default 1,000. */
  readonly checkTimeoutMs?: number;
}

interface Loop {
  readonly maxSilenceMs: number;
  lastBeatMs: number;
}

export function createHealthChecks(options: HealthChecksOptions = {}): HealthChecks {
  const { clock = systemClock, timers = systemTimers, eventLoop = watchEventLoop() } = options;
  const { maxEventLoopDelayMs = 5_000, cacheMs = 1_000, checkTimeoutMs = 1_000 } = options;
  const checks = new Map<string, () => CheckResult | Promise<CheckResult>>();
  const loops = new Map<string, Loop>();
  let cached: { readonly untilMs: number; readonly report: HealthReport } | undefined;
  let asking: Promise<HealthReport> | undefined;

  async function run(check: () => CheckResult | Promise<CheckResult>): Promise<CheckResult> {
    const over = new AbortController();
    const tooLate = async (): Promise<CheckResult> => {
      await pause(timers, checkTimeoutMs, over.signal);
      return { ok: false, reason: `no answer within ${checkTimeoutMs} ms` };
    };
    try {
      return await Promise.race([Promise.resolve().then(check), tooLate()]);
    } catch (thrown) {
      return { ok: false, reason: asError(thrown).message };
    } finally {
      over.abort();
    }
  }

  async function ask(): Promise<HealthReport> {
    const results = await Promise.all(
      [...checks].map(async ([name, check]) => [name, await run(check)] as const),
    );
    const report = reportOf(results);
    cached = { untilMs: clock.nowMs() + cacheMs, report };
    return report;
  }

  function checkEventLoop(): CheckResult {
    const delayMs = Math.round(eventLoop.longestDelayMs());
    return delayMs <= maxEventLoopDelayMs
      ? { ok: true }
      : { ok: false, reason: `the event loop was ${delayMs} ms late` };
  }

  function checkLoop({ maxSilenceMs, lastBeatMs }: Loop): CheckResult {
    const silentMs = clock.nowMs() - lastBeatMs;
    return silentMs <= maxSilenceMs
      ? { ok: true }
      : { ok: false, reason: `no sign of life for ${silentMs} ms` };
  }

  return {
    addCheck(name, check) {
      checks.set(name, check);
      cached = undefined;
    },
    addLoop(name, { maxSilenceMs }) {
      const loop: Loop = { maxSilenceMs, lastBeatMs: clock.nowMs() };
      loops.set(name, loop);
      return {
        beat() {
          loop.lastBeatMs = clock.nowMs();
        },
        end() {
          if (loops.get(name) === loop) loops.delete(name);
        },
      };
    },
    live: () =>
      reportOf([
        ['eventLoop', checkEventLoop()],
        ...[...loops].map(([name, loop]) => [name, checkLoop(loop)] as const),
      ]),
    ready() {
      if (cached !== undefined && clock.nowMs() < cached.untilMs) return Promise.resolve(cached.report);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    close() {
      eventLoop.close();
    },
  };
}

function reportOf(results: readonly (readonly [string, CheckResult])[]): HealthReport {
  return { ok: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
}
