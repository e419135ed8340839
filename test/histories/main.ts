import { startMoto } from '../support/moto.ts';
import { ToolUnavailable } from '../support/tool-cache.ts';
import { compareAll, differenceOf } from './compare.ts';
import { corpus } from './corpus/index.ts';
import { motoAt } from './interpreters.ts';

/**
 * `npm run test:histories`: every sample on our interpreter and on moto's. Ends with 1 on a difference that is not listed, on a
 * listed one that is gone, and where moto cannot be had. `-- --show` prints the listed ones too.
 */
const show = process.argv.includes('--show');
const print = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  const server = await startMoto();
  try {
    const compared = await compareAll(corpus, await motoAt(server.endpoint), 8);
    for (const one of compared)
      if (!one.isAsListed)
        print(one.isEqual ? `${one.sample.name}\n  is equal, and listed as different` : differenceOf(one));
      else if (show && !one.isEqual) print(`${differenceOf(one)}\n  ${one.decision ?? ''}`);
    const equal = compared.filter(({ isEqual }) => isEqual).length;
    const wrong = compared.filter(({ isAsListed }) => !isAsListed).length;
    print(
      `${compared.length} histories: ${equal} equal, ${compared.length - equal - wrong} differ as listed, ${wrong} do not`,
    );
    process.exitCode = wrong === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
} catch (error) {
  if (!(error instanceof ToolUnavailable)) throw error;
  print(`NOT RUN: ${corpus.length} histories were not compared. ${error.message}`);
  process.exitCode = 1;
}
