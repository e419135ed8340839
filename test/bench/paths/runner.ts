import { sharedNowMs } from '../child.ts';
import type { Paced, Ran } from '../questions.ts';
import { usageNow } from '../services/usage.ts';
import type { BenchPayload, Workload } from '../workload.ts';
import type { Path } from './path.ts';

export const EVENTS_A_PAYLOAD = 25;

export interface Runner {
  prepare(events: number): { readonly events: number };
  run(): Promise<Ran>;
  /** CPU since the last run ended. */
  laterCpuSeconds(): number;
  pace(eventsPerSecond: number, seconds: number): Promise<Paced>;
}

const eventsOf = (payloads: readonly BenchPayload[]) => payloads.reduce((sum, one) => sum + one.events, 0);
const cpuSeconds = () => usageNow().cpuSeconds;

/** Offers payloads of a workload to a path, `lanes` side by side, and measures what that takes. */
export function createRunner(options: {
  readonly path: Path;
  readonly workload: Workload;
  readonly lanes: number;
}): Runner {
  const { path, workload, lanes } = options;
  let prepared: readonly BenchPayload[] = [];
  let endedAtCpuSeconds = cpuSeconds();

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
      prepared = workload.next(Math.max(1, Math.round(events / EVENTS_A_PAYLOAD)));
      // What making the payloads has left behind is not the path's to clear away.
      globalThis.gc?.();
      return { events: eventsOf(prepared) };
    },

    async run() {
      const payloads = prepared;
      prepared = [];
      const before = path.sent();
      const [cpuBefore, beganMs] = [cpuSeconds(), sharedNowMs()];
      const offset = beganMs - performance.now();
      await offerAll(payloads);
      await path.idle();
      endedAtCpuSeconds = cpuSeconds();
      const after = path.sent();
      return {
        events: eventsOf(payloads),
        beganMs,
        // After the last event only retained topics are written, at their own pace: their CPU counts, their waiting not.
        endedMs: path.lastAckMs() + offset,
        cpuSeconds: endedAtCpuSeconds - cpuBefore,
        messages: after.messages - before.messages,
        bytes: after.bytes - before.bytes,
        eventMessages: after.eventMessages - before.eventMessages,
      };
    },

    laterCpuSeconds: () => cpuSeconds() - endedAtCpuSeconds,

    async pace(eventsPerSecond, seconds) {
      const payloads = workload.next(Math.ceil((eventsPerSecond * seconds) / EVENTS_A_PAYLOAD));
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
        for (const exit of payload.exits) offered.push([exit, atMs]);
        pending.push(path.offer(payload.payload.awslogs.data));
      }
      const tookSeconds = (sharedNowMs() - beganMs + everyMs) / 1_000;
      await Promise.all(pending);
      await path.idle();
      endedAtCpuSeconds = cpuSeconds();
      const events = eventsOf(payloads);
      return {
        offered,
        events,
        cpuSeconds: endedAtCpuSeconds - cpuBefore,
        eventsPerSecond: events / tookSeconds,
      };
    },
  };
}
