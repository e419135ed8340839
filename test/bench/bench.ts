import { join } from 'node:path';
import * as z from 'zod';
import { startMosquitto, type SideProcess } from './broker.ts';
import { startChild, type BenchChild } from './child.ts';
import { BESIDE, canPin, MEASURED } from './cores.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import type { PartName, Plan } from './options.ts';
import type { Setup } from './questions.ts';
import { median } from './report.ts';
import type { Result } from './results.ts';
import { measureRounds, within } from './rounds.ts';

const here = import.meta.dirname;
const Addresses = z.object({ atOnce: z.string(), after4Ms: z.string(), naive: z.string() });
export type Addresses = z.infer<typeof Addresses>;

const PerKind = z.record(z.string(), z.number());
export const Counts = z.object({
  store: z.object({
    calls: z.number(),
    callsByKind: PerKind,
    statements: z.number(),
    writeUnits: z.number(),
    writeUnitsByKind: PerKind,
    readUnits: z.number(),
  }),
  queues: z.object({
    calls: z.number(),
    callsByKind: PerKind,
    messagesSent: z.number(),
    bytesSent: z.number(),
  }),
});
export type Counts = z.infer<typeof Counts>;

/** Executions under way where nothing else is said. */
export const EXECUTIONS = 500;

export interface PathOptions {
  readonly path: Setup['path'];
  /** See {@link Setup}. Default ''. */
  readonly url?: string;
  /** Of an engine; see {@link Setup}. Default one of its own. */
  readonly name?: string;
  /** Executions under way at any time. Default {@link EXECUTIONS}. */
  readonly executions?: number;
  /** Default the core of what is measured; `any` where helpers of the collector may use another, as usual. */
  readonly core?: number | 'any';
}

/** What all parts share: the broker, what stands for AWS, and the results. */
export class Bench {
  readonly plan: Plan;
  readonly results: Result[] = [];
  readonly notes: string[] = [];
  readonly broker: SideProcess;
  readonly cloud: BenchChild;
  readonly addresses: Addresses;
  readonly #beganMs = performance.now();
  readonly #children = new Set<{ stop(): Promise<void> }>();
  #seeds = 0;
  #partBeganSeconds = 0;

  private constructor(plan: Plan, broker: SideProcess, cloud: BenchChild, addresses: Addresses) {
    this.plan = plan;
    this.broker = broker;
    this.cloud = cloud;
    this.addresses = addresses;
  }

  static async start(plan: Plan): Promise<Bench> {
    const broker = (await startMosquitto(BESIDE)) ?? (await startEmbeddedBroker(BESIDE));
    try {
      const cloud = await startChild(join(here, 'cloud/main.ts'), { core: BESIDE });
      const bench = new Bench(plan, broker, cloud, await cloud.ask(Addresses, { kind: 'addresses' }));
      const where = canPin
        ? `what is measured on core ${MEASURED}, all else on core ${BESIDE}`
        : 'cores cannot be chosen here (no taskset)';
      bench.say(`broker: ${broker.name}, in a process of its own on loopback; ${where}`);
      return bench;
    } catch (thrown) {
      await broker.stop();
      throw thrown;
    }
  }

  /** Ends the processes of a part, where the part did not. */
  async stopChildren(): Promise<void> {
    await Promise.allSettled([...this.#children].map((child) => child.stop()));
    this.#children.clear();
  }

  /** Ends every process that was started. */
  async stop(): Promise<void> {
    await this.stopChildren();
    await Promise.allSettled([this.cloud.stop(), this.broker.stop()]);
  }

  get seconds(): number {
    return (performance.now() - this.#beganMs) / 1_000;
  }

  /** Says how far the bench is. */
  say(text: string): void {
    process.stdout.write(`[${this.seconds.toFixed(0).padStart(4)} s] ${text}\n`);
  }

  /** Something to know about the figures. */
  note(text: string): void {
    this.notes.push(text);
    this.say(`note: ${text}`);
  }

  /** Measures the rounds of a part, fewer where the time of the part does not suffice for all; that is noted. */
  async rounds(part: PartName, measure: (round: number) => Promise<void>): Promise<void> {
    const { rounds, limits } = this.plan;
    const limit = limits?.[part];
    const untilSeconds = limit === undefined ? undefined : this.#partBeganSeconds + limit.roundsSeconds;
    const measured = await measureRounds(
      { rounds, untilSeconds, seconds: () => this.seconds },
      async (round) => {
        await measure(round);
        this.say(`${part}: round ${round} of ${rounds} done`);
      },
    );
    if (measured < rounds) this.note(`${part}: ${measured} of ${rounds} rounds, since the machine was slow`);
  }

  /** Measures a part within its time, and ends what it started. */
  async measure(part: PartName, run: (bench: Bench) => Promise<void>): Promise<void> {
    this.#partBeganSeconds = this.seconds;
    try {
      await within(this.plan.limits?.[part].seconds, () => run(this));
    } finally {
      await this.stopChildren();
    }
  }

  /** Ends with the bench, should it end before its part does. */
  own<T extends { stop(): Promise<void> }>(child: T): T {
    this.#children.add(child);
    return child;
  }

  async startPath(of: PathOptions): Promise<BenchChild> {
    const {
      path,
      url = '',
      name = `engine${this.#seeds + 1}`,
      executions = EXECUTIONS,
      core = MEASURED,
    } = of;
    this.#seeds += 1;
    const setup: Setup = {
      path,
      url,
      name,
      executions,
      cloudUrl: this.addresses.atOnce,
      brokerUrl: this.broker.url,
      seed: this.#seeds,
    };
    const child = await startChild(join(here, 'worker.ts'), {
      ...(core === 'any' ? {} : { core }),
      args: [JSON.stringify(setup)],
    });
    return this.own(child);
  }

  /** What a deployment has asked of its table and its queues since this was called last. */
  counts(name: string): Promise<Counts> {
    return this.cloud.ask(Counts, { kind: 'counts', name });
  }

  /** Adds a figure, where it was measured; with `against`, the ratio is the median of the ratios of each round. */
  add(
    part: string,
    name: string,
    unit: string,
    values: readonly number[],
    more: {
      readonly against?: readonly number[];
      readonly goal?: {
        readonly text: string;
        readonly reached: (ratio: number, value: number) => boolean;
      };
    } = {},
  ): void {
    // Some paths can be left out; what is not measured has no row.
    if (values.length === 0) return;
    const { goal } = more;
    const against = more.against?.length === values.length ? more.against : undefined;
    const value = median(values);
    const ratio =
      against === undefined ? null : median(values.map((one, index) => one / (against[index] ?? Number.NaN)));
    this.results.push({
      part,
      name,
      unit,
      value,
      values: [...values],
      baseline: against === undefined ? null : median(against),
      ratio,
      goal:
        goal === undefined || (more.against !== undefined && against === undefined)
          ? null
          : { text: goal.text, reached: goal.reached(ratio ?? Number.NaN, value) },
    });
  }
}
