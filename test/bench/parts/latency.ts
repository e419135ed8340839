import { join } from 'node:path';
import * as z from 'zod';
import { startChild } from '../child.ts';
import { quantile } from '../report.ts';
import { BESIDE, Throughput, type Bench } from '../bench.ts';

const Offered = z.object({ offered: z.array(z.tuple([z.string(), z.number()])) });
const Arrivals = z.object({ arrivals: z.array(z.tuple([z.string(), z.number()])), messages: z.number() });

/** (d): from a batch at the forwarder to a subscriber. */
export async function latency(bench: Bench): Promise<void> {
  const { runs } = bench.options;
  bench.say('(d) from a batch at the forwarder to a subscriber');
  const subscriber = await startChild(join(import.meta.dirname, '../subscriber.ts'), {
    core: BESIDE,
    args: [bench.broker.url],
  });
  const durable = { path: 'ours', store: 'dynamodb', executions: 200, anyCore: true } as const;
  const children = {
    bare: await bench.startPath({ path: 'ceiling', executions: 200, anyCore: true }),
    durable0: await bench.startPath({ ...durable, storeUrl: bench.urls.atOnce }),
    durable4: await bench.startPath({ ...durable, storeUrl: bench.urls.after4Ms }),
  };
  const labels = { bare: 'bare MQTT.js', durable0: 'durable, stub 0 ms', durable4: 'durable, stub 4 ms' };
  const seconds = bench.options.long ? 30 : 3;
  for (const child of Object.values(children))
    await child.ask(Throughput, { kind: 'throughput', events: 10_000 });
  for (const rate of [500, 2_000]) {
    const runsOf = { bare: [] as number[][], durable0: [] as number[][], durable4: [] as number[][] };
    for (let run = 1; run <= runs; run += 1) {
      for (const name of ['bare', 'durable0', 'durable4'] as const) {
        await subscriber.ask(Arrivals, { kind: 'begin' });
        const { offered } = await children[name].ask(Offered, {
          kind: 'pace',
          eventsPerSecond: rate,
          seconds,
        });
        const arrived = new Map(
          (await subscriber.ask(Arrivals, { kind: 'collect', expected: offered.length })).arrivals,
        );
        const latencies = offered.map(([key, atMs]) => (arrived.get(key) ?? Number.NaN) - atMs);
        const missing = latencies.filter(Number.isNaN).length;
        if (missing > 0) throw new Error(`${labels[name]}: ${missing} of ${latencies.length} never arrived`);
        runsOf[name].push(latencies);
      }
      bench.say(`${rate} events/s: run ${run} of ${runs} done`);
    }
    for (const name of ['durable0', 'durable4'] as const) {
      for (const [label, share, goal] of [
        ['p50', 0.5, 5],
        ['p99', 0.99, 15],
      ] as const)
        bench.add(
          `(d) ${label} at ${rate} events/s, ${labels[name]}`,
          'ms',
          runsOf[name].map((one) => quantile(one, share)),
          runsOf.bare.map((one) => quantile(one, share)),
          name === 'durable0' ? { text: `<= ${goal} ms`, reached: (_, value) => value <= goal } : undefined,
        );
      const pooled = quantile(runsOf[name].flat(), 0.999);
      const bare = quantile(runsOf.bare.flat(), 0.999);
      bench.results.push({
        name: `(d) p99.9 at ${rate} events/s, ${labels[name]}, all runs together`,
        unit: 'ms',
        value: pooled,
        baseline: bare,
        ratio: pooled / bare,
        runs,
      });
    }
  }
  for (const child of [...Object.values(children), subscriber]) await child.stop();
}
