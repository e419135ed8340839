import { parseArgs } from 'node:util';
import { asError } from '@stepcast/kit';
import { isRepelled, runAttack, tableOf } from './run.ts';

const USAGE = `Usage: npm run test:attack -- [--tries=10000] [--seed=N]

A hostile client attacks a sandbox so many times; a table says what came of it. The same seed attacks the same way.
Ends with 1 when anything reached the wrong person.
`;

/**
 * `npm run test:attack`: a hostile client of MQTT and HTTP attacks a sandbox, 10,000 times, and a table says what came of it.
 * `--tries=N` and `--seed=N` choose how often and which way. Ends with 1 when anything reached the wrong person.
 */
function readArguments(): { readonly tries: number; readonly seed: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        tries: { type: 'string', default: '10000' },
        seed: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    const tries = Number(values.tries);
    const seed = values.seed === undefined ? Date.now() % 1e9 : Number(values.seed);
    if (values.help === true) process.stdout.write(USAGE);
    else if (Number.isSafeInteger(tries) && tries >= 1 && Number.isSafeInteger(seed)) return { tries, seed };
    else throw new TypeError('--tries and --seed are whole numbers');
  } catch (thrown) {
    process.stderr.write(`${asError(thrown).message}\n\n${USAGE}`);
    process.exitCode = 64;
  }
  return undefined;
}

const given = readArguments();
if (given !== undefined) await attack(given);

async function attack({ tries, seed }: { readonly tries: number; readonly seed: number }): Promise<void> {
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
}
