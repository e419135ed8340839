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

async function run(plan: Plan): Promise<void> {
  process.stdout.write(`machine: ${machine}\n`);
  const bench = await Bench.start(plan);
  const write = async (complete: boolean) => {
    const results = resultsOf(bench, complete);
    process.stdout.write(`\n${report(results)}\n`);
    const text = `${JSON.stringify(results, null, 2)}\n`;
    if (plan.json !== undefined) await writeFile(resolve(plan.json), text);
    if (complete && !plan.quick && plan.parts.size === PARTS.length)
      await writeFile(join(import.meta.dirname, 'results.json'), text);
  };

  let ended = false;
  const end = async (signal: NodeJS.Signals) => {
    // A second signal ends at once.
    if (ended) process.exit(1);
    ended = true;
    process.stdout.write(`\nended by ${signal}\n`);
    try {
      await write(false);
    } finally {
      await bench.stop();
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(signal));

  try {
    for (const name of plan.parts) await parts[name](bench);
    await write(true);
  } finally {
    // Parts fail when a signal ends their processes; that is said already.
    if (!ended) await bench.stop();
  }
}

const asked = readOptions(process.argv.slice(2));
if ('help' in asked) process.stdout.write(USAGE);
else if ('problem' in asked) {
  process.stderr.write(`${asked.problem}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  await run(asked.plan);
  process.exit(0);
}
