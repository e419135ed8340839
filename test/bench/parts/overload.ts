import { join } from 'node:path';
import * as z from 'zod';
import { type Bench } from '../bench.ts';
import { startChild, type BenchChild } from '../child.ts';
import { Overloaded, Paced } from '../questions.ts';
import { figure, median } from '../report.ts';
import { startSmall, type Form } from '../services/forms.ts';

const Audit = z.object({
  messages: z.number(),
  events: z.number(),
  missing: z.number(),
  repeated: z.number(),
  ended: z.number(),
  open: z.number(),
});
const Idle = z.object({ lastDeleteAtMs: z.number() });
const Sizes = z.record(z.string(), z.number());

/** Messages, of about five log events each, that may wait before the source holds back. */
const BACKLOG = 2_000;
/** Of this deployment's table and queues. */
const NAME = 'overload';
const FLAT = 0.1;
const SAMPLES = 120;
const DRAINED_WITHIN_MS = 120_000;

interface Sample {
  readonly atSeconds: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

/** Memory of a process, `SAMPLES` times while something runs. */
async function sampled<T>(
  form: Form,
  seconds: number,
  run: Promise<T>,
): Promise<{ ran: T; samples: Sample[] }> {
  const engine = form.processes.at(-1);
  const samples: Sample[] = [];
  const beganMs = performance.now();
  const over = new AbortController();
  const ending = run.finally(() => {
    over.abort();
  });
  while (!over.signal.aborted && engine !== undefined) {
    const { rssMb, heapMb } = await engine.usage();
    samples.push({ atSeconds: (performance.now() - beganMs) / 1_000, rssMb, heapMb });
    const nextMs = (samples.length * seconds * 1_000) / SAMPLES - (performance.now() - beganMs);
    await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs)))]);
  }
  return { ran: await ending, samples };
}

async function startAuditor(bench: Bench): Promise<BenchChild> {
  const child = await startChild(join(import.meta.dirname, '../audit/auditor.ts'), {
    args: [bench.broker.url],
  });
  return bench.own(child);
}

/** Resolves when a subscriber has seen every end that it has to see, or sees nothing new any more. */
async function drained(auditor: BenchChild, ended: number): Promise<z.infer<typeof Audit>> {
  const deadlineMs = performance.now() + DRAINED_WITHIN_MS;
  for (let before = -1; ;) {
    const report = await auditor.ask(Audit, {});
    if (report.ended >= ended || report.messages === before || performance.now() > deadlineMs) return report;
    before = report.messages;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** (f): twice the sustainable load on the small form, with a backlog that has a bound; memory, and what is lost. */
export async function overload(bench: Bench): Promise<void> {
  const seconds = bench.plan.overloadSeconds;
  const { atOnce } = bench.addresses;
  bench.say(`(f) ${seconds} s at twice the sustainable load`);
  // No core of their own: what feeds and what checks needs as much as what is measured.
  const form = bench.own(
    await startSmall({ cloudUrl: atOnce, storeUrl: atOnce, brokerUrl: bench.broker.url, name: NAME }),
  );
  const feeder = await bench.startPath({
    path: 'feeder',
    url: form.entry.url,
    core: 'any',
    executions: 2_000,
  });
  const auditor = await startAuditor(bench);

  const run = async (seconds: number) => {
    const ran = await feeder.ask(Paced, { kind: 'pace', eventsPerSecond: 20_000, seconds });
    const { lastDeleteAtMs } = await bench.cloud.ask(Idle, { kind: 'idle', name: NAME });
    return ran.events / ((lastDeleteAtMs - ran.beganMs) / 1_000);
  };
  await run(0.3);
  const sustainable = await run(0.8);
  bench.say(`sustainable: ${figure(sustainable)} events/s; ${figure(2 * sustainable)} are offered`);
  const { ran, samples } = await sampled(
    form,
    seconds,
    feeder.ask(Overloaded, {
      kind: 'overload',
      eventsPerSecond: 2 * sustainable,
      seconds,
      queuesUrl: form.eventsQueueUrl,
      maxWaiting: BACKLOG,
    }),
  );
  await bench.cloud.ask(Idle, { kind: 'idle', name: NAME });
  const audit = await drained(auditor, ran.endedInAll);
  const letters = Object.entries(await bench.cloud.ask(Sizes, { kind: 'sizes' }))
    .filter(([name]) => name.startsWith(NAME) && name.includes('dead-letter'))
    .reduce((sum, [, size]) => sum + size, 0);
  await Promise.all([form.stop(), feeder.stop(), auditor.stop()]);

  const window = `${figure(seconds)} s`;
  memoryRows(bench, samples, window);
  const none = { goal: { text: '0', reached: (_ratio: number, value: number) => value === 0 } };
  const of = `of ${figure(ran.taken)} log events taken in ${window}`;
  bench.add('f', `offsets that a subscriber missed, ${of}`, 'events', [audit.missing], none);
  bench.add('f', 'uploads whose end it missed', 'uploads', [ran.endedInAll - audit.ended], none);
  bench.add('f', 'dead letters', 'messages', [letters], none);
  bench.add('f', `held back at the source`, 'log events', [ran.heldBack]);
  bench.add('f', 'taken', 'events/s', [ran.taken / ran.tookSeconds], { against: [sustainable] });
  bench.add('f', 'most messages waiting in the events queue', 'messages', [ran.peakWaiting], {
    against: [BACKLOG],
    goal: { text: 'bounded', reached: (ratio) => ratio <= 1.5 },
  });
  bench.add('f', 'share of the time with the backlog at its bound', 'share', [ran.fullShare]);
  if (ran.fullShare < 0.2)
    bench.note('(f) the backlog was seldom full: what feeds was about as slow as the engine');
}

function memoryRows(bench: Bench, samples: readonly Sample[], window: string): void {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(-third);
  for (const [name, of] of [
    ['RSS', ({ rssMb }: Sample) => rssMb],
    ['heap', ({ heapMb }: Sample) => heapMb],
  ] as const)
    bench.add(
      'f',
      `${name} of the engine, last third of ${window} against the middle third`,
      'MB',
      [median(last.map(of))],
      {
        against: [median(middle.map(of))],
        ...(name === 'RSS' && !bench.plan.quick
          ? {
              goal: {
                text: `flat (±${100 * FLAT} %)`,
                reached: (ratio: number) => Math.abs(ratio - 1) <= FLAT,
              },
            }
          : {}),
      },
    );
}
