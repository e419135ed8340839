import * as z from 'zod';
import type { BenchChild } from './child.ts';
import { Prepared, Ran } from './questions.ts';
import type { Form } from './services/forms.ts';

/** One measurement of throughput. */
export interface Measured {
  readonly events: number;
  readonly wallSeconds: number;
  /** Of all processes that are measured. */
  readonly cpuSeconds: number;
  /** The same of each service, where there are several. */
  readonly cpuSecondsBy: Readonly<Record<string, number>>;
  readonly messages: number;
  readonly bytes: number;
  readonly eventMessages: number;
}

/** Something whose throughput is measured in turns with others. */
export interface Target {
  readonly name: string;
  /** Whether a measurement lasts as long as its CPU, or as long as the clock says: where it mostly waits. */
  readonly waits: boolean;
  /** Measures `events` log events. */
  measure(events: number): Promise<Measured>;
  stop(): Promise<void>;
}

export const perCore = (one: Measured): number => one.events / one.cpuSeconds;
export const perSecond = (one: Measured): number => one.events / one.wallSeconds;
export const cpuMicros = (one: Measured): number => (one.cpuSeconds / one.events) * 1e6;

/** A path in a child process. */
export function workerTarget(name: string, child: BenchChild, waits = false): Target {
  return {
    name,
    waits,
    async measure(events) {
      await child.ask(Prepared, { kind: 'prepare', events });
      const ran = await child.ask(Ran, { kind: 'run' });
      return {
        events: ran.events,
        wallSeconds: (ran.endedMs - ran.beganMs) / 1_000,
        cpuSeconds: ran.cpuSeconds,
        cpuSecondsBy: {},
        messages: ran.messages,
        bytes: ran.bytes,
        eventMessages: ran.eventMessages,
      };
    },
    stop: () => child.stop(),
  };
}

const Idle = z.object({ lastDeleteAtMs: z.number() });

/** Services in processes of their own, fed by a child that is not measured, with the queues of `cloud` between them. */
export function formTarget(name: string, form: Form, feeder: BenchChild, cloud: BenchChild): Target {
  async function cpuNow(options: { readonly clear: boolean }): Promise<ReadonlyMap<string, number>> {
    const used = new Map<string, number>();
    await Promise.all(
      form.processes.map(async (one) => {
        const { cpuSeconds } = await one.usage(options);
        used.set(one.name, (used.get(one.name) ?? 0) + cpuSeconds);
      }),
    );
    return used;
  }
  const between = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) =>
    Object.fromEntries([...after].map(([service, cpu]) => [service, cpu - (before.get(service) ?? 0)]));
  const total = (by: Readonly<Record<string, number>>) =>
    Object.values(by).reduce((sum, one) => sum + one, 0);

  return {
    name,
    waits: false,
    async measure(events) {
      await feeder.ask(Prepared, { kind: 'prepare', events });
      const before = await cpuNow({ clear: true });
      const ran = await feeder.ask(Ran, { kind: 'run' });
      const { lastDeleteAtMs } = await cloud.ask(Idle, { kind: 'idle', name });
      const cpuSecondsBy = between(before, await cpuNow({ clear: false }));
      return {
        events: ran.events,
        wallSeconds: (lastDeleteAtMs - ran.beganMs) / 1_000,
        cpuSeconds: total(cpuSecondsBy),
        cpuSecondsBy,
        messages: 0,
        bytes: 0,
        eventMessages: 0,
      };
    },
    async stop() {
      await Promise.all([form.stop(), feeder.stop()]);
    },
  };
}
