import { parseArgs } from 'node:util';
import type { LagSummary } from './lags.ts';
import { MAX_ADDED_MS, runRolling, type RollingReport } from './rolling.ts';

/** `npm run test:chaos:rolling`: what a rolling restart adds to any upload, in both forms. Fails when it is more than promised. */
const { values } = parseArgs({
  options: {
    form: { type: 'string', default: 'both' },
    rounds: { type: 'string', default: '3' },
    calm: { type: 'string', default: '8' },
    'in-flight': { type: 'string', default: '3' },
  },
});

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

function describe({ events, uploads, medianMs, p99Ms, longestMs }: LagSummary): string {
  return `${events} events of ${uploads} uploads; from an event to its subscriber: median ${seconds(medianMs)}, p99 ${seconds(p99Ms)}, longest ${seconds(longestMs)}`;
}

function print(report: RollingReport): void {
  const { form, restarts, before, during, addedMs, mishaps } = report;
  process.stdout.write(
    `${form}, ${restarts} rolling restarts: at most ${seconds(addedMs)} added to any upload (promised: ${seconds(MAX_ADDED_MS)})\n` +
      `  before: ${describe(before)}\n  during: ${describe(during)}\n` +
      mishaps.map((mishap) => `  ${mishap}\n`).join(''),
  );
  if (addedMs > MAX_ADDED_MS || mishaps.length > 0) process.exitCode = 1;
}

for (const form of ['engine', 'apart'] as const)
  if (values.form === form || values.form === 'both')
    print(
      await runRolling({
        form,
        rounds: Number(values.rounds),
        calmMs: Number(values.calm) * 1_000,
        inFlight: Number(values['in-flight']),
        say: (line) => process.stdout.write(`${line}\n`),
      }),
    );
// As in main.ts: Node does not always end by itself where connections were cut.
process.exit();
