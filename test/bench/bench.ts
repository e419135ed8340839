import { join } from 'node:path';
import * as z from 'zod';
import { canPin, startMosquitto, type SideProcess } from './broker.ts';
import { startChild, type BenchChild } from './child.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import { median, type BenchResult } from './report.ts';

const here = import.meta.dirname;

/** What a path answers that was asked for its throughput. */
export const Throughput = z.object({
  events: z.number(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  messages: z.number(),
});
export type Throughput = z.infer<typeof Throughput>;

/** What the stub of the store answers: where it listens, and how often it was called since it was asked last. */
export const Ports = z.object({ atOnce: z.number(), after4Ms: z.number(), calls: z.number() });

/** The measured process has core 0 to itself, everything beside it core 1. */
export const MEASURED = 0;
export const BESIDE = 1;

export interface Path {
  readonly path: 'ceiling' | 'naive' | 'ours';
  readonly store?: 'memory' | 'table' | 'table4' | 'dynamodb';
  readonly storeUrl?: string;
  readonly executions?: number;
  /** Whether the helpers of the garbage collector may use another core, as they do anywhere but in a bench of one core. */
  readonly anyCore?: boolean;
}

export interface BenchOptions {
  /** Measurements of each figure. */
  readonly runs: number;
  /** Longer windows. */
  readonly long: boolean;
  readonly overloadSeconds: number;
}

/** What all parts share: the broker and the store beside them, the paths, and the results. */
export class Bench {
  readonly options: BenchOptions;
  readonly results: BenchResult[] = [];
  readonly broker: SideProcess;
  readonly stub: BenchChild;
  readonly urls: { readonly atOnce: string; readonly after4Ms: string };
  readonly #beganMs = performance.now();
  #seeds = 0;

  private constructor(
    options: BenchOptions,
    broker: SideProcess,
    stub: BenchChild,
    ports: z.infer<typeof Ports>,
  ) {
    this.options = options;
    this.broker = broker;
    this.stub = stub;
    const url = (port: number) => `http://127.0.0.1:${port}`;
    this.urls = { atOnce: url(ports.atOnce), after4Ms: url(ports.after4Ms) };
  }

  static async start(options: BenchOptions): Promise<Bench> {
    const broker = (await startMosquitto(BESIDE)) ?? (await startEmbeddedBroker(BESIDE));
    const stub = await startChild(join(here, 'dynamodb.ts'), { core: BESIDE });
    const bench = new Bench(options, broker, stub, await stub.ask(Ports, {}));
    const where = canPin
      ? 'measured process on core 0, the rest on core 1'
      : 'cores cannot be chosen here (no taskset)';
    bench.say(`broker: ${broker.name}, in a process of its own on loopback; ${where}`);
    return bench;
  }

  async stop(): Promise<void> {
    await this.stub.stop();
    await this.broker.stop();
  }

  /** For whoever watches. */
  say(text: string): void {
    const seconds = ((performance.now() - this.#beganMs) / 1_000).toFixed(0);
    process.stdout.write(`[${seconds.padStart(4)} s] ${text}\n`);
  }

  startPath(of: Path): Promise<BenchChild> {
    const { path, store = 'memory', storeUrl = '', executions = 1_000, anyCore = false } = of;
    this.#seeds += 1;
    const setup = {
      path,
      store,
      storeUrl,
      executions,
      brokerUrl: this.broker.url,
      backlog: 2_000,
      seed: this.#seeds,
    };
    return startChild(join(here, 'worker.ts'), {
      ...(anyCore ? {} : { core: MEASURED }),
      args: [JSON.stringify(setup)],
      execArgv: ['--expose-gc'],
    });
  }

  /** Adds a figure; with `against`, ratios are taken within each run, and the median of those is what is said. */
  add(
    name: string,
    unit: string,
    values: readonly number[],
    against?: readonly number[],
    goal?: { text: string; reached: (ratio: number, value: number) => boolean },
  ): void {
    const value = median(values);
    const ratio =
      against === undefined ? null : median(values.map((one, index) => one / (against[index] ?? Number.NaN)));
    this.results.push({
      name,
      unit,
      value,
      baseline: against === undefined ? null : median(against),
      ratio,
      runs: values.length,
      ...(goal === undefined
        ? {}
        : { goal: { text: goal.text, reached: goal.reached(ratio ?? Number.NaN, value) } }),
    });
  }
}

export const perCore = (one: Throughput): number => one.events / one.cpuSeconds;
export const perSecond = (one: Throughput): number => one.events / one.wallSeconds;
