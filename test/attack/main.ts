import { parseArgs } from 'node:util';
import { isRepelled, runAttack, tableOf } from './run.ts';

/**
 * `npm run test:attack`: a hostile client of MQTT and HTTP attacks a sandbox, 10,000 times, and a table says what came of it.
 * `--tries=N` and `--seed=N` choose how often and which way. Ends with 1 when anything reached the wrong person.
 */
const { values } = parseArgs({
  options: { tries: { type: 'string', default: '10000' }, seed: { type: 'string' } },
});
const tries = Number(values.tries);
const seed = values.seed === undefined ? Date.now() % 1e9 : Number(values.seed);
if (!Number.isSafeInteger(tries) || tries < 1 || !Number.isSafeInteger(seed))
  throw new TypeError('--tries and --seed are whole numbers');
process.stdout.write(`seed ${seed}, ${tries} tries\n`);
const report = await runAttack({
  tries,
  seed,
  onProgress(done) {
    if (done % 1_000 === 0 && done > 0) process.stdout.write(`${done} tries\n`);
  },
});
process.stdout.write(`${tableOf(report)}\n`);
process.exitCode = isRepelled(report) ? 0 : 1;
