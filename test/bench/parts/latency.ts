import { join } from 'node:path';
import * as z from 'zod';
import { type Bench } from '../bench.ts';
import { startChild, type BenchChild } from '../child.ts';
import { BESIDE } from '../cores.ts';
import { Paced, Prepared, Ran } from '../questions.ts';
import { quantile } from '../report.ts';
import { startApart, startSmall } from '../services/forms.ts';

const Arrivals = z.object({ arrivals: z.array(z.tuple([z.string(), z.number()])), messages: z.number() });
const RATES = [500, 2_000];
const EXECUTIONS = 200;
const WARM_UP_EVENTS = 2_500;

interface Measured {
  readonly label: string;
  readonly part: string;
  readonly child: BenchChild;
  /** Name of what has queues; other names have none. */
  readonly deployment: string;
  /** By rate; the latencies of each round. */
  readonly rounds: Map<number, number[][]>;
  /** Whether the goals are about this one. */
  readonly counts: boolean;
}

async function startAll(bench: Bench): Promise<readonly Measured[]> {
  const { atOnce, after4Ms } = bench.addresses;
  const anyCore = { executions: EXECUTIONS, core: 'any' } as const;
  const where = { cloudUrl: atOnce, storeUrl: atOnce, brokerUrl: bench.broker.url };
  const feed = async (starting: ReturnType<typeof startSmall>) => {
    const form = bench.own(await starting);
    return bench.startPath({ path: 'feeder', url: form.entry.url, executions: EXECUTIONS, core: BESIDE });
  };
  const engine = (url: string) => bench.startPath({ path: 'engine', url, ...anyCore });
  const one = async (
    label: string,
    starting: Promise<BenchChild>,
    { deployment = 'none', counts = false } = {},
  ): Promise<Measured> => ({
    label,
    part: 'd',
    child: await starting,
    deployment,
    rounds: new Map(RATES.map((rate) => [rate, []])),
    counts,
  });
  const small = 'latencysmall';
  const apart = 'latencyapart';
  return [
    await one('bare MQTT.js', bench.startPath({ path: 'ceiling', ...anyCore })),
    await one('engine, store 0 ms', engine(atOnce), { counts: true }),
    await one('small form, store 0 ms', feed(startSmall({ ...where, name: small })), { deployment: small }),
    ...(bench.plan.quick
      ? []
      : [
          await one('engine, store 4 ms', engine(after4Ms)),
          await one('apart, store 0 ms', feed(startApart({ ...where, name: apart })), { deployment: apart }),
        ]),
  ];
}

/** (d): from a payload offered to its events at a subscriber. */
export async function latency(bench: Bench): Promise<void> {
  const { latencySeconds } = bench.plan;
  bench.say('(d) from a payload to a subscriber');
  const subscriber = bench.own(
    await startChild(join(import.meta.dirname, '../subscriber.ts'), {
      core: BESIDE,
      args: [bench.broker.url],
    }),
  );
  const all = await startAll(bench);

  /** The latencies of what is offered to one of them for a while. */
  async function measure(one: Measured, eventsPerSecond: number, seconds: number): Promise<number[]> {
    await subscriber.ask(Arrivals, { kind: 'begin' });
    const { offered } = await one.child.ask(Paced, { kind: 'pace', eventsPerSecond, seconds });
    await bench.cloud.ask(z.unknown(), { kind: 'idle', name: one.deployment });
    const keys = offered.map(([key]) => key);
    const { arrivals } = await subscriber.ask(Arrivals, { kind: 'collect', keys });
    const arrived = new Map(arrivals);
    const latencies = offered.map(([key, atMs]) => (arrived.get(key) ?? Number.NaN) - atMs);
    const missing = latencies.filter(Number.isNaN).length;
    if (missing > 0) throw new Error(`${one.label}: ${missing} of ${latencies.length} never arrived`);
    return latencies;
  }

  for (const one of all) {
    for (let seen = 0; seen < (bench.plan.quick ? 2 : 8) * WARM_UP_EVENTS; seen += WARM_UP_EVENTS) {
      await one.child.ask(Prepared, { kind: 'prepare', events: WARM_UP_EVENTS });
      await one.child.ask(Ran, { kind: 'run' });
      await bench.cloud.ask(z.unknown(), { kind: 'idle', name: one.deployment });
    }
    // At a pace the code takes other ways than under full load.
    await measure(one, 2_000, 1);
  }
  bench.say('warmed up');
  await bench.rounds('latency', async () => {
    for (const rate of RATES)
      for (const one of all) one.rounds.get(rate)?.push(await measure(one, rate, latencySeconds));
  });
  for (const { child } of all) await child.stop();
  await subscriber.stop();
  for (const rate of RATES) rowsOf(bench, all, rate);
}

function rowsOf(bench: Bench, all: readonly Measured[], rate: number): void {
  const quantiles = (one: Measured, share: number) =>
    (one.rounds.get(rate) ?? []).map((latencies) => quantile(latencies, share));
  const [bare, ...others] = all;
  if (bare === undefined) return;
  const at = `at ${rate.toLocaleString('en-US')} events/s`;
  for (const one of others) {
    for (const [label, share, goalMs] of [
      ['p50', 0.5, 5],
      ['p99', 0.99, 15],
    ] as const)
      bench.add('d', `${label} ${at}, ${one.label}`, 'ms', quantiles(one, share), {
        against: quantiles(bare, share),
        ...(one.counts
          ? { goal: { text: `<= ${goalMs} ms`, reached: (_ratio: number, value: number) => value <= goalMs } }
          : {}),
      });
    if (!bench.plan.quick) {
      const pooled = (of: Measured) => [quantile((of.rounds.get(rate) ?? []).flat(), 0.999)];
      bench.add('d', `p99.9 ${at}, ${one.label}, all rounds together`, 'ms', pooled(one), {
        against: pooled(bare),
      });
    }
  }
}
