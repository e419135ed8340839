import * as z from 'zod';
import { startCeiling, startNaive, type BarePath } from './bare.ts';
import { answer, sharedNowMs } from './child.ts';
import { startPipeline, type Pipeline } from './pipeline.ts';
import { createWorkload, type BenchPayload } from './workload.ts';

/**
 * One path of the bench in a process of its own, which keeps its state from one question to the next: executions go on,
 * caches stay warm. Payloads are made before the clock starts.
 */
const Setup = z.object({
  path: z.enum(['ceiling', 'naive', 'ours']),
  brokerUrl: z.string(),
  storeUrl: z.string(),
  store: z.enum(['memory', 'table', 'table4', 'dynamodb']),
  executions: z.number(),
  backlog: z.number(),
  seed: z.number(),
});

const Question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('throughput'), events: z.number() }),
  z.object({ kind: z.literal('pace'), eventsPerSecond: z.number(), seconds: z.number() }),
  z.object({ kind: z.literal('overload'), eventsPerSecond: z.number(), seconds: z.number() }),
]);

const setup = Setup.parse(JSON.parse(process.argv[2] ?? '{}'));
const workload = createWorkload({ executions: setup.executions, seed: setup.seed });
const EVENTS_A_PAYLOAD = 25;

let pipeline: Pipeline | undefined;
let bare: BarePath | undefined;
if (setup.path === 'ceiling') bare = await startCeiling(setup.brokerUrl);
else if (setup.path === 'naive') bare = startNaive(setup.storeUrl);
else
  pipeline = startPipeline({
    brokerUrl: setup.brokerUrl,
    store:
      setup.store === 'dynamodb'
        ? { kind: 'dynamodb', endpoint: setup.storeUrl }
        : setup.store === 'memory'
          ? { kind: 'memory' }
          : { kind: 'table', delayMs: setup.store === 'table4' ? 4 : 0 },
    backlog: setup.backlog,
    pollers: 16,
    // As many as the ceiling has, and as many as IoT Core takes.
    connection: { maxUnacknowledged: 100 },
  });

async function offer(payload: BenchPayload): Promise<void> {
  if (pipeline !== undefined) await pipeline.offer(payload.payload);
  else await bare?.offer(payload.payload.awslogs.data);
}

/** Eight payloads side by side; one for the naive path, which knows no other way. */
async function offerAll(payloads: readonly BenchPayload[]): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (;;) {
      const payload = payloads[next];
      next += 1;
      if (payload === undefined) return;
      await offer(payload);
    }
  };
  await Promise.all(Array.from({ length: setup.path === 'naive' ? 1 : 8 }, lane));
}

/** What making the payloads has left behind is not the path's to clear away. */
function clearAway(): void {
  globalThis.gc?.();
}

async function throughput(events: number) {
  const payloads = workload.next(Math.ceil(events / EVENTS_A_PAYLOAD));
  const count = payloads.reduce((sum, one) => sum + one.events, 0);
  const messagesBefore = pipeline?.messages ?? 0;
  clearAway();
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  await offerAll(payloads);
  await pipeline?.idle();
  const used = process.cpuUsage(cpu);
  // After the last event only retained states are written, at their own pace: their CPU counts, their waiting does not.
  const endedMs = pipeline?.lastEventsAckMs ?? performance.now();
  return {
    events: count,
    wallSeconds: (endedMs - beganMs) / 1_000,
    cpuSeconds: (used.user + used.system) / 1e6,
    messages: (pipeline?.messages ?? count) - messagesBefore,
  };
}

/** One payload after the other at a steady pace, whatever becomes of them. Says when each was handed over. */
async function pace(eventsPerSecond: number, seconds: number) {
  const payloads = workload.next(Math.ceil((eventsPerSecond * seconds) / EVENTS_A_PAYLOAD));
  const offered: [string, number][] = [];
  const pending: Promise<void>[] = [];
  const everyMs = (EVENTS_A_PAYLOAD / eventsPerSecond) * 1_000;
  clearAway();
  const cpu = process.cpuUsage();
  const beganMs = sharedNowMs();
  for (const [index, payload] of payloads.entries()) {
    const waitMs = beganMs + index * everyMs - sharedNowMs();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const atMs = sharedNowMs();
    for (const exit of payload.exits) offered.push([exit, atMs]);
    pending.push(offer(payload));
  }
  await Promise.all(pending);
  await pipeline?.idle();
  const used = process.cpuUsage(cpu);
  const events = payloads.reduce((sum, one) => sum + one.events, 0);
  return { offered, events, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** Offers more than can be taken: what is not taken stays with the source, as CloudWatch Logs keeps it for 24 hours. */
async function overload(eventsPerSecond: number, seconds: number) {
  if (pipeline === undefined) throw new Error('there is nothing to overload');
  const path = pipeline;
  const before = await path.outcomes();
  const samples: { atSeconds: number; rssMb: number; heapMb: number }[] = [];
  const beganMs = performance.now();
  let taken = 0;
  let nextSampleMs = 0;
  const deadlineMs = seconds * 1_000;
  for (;;) {
    const nowMs = performance.now() - beganMs;
    if (nowMs >= deadlineMs) break;
    if (nowMs >= nextSampleMs) {
      const { rss, heapUsed } = process.memoryUsage();
      samples.push({ atSeconds: nowMs / 1_000, rssMb: rss / 1e6, heapMb: heapUsed / 1e6 });
      nextSampleMs += deadlineMs / 120;
    }
    const due = (nowMs / 1_000) * eventsPerSecond - taken;
    if (due < EVENTS_A_PAYLOAD) await new Promise((resolve) => setTimeout(resolve, 1));
    else if (path.backlogFull) await new Promise((resolve) => setImmediate(resolve));
    else {
      const payloads = workload.next(8);
      taken += payloads.reduce((sum, one) => sum + one.events, 0);
      await Promise.all(payloads.map(offer));
    }
  }
  const tookSeconds = (performance.now() - beganMs) / 1_000;
  await path.idle();
  const after = await path.outcomes();
  return {
    samples,
    taken,
    heldBack: Math.max(0, Math.round(eventsPerSecond * tookSeconds - taken)),
    tookSeconds,
    lost: taken - (after.taken - before.taken),
    notReleased: after.taken - before.taken - (after.released - before.released),
    deadLetters: after.deadLetters,
    peaks: path.peaks,
  };
}

answer((asked) => {
  const question = Question.parse(asked);
  switch (question.kind) {
    case 'throughput':
      return throughput(question.events);
    case 'pace':
      return pace(question.eventsPerSecond, question.seconds);
    case 'overload':
      return overload(question.eventsPerSecond, question.seconds);
  }
});
