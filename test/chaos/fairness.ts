import { parseJson, ProgressMessage } from '@stepcast/contracts';
import { connectAsync } from 'mqtt';
import { median, quantile } from '../bench/report.ts';
import { startPipeline } from '../bench/pipeline.ts';
import { createWorkload, latencyKey, type BenchPayload } from '../bench/workload.ts';

export interface FairnessReport {
  /** Latencies of the quiet identities in milliseconds, alone and beside the loud one; one list a round. */
  readonly alone: readonly (readonly number[])[];
  readonly beside: readonly (readonly number[])[];
  readonly loudEvents: number;
  readonly quietEvents: number;
}

const identity = (index: number) =>
  `us-east-1:${index.toString(16).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`;

/**
 * Ten quiet identities with a steady trickle, and one with 50 times the load of one of them, on one connection that takes
 * `publishesPerSecond`; with the loud one that is not enough for all.
 */
export async function measureFairness(options: {
  readonly brokerUrl: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly publishesPerSecond: number;
  readonly maxConnections: number;
}): Promise<FairnessReport> {
  const QUIET = 10;
  const TIMES = 50;
  const EVERY_MS = 250;
  const pipeline = startPipeline({
    brokerUrl: options.brokerUrl,
    backlog: 100_000,
    maxConnections: options.maxConnections,
    connection: { maxPublishes: options.publishesPerSecond, windowMs: 1_000, maxUnacknowledged: 100 },
  });
  const arrived = new Map<string, number>();
  let onArrival: () => void = () => undefined;
  const subscriber = await connectAsync(options.brokerUrl, { clientId: `fairness-${process.pid}` });
  subscriber.on('message', (_topic, payload) => {
    const atMs = performance.now();
    const message = parseJson(ProgressMessage, payload.toString('utf8'));
    if (!message.ok) return;
    for (const event of message.value.data.events)
      if (event.kind === 'stepSucceeded')
        arrived.set(latencyKey(event.executionArn ?? '', event.step?.name ?? ''), atMs);
    onArrival();
  });
  await subscriber.subscribeAsync('stepcast/v1/+/uploads/+/events', { qos: 1 });

  // One execution of a quiet identity goes on at a time; the loud one has fifty of them.
  const one = (index: number, executions: number) =>
    createWorkload({
      executions,
      executionsTogether: executions / QUIET < 1 ? 1 : executions / QUIET,
      seed: 1_000 + index,
      identityId: identity(index),
    });
  const quiet = Array.from({ length: QUIET }, (_, index) => one(index + 1, 1));
  const loud = one(0, TIMES);
  let quietEvents = 0;
  let loudEvents = 0;

  async function round(withLoud: boolean): Promise<number[]> {
    const offered: [string, number][] = [];
    const pending: Promise<void>[] = [];
    const beganMs = performance.now();
    const hand = (payloads: readonly BenchPayload[], note: boolean) => {
      for (const { payload, exits, events } of payloads) {
        if (note) quietEvents += events;
        else loudEvents += events;
        if (note) for (const exit of exits) offered.push([exit, performance.now()]);
        pending.push(pipeline.offer(payload));
      }
    };
    const ticks = Math.floor((options.seconds * 1_000) / EVERY_MS) * QUIET;
    for (let tick = 0; tick < ticks; tick += 1) {
      const dueMs = beganMs + (tick * EVERY_MS) / QUIET;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const turn = tick % QUIET;
      hand(quiet[turn]?.next(1) ?? [], true);
      // Evenly, as the others, and between them: five executions go on at each tick.
      if (!withLoud) continue;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS / QUIET / 2));
      hand(loud.next(1), false);
    }
    await Promise.all(pending);
    const all = Promise.withResolvers<undefined>();
    onArrival = () => {
      if (offered.every(([key]) => arrived.has(key))) all.resolve(undefined);
    };
    onArrival();
    await all.promise;
    onArrival = () => undefined;
    await pipeline.idle();
    return offered.map(([key, atMs]) => (arrived.get(key) ?? Number.NaN) - atMs);
  }

  const alone: number[][] = [];
  const beside: number[][] = [];
  try {
    await round(true);
    loudEvents = 0;
    quietEvents = 0;
    for (let index = 0; index < options.rounds; index += 1) {
      alone.push(await round(false));
      beside.push(await round(true));
    }
  } finally {
    await subscriber.endAsync(true);
    await pipeline.stop();
  }
  return { alone, beside, loudEvents, quietEvents: quietEvents / QUIET / 2 };
}

/** The p99 of the quiet identities, alone and beside the loud one: medians of the rounds, in milliseconds. */
export function p99Of({ alone, beside }: FairnessReport): {
  readonly alone: number;
  readonly beside: number;
} {
  const ofRounds = (rounds: readonly (readonly number[])[]) =>
    median(rounds.map((latencies) => quantile(latencies, 0.99)));
  return { alone: ofRounds(alone), beside: ofRounds(beside) };
}

/** For the summary of a test run. */
export function fairnessFigure(report: FairnessReport): string {
  const { alone, beside } = p99Of(report);
  return (
    `p99 of the others ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside it ` +
    `(${(beside / alone).toFixed(2)}x; medians of ${report.alone.length} rounds in turns)`
  );
}
