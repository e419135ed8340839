import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { beforeEach, expect, jest } from '@jest/globals';
import fc from 'fast-check';
import { reportProperty } from './not-run.ts';

/**
 * Loaded before every test file. Sets how many cases a property runs that names no number itself, and from which seed, and
 * reports both to the summary of the run. `--seed` repeats a run; `--globals '{"propertyRuns":200}'` sets another number.
 * `npm run test:properties` sets 10,000 for what correlation depends on.
 */
const CASES = 300;

function numberOf(name: string): number | undefined {
  const value: unknown = Reflect.get(globalThis, name);
  return typeof value === 'number' ? value : undefined;
}

/** A seed of its own for each test, so that two properties of the same values do not try the same ones. */
function seedOf(test: string): number {
  const seed = numberOf('propertySeed') ?? jest.getSeed();
  return createHash('sha256').update(`${seed} ${test}`).digest().readInt32BE();
}

function testNow(): { readonly file: string; readonly name: string } {
  const { testPath = '', currentTestName = '' } = expect.getState();
  return { file: relative(process.cwd(), testPath), name: currentTestName };
}

const asked = numberOf('propertyRuns');
const cases = asked ?? CASES;
const most = asked ?? Number.POSITIVE_INFINITY;
// How fast a machine is must not decide whether a test passes: this only ends what hangs. All the cases of one property
// are one test.
jest.setTimeout(180_000 * Math.max(1, cases / 1_000));

beforeEach(() => {
  const { file, name } = testNow();
  fc.configureGlobal({
    numRuns: cases,
    seed: seedOf(`${file} ${name}`),
  });
});

/** No property runs more cases than were asked for, those that name a number of their own included. */
fc.installGlobalPlugin(() => {
  let begun = 0;
  return {
    decorateRun: (run) => (value) => {
      begun += 1;
      return begun > most ? null : run(value);
    },
    onAllRunsComplete({ failed, numRuns }) {
      const { file, name } = testNow();
      if (!failed) reportProperty(file, name, Math.min(numRuns, most));
    },
  };
});
