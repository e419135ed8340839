import { sharedNowMs } from '../child.ts';
import type { Paced, Ran } from '../questions.ts';
import { usageNow } from '../services/usage.ts';
import { createWorkload, type BenchPayload, type Workload } from '../workload.ts';
import type { Path } from './path.ts';

export const EVENTS_A_PAYLOAD = 25;
/** Started, ten states of five records each, succeeded. */
const EVENTS_AN_EXECUTION = 52;

export interface Runner {
  prepare(events: number): { readonly events: number };
  run(): Promise<Ran>;
  /** Has the executions of `pace` go on by about so many events, as fast as they are taken. */
  advance(events: number): Promise<{ readonly events: number }>;
  pace(eventsPerSecond: number, seconds: number): Promise<Paced>;
}

/** `pace` does not count the latency of its first payloads: after the collection that it begins with they are slower. */
const LEAD_IN = 10;

const eventsOf = (payloads: readonly BenchPayload[]) => payloads.reduce((sum, one) => sum + one.events, 0);
const cpuSeconds = () => usageNow().cpuSeconds;

/** Offers payloads to a path, and measures what that takes. */
export function createRunner(options: {
  readonly path: Path;
  /** For `pace` and `advance`: its executions go on from one call to the next. */
  readonly workload: Workload;
  /** Executions under way at any time. */
  readonly executions: number;
  /** Makes executions different from those of other runners. */
  readonly seed: number;
  /** Payloads of a run that are offered side by side. */
  readonly lanes: number;
  /** A run has so many executions at least. */
  readonly minExecutions: number;
}): Runner {
  const { path, workload, seed, lanes, minExecutions } = options;
  const underWay = Math.max(options.executions, minExecutions);
  let runs = 0;
  let prepared: readonly BenchPayload[] = [];

  async function offerAll(payloads: readonly BenchPayload[]): Promise<void> {
    let next = 0;
    const lane = async () => {
      for (;;) {
        const payload = payloads[next];
        next += 1;
        if (payload === undefined) return;
        await path.offer(payload.payload.awslogs.data);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  return {
    prepare(events) {
      // Whole executions: so each run has as many beginnings and ends an event as any other, however long it is, and
      // between runs nothing is open that retained topics would speak of.
      // However many they are, no more are under way at a time than was asked for: those that end make room for the next.
      const wanted = Math.round(events / EVENTS_AN_EXECUTION);
      const atOnce = Math.max(minExecutions, Math.min(underWay, wanted));
      const total = atOnce * Math.max(1, Math.round(wanted / atOnce));
      runs += 1;
      prepared = createWorkload({ executions: atOnce, total, seed: seed * 100_000 + runs }).next(
        Math.ceil((total * EVENTS_AN_EXECUTION) / EVENTS_A_PAYLOAD) + total,
      );
      // What making the payloads has left behind is not the path's to clear away.
      globalThis.gc?.();
      return { events: eventsOf(prepared) };
    },

    async run() {
      const payloads = prepared;
      prepared = [];
      const before = path.sent();
      const [cpuBefore, beganMs] = [cpuSeconds(), sharedNowMs()];
      await offerAll(payloads);
      const cpuAfter = cpuSeconds();
      const [endedMs, nowMs] = [sharedNowMs(), performance.now()];
      const after = path.sent();
      // After the last event only retained topics are written, at their own pace: that CPU counts, that waiting does not.
      const retainedMs = after.lastEventsMs === undefined ? 0 : nowMs - after.lastEventsMs;
      return {
        events: eventsOf(payloads),
        beganMs,
        endedMs: endedMs - retainedMs,
        cpuSeconds: cpuAfter - cpuBefore,
        messages: after.messages - before.messages,
        bytes: after.bytes - before.bytes,
        eventMessages: after.eventMessages - before.eventMessages,
      };
    },

    async advance(events) {
      const payloads = workload.next(Math.ceil(events / EVENTS_A_PAYLOAD));
      await offerAll(payloads);
      return { events: eventsOf(payloads) };
    },

    async pace(eventsPerSecond, seconds) {
      const payloads = workload.next(LEAD_IN + Math.ceil((eventsPerSecond * seconds) / EVENTS_A_PAYLOAD));
      const offered: [string, number][] = [];
      const pending: Promise<void>[] = [];
      const everyMs = (EVENTS_A_PAYLOAD / eventsPerSecond) * 1_000;
      globalThis.gc?.();
      const cpuBefore = cpuSeconds();
      const beganMs = sharedNowMs();
      for (const [index, payload] of payloads.entries()) {
        const waitMs = beganMs + index * everyMs - sharedNowMs();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        const atMs = sharedNowMs();
        if (index >= LEAD_IN) for (const exit of payload.exits) offered.push([exit, atMs]);
        pending.push(path.offer(payload.payload.awslogs.data));
      }
      const tookSeconds = (sharedNowMs() - beganMs + everyMs) / 1_000;
      await Promise.all(pending);
      const cpuAfter = cpuSeconds();
      const events = eventsOf(payloads);
      return {
        offered,
        events,
        beganMs,
        cpuSeconds: cpuAfter - cpuBefore,
        eventsPerSecond: events / tookSeconds,
      };
    },
  };
}
