import { readOptions, refuseOptions } from '../support/command-line.ts';

const USAGE = `Usage: npm run test:attack -- [--tries N] [--seed N]

A hostile client of MQTT and HTTP attacks a sandbox, and a table says what came of it. Ends with 1 when anything reached the wrong
person.

  --tries N   how often (default 10,000, a quarter of an hour)
  --seed N    which way; the same seed attacks the same way (default: another one each time)
`;
const values = readOptions(USAGE, { tries: { type: 'string', default: '10000' }, seed: { type: 'string' } });
const tries = Number(values.tries);
const seed = values.seed === undefined ? Date.now() % 1e9 : Number(values.seed);
if (!Number.isSafeInteger(tries) || tries < 1 || !Number.isSafeInteger(seed))
  refuseOptions(USAGE, '--tries and --seed are whole numbers');
// After the options: --help answers at once.
const { isRepelled, runAttack, tableOf } = await import('./run.ts');
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
