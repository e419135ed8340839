import { readdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { canPin, startMosquitto, type SideProcess } from '../support/bench-broker.ts';
import { startChild, type BenchChild } from '../support/bench-child.ts';
import { startEmbeddedBroker } from '../support/bench-embedded-broker.ts';
import { figure, median, quantile, table, type BenchResult } from '../support/bench-report.ts';
import { buildPage } from '../support/built-page.ts';

const USAGE = `Usage: npm run bench -- [options]

  --long         longer windows (about 25 minutes), and 10 minutes of overload
  --overload S   seconds of overload (default 180: memory grows while caches fill, for about two minutes)
  --only LIST    parts to run: paths, latency, concurrency, overload, client (default: all)
  --runs NUMBER  measurements of each figure (default 5)
`;

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    only: { type: 'string', default: 'paths,latency,concurrency,overload,client' },
    runs: { type: 'string', default: '5' },
    overload: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const runs = Math.max(1, Number(options.runs));
const wanted = new Set(options.only.split(','));
const { long } = options;

const results: BenchResult[] = [];
const began = performance.now();
function say(text: string): void {
  process.stdout.write(`[${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s] ${text}\n`);
}

const Throughput = z.object({
  events: z.number(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  messages: z.number(),
});
const Ports = z.object({ atOnce: z.number(), after4Ms: z.number(), calls: z.number() });

/** The measured process has core 0 to itself, everything beside it core 1. */
const MEASURED = 0;
const BESIDE = 1;

async function startSides(): Promise<{
  broker: SideProcess;
  stub: BenchChild;
  urls: { atOnce: string; after4Ms: string };
}> {
  const broker = (await startMosquitto(BESIDE)) ?? (await startEmbeddedBroker(BESIDE));
  const stub = await startChild(join(here, '../support/bench-dynamodb.ts'), { core: BESIDE });
  const ports = await stub.ask(Ports, {});
  const url = (port: number) => `http://127.0.0.1:${port}`;
  return { broker, stub, urls: { atOnce: url(ports.atOnce), after4Ms: url(ports.after4Ms) } };
}

interface Path {
  readonly path: 'ceiling' | 'naive' | 'ours';
  readonly store?: 'memory' | 'table' | 'table4' | 'dynamodb';
  readonly storeUrl?: string;
  readonly executions?: number;
  /** Whether the helpers of the garbage collector may use another core, as they do anywhere but in a bench of one core. */
  readonly anyCore?: boolean;
}

let seeds = 0;
function startPath(of: Path): Promise<BenchChild> {
  const { path, store = 'memory', storeUrl = '', executions = 1_000, anyCore = false } = of;
  seeds += 1;
  const setup = { path, store, storeUrl, executions, brokerUrl: broker.url, backlog: 2_000, seed: seeds };
  return startChild(join(here, 'worker.ts'), {
    ...(anyCore ? {} : { core: MEASURED }),
    args: [JSON.stringify(setup)],
    execArgv: ['--expose-gc'],
  });
}

const { broker, stub, urls } = await startSides();
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
say(`machine: ${machine}`);
say(
  `broker: ${broker.name}, in a process of its own on loopback; ${canPin ? 'measured process on core 0, the rest on core 1' : 'cores cannot be chosen here (no taskset)'}`,
);

/** Measures several paths in turns, so that what else the machine does falls on all of them. */
async function inTurns<Name extends string>(
  paths: Readonly<Record<Name, { readonly child: BenchChild; readonly events: number }>>,
): Promise<(name: Name, of: (one: z.infer<typeof Throughput>) => number) => number[]> {
  const measured = new Map<Name, z.infer<typeof Throughput>[]>();
  const names = Object.keys(paths).filter((name): name is Name => name in paths);
  for (let run = 0; run <= runs; run += 1) {
    for (const name of names) {
      const { child, events } = paths[name];
      const one = await child.ask(Throughput, { kind: 'throughput', events });
      // The first round warms up.
      if (run > 0) measured.set(name, [...(measured.get(name) ?? []), one]);
    }
    say(run === 0 ? 'warmed up' : `run ${run} of ${runs} done`);
  }
  return (name, of) => (measured.get(name) ?? []).map(of);
}

const perCore = (one: z.infer<typeof Throughput>) => one.events / one.cpuSeconds;
const perSecond = (one: z.infer<typeof Throughput>) => one.events / one.wallSeconds;

/** Ratios are taken within each run; the median of those is what is said. */
function ratios(of: readonly number[], against: readonly number[]): number {
  return median(of.map((value, index) => value / (against[index] ?? Number.NaN)));
}

function add(
  name: string,
  unit: string,
  values: readonly number[],
  against?: readonly number[],
  goal?: { text: string; reached: (ratio: number, value: number) => boolean },
): void {
  const value = median(values);
  const ratio = against === undefined ? null : ratios(values, against);
  results.push({
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

async function paths(): Promise<void> {
  say('(a) to (c): throughput of one core');
  const children = {
    ceiling: await startPath({ path: 'ceiling' }),
    noStore: await startPath({ path: 'ours' }),
    table0: await startPath({ path: 'ours', store: 'table' }),
    table4: await startPath({ path: 'ours', store: 'table4' }),
    http0: await startPath({ path: 'ours', store: 'dynamodb', storeUrl: urls.atOnce }),
    http4: await startPath({ path: 'ours', store: 'dynamodb', storeUrl: urls.after4Ms }),
    naive: await startPath({ path: 'naive', storeUrl: urls.atOnce }),
  };
  // Every run holds some thousand whole executions, and lasts as long as retained topics remember.
  const of = await inTurns({
    ceiling: { child: children.ceiling, events: 80_000 },
    noStore: { child: children.noStore, events: 80_000 },
    table0: { child: children.table0, events: 60_000 },
    table4: { child: children.table4, events: 60_000 },
    http0: { child: children.http0, events: 60_000 },
    http4: { child: children.http4, events: 60_000 },
    naive: { child: children.naive, events: 100 },
  });
  await stub.ask(Ports, {});
  const counted = await children.http0.ask(Throughput, { kind: 'throughput', events: 60_000 });
  const { calls } = await stub.ask(Ports, {});
  for (const child of Object.values(children)) await child.stop();
  const ceiling = of('ceiling', perCore);
  const naive = of('naive', perSecond);
  add('(a) ceiling: bare MQTT.js, one publish an event', 'events/s/core', ceiling);
  add('(b) decode, correlate, publish; no store', 'events/s/core', of('noStore', perCore), ceiling, {
    text: '>= 1.0x (a)',
    reached: (ratio) => ratio >= 1,
  });
  const third = { text: '>= 0.3x (a)', reached: (ratio: number) => ratio >= 0.3 };
  const often = { text: '>= 300x naive', reached: (ratio: number) => ratio >= 300 };
  add('(c) durable, stub store 0 ms', 'events/s/core', of('table0', perCore), ceiling, third);
  add('(c) durable, stub store 4 ms', 'events/s/core', of('table4', perCore), ceiling, third);
  add(
    '(c) durable, stub store 4 ms, against the naive model',
    'events/s',
    of('table4', perSecond),
    naive,
    often,
  );
  add('(c) durable, signed HTTP to a stub, 0 ms', 'events/s/core', of('http0', perCore), ceiling, third);
  add('(c) durable, signed HTTP to a stub, 4 ms', 'events/s/core', of('http4', perCore), ceiling, third);
  add('(c) the same against the naive model', 'events/s', of('http4', perSecond), naive, often);
  add('    naive model, 4 ms get and 12 ms publish', 'events/s', naive);
  results.push({
    name: '(c) calls to the store for one event',
    unit: 'calls',
    value: calls / counted.events,
    baseline: null,
    ratio: null,
    runs: 1,
  });
  add(
    '    log events in one message (b)',
    'events',
    of('noStore', (one) => one.events / one.messages),
  );
}

const Offered = z.object({ offered: z.array(z.tuple([z.string(), z.number()])) });
const Paced = z.object({ events: z.number(), cpuSeconds: z.number() });
const Arrivals = z.object({ arrivals: z.array(z.tuple([z.string(), z.number()])), messages: z.number() });

async function latency(): Promise<void> {
  say('(d) from a batch at the forwarder to a subscriber');
  const subscriber = await startChild(join(here, '../support/bench-subscriber.ts'), {
    core: BESIDE,
    args: [broker.url],
  });
  const durable = { path: 'ours', store: 'dynamodb', executions: 200, anyCore: true } as const;
  const children = {
    bare: await startPath({ path: 'ceiling', executions: 200, anyCore: true }),
    durable0: await startPath({ ...durable, storeUrl: urls.atOnce }),
    durable4: await startPath({ ...durable, storeUrl: urls.after4Ms }),
  };
  const labels = { bare: 'bare MQTT.js', durable0: 'durable, stub 0 ms', durable4: 'durable, stub 4 ms' };
  const seconds = long ? 30 : 3;
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
      say(`${rate} events/s: run ${run} of ${runs} done`);
    }
    for (const name of ['durable0', 'durable4'] as const) {
      for (const [label, share, goal] of [
        ['p50', 0.5, 5],
        ['p99', 0.99, 15],
      ] as const)
        add(
          `(d) ${label} at ${rate} events/s, ${labels[name]}`,
          'ms',
          runsOf[name].map((one) => quantile(one, share)),
          runsOf.bare.map((one) => quantile(one, share)),
          name === 'durable0' ? { text: `<= ${goal} ms`, reached: (_, value) => value <= goal } : undefined,
        );
      const pooled = quantile(runsOf[name].flat(), 0.999);
      const bare = quantile(runsOf.bare.flat(), 0.999);
      results.push({
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

async function concurrency(): Promise<void> {
  say('(e) cost of an event by the number of executions under way');
  const children = {
    hundred: await startPath({ path: 'ours', executions: 100 }),
    thousand: await startPath({ path: 'ours', executions: 1_000 }),
    tenThousand: await startPath({ path: 'ours', executions: 10_000 }),
  };
  // Until every execution of the first round has begun, and the others are as warm.
  for (const child of Object.values(children))
    await child.ask(Throughput, { kind: 'throughput', events: 100_000 });
  // At a pace that all of them keep up with: what waits together is merged, and of fewer executions more would wait.
  const pace = { kind: 'pace', eventsPerSecond: 2_000, seconds: long ? 20 : 4 };
  const names = ['hundred', 'thousand', 'tenThousand'] as const;
  const measured: Record<(typeof names)[number], number[]> = { hundred: [], thousand: [], tenThousand: [] };
  for (let run = 1; run <= runs; run += 1) {
    for (const name of names) {
      const { cpuSeconds, events } = await children[name].ask(Paced, pace);
      measured[name].push((cpuSeconds / events) * 1e6);
    }
    say(`run ${run} of ${runs} done`);
  }
  for (const child of Object.values(children)) await child.stop();
  const base = measured.hundred;
  const goal = { text: '<= 1.3x of 100', reached: (ratio: number) => ratio <= 1.3 };
  add('(e) CPU of an event at 2,000 events/s, 100 executions', 'µs', base);
  add('(e) CPU of an event at 2,000 events/s, 1,000 executions', 'µs', measured.thousand, base, goal);
  add('(e) CPU of an event at 2,000 events/s, 10,000 executions', 'µs', measured.tenThousand, base, goal);
}

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

async function overload(): Promise<void> {
  const seconds = Number(options.overload ?? (long ? 600 : 180));
  say(`(f) memory over ${seconds} s at twice the sustainable load`);
  const child = await startPath({ path: 'ours', store: 'dynamodb', storeUrl: urls.atOnce });
  await child.ask(Throughput, { kind: 'throughput', events: 10_000 });
  const sustainable = perSecond(await child.ask(Throughput, { kind: 'throughput', events: 15_000 }));
  say(`sustainable: ${figure(sustainable)} events/s; offering ${figure(2 * sustainable)}`);
  const run = await child.ask(Overload, { kind: 'overload', eventsPerSecond: 2 * sustainable, seconds });
  await child.stop();
  const rss = run.samples.map(({ rssMb }) => rssMb);
  const third = Math.floor(rss.length / 3);
  const [early, late] = [median(rss.slice(third, 2 * third)), median(rss.slice(-third))];
  const window = `${seconds} s`;
  results.push(
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

const Merged = z.object({
  messages: z.number(),
  events: z.number(),
  wanted: z.number(),
  parseSeconds: z.number(),
  mergeSeconds: z.number(),
});
const Bundle = z.object({ minifiedBytes: z.number(), gzippedBytes: z.number() });

async function clientFigures(): Promise<void> {
  say('(g) the client');
  const child = await startChild(join(here, 'client-worker.ts'), { core: MEASURED });
  const merges: z.infer<typeof Merged>[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const one = await child.ask(Merged, { messages: 10_000 });
    if (one.events !== one.wanted)
      throw new Error(`the client handed over ${one.events} events of ${one.wanted}`);
    if (run > 0) merges.push(one);
  }
  await child.stop();
  add(
    '(g) messages merged, against JSON.parse alone',
    'messages/s',
    merges.map((one) => one.messages / one.mergeSeconds),
    merges.map((one) => one.messages / one.parseSeconds),
  );
  const script = join(here, '../../clients/web/scripts/bundle-size.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const bundle = parseJson(Bundle, stdout);
  if (!bundle.ok) throw new Error(`the bundle script said something else: ${stdout}`);
  results.push({
    name: '(g) client, gzipped, with all it needs',
    unit: 'KB',
    value: bundle.value.gzippedBytes / 1_024,
    baseline: bundle.value.minifiedBytes / 1_024,
    ratio: bundle.value.gzippedBytes / bundle.value.minifiedBytes,
    runs: 1,
    goal: { text: '<= 60 KB', reached: bundle.value.gzippedBytes <= 60 * 1_024 },
  });
  const page = await buildPage();
  let minified = 0;
  let gzipped = 0;
  let first = 0;
  const html = await readFile(join(page.directory, 'index.html'), 'utf8');
  for (const entry of await readdir(page.directory, { recursive: true })) {
    if (!entry.endsWith('.js')) continue;
    const code = await readFile(join(page.directory, entry));
    const size = gzipSync(code, { level: 9 }).length;
    minified += code.length;
    gzipped += size;
    if (html.includes(entry.split(/[\\/]/).at(-1) ?? entry)) first += size;
  }
  await page.remove();
  results.push(
    {
      name: '(g) whole demo page, JavaScript gzipped, with the AWS SDK for S3',
      unit: 'KB',
      value: gzipped / 1_024,
      baseline: minified / 1_024,
      ratio: gzipped / minified,
      runs: 1,
    },
    {
      name: '(g) of it loaded at first',
      unit: 'KB',
      value: first / 1_024,
      baseline: gzipped / 1_024,
      ratio: first / gzipped,
      runs: 1,
    },
  );
}

async function store(): Promise<void> {
  const stored = results.map(({ name, unit, value, baseline, ratio, runs: count }) => ({
    name: name.trim(),
    unit,
    value,
    baseline,
    ratio,
    runs: count,
  }));
  await writeFile(join(here, 'results.json'), `${JSON.stringify(stored, null, 2)}\n`);
}

async function stopSides(): Promise<void> {
  await stub.stop();
  await broker.stop();
}

// Whoever ends the bench early gets what was measured until then, and no broker is left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    process.stdout.write(`\nended by ${signal}\n${table(results)}\n`);
    void stopSides().finally(() => process.exit(1));
  });

const parts = { paths, latency, concurrency, overload, client: clientFigures };
try {
  for (const [name, measure] of Object.entries(parts)) {
    if (!wanted.has(name)) continue;
    await measure();
    await store();
  }
} finally {
  await stopSides();
}
process.stdout.write(`\n${table(results)}\n\nmachine: ${machine}\nbroker: ${broker.name}\n`);
