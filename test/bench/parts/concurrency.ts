import * as z from 'zod';
import { Throughput, type Bench } from '../bench.ts';

const Paced = z.object({ events: z.number(), cpuSeconds: z.number() });

/** (e): the cost of an event by the number of executions under way. */
export async function concurrency(bench: Bench): Promise<void> {
  const { runs } = bench.options;
  bench.say('(e) cost of an event by the number of executions under way');
  const children = {
    hundred: await bench.startPath({ path: 'ours', executions: 100 }),
    thousand: await bench.startPath({ path: 'ours', executions: 1_000 }),
    tenThousand: await bench.startPath({ path: 'ours', executions: 10_000 }),
  };
  // Until every execution of the first round has begun, and the others are as warm.
  for (const child of Object.values(children))
    await child.ask(Throughput, { kind: 'throughput', events: 100_000 });
  // At a pace that all of them keep up with: what waits together is merged, and of fewer executions more would wait.
  const pace = { kind: 'pace', eventsPerSecond: 2_000, seconds: bench.options.long ? 20 : 4 };
  const names = ['hundred', 'thousand', 'tenThousand'] as const;
  const measured: Record<(typeof names)[number], number[]> = { hundred: [], thousand: [], tenThousand: [] };
  for (let run = 1; run <= runs; run += 1) {
    for (const name of names) {
      const { cpuSeconds, events } = await children[name].ask(Paced, pace);
      measured[name].push((cpuSeconds / events) * 1e6);
    }
    bench.say(`run ${run} of ${runs} done`);
  }
  for (const child of Object.values(children)) await child.stop();
  const base = measured.hundred;
  const goal = { text: '<= 1.3x of 100', reached: (ratio: number) => ratio <= 1.3 };
  bench.add('(e) CPU of an event at 2,000 events/s, 100 executions', 'µs', base);
  bench.add('(e) CPU of an event at 2,000 events/s, 1,000 executions', 'µs', measured.thousand, base, goal);
  bench.add(
    '(e) CPU of an event at 2,000 events/s, 10,000 executions',
    'µs',
    measured.tenThousand,
    base,
    goal,
  );
}
