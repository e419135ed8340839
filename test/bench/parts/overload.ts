import * as z from 'zod';
import { figure, median } from '../report.ts';
import { perSecond, Throughput, type Bench } from '../bench.ts';

const Overload = z.object({
  samples: z.array(z.object({ atSeconds: z.number(), rssMb: z.number(), heapMb: z.number() })),
  taken: z.number(),
  heldBack: z.number(),
  tookSeconds: z.number(),
  lost: z.number(),
  notReleased: z.number(),
  deadLetters: z.number(),
  peaks: z.object({ events: z.number(), progress: z.number(), inFlight: z.number() }),
});

/** (f): memory at twice the sustainable load. */
export async function overload(bench: Bench): Promise<void> {
  const seconds = bench.options.overloadSeconds;
  bench.say(`(f) memory over ${seconds} s at twice the sustainable load`);
  const child = await bench.startPath({ path: 'ours', store: 'dynamodb', storeUrl: bench.urls.atOnce });
  await child.ask(Throughput, { kind: 'throughput', events: 10_000 });
  const sustainable = perSecond(await child.ask(Throughput, { kind: 'throughput', events: 15_000 }));
  bench.say(`sustainable: ${figure(sustainable)} events/s; offering ${figure(2 * sustainable)}`);
  const run = await child.ask(Overload, { kind: 'overload', eventsPerSecond: 2 * sustainable, seconds });
  await child.stop();
  const rss = run.samples.map(({ rssMb }) => rssMb);
  const third = Math.floor(rss.length / 3);
  const [early, late] = [median(rss.slice(third, 2 * third)), median(rss.slice(-third))];
  const window = `${seconds} s`;
  bench.results.push(
    {
      name: `(f) RSS, last third of ${window} against the middle third`,
      unit: 'MB',
      value: late,
      baseline: early,
      ratio: late / early,
      runs: 1,
      goal: { text: 'flat (±10 %)', reached: Math.abs(late / early - 1) <= 0.1 },
    },
    {
      name: `(f) records lost of ${figure(run.taken)} taken; ${figure(run.heldBack)} held back at the source`,
      unit: 'records',
      value: run.lost + run.notReleased + run.deadLetters,
      baseline: null,
      ratio: null,
      runs: 1,
      goal: { text: 'nothing lost', reached: run.lost + run.notReleased + run.deadLetters === 0 },
    },
    {
      name: '(f) most messages waiting before the correlator, publisher; unacknowledged',
      unit: `messages (${figure(run.peaks.progress)}; ${figure(run.peaks.inFlight)})`,
      value: run.peaks.events,
      baseline: 2_000,
      ratio: run.peaks.events / 2_000,
      runs: 1,
      goal: { text: 'bounded', reached: run.peaks.events <= 2_500 && run.peaks.inFlight <= 500 },
    },
  );
}
