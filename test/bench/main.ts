import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from './report.ts';
import { Bench } from './bench.ts';
import { client } from './parts/client.ts';
import { concurrency } from './parts/concurrency.ts';
import { latency } from './parts/latency.ts';
import { overload } from './parts/overload.ts';
import { paths } from './parts/paths.ts';

const parts = { paths, latency, concurrency, overload, client };

const USAGE = `Usage: npm run bench -- [options]

  --only LIST    parts to run, separated by commas: ${Object.keys(parts).join(', ')} (default: all)
  --runs NUMBER  measurements of each figure (default 5)
  --overload S   seconds of overload (default 600; memory grows while caches fill, for about two minutes)
  --long         longer windows for latency and for cost by concurrency

All of it takes about 25 minutes and writes test/bench/results.json; a run of some parts writes nothing.
`;

const { values: given } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(parts).join(',') },
    runs: { type: 'string', default: '5' },
    overload: { type: 'string', default: '600' },
    help: { type: 'boolean', default: false },
  },
});
const wanted = new Set(given.only.split(','));
const [runs, overloadSeconds] = [Number(given.runs), Number(given.overload)];
const strangers = [...wanted].filter((name) => !(name in parts));
if (given.help || strangers.length > 0 || !(runs >= 1) || !(overloadSeconds >= 30)) {
  if (strangers.length > 0) process.stderr.write(`no such part: ${strangers.join(', ')}\n`);
  process.stdout.write(USAGE);
  process.exit(given.help ? 0 : 2);
}

const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
process.stdout.write(`machine: ${machine}\n`);
const bench = await Bench.start({ runs, long: given.long, overloadSeconds });

// Whoever ends the bench early gets what was measured until then, and no broker is left behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    process.stdout.write(`\nended by ${signal}\n${table(bench.results)}\n`);
    void bench.stop().finally(() => process.exit(1));
  });

try {
  for (const [name, measure] of Object.entries(parts)) if (wanted.has(name)) await measure(bench);
} finally {
  await bench.stop();
}
if (wanted.size === Object.keys(parts).length) {
  const stored = bench.results.map(({ goal: _goal, ...result }) => ({ ...result, name: result.name.trim() }));
  await writeFile(join(import.meta.dirname, 'results.json'), `${JSON.stringify(stored, null, 2)}\n`);
}
process.stdout.write(`\n${table(bench.results)}\n\nmachine: ${machine}\nbroker: ${bench.broker.name}\n`);
