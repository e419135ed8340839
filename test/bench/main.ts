import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { Bench } from './bench.ts';
import { readOptions, PARTS, USAGE, type PartName, type Plan } from './options.ts';
import { client } from './parts/client.ts';
import { concurrency } from './parts/concurrency.ts';
import { latency } from './parts/latency.ts';
import { overload } from './parts/overload.ts';
import { paths } from './parts/paths.ts';
import { report } from './report.ts';
import { Results } from './results.ts';

const parts: Readonly<Record<PartName, (bench: Bench) => Promise<void>>> = {
  paths,
  latency,
  concurrency,
  overload,
  client,
};
const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;

function resultsOf(bench: Bench, complete: boolean): Results {
  const { plan } = bench;
  return Results.parse({
    takenAt: new Date().toISOString(),
    quick: plan.quick,
    complete,
    parts: [...plan.parts],
    rounds: plan.rounds,
    seconds: bench.seconds,
    machine,
    broker: bench.broker.name,
    results: bench.results,
    notes: bench.notes,
  });
}

/** Prints what was measured, and writes it where that is wanted. */
async function publish(bench: Bench, complete: boolean): Promise<void> {
  const { plan } = bench;
  const results = resultsOf(bench, complete);
  process.stdout.write(`\n${report(results)}\n`);
  const text = `${JSON.stringify(results, null, 2)}\n`;
  if (plan.json !== undefined) await writeFile(resolve(plan.json), text);
  if (complete && !plan.quick && plan.parts.size === PARTS.length)
    await writeFile(join(import.meta.dirname, 'results.json'), text);
}

/** A part that fails is noted, and the others are measured all the same. */
async function measureAll(bench: Bench): Promise<'complete' | 'with failures'> {
  let how: 'complete' | 'with failures' = 'complete';
  for (const name of bench.plan.parts)
    try {
      await bench.measure(name, parts[name]);
    } catch (thrown) {
      how = 'with failures';
      bench.note(`${name} failed: ${Error.isError(thrown) ? thrown.message : String(thrown)}`);
    }
  return how;
}

/** @returns the exit code */
async function run(plan: Plan): Promise<number> {
  process.stdout.write(`machine: ${machine}\n`);
  const signalled = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, signalled.resolve);
  const bench = await Bench.start(plan);
  try {
    const how = await Promise.race([measureAll(bench), signalled.promise]);
    if (how !== 'complete') process.stdout.write(`\nended ${how}\n`);
    await publish(bench, how === 'complete');
    return how === 'complete' ? 0 : 1;
  } finally {
    await bench.stop();
  }
}

const asked = readOptions(process.argv.slice(2));
if ('help' in asked) process.stdout.write(USAGE);
else if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  process.exit(await run(asked.plan));
}
